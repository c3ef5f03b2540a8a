//! What goes to a contact: their messages on the link that speaks, acknowledgements, and the
//! handshake before both if a session is due.

use alloc::vec::Vec;

use crate::{
    Address, Timestamp,
    engine::{
        Engine,
        contacts::{Contact, Install, Relation},
        conversation::{
            outbox::{Ciphertext, Entry, Payload},
            receive::emit_delivery,
            sessions::Held,
        },
        input::LinkId,
        output::{
            Author, CloseReason, DeliveryState, Event, MessageId, MessageOrder, MessageView,
            Output, Table,
        },
        own::Own,
        step::Step,
        timer::Timer,
    },
    handshake::{self, kem::MlKem},
    limits,
    wire::{Ack, Content, Origin},
};

impl Engine {
    /// Gives a contact's link all that it should have.
    pub(crate) fn flush(&mut self, who: Address, step: &mut Step<'_>) {
        if self.own.elsewhere.is_some() || !self.may_answer(&who) {
            return;
        }
        if self.links.active(&who).is_none() {
            return;
        }
        self.tell_name(who, step);
        if !self.ready_session(who, step) {
            return;
        }
        let Some(link) = self.speaking_link(who, step) else { return };
        let Some(contact) = self.contacts.get(&who) else { return };
        for order in contact.talk.outbox.due(link) {
            self.send_entry(who, order, link, step);
        }
        self.acknowledge(who, link, step);
        self.watch_answers(who, step);
    }

    /// Returns the link to speak on. One that owes a handshake is of no use when another link brought
    /// a session meanwhile, which has no handshake to send: it is given up.
    fn speaking_link(&mut self, who: Address, step: &mut Step<'_>) -> Option<LinkId> {
        let own = self.own.install.generation();
        let contact = self.contacts.get(&who)?;
        let confirmed = contact.talk.sessions.speaks(contact.install, own)?.session.is_confirmed();
        while let Some(link) = self.links.active(&who) {
            if !self.links.owes_handshake(link) {
                return Some(link);
            }
            if !confirmed {
                self.links.pay_handshake(link);
                self.contacts.get_mut(&who)?.talk.owes_sign = true;
                return Some(link);
            }
            self.close_link(link, CloseReason::Duplicate, step);
        }
        None
    }

    /// Queues a message; returns its name.
    pub(crate) fn queue(
        &mut self,
        who: Address,
        payload: Payload,
        step: &mut Step<'_>,
    ) -> Option<MessageId> {
        let fresh = Origin(step.random());
        let contact = self.contacts.get_mut(&who)?;
        let lamport = contact.talk.tick();
        let order = contact.talk.outbox.push(payload, lamport, step.now, fresh);
        let entry = contact.talk.outbox.get(order)?.clone();
        self.save_entry(who, order, step);
        if let Payload::Text(text) = &entry.payload {
            let view = MessageView {
                contact: who,
                id: entry.id(),
                author: Author::Me,
                text: text.clone(),
                sent: Timestamp::from_millis(entry.sent_ms),
                order,
                state: DeliveryState::Waiting,
                gap_before: false,
            };
            self.save_history(&view, step);
            step.emit(Event::Message(view));
        }
        step.touch(who);
        Some(entry.id())
    }

    /// Tells a contact our profile name if they have another one.
    fn tell_name(&mut self, who: Address, step: &mut Step<'_>) {
        let name = self.own.name.clone();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        // A request has room for one name.
        let first = contact.told_name.is_none() && contact.talk.outbox.texts() > 0;
        let talks = contact.relation == Relation::Contact || first;
        if contact.told_name != name && talks {
            contact.told_name.clone_from(&name);
            self.queue(who, Payload::Name(name.unwrap_or_default()), step);
        }
    }

    /// Tells whether a session can speak; begins one, or has its prekeys fetched, when one is due.
    fn ready_session(&mut self, who: Address, step: &mut Step<'_>) -> bool {
        let own = self.own.install.generation();
        let Some(contact) = self.contacts.get_mut(&who) else { return false };
        let sessions = &contact.talk.sessions;
        let speaks =
            sessions.speaks(contact.install, own).is_some_and(|held| !held.session.is_exhausted());
        let repair = sessions.wants_new;
        let something = contact.talk.outbox.is_active() || contact.relation == Relation::Contact;
        if (speaks && !repair) || !something {
            return speaks;
        }
        let mut at = sessions.may_begin_at(step.now);
        if repair && speaks {
            at = at.max(sessions.may_repair_at(step.now));
        }
        if at > step.now {
            self.timers.set(Timer::Renew(who), at);
            return speaks;
        }
        if contact.ready_bundle(step.now).is_none() {
            self.find_bundle(who, step);
            return speaks;
        }
        self.begin_session(who, repair, step) || speaks
    }

    /// Begins a session with the prekeys at hand.
    fn begin_session(&mut self, who: Address, repair: bool, step: &mut Step<'_>) -> bool {
        let Some(contact) = self.contacts.get_mut(&who) else { return false };
        let Some(bundle) = contact.ready_bundle(step.now) else { return false };
        let us = self.own.identity.key();
        let install = Install { generation: bundle.generation, ikd: bundle.ikd };
        let spk_id = bundle.spk_id;
        let session = handshake::initiate(&us, &self.own.install, bundle, &MlKem, step.rng);
        let Ok(session) = session else {
            // Nothing can be done with such prekeys; the next look-up may bring others.
            contact.bundle = None;
            return false;
        };
        if repair {
            contact.talk.sessions.silence();
            contact.talk.sessions.repaired(step.now);
            contact.talk.sessions.wants_new = false;
        }
        let held = Held::new(session, install, self.own.install.generation(), spk_id);
        let gone = contact.talk.sessions.add(held, step.now);
        contact.talk.outbox.unlink();
        contact.talk.owes_sign = true;
        self.forget_sessions(who, gone, step);
        true
    }

    fn send_entry(&mut self, who: Address, order: MessageOrder, link: LinkId, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some((frame, fresh)) = contact.encrypt_entry(&self.own, order, step) else { return };
        let state = if contact.relation == Relation::Invited {
            DeliveryState::SentAwaitingAnswer
        } else {
            DeliveryState::Sending
        };
        let changed = contact.talk.outbox.went_out(order, link, state, step.now);
        if let Some(entry) = contact.talk.outbox.get(order).filter(|_| changed) {
            emit_delivery(who, entry, entry.state, step);
        }
        if fresh || changed {
            self.save_entry(who, order, step);
        }
        step.output(Output::Send(link, frame));
    }

    /// Sends a message that only acknowledges, if one is owed; a burst gets one for all.
    fn acknowledge(&mut self, who: Address, link: LinkId, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let talk = &mut contact.talk;
        let again = talk.inbox.settle_duplicates(step.now);
        if let Some(at) = again {
            self.timers.set_earlier(Timer::Acknowledge(who), at);
        }
        if !talk.inbox.owes() && !talk.owes_sign {
            return;
        }
        let next = talk.acked_at.map(|at| at.plus_millis(limits::ACK_PAUSE_MS));
        if let Some(next) = next.filter(|next| *next > step.now && !talk.owes_sign) {
            self.timers.set_earlier(Timer::Acknowledge(who), next);
            return;
        }
        if let Some(frame) = contact.encrypt_sign(&self.own, step) {
            contact.talk.acked_at = Some(step.now);
            step.output(Output::Send(link, frame));
        }
    }

    /// Waits for acknowledgements of what is out.
    fn watch_answers(&mut self, who: Address, step: &Step<'_>) {
        let timer = Timer::Resend(who);
        let Some(contact) = self.contacts.get(&who) else { return };
        if contact.relation != Relation::Contact || contact.talk.outbox.outstanding() == 0 {
            self.timers.stop(timer);
        } else if !self.timers.is_set(timer) {
            let pause = limits::RESEND_MS.saturating_mul(1 << contact.talk.resends.min(16));
            let pause = pause.min(limits::RESEND_MOST_MS);
            self.timers.set(timer, step.now.plus_millis(pause));
        }
    }

    /// Nothing was acknowledged for long: sends again, then gives the link up.
    pub(crate) fn handle_resend_due(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        contact.talk.resends = contact.talk.resends.saturating_add(1);
        contact.talk.outbox.unlink();
        step.touch(who);
        if contact.talk.resends >= limits::RESENDS_PER_LINK
            && let Some(link) = self.links.active(&who)
        {
            self.close_link(link, CloseReason::Idle, step);
        }
    }

    /// Saves an entry of the outbox.
    pub(crate) fn save_entry(&self, who: Address, order: MessageOrder, step: &mut Step<'_>) {
        use prost::Message as _;
        let Some(contact) = self.contacts.get(&who) else { return };
        let Some(entry) = contact.talk.outbox.get(order) else { return };
        let plain = zeroize::Zeroizing::new(entry.encode().encode_to_vec());
        let key = contact.row_key(&order.0);
        let sealed = self.vault.seal(Table::Outbox, &key, &plain, step.rng);
        step.put(Table::Outbox, key, sealed);
    }
}

impl Contact {
    /// Returns the frame of a message: the same ciphertext as before inside one sending chain, else
    /// a fresh one (`true`). Nothing if it does not fit while the session is unconfirmed.
    fn encrypt_entry(
        &mut self,
        own: &Own,
        order: MessageOrder,
        step: &mut Step<'_>,
    ) -> Option<(Vec<u8>, bool)> {
        let held = self.talk.sessions.speaking(self.install, own.install.generation())?;
        let entry = self.talk.outbox.get(order)?;
        let (session, chain) = (held.session.id(), held.session.sending_chain());
        let have = entry.ciphertext.as_ref();
        if let Some(same) = have.filter(|have| have.session == session && Some(have.chain) == chain)
        {
            return Some((same.frame.clone(), false));
        }
        let acks = self.talk.inbox.acks();
        let (frame, acks) = held.encrypt_content(&content_of(entry), acks, step)?;
        self.talk.inbox.acknowledged(&acks);
        self.talk.owes_sign = false;
        // The chain may have begun with this very message.
        let chain = held.session.sending_chain();
        self.talk.outbox.get_mut(order)?.ciphertext =
            chain.map(|chain| Ciphertext { session, chain, frame: frame.clone() });
        Some((frame, true))
    }

    /// Returns the frame of a message that only acknowledges.
    fn encrypt_sign(&mut self, own: &Own, step: &mut Step<'_>) -> Option<Vec<u8>> {
        let held = self.talk.sessions.speaking(self.install, own.install.generation())?;
        let acks = self.talk.inbox.acks();
        // On many links in a row an unconfirmed session says the same, lest its chain run ahead.
        if let Some(same) = held.opener.as_ref().filter(|_| acks.is_empty()) {
            self.talk.owes_sign = false;
            return Some(same.clone());
        }
        let sign = Content { sent: step.now, ..Content::default() };
        let (frame, acks) = held.encrypt_content(&sign, acks, step)?;
        if !held.session.is_confirmed() {
            held.opener = Some(frame.clone());
        }
        self.talk.inbox.acknowledged(&acks);
        self.talk.owes_sign = false;
        Some(frame)
    }
}

impl Held {
    /// Encrypts a content, with its acknowledgements if they fit, to a frame; returns those as well.
    fn encrypt_content(
        &mut self,
        content: &Content,
        acks: Vec<Ack>,
        step: &mut Step<'_>,
    ) -> Option<(Vec<u8>, Vec<Ack>)> {
        let limit = self.session.content_limit();
        let received = self.session.received();
        let with = |acks: &[Ack]| {
            let content = Content { received, acks: acks.to_vec(), ..content.clone() };
            content.encode().ok().filter(|bytes| bytes.len() <= limit)
        };
        let (bytes, acks) = match with(&acks) {
            Some(bytes) => (bytes, acks),
            None => (with(&[])?, Vec::new()),
        };
        let bytes = zeroize::Zeroizing::new(bytes);
        let frame = self.session.encrypt_frame(&bytes, step.rng).ok()?;
        self.dirty = true;
        Some((frame, acks))
    }
}

fn content_of(entry: &Entry) -> Content {
    Content {
        origin: entry.origin,
        cseq: entry.number,
        lamport: entry.lamport,
        sent: Timestamp::from_millis(entry.sent_ms),
        body: Some(entry.body()),
        ..Content::default()
    }
}
