//! What comes from a contact or a stranger: handshakes, messages, and what they say.

use zeroize::Zeroizing;

use crate::{
    Address, SessionId,
    engine::{
        Engine,
        contacts::{Contact, Relation},
        conversation::{
            entry::{Entry, Payload, message_id, message_order},
            inbox::Arrival,
            sessions::Decrypted,
        },
        input::LinkId,
        output::{Author, DeliveryState, Event, MessageView, Misbehaviour, PeerAddress, Table},
        step::Step,
    },
    limits,
    wire::{Body, Content},
};

impl Engine {
    /// A ciphertext came on a contact's link.
    pub(crate) fn receive_message(
        &mut self,
        link: LinkId,
        who: Address,
        message: &[u8],
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        if self.receive_ciphertext(link, who, message, step)? {
            return Ok(());
        }
        let Some(contact) = self.contacts.get_mut(&who) else { return Ok(()) };
        // What was on its way when a session ended is nobody's fault, and breaks no other one.
        if contact.talk.sessions.ended().any(|ended| ended.is_recent(step.now)) {
            return Ok(());
        }
        contact.want_new_session();
        self.give_up_ends(who, step);
        Err(Misbehaviour::Undecryptable)
    }

    /// Decrypts with the sessions that there are and takes what is new; `false` if none of them
    /// knows the key.
    pub(super) fn receive_ciphertext(
        &mut self,
        link: LinkId,
        who: Address,
        message: &[u8],
        step: &mut Step<'_>,
    ) -> Result<bool, Misbehaviour> {
        let Some(contact) = self.contacts.get_mut(&who) else { return Ok(true) };
        step.touch(who);
        match contact.talk.sessions.decrypt(message, step.now) {
            Decrypted::New(session, content) => {
                self.links.prove(link);
                self.open_link(link, who, step);
                self.take_content(who, session, &content, step)?;
                Ok(true)
            }
            Decrypted::Late(session, content) => {
                self.links.prove(link);
                self.open_link(link, who, step);
                self.take_late(who, session, &content, step);
                Ok(true)
            }
            Decrypted::Closed => Ok(true),
            Decrypted::Duplicate => {
                contact.talk.inbox.came_again();
                Ok(true)
            }
            Decrypted::Nowhere => Ok(false),
        }
    }

    /// Takes what a newly decrypted message says.
    pub(super) fn take_content(
        &mut self,
        who: Address,
        session: SessionId,
        plain: &Zeroizing<alloc::vec::Vec<u8>>,
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        let content = Content::decode(plain).map_err(|_| Misbehaviour::Content)?;
        let Some(contact) = self.contacts.get_mut(&who) else { return Ok(()) };
        step.touch(who);
        if contact.relation == Relation::Invited {
            contact.relation = Relation::Contact;
        }
        contact.talk.resends = 0;
        let held = contact.talk.sessions.get_mut(session);
        if held.is_some_and(|held| content.received > held.session.sent()) {
            contact.want_new_session();
        }
        let acknowledged = self.acknowledge_entries(who, &content, step);
        self.doubt(who, step);
        self.take_body(who, session, content, step)?;
        acknowledged
    }

    /// Takes what a message acknowledges.
    pub(super) fn acknowledge_entries(
        &mut self,
        who: Address,
        content: &Content,
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        let Some(contact) = self.contacts.get_mut(&who) else { return Ok(()) };
        let (entries, known) = contact.talk.outbox.acknowledge(&content.acks);
        if !entries.is_empty() {
            self.timers.stop(crate::engine::timer::Timer::Resend(who));
        }
        for entry in entries {
            step.delete(Table::Outbox, contact.row_key(&entry.order().0));
            emit_delivery(who, &entry, DeliveryState::Delivered, step);
        }
        known.map_err(|_| {
            contact.want_new_session();
            Misbehaviour::FalseAcknowledgement
        })
    }

    fn take_body(
        &mut self,
        who: Address,
        session: SessionId,
        content: Content,
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        if content.cseq == 0 {
            return Ok(());
        }
        let Some(contact) = self.contacts.get_mut(&who) else { return Ok(()) };
        // No acknowledgement can name the last of all numbers.
        if content.cseq == u64::MAX {
            return Err(Misbehaviour::Content);
        }
        if !contact.counts_for_request(&content) {
            return Err(Misbehaviour::TooManyRequests);
        }
        if !contact.talk.meet_lamport(content.lamport) {
            return Err(Misbehaviour::Content);
        }
        let gap_before = match contact.talk.inbox.arrive(content.origin, content.cseq) {
            Arrival::New { gap_before } => gap_before,
            Arrival::Duplicate => return Ok(()),
            Arrival::TooManyGaps => return Err(Misbehaviour::Content),
        };
        if contact.relation == Relation::Deleted {
            contact.relation = Relation::Request;
        }
        match content.body {
            Some(Body::Text(text)) => {
                let view = MessageView {
                    contact: who,
                    id: message_id(content.origin, content.cseq),
                    author: Author::Them,
                    text,
                    sent: content.sent,
                    order: message_order(content.lamport, content.origin, content.cseq),
                    state: DeliveryState::Delivered,
                    gap_before,
                };
                contact.unread = contact.unread.saturating_add(1);
                contact.used = step.now;
                if gap_before {
                    contact.talk.inbox.keep_gap(content.origin, content.cseq, view.clone());
                }
                self.save_history(&view, step);
                self.show_contact(who, step);
                step.emit(Event::Message(view));
            }
            Some(Body::Name(name)) => contact.own_name = (!name.is_empty()).then_some(name),
            Some(Body::Addresses { peer_id, addresses }) => {
                let place = |address| PeerAddress { peer_id: peer_id.clone(), address };
                contact.places = addresses.into_iter().map(place).collect();
            }
            Some(Body::Close { sessions }) => self.end_by_them(who, session, &sessions, step),
            Some(Body::Accept) | None => {}
        }
        if let Some(contact) = self.contacts.get_mut(&who) {
            for view in contact.talk.inbox.take_closed_gaps() {
                step.emit(Event::Message(view));
            }
        }
        Ok(())
    }

    /// Doubts the session that speaks: somebody who is there has not acknowledged for a day; or
    /// they have other prekeys than those of a handshake never answered, for a day or although
    /// they were greeted with it.
    pub(crate) fn doubt(&mut self, who: Address, step: &mut Step<'_>) {
        let own = self.own.install.generation();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let old = contact
            .talk
            .outbox
            .oldest_out()
            .is_some_and(|at| step.now.millis_since(at) >= limits::DOUBT_MS);
        if contact.talk.sessions.wants_new {
            return;
        }
        let Some(held) = contact.talk.sessions.speaks(contact.install, own) else { return };
        // They do not know it, and may have lost the prekeys as well.
        let unknown = held.unknown && !held.session.is_confirmed();
        if !old && !unknown {
            return;
        }
        let doubted = held.session.unconfirmed().is_none()
            || contact.bundle_spk_id().is_some_and(|spk_id| spk_id != held.spk_id);
        if doubted {
            contact.want_new_session();
            step.touch(who);
        }
    }
}

impl Contact {
    /// The sessions do not do: prekeys are read anew, then a session is begun.
    pub(crate) fn want_new_session(&mut self) {
        if self.may_answer() && !self.rests() && !self.talk.sessions.wants_new {
            self.talk.sessions.wants_new = true;
            self.bundle = None;
        }
    }

    /// Counts what a request brings; tells whether it is within the limits.
    fn counts_for_request(&mut self, content: &Content) -> bool {
        if self.may_answer() || self.talk.inbox.has(content.origin, content.cseq) {
            return true;
        }
        let text = matches!(content.body, Some(Body::Text(_)));
        let count = &mut self.request;
        let texts = count.texts.saturating_add(u32::from(text));
        let messages = count.messages.saturating_add(1);
        let fits = texts <= limits::REQUEST_TEXTS && messages <= limits::REQUEST_MESSAGES;
        if fits {
            (count.texts, count.messages) = (texts, messages);
        }
        fits
    }
}

/// Tells the screen how far a text of ours came.
pub(crate) fn emit_delivery(
    who: Address,
    entry: &Entry,
    state: DeliveryState,
    step: &mut Step<'_>,
) {
    if matches!(entry.payload, Payload::Text(_)) {
        step.emit(Event::Delivery { contact: who, message: entry.id(), state });
    }
}
