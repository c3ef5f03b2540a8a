//! From what we say to frames: a session that speaks, and the ciphertext that it makes or made.

use alloc::vec::Vec;

use crate::{
    Address, Timestamp,
    engine::{
        Engine,
        contacts::{Contact, Install, Relation},
        conversation::{
            entry::{Ciphertext, Entry},
            held::Held,
        },
        output::MessageOrder,
        own::{KnownTo, Own},
        step::Step,
        timer::Timer,
    },
    handshake::{self, kem::MlKem},
    identity::Generation,
    wire::{Ack, Content},
};

impl Engine {
    /// Tells whether a session can speak; begins one, or has its prekeys fetched, when one is due.
    pub(super) fn ready_session(&mut self, who: Address, step: &mut Step<'_>) -> bool {
        let own = self.own.install.generation();
        let Some(contact) = self.contacts.get_mut(&who) else { return false };
        let sessions = &contact.talk.sessions;
        let speaks =
            sessions.speaks(contact.install, own).is_some_and(|held| !held.session.is_exhausted());
        let repair = sessions.wants_new;
        let something = contact.talk.outbox.is_active()
            || (contact.relation == Relation::Contact && !contact.rests());
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
    pub(super) fn begin_session(
        &mut self,
        who: Address,
        repair: bool,
        step: &mut Step<'_>,
    ) -> bool {
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
        self.own.known = self.own.known.max(KnownTo::Contacts);
        let held = Held::new(session, install, self.own.install.generation(), spk_id);
        let gone = contact.talk.sessions.add(held, step.now);
        contact.talk.outbox.unlink();
        contact.talk.owes_sign = true;
        contact.talk.ended = None;
        self.forget_sessions(who, gone, step);
        true
    }
}

impl Contact {
    /// Tells whether the session that speaks has not been answered yet.
    pub(super) fn is_unconfirmed(&self, own: Generation) -> bool {
        let speaks = self.talk.sessions.speaks(self.install, own);
        speaks.is_some_and(|held| !held.session.is_confirmed())
    }

    /// Returns the frame of a message: the same ciphertext as before inside one sending chain, else
    /// a fresh one (`true`). Nothing if it does not fit while the session is unconfirmed.
    pub(super) fn encrypt_entry(
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
        let (frame, acks) = held.encrypt_content(&content_of(entry, own), acks, step)?;
        self.talk.inbox.acknowledged(&acks);
        self.talk.owes_sign = false;
        // The chain may have begun with this very message.
        let chain = held.session.sending_chain();
        self.talk.outbox.get_mut(order)?.ciphertext =
            chain.map(|chain| Ciphertext { session, chain, frame: frame.clone() });
        Some((frame, true))
    }

    /// Returns the frame of a message that only acknowledges.
    pub(super) fn encrypt_sign(&mut self, own: &Own, step: &mut Step<'_>) -> Option<Vec<u8>> {
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
    pub(super) fn encrypt_content(
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

fn content_of(entry: &Entry, own: &Own) -> Content {
    Content {
        origin: entry.origin,
        cseq: entry.number,
        lamport: entry.lamport,
        sent: Timestamp::from_millis(entry.sent_ms),
        body: Some(entry.body(&own.addresses)),
        ..Content::default()
    }
}
