//! What one person stores and sees.

use lowkey_protocol::{
    Address, Author, Change, CloseReason, ContactView, DeliveryState, Event, MessageView,
    Misbehaviour, Table,
};

use super::Person;

impl Person {
    pub(super) fn save(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Put(table, key, value) => drop(self.rows.insert((table, key), value)),
                Change::Delete(table, key) => drop(self.rows.remove(&(table, key))),
                Change::DeleteAll(table, prefix) => {
                    self.rows.retain(|(t, key), _| *t != table || !key.0.starts_with(&prefix.0));
                }
            }
        }
    }

    /// The history with somebody, as a screen would show it after a restart.
    pub(crate) fn history(&self, with: &Address) -> Vec<MessageView> {
        let tag = self.engine.contact_tag(with);
        self.rows
            .iter()
            .filter(|((table, key), _)| *table == Table::History && key.0.starts_with(&tag.0))
            .map(|((_, key), row)| self.engine.open_message(with, key, row).unwrap())
            .collect()
    }

    /// Whether anything about somebody is stored.
    pub(crate) fn has_rows_of(&self, who: &Address) -> bool {
        let tag = self.engine.contact_tag(who);
        self.rows.keys().any(|(_, key)| key.0.starts_with(&tag.0))
    }

    /// The texts with somebody, in the order on the screen.
    pub(crate) fn texts(&self, with: &Address) -> Vec<String> {
        self.history(with).into_iter().map(|view| view.text).collect()
    }

    /// How far our texts to somebody came.
    pub(crate) fn states(&self, with: &Address) -> Vec<DeliveryState> {
        let mine = |view: &MessageView| view.author == Author::Me;
        self.history(with).into_iter().filter(mine).map(|view| view.state).collect()
    }

    /// The last view of somebody.
    pub(crate) fn view(&self, of: &Address) -> Option<ContactView> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Contact(view) if view.address == *of => Some(Some(view.clone())),
            Event::ContactRemoved(address) if address == of => Some(None),
            _ => None,
        })?
    }

    /// How often each text was shown as new.
    pub(crate) fn shown(&self, text: &str) -> usize {
        let is = |event: &&Event| matches!(event, Event::Message(view) if view.text == text);
        self.events.iter().filter(is).count()
    }

    /// The rules that links were closed for.
    pub(crate) fn misbehaviours(&self) -> Vec<Misbehaviour> {
        let rule = |reason: &CloseReason| match reason {
            CloseReason::Misbehaviour(rule) => Some(*rule),
            _ => None,
        };
        self.closed.iter().filter_map(rule).collect()
    }
}
