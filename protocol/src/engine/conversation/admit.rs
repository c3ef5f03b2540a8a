//! Handshakes that come: who may begin a session with us, and what becomes of the others
//! (PROTOCOL.md, "Handshake", *Receiver*).

use crate::{
    Address, HandshakePrefix, Session, SessionId, Timestamp,
    engine::{
        Engine,
        contacts::{Contact, ContactKeys, Install, Relation},
        conversation::held::Held,
        input::LinkId,
        output::Misbehaviour,
        step::Step,
    },
    handshake::{HandshakeError, Responder},
    limits,
    wire::{Body, Content},
};

impl Engine {
    /// A handshake came with a ciphertext; `behind` is who the link belongs to, if anybody.
    pub(crate) fn receive_handshake(
        &mut self,
        link: LinkId,
        behind: Option<Address>,
        prefix: &HandshakePrefix,
        message: &[u8],
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        let id = prefix.id();
        let of = |contact: &Contact| {
            let sessions = &contact.talk.sessions;
            sessions.iter().any(|held| held.session.handshake() == id)
                || sessions.ended().any(|ended| ended.handshake() == id)
        };
        let live = self.contacts.values().find(|contact| of(contact)).map(|c| c.address);
        if let Some(who) = live {
            if behind.is_some_and(|behind| behind != who) {
                return Err(Misbehaviour::UnexpectedFrame);
            }
            return self.receive_known_handshake(link, who, (prefix, message), step);
        }
        let pair = self.prekeys.get(prefix.spk_id()).ok_or(Misbehaviour::UnknownPrekey)?;
        let known = |bytes: &[u8; 32]| {
            let key = |who: &Address| *who.key();
            self.contacts.keys().map(key).find(|key| key.as_bytes() == bytes)
        };
        let us = self.own.identity.key();
        let responder =
            Responder::open(prefix, &us, &self.own.install, pair, &known).map_err(|error| {
                match error {
                    HandshakeError::OwnKey => Misbehaviour::OwnKey,
                    _ => Misbehaviour::Handshake,
                }
            })?;
        let who = Address::new(*responder.peer());
        if behind.is_some_and(|behind| behind != who) {
            return Err(Misbehaviour::UnexpectedFrame);
        }
        let install = Install { generation: responder.generation(), ikd: responder.ikd() };
        if !self.admits(who, install, step.now)? {
            self.deafen_link(link, step);
            return Ok(());
        }
        // Looked at only now, so that a replay tells nothing to those of whom nothing is heard.
        if self.prekeys.is_replay(&id) {
            return Err(Misbehaviour::ReplayedHandshake);
        }
        let (session, content) =
            responder.finish(message, step.now).map_err(|_| Misbehaviour::Handshake)?;
        if !self.is_heard(who, &content)? {
            return Ok(());
        }
        let session =
            self.begin_as_responder(who, install, session, (prefix.spk_id(), message), step);
        self.links.prove(link);
        self.open_link(link, who, step);
        self.take_content(who, session, &content, step)
    }

    /// A handshake that is a session already: only what came along counts. If it is old, the link
    /// stays as unproven as it was, since anybody can have recorded it.
    pub(super) fn receive_known_handshake(
        &mut self,
        link: LinkId,
        who: Address,
        (prefix, message): (&HandshakePrefix, &[u8]),
        step: &mut Step<'_>,
    ) -> Result<(), Misbehaviour> {
        let id = prefix.id();
        let ended = |contact: &Contact| contact.talk.sessions.ended().any(|e| e.handshake() == id);
        let over = self.contacts.get(&who).is_some_and(ended);
        if self.receive_ciphertext(link, who, message, step)? || over {
            return Ok(());
        }
        Err(Misbehaviour::Undecryptable)
    }

    /// Judges who wants to begin a session: `false` for those of whom nothing is heard.
    pub(super) fn admits(
        &self,
        who: Address,
        install: Install,
        now: Timestamp,
    ) -> Result<bool, Misbehaviour> {
        let Some(contact) = self.contacts.get(&who) else {
            let asks =
                |contact: &&Contact| contact.relation == Relation::Request && !contact.blocked;
            let requests = self.contacts.values().filter(asks).count();
            return if requests < limits::REQUESTS {
                Ok(true)
            } else {
                Err(Misbehaviour::TooManyRequests)
            };
        };
        if !contact.may_ask(now) {
            return Ok(false);
        }
        if contact.install.is_some_and(|pinned| pinned > install) {
            return Err(Misbehaviour::OldInstall);
        }
        if !contact.talk.sessions.may_accept(now) {
            return Err(Misbehaviour::TooManySessions);
        }
        Ok(true)
    }

    /// Tells whether what came with a handshake is worth a session: from a stranger only a text is
    /// that has not come already, so that nobody is a request who has nothing to say.
    pub(super) fn is_heard(&self, who: Address, plain: &[u8]) -> Result<bool, Misbehaviour> {
        let contact = self.contacts.get(&who);
        if contact.is_some_and(|contact| contact.relation != Relation::Deleted) {
            return Ok(true);
        }
        let content = Content::decode(plain).map_err(|_| Misbehaviour::Content)?;
        let known =
            contact.is_some_and(|contact| contact.talk.inbox.has(content.origin, content.cseq));
        Ok(matches!(content.body, Some(Body::Text(_))) && !known)
    }

    /// Stores a session that somebody began, and whoever they are if they are new.
    pub(super) fn begin_as_responder(
        &mut self,
        who: Address,
        install: Install,
        session: Session,
        (spk_id, message): (u32, &[u8]),
        step: &mut Step<'_>,
    ) -> SessionId {
        let vault = &self.vault;
        let contact = self.contacts.entry(who).or_insert_with(|| {
            let keys = ContactKeys::generate(step.rng);
            let mut contact = Contact::new(who, Relation::Request, vault, keys);
            contact.used = step.now;
            contact
        });
        contact.meet_install(install);
        let id = session.id();
        let held = Held::new(session, install, self.own.install.generation(), spk_id);
        let gone = contact.talk.sessions.add(held, step.now);
        contact.talk.sessions.heard_first(id, message, step.now);
        contact.talk.owes_sign = true;
        contact.talk.ended = None;
        self.forget_sessions(who, gone, step);
        self.prekeys.count_use(spk_id);
        step.touch(who);
        id
    }
}
