//! Bugs to plant between an engine and the world: the checks of the world must find each.

use lowkey_protocol::engine::output::{Author, Change, Event, Output, Table};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Some transactions are never saved.
    DropPersist,
    /// Frames go out before what they depend on is saved.
    SpeakBeforeSaving,
    /// A message is shown twice.
    ShowTwice,
    /// A message is never shown.
    ShowNever,
    /// Rows of the outbox are not saved.
    LoseOutboxRows,
    /// A message is called delivered as soon as it is queued.
    ClaimDelivered,
}

/// All of them.
pub const BUGS: [Bug; 6] = [
    Bug::DropPersist,
    Bug::SpeakBeforeSaving,
    Bug::ShowTwice,
    Bug::ShowNever,
    Bug::LoseOutboxRows,
    Bug::ClaimDelivered,
];

impl Bug {
    /// Spoils what an engine asks for; `step` counts the engine's steps.
    pub fn spoil(self, step: u64, outputs: &mut Vec<Output>) {
        match self {
            Self::DropPersist => {
                if step.is_multiple_of(5) {
                    // Without its keys a contact's rows do not open: no check is needed for that.
                    outputs.retain(|output| match output {
                        Output::Persist(changes) => {
                            changes.0.iter().any(|change| is_put(change, Table::Keys))
                        }
                        _ => true,
                    });
                }
            }
            Self::SpeakBeforeSaving => {
                outputs.sort_by_key(|output| matches!(output, Output::Persist(_)));
            }
            Self::ShowTwice => {
                let shown = outputs.iter().find_map(|output| match output {
                    Output::Emit(Event::Message(view)) => Some(view.clone()),
                    _ => None,
                });
                outputs.extend(shown.map(|view| Output::Emit(Event::Message(view))));
            }
            Self::ShowNever => {
                let mut spoilt = Vec::new();
                for output in outputs.drain(..) {
                    match output {
                        Output::Emit(Event::Message(view)) if view.author == Author::Them => {}
                        Output::Persist(mut changes) => {
                            changes.0.retain(|change| !is_put(change, Table::History));
                            spoilt.push(Output::Persist(changes));
                        }
                        other => spoilt.push(other),
                    }
                }
                *outputs = spoilt;
            }
            Self::LoseOutboxRows => {
                for output in outputs.iter_mut() {
                    if let Output::Persist(changes) = output {
                        changes.0.retain(|change| !is_put(change, Table::Outbox));
                    }
                }
            }
            Self::ClaimDelivered => {
                for output in outputs.iter_mut() {
                    if let Output::Emit(Event::Message(view)) = output {
                        view.state = lowkey_protocol::engine::output::DeliveryState::Delivered;
                    }
                }
            }
        }
    }
}

fn is_put(change: &Change, table: Table) -> bool {
    matches!(change, Change::Put(of, ..) if *of == table)
}
