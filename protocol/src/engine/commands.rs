//! What a person asks for: each command is checked, changes something, and is answered.

use alloc::{string::String, vec::Vec};

use crate::{
    Address, Invite, RelayAddress,
    engine::{
        Engine,
        contacts::{Contact, ContactKeys, Relation},
        conversation::{entry::Payload, receive::emit_delivery},
        input::{Command, Numbered, PresenceMode},
        output::{CloseReason, CommandError, DeliveryState, Event, MessageId, Reply, Table},
        step::Step,
    },
    identity::Phrase,
    limits,
    record::Kind,
    safety_number,
};

impl Engine {
    pub(crate) fn handle_command(
        &mut self,
        command: Command,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        match command {
            Command::AddContact { address, relays, name } => self.add(address, relays, name, step),
            Command::Rename { contact, name } => {
                check_name(name.as_deref())?;
                self.known(contact, step)?.petname = name;
                Ok(Reply::Done)
            }
            Command::Remove(who) => self.remove(who, step),
            Command::Block(who) => self.block(who, step),
            Command::Unblock(who) => {
                let contact = self.known(who, step)?;
                contact.blocked = false;
                if contact.relation == Relation::Deleted {
                    contact.forget_view();
                    step.emit(Event::ContactRemoved(who));
                }
                Ok(Reply::Done)
            }
            Command::AcceptRequest(who) => self.accept(who, step),
            Command::DeleteRequest(who) => self.delete_request(who, step),
            Command::SendText { contact, text, numbered } => {
                self.send_text(contact, text, numbered, step)
            }
            Command::EndConversation { contact, burn } => {
                self.end_conversation(contact, burn, step)
            }
            Command::DeleteHistory(who) => self.delete_history(who, step),
            Command::ShowAll => Ok(self.show_all(step)),
            Command::Retry { contact, message } => self.retry(contact, message, step),
            Command::Reach(who) => {
                self.known(who, step)?;
                self.reach(who, step);
                Ok(Reply::Done)
            }
            Command::MarkSeen(who) => {
                let contact = self.known(who, step)?;
                (contact.unread, contact.new_install) = (0, false);
                Ok(Reply::Done)
            }
            Command::SetPresence(mode) => {
                self.set_presence(mode, step);
                Ok(Reply::Done)
            }
            Command::HideAddress { contact, hide } => self.hide_address(contact, hide, step),
            Command::SetName(name) => {
                check_name(name.as_deref())?;
                self.own.name = name.filter(|name| !name.is_empty());
                let all: Vec<Address> = self.contacts.keys().copied().collect();
                all.into_iter().for_each(|who| step.touch(who));
                Ok(Reply::Done)
            }
            Command::CreateInvite => Ok(Reply::Invite(self.invite())),
            Command::ShowPhrase => {
                let entropy = self.own.identity.phrase().entropy();
                // The entropy of a phrase is a phrase's again.
                let phrase = Phrase::from_entropy(&entropy);
                phrase.map(Reply::Phrase).map_err(|_| CommandError::UnknownContact)
            }
            Command::UseHere => {
                if let Some(found) = self.own.elsewhere {
                    self.use_here(found, step);
                }
                Ok(Reply::Done)
            }
            Command::Import(records) => Ok(self.import(records, step)),
            Command::SafetyNumber(who) => {
                let us = self.own.identity.key();
                self.known(who, step)?;
                Ok(Reply::SafetyNumber(safety_number(&us, who.key())))
            }
        }
    }

    fn add(
        &mut self,
        who: Address,
        relays: Vec<RelayAddress>,
        name: Option<String>,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        check_name(name.as_deref())?;
        if who == self.own.identity.address() {
            return Err(CommandError::OwnAddress);
        }
        let limit = limits::CONTACTS;
        let accepted = self.contacts.values().filter(|contact| contact.may_answer()).count();
        let contact = match self.contacts.get_mut(&who) {
            Some(contact) if contact.blocked => return Err(CommandError::Blocked),
            Some(contact) if contact.may_answer() => return Err(CommandError::ContactExists),
            _ if accepted >= limit => return Err(CommandError::ContactsFull { limit }),
            // Who adds the sender of a request accepts it.
            Some(contact) if contact.relation == Relation::Request => {
                contact.petname = name;
                return self.accept(who, step);
            }
            _ => {
                let new = || {
                    let keys = ContactKeys::generate(step.rng);
                    Contact::new(who, Relation::Invited, &self.vault, keys)
                };
                self.contacts.entry(who).or_insert_with(new)
            }
        };
        contact.relation = Relation::Invited;
        contact.petname = name;
        contact.relays = relays;
        contact.relays.truncate(limits::INVITE_RELAYS);
        contact.used = step.now;
        step.touch(who);
        Ok(Reply::Done)
    }

    fn remove(&mut self, who: Address, step: &mut Step<'_>) -> Result<Reply, CommandError> {
        self.known(who, step)?;
        self.end_sessions(who, step);
        self.close_links_to(who, CloseReason::Blocked, step);
        self.stop_seeking(who, step);
        self.stop_timers(who);
        if let Some(contact) = self.contacts.remove(&who) {
            contact.forget_rows(step);
            step.emit(Event::ContactRemoved(who));
        }
        Ok(Reply::Done)
    }

    pub(crate) fn block(
        &mut self,
        who: Address,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        if who == self.own.identity.address() {
            return Err(CommandError::OwnAddress);
        }
        // A key need not be known to be blocked.
        let new = || {
            let keys = ContactKeys::generate(step.rng);
            Contact::new(who, Relation::Deleted, &self.vault, keys)
        };
        self.contacts.entry(who).or_insert_with(new).blocked = true;
        self.end_sessions(who, step);
        self.close_links_to(who, CloseReason::Blocked, step);
        self.stop_seeking(who, step);
        self.stop_timers(who);
        step.touch(who);
        Ok(Reply::Done)
    }

    fn accept(&mut self, who: Address, step: &mut Step<'_>) -> Result<Reply, CommandError> {
        let contact = self.known(who, step)?;
        if contact.blocked {
            return Err(CommandError::Blocked);
        }
        if contact.relation != Relation::Request {
            return Ok(Reply::Done);
        }
        contact.relation = Relation::Contact;
        contact.used = step.now;
        contact.talk.owes_sign = true;
        self.queue(who, Payload::Accept, None, step);
        self.reach(who, step);
        Ok(Reply::Done)
    }

    fn delete_request(&mut self, who: Address, step: &mut Step<'_>) -> Result<Reply, CommandError> {
        let contact = self.known(who, step)?;
        if contact.relation != Relation::Request {
            return Err(CommandError::UnknownContact);
        }
        contact.relation = Relation::Deleted;
        contact.deleted = step.now;
        contact.unread = 0;
        contact.request = Default::default();
        contact.talk.inbox.forget_debts();
        contact.forget_view();
        step.delete_all(Table::History, contact.row_key(&[]));
        contact.keys.renew_history(step.rng);
        step.emit(Event::ContactRemoved(who));
        self.end_sessions(who, step);
        self.deafen_links_to(who, step);
        self.forget_old_requests(step);
        Ok(Reply::Done)
    }

    /// Drops the oldest deleted requests beyond the limit.
    fn forget_old_requests(&mut self, step: &mut Step<'_>) {
        let deleted =
            |contact: &&Contact| contact.relation == Relation::Deleted && !contact.blocked;
        while self.contacts.values().filter(deleted).count() > limits::DELETED_REQUESTS {
            let oldest = self.contacts.values().filter(deleted).min_by_key(|c| c.deleted);
            let Some(oldest) = oldest.map(|contact| contact.address) else { return };
            if let Some(contact) = self.contacts.remove(&oldest) {
                contact.forget_rows(step);
            }
        }
    }

    fn send_text(
        &mut self,
        who: Address,
        text: String,
        numbered: Option<Numbered>,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        if let Some(numbered) = numbered
            && let Some(taken) = self.known(who, step)?.talk.taken.ask(numbered)?
        {
            return Ok(Reply::Queued(taken));
        }
        if self.own.elsewhere.is_some() {
            return Err(CommandError::InUseElsewhere);
        }
        let contact = self.known(who, step)?;
        if contact.blocked {
            return Err(CommandError::Blocked);
        }
        if !contact.may_answer() {
            return Err(CommandError::NotAccepted);
        }
        let invited = contact.relation == Relation::Invited;
        let limit = if invited { limits::FIRST_TEXT_BYTES } else { limits::TEXT_BYTES };
        if text.is_empty() {
            return Err(CommandError::EmptyText);
        }
        if text.len() > limit {
            return Err(CommandError::TextTooLong { found: text.len(), limit });
        }
        let outbox = &contact.talk.outbox;
        let texts = usize::try_from(limits::REQUEST_TEXTS).unwrap_or(usize::MAX);
        if invited && outbox.texts() >= texts {
            return Err(CommandError::RequestFull { limit: texts });
        }
        if outbox.len() >= limits::OUTBOX {
            return Err(CommandError::OutboxFull { limit: limits::OUTBOX });
        }
        contact.used = step.now;
        if let Some(numbered) = numbered {
            contact.talk.taken.take(numbered);
        }
        let id = self.queue(who, Payload::Text(text), numbered, step);
        let id = id.ok_or(CommandError::UnknownContact)?;
        self.reach(who, step);
        Ok(Reply::Queued(id))
    }

    fn retry(
        &mut self,
        who: Address,
        message: MessageId,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        if self.own.elsewhere.is_some() {
            return Err(CommandError::InUseElsewhere);
        }
        let contact = self.known(who, step)?;
        let order = contact.talk.outbox.find(message).ok_or(CommandError::UnknownMessage)?;
        let talk = &mut contact.talk;
        let entry = talk.outbox.get_mut(order).ok_or(CommandError::UnknownMessage)?;
        if entry.state == DeliveryState::NotSent {
            talk.ended = None;
            entry.state = DeliveryState::Waiting;
            entry.queued = step.now;
            entry.link = None;
            emit_delivery(who, entry, DeliveryState::Waiting, step);
            self.save_entry(who, order, step);
        }
        self.reach(who, step);
        Ok(Reply::Done)
    }

    /// Shows everything to a screen that has just come.
    fn show_all(&mut self, step: &mut Step<'_>) -> Reply {
        self.own.forget_view();
        let all: Vec<Address> = self.contacts.keys().copied().collect();
        for who in all {
            if let Some(contact) = self.contacts.get_mut(&who) {
                contact.forget_view();
            }
            self.show_contact(who, step);
        }
        if self.clock.0.unsigned_abs() > limits::CLOCK_WRONG_MS {
            step.emit(Event::ClockWrong(self.clock));
        }
        Reply::Done
    }

    pub(crate) fn set_presence(&mut self, mode: PresenceMode, step: &mut Step<'_>) {
        if self.own.presence == mode {
            return;
        }
        self.own.presence = mode;
        self.plan_publications(step);
        self.publish_soon(Kind::Presence, 0, step);
    }

    fn invite(&self) -> String {
        let invite = Invite {
            address: self.own.identity.address(),
            relays: self.own.addresses.relays.clone(),
            expires: None,
            name: self.own.name.clone(),
        };
        invite.encode().unwrap_or_default()
    }

    /// Returns a contact or request that the screen knows.
    pub(crate) fn known(
        &mut self,
        who: Address,
        step: &mut Step<'_>,
    ) -> Result<&mut Contact, CommandError> {
        let contact = self.contacts.get_mut(&who).ok_or(CommandError::UnknownContact)?;
        if contact.relation == Relation::Deleted && !contact.blocked {
            return Err(CommandError::UnknownContact);
        }
        step.touch(who);
        Ok(contact)
    }
}

fn check_name(name: Option<&str>) -> Result<(), CommandError> {
    let (found, limit) = (name.map_or(0, str::len), limits::NAME_BYTES);
    if found > limit { Err(CommandError::NameTooLong { found, limit }) } else { Ok(()) }
}
