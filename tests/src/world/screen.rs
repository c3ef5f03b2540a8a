//! What one person sees, built from events alone, and the rules that a screen must never see broken.

use std::collections::{BTreeMap, BTreeSet};

use lowkey_protocol::{
    Address,
    engine::output::{
        Author, ContactView, DeliveryState, Event, MessageId, MessageOrder, MessageView, OwnView,
        Standing,
    },
};

/// The screen of one start of a machine, with what the history brought over from earlier ones.
#[derive(Debug, Default)]
pub struct Screen {
    /// Contacts, requests and blocked keys.
    pub contacts: BTreeMap<Address, ContactView>,
    /// Ourselves.
    pub own: Option<OwnView>,
    /// How wrong the clock is said to be.
    pub clock_wrong: Option<i64>,
    /// Messages by conversation and name.
    messages: BTreeMap<(Address, MessageId), MessageView>,
    /// What was removed on purpose: its messages may be gone, and may not come back.
    removed: BTreeSet<Address>,
}

impl Screen {
    /// Shows an event; names the rule that it breaks.
    pub fn show(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Own(own) => self.own = Some(own),
            Event::Contact(view) => {
                self.contacts.insert(view.address, view);
            }
            Event::ContactRemoved(address) => {
                self.contacts.remove(&address);
                self.removed.insert(address);
                self.messages.retain(|(contact, _), _| *contact != address);
            }
            Event::HistoryDeleted(address) => {
                self.messages.retain(|(contact, _), _| *contact != address);
                self.removed.insert(address);
            }
            Event::ClockWrong(offset) => self.clock_wrong = Some(offset.0),
            Event::Message(view) => return self.message(view),
            Event::Delivery { contact, message, state } => {
                return self.delivery(contact, message, state);
            }
        }
        Ok(())
    }

    /// Takes over what is stored, as a page does when it is opened again.
    pub fn reload(&mut self, history: Vec<MessageView>) {
        self.messages = history.into_iter().map(|view| ((view.contact, view.id), view)).collect();
    }

    /// Returns every text that is shown.
    pub fn texts(&self) -> BTreeSet<String> {
        self.messages.values().map(|view| view.text.clone()).collect()
    }

    /// Returns a conversation as the screen orders it.
    pub fn conversation(&self, contact: Address) -> Vec<&MessageView> {
        let mut list: Vec<_> = self
            .messages
            .iter()
            .filter(|((c, _), _)| *c == contact)
            .map(|(_, view)| view)
            .collect();
        list.sort_by_key(|view| view.order);
        list
    }

    /// Returns the state of a message.
    pub fn state(&self, contact: Address, message: MessageId) -> Option<DeliveryState> {
        self.messages.get(&(contact, message)).map(|view| view.state)
    }

    /// Returns what somebody is to this person.
    pub fn standing(&self, contact: Address) -> Option<Standing> {
        self.contacts.get(&contact).map(|view| view.standing)
    }

    /// Returns the requests that wait for an answer.
    pub fn requests(&self) -> Vec<Address> {
        let requests = self.contacts.values().filter(|view| view.standing == Standing::Request);
        requests.map(|view| view.address).collect()
    }

    fn message(&mut self, view: MessageView) -> Result<(), String> {
        let key = (view.contact, view.id);
        if let Some(old) = self.messages.get_mut(&key) {
            // The one reason to show a message again: the one before it has come.
            let filled = MessageView { gap_before: false, ..old.clone() };
            if old.gap_before && view == filled {
                *old = view;
                return Ok(());
            }
            return Err(format!("shown twice: {:?} by {:?}: {}", view.id, old.author, head(&view)));
        }
        if self.order_taken(&view) {
            return Err(format!("two messages have the place {:?}", view.order));
        }
        if view.author == Author::Them && view.state != DeliveryState::Delivered {
            return Err(format!("a message of theirs is {:?}", view.state));
        }
        self.messages.insert(key, view);
        Ok(())
    }

    fn order_taken(&self, new: &MessageView) -> bool {
        let of_contact = (new.contact, MessageId([0; 16]))..=(new.contact, MessageId([255; 16]));
        self.messages.range(of_contact).any(|(_, view)| view.order == new.order)
    }

    fn delivery(
        &mut self,
        contact: Address,
        message: MessageId,
        state: DeliveryState,
    ) -> Result<(), String> {
        let Some(view) = self.messages.get_mut(&(contact, message)) else {
            if self.removed.contains(&contact) {
                return Ok(());
            }
            return Err(format!("a delivery state of a message never shown: {message:?}"));
        };
        if view.author == Author::Them {
            return Err("a delivery state of a message of theirs".into());
        }
        let old = view.state;
        view.state = state;
        if old == DeliveryState::NotSent || state == DeliveryState::NotSent {
            return if old == DeliveryState::Delivered {
                Err("a delivered message became not sent".into())
            } else {
                Ok(())
            };
        }
        if state < old {
            return Err(format!("a message went back from {old:?} to {state:?}"));
        }
        Ok(())
    }
}

fn head(view: &MessageView) -> String {
    view.text.chars().take(40).collect()
}

/// Returns whether a list of places grows.
pub fn grows(places: &[MessageOrder]) -> bool {
    places.windows(2).all(|pair| pair[0] < pair[1])
}
