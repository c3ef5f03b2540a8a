//! The end of a conversation and of its history (PROTOCOL.md, "The end of a conversation").

use crate::{
    Address, RowKey,
    engine::{
        Engine,
        contacts::Contact,
        conversation::receive::emit_delivery,
        output::{CommandError, DeliveryState, EndedBy, Event, Reply, Table},
        step::Step,
    },
};

impl Engine {
    /// Ends the conversation with a contact from our side.
    pub(crate) fn end_conversation(
        &mut self,
        who: Address,
        burn: bool,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        self.known(who, step)?;
        self.give_up_outbox(who, step);
        self.end_sessions(who, step);
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.talk.ended = Some(EndedBy::Us);
        }
        if burn { self.delete_history(who, step) } else { Ok(Reply::Done) }
    }

    /// Deletes the history of a contact; what is on its way goes on.
    pub(crate) fn delete_history(
        &mut self,
        who: Address,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        let contact = self.known(who, step)?;
        contact.keys.renew_history(step.rng);
        contact.talk.inbox.forget_gaps();
        contact.unread = 0;
        step.delete_all(Table::History, contact.row_key(&[]));
        step.emit(Event::HistoryDeleted(who));
        Ok(Reply::Done)
    }

    /// Gives up whatever waits for a contact.
    fn give_up_outbox(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let given_up = contact.talk.outbox.give_up_all();
        for order in &given_up {
            if let Some(entry) = contact.talk.outbox.get(*order) {
                emit_delivery(who, entry, DeliveryState::NotSent, step);
            }
        }
        for order in given_up {
            self.save_entry(who, order, step);
        }
    }

    /// Returns the contact whose row this is.
    pub fn contact_of(&self, key: &RowKey) -> Option<Address> {
        let of = |contact: &&Contact| key.0.starts_with(&contact.tag);
        self.contacts.values().find(of).map(|contact| contact.address)
    }
}

impl Contact {
    /// Deletes all rows of somebody who is no contact any more.
    pub(crate) fn forget_rows(&self, step: &mut Step<'_>) {
        for table in [Table::Contacts, Table::Keys, Table::Sessions, Table::Outbox, Table::History]
        {
            step.delete_all(table, self.row_key(&[]));
        }
    }
}
