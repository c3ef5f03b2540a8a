//! The end of a conversation, and of its history (PROTOCOL.md, "The end of a conversation").
//!
//! Invariant: when a session has ended here, its row and its keys are gone with the key that sealed
//! them; what is [left](super::ended) encrypts nothing.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::{
    Address, RowKey, SessionId,
    engine::{
        Engine,
        contacts::Contact,
        conversation::{ended::Ended, held::Held, receive::emit_delivery},
        output::{CommandError, DeliveryState, EndedBy, Event, Output, Reply, Table},
        step::Step,
        stored::session_key,
        timer::Timer,
    },
    wire::{Body, Content, Origin},
};

impl Engine {
    /// Ends the conversation with a contact from our side.
    pub(crate) fn end_conversation(
        &mut self,
        who: Address,
        burn: bool,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        let own = self.own.install.generation();
        let contact = self.known(who, step)?;
        let told = contact.may_answer();
        let (speaking, others) = contact.talk.sessions.take_all(contact.install, own);
        let had_any = speaking.is_some() || !others.is_empty();
        if had_any || contact.talk.outbox.is_active() {
            contact.talk.ended = Some(EndedBy::Us);
        }
        // Of a session on which nothing ever went out nobody knows.
        let speaking =
            speaking.filter(|held| held.session.is_confirmed() || held.session.sent() > 0);
        let names = others.iter().map(|held| held.session.id().0).collect();
        if let Some(held) = speaking {
            self.close_session(who, held, names, told, step);
        }
        self.forget_sessions(who, others, step);
        self.end_outbox(who, step);
        if burn {
            self.burn_outbox(who, step);
            self.delete_history(who, step)?;
        }
        self.renew_talk_key(who, step);
        Ok(Reply::Done)
    }

    /// Ends a session of ours: says so, if the other side may be told, and erases what encrypts.
    fn close_session(
        &mut self,
        who: Address,
        mut held: Held,
        sessions: Vec<[u8; 16]>,
        told: bool,
        step: &mut Step<'_>,
    ) {
        let fresh = Origin(step.random());
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let (origin, cseq) = contact.talk.outbox.number(fresh);
        let close = Content {
            origin,
            cseq,
            lamport: contact.talk.tick(),
            sent: step.now,
            body: Some(Body::Close { sessions }),
            ..Content::default()
        };
        contact.talk.inbox.owe_all();
        let acks = contact.talk.inbox.acks();
        let said = told.then(|| held.encrypt_content(&close, acks, step)).flatten();
        let Some((frame, acks)) = said else {
            self.forget_sessions(who, [held], step);
            return;
        };
        contact.talk.inbox.acknowledged(&acks);
        self.remember_handshake(&held, step);
        let Held { session, .. } = held;
        self.keep_ended(who, Ended::by_us(session, (origin, cseq), frame, step.now), step);
    }

    /// They have ended the conversation, in this session and with those of the given names.
    pub(super) fn end_by_them(
        &mut self,
        who: Address,
        session: SessionId,
        others: &[[u8; 16]],
        step: &mut Step<'_>,
    ) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some(mut held) = contact.talk.sessions.take(session) else { return };
        let heard = contact.talk.sessions.last_opened();
        let sign = Content { sent: step.now, ..Content::default() };
        contact.talk.inbox.owe_all();
        let acks = contact.talk.inbox.acks();
        let may_answer = contact.may_answer();
        let said = may_answer.then(|| held.encrypt_content(&sign, acks, step)).flatten();
        let (frame, acks) = said.unwrap_or_default();
        contact.talk.inbox.acknowledged(&acks);
        let gone = others.iter().filter_map(|name| contact.talk.sessions.take(SessionId(*name)));
        let mut gone: Vec<Held> = gone.collect();
        // One of ours that they never answered is no new conversation, unless it has a text to say.
        if !contact.talk.outbox.has_text_to_say() {
            gone.extend(contact.talk.sessions.take_unanswered());
        }
        contact.talk.outbox.unlink();
        // Else a session that they did not know yet has begun a new conversation.
        let over = contact.talk.sessions.is_empty();
        if over {
            contact.talk.ended.get_or_insert(EndedBy::Them);
            contact.talk.sessions.wants_new = false;
        }
        self.forget_sessions(who, gone, step);
        self.remember_handshake(&held, step);
        let ended = Ended::by_them(&held.session, heard, frame, step.now);
        drop(held);
        self.keep_ended(who, ended, step);
        if over {
            self.end_outbox(who, step);
        }
        self.renew_talk_key(who, step);
    }

    /// Something came in a session that we have ended: only what is about that end counts, all else
    /// its writer is told by our close not to have been taken.
    pub(super) fn take_late(
        &mut self,
        who: Address,
        session: SessionId,
        plain: &Zeroizing<Vec<u8>>,
        step: &mut Step<'_>,
    ) {
        let Ok(content) = Content::decode(plain) else { return };
        self.acknowledge_entries(who, &content, step).unwrap_or_default();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let heard = contact.talk.sessions.last_opened();
        let Some(ended) = contact.talk.sessions.ended_of(session) else { return };
        if matches!(content.body, Some(Body::Close { .. })) {
            ended.cross(heard);
        } else if ended.is_acknowledged_by(&content.acks) {
            ended.forget();
        } else {
            return;
        }
        self.timers.stop(Timer::Resend(who));
        self.renew_talk_key(who, step);
    }

    /// The listener knows nothing of a session whose end we wanted to tell: that is the end.
    pub(crate) fn forget_unknown(&mut self, who: Address, session: SessionId, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some(ended) = contact.talk.sessions.ended_of(session) else { return };
        // One that was never answered brings its handshake with it.
        if ended.awaits_answer() && !ended.is_unconfirmed() {
            ended.forget();
            self.renew_talk_key(who, step);
        }
    }

    /// They go on where we cannot follow: our storage went back before we ended the session, so that
    /// they cannot read our close either. Forgotten here, it is unknown to their next greeting.
    pub(super) fn give_up_ends(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let gone = contact.talk.sessions.drop_awaiting();
        if gone.is_empty() {
            return;
        }
        for ended in gone {
            step.delete(Table::Sessions, session_key(&contact.tag, ended.id()));
        }
        self.renew_talk_key(who, step);
    }

    /// Says on a link what is to be said about ended sessions.
    pub(super) fn say_ends(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(link) = self.links.active(&who) else { return };
        let owes = self.links.owes_handshake(link);
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let mut paid = !owes;
        for ended in contact.talk.sessions.ended_mut() {
            if !paid && !ended.is_unconfirmed() {
                continue;
            }
            if let Some(frame) = ended.say(link) {
                paid = true;
                step.output(Output::Send(link, frame));
            }
        }
        if paid && owes {
            self.links.pay_handshake(link);
        }
    }

    /// Looks after what is left of ended sessions.
    pub(crate) fn sweep_ended(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let gone = contact.talk.sessions.drop_ended(step.now);
        if gone.is_empty() {
            return;
        }
        for ended in gone {
            step.delete(Table::Sessions, session_key(&contact.tag, ended.id()));
        }
        self.renew_talk_key(who, step);
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

    /// Returns the contact whose row this is.
    pub fn contact_of(&self, key: &RowKey) -> Option<Address> {
        let of = |contact: &&Contact| key.0.starts_with(&contact.tag);
        self.contacts.values().find(of).map(|contact| contact.address)
    }

    /// Gives up what waits for a contact; what is not for the screen is told anew in the next
    /// conversation.
    fn end_outbox(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let (given_up, gone) = contact.talk.outbox.end();
        contact.talk.taken.end();
        contact.talk.owes_sign = false;
        contact.talk.resends = 0;
        contact.told_name = None;
        contact.told_addresses.clear();
        for order in gone {
            step.delete(Table::Outbox, contact.row_key(&order.0));
        }
        for order in given_up {
            if let Some(entry) = contact.talk.outbox.get(order) {
                emit_delivery(who, entry, DeliveryState::NotSent, step);
            }
        }
    }

    fn burn_outbox(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        contact.talk.outbox.clear();
        step.delete_all(Table::Outbox, contact.row_key(&[]));
    }

    fn keep_ended(&mut self, who: Address, ended: Ended, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        if let Some(oldest) = contact.talk.sessions.end(ended) {
            step.delete(Table::Sessions, session_key(&contact.tag, oldest.id()));
        }
    }

    /// The handshake of a session that ends must not be used again.
    pub(crate) fn remember_handshake(&mut self, held: &Held, step: &mut Step<'_>) {
        if !held.ours {
            let id = held.session.handshake();
            self.prekeys.remember(id, held.spk_id, &self.vault, step);
        }
    }
}

impl Contact {
    /// Tells whether the conversation is over and nobody has begun another one.
    pub(crate) const fn rests(&self) -> bool {
        self.talk.ended.is_some()
    }

    /// Tells whether the other side may still have to be told that a session has ended.
    pub(crate) fn has_to_close(&self) -> bool {
        self.talk.sessions.ended().any(Ended::awaits_answer)
    }

    /// Deletes all rows of somebody who is no contact any more.
    pub(crate) fn forget_rows(&self, step: &mut Step<'_>) {
        for table in [Table::Contacts, Table::Keys, Table::Sessions, Table::Outbox, Table::History]
        {
            step.delete_all(table, self.row_key(&[]));
        }
    }
}
