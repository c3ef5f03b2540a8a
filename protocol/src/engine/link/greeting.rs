//! Who is behind a link: the greeting, its answer, and which frames a link may carry when.

use alloc::vec::Vec;

use crate::{
    Address, SessionId,
    engine::{
        Engine,
        input::{LinkId, LinkInfo},
        link::LinkState,
        output::{CloseReason, Misbehaviour, Output},
        step::Step,
        timer::Timer,
    },
    limits,
    wire::Frame,
};

impl Engine {
    /// Sends HELLO on a link that we dialled.
    pub(super) fn greet(
        &self,
        id: LinkId,
        who: Address,
        info: &LinkInfo,
        step: &mut Step<'_>,
    ) -> Option<LinkState> {
        let contact = self.contacts.get(&who).filter(|contact| contact.may_answer())?;
        let own = self.own.install.generation();
        let held = contact.talk.sessions.speaks(contact.install, own);
        let ended = contact.talk.sessions.ended().find(|ended| ended.awaits_answer());
        let (session, tag) = match (held, ended) {
            (Some(held), _) => (Some(held.session.id()), held.session.hello_tag(&info.binding)),
            (None, Some(ended)) => (Some(ended.id()), ended.hello_tag(&info.binding)),
            (None, None) => (None, step.random()),
        };
        step.output(Output::Send(id, short(&Frame::Hello(tag))));
        step.touch(who);
        Some(LinkState::Greeting { who, session })
    }

    pub(crate) fn handle_frame(&mut self, id: LinkId, bytes: &[u8], step: &mut Step<'_>) {
        let Some(state) = self.links.state(id) else { return };
        if state == LinkState::Deaf {
            return;
        }
        let result = Frame::decode(bytes).and_then(|frame| match (state, frame) {
            (LinkState::Greeting { who, session: Some(_) }, Frame::Known) => {
                self.links.prove(id);
                self.open_link(id, who, step);
                Ok(())
            }
            (LinkState::Greeting { who, session }, Frame::Unknown) => {
                self.handle_unknown(id, who, session, step);
                self.open_link(id, who, step);
                Ok(())
            }
            (LinkState::Expecting, Frame::Hello(tag)) => {
                self.handle_hello(id, tag, step);
                Ok(())
            }
            (LinkState::Unproven, Frame::Handshake { prefix, message }) => {
                self.receive_handshake(id, None, &prefix, &message, step)
            }
            (LinkState::Open(who), Frame::Handshake { prefix, message }) => {
                self.receive_handshake(id, Some(who), &prefix, &message, step)
            }
            (LinkState::Open(who), Frame::Message(message)) => {
                self.receive_message(id, who, &message, step)
            }
            _ => Err(Misbehaviour::UnexpectedFrame),
        });
        if let Err(misbehaviour) = result {
            self.close_link(id, CloseReason::Misbehaviour(misbehaviour), step);
        }
    }

    /// The listener has lost the session of our greeting. An unconfirmed one it never had; that
    /// one's handshake goes with every message anyway.
    pub(super) fn handle_unknown(
        &mut self,
        id: LinkId,
        who: Address,
        session: Option<SessionId>,
        step: &mut Step<'_>,
    ) {
        if let Some(link) = self.links.links.get_mut(&id) {
            link.owes_handshake = true;
        }
        let Some(session) = session else { return };
        self.forget_unknown(who, session, step);
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some(held) = contact.talk.sessions.get_mut(session) else { return };
        if held.session.is_confirmed() {
            (held.broken, held.dirty) = (true, true);
        } else {
            held.unknown = true;
            self.doubt(who, step);
        }
    }

    pub(super) fn handle_hello(&mut self, id: LinkId, tag: [u8; 16], step: &mut Step<'_>) {
        let Some(binding) = self.links.links.get(&id).map(|link| link.info.binding) else { return };
        let fits = |who: &&Address| {
            self.contacts.get(who).is_some_and(|contact| {
                let sessions = &contact.talk.sessions;
                sessions.iter().any(|held| held.session.is_proven_by(&tag, &binding))
                    || sessions.ended().any(|ended| ended.is_proven_by(&tag, &binding))
            })
        };
        let who = self.contacts.keys().find(fits).copied();
        let known = who.is_some_and(|who| self.may_answer(&who));
        // To a stranger's tag the answer is the same as to a random one.
        let answer = if known { Frame::Known } else { Frame::Unknown };
        step.output(Output::Send(id, short(&answer)));
        match who {
            Some(who) => {
                self.links.prove(id);
                self.open_link(id, who, step);
            }
            None => self.set_link_state(id, LinkState::Unproven),
        }
    }

    /// A link turned out to be a contact's.
    pub(crate) fn open_link(&mut self, id: LinkId, who: Address, step: &mut Step<'_>) {
        if self.links.state(id) == Some(LinkState::Open(who)) {
            return;
        }
        self.set_link_state(id, LinkState::Open(who));
        self.timers.stop(Timer::Proof(id));
        self.watch_stranger(id, who, step);
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.talk.inbox.forget_pause();
        }
        let links = self.links.of(&who).count();
        if links > limits::LINKS_PER_CONTACT {
            if let Some(worst) = self.links.worst(&who) {
                self.close_link(worst, CloseReason::Duplicate, step);
            }
        } else if links > 1 && self.may_answer(&who) {
            self.timers
                .set_earlier(Timer::Duplicate(who), step.now.plus_millis(limits::DUPLICATE_MS));
        }
        step.touch(who);
    }

    /// A request's link is held for a while, in case it is accepted.
    pub(super) fn watch_stranger(&mut self, id: LinkId, who: Address, step: &Step<'_>) {
        if !self.may_answer(&who) {
            self.timers.set(Timer::Stranger(id), step.now.plus_millis(limits::STRANGER_MS));
        }
    }

    /// Hears nothing from a link any more, without a sign that the other side could read.
    pub(crate) fn deafen_link(&mut self, id: LinkId, step: &Step<'_>) {
        self.set_link_state(id, LinkState::Deaf);
        self.timers.stop(Timer::Proof(id));
        self.timers.set(Timer::Stranger(id), step.now.plus_millis(limits::STRANGER_MS));
    }
}

/// Encodes a frame without a message; those always fit.
fn short(frame: &Frame) -> Vec<u8> {
    frame.encode().unwrap_or_default()
}
