//! Direct links: from the relayed path to one between the two peers, and back (PROTOCOL.md,
//! "Direct links").
//!
//! A conversation begins on the relayed path at once. The side that dialled that path asks for a
//! direct one as soon as both know whom they talk to, and again with growing pauses. When a direct
//! link is lost, the search goes on as for any other link, and from the relayed path that it finds
//! the next attempt begins.
//!
//! Invariant: the network may tell our IP address to a peer only between `AllowDirect` and
//! `ForbidDirect` for a link to it, and [`Engine::may_meet`] holds for whoever is behind that link.

use alloc::vec::Vec;

use crate::{
    Address, Timestamp,
    engine::{
        Engine,
        contacts::Relation,
        input::LinkId,
        output::{CloseReason, CommandError, DialId, Output, Reply},
        step::Step,
        timer::Timer,
    },
    limits,
};

/// Where the attempts at a direct link to one contact stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Upgrade {
    dial: Option<DialId>,
    /// How many attempts in a row gave no link, or none that lasted.
    vain: u32,
}

impl Engine {
    /// Tells whether this contact may learn our IP address: both sides talk, and the person hides
    /// it neither from them nor from everybody.
    pub(crate) fn may_meet(&self, who: &Address) -> bool {
        let shown = |contact: &crate::engine::Contact| {
            contact.may_answer() && contact.relation == Relation::Contact && !contact.hides_address
        };
        !self.own.hides_address
            && self.own.elsewhere.is_none()
            && self.contacts.get(who).is_some_and(shown)
    }

    /// Hides our IP address from a contact, or from everybody, or does so no longer.
    pub(crate) fn hide_address(
        &mut self,
        from: Option<Address>,
        hide: bool,
        step: &mut Step<'_>,
    ) -> Result<Reply, CommandError> {
        match from {
            Some(who) => self.known(who, step)?.hides_address = hide,
            None => {
                self.own.hides_address = hide;
                let all: Vec<Address> = self.contacts.keys().copied().collect();
                all.into_iter().for_each(|who| step.touch(who));
            }
        }
        Ok(Reply::Done)
    }

    /// Looks after the paths to a contact: who may dial us directly, which direct links must go,
    /// and whether one should be tried.
    pub(crate) fn choose_paths(&mut self, who: Address, step: &mut Step<'_>) {
        let may = self.may_meet(&who);
        for (link, allowed) in self.links.allow_direct(&who, may) {
            let answer = if allowed { Output::AllowDirect } else { Output::ForbidDirect };
            step.output(answer(link));
        }
        if !may {
            self.timers.stop(Timer::Upgrade(who));
            for link in self.links.direct_to(&who) {
                self.close_link(link, CloseReason::Hidden, step);
            }
            return;
        }
        let waits = self.timers.is_set(Timer::Upgrade(who));
        if waits || self.links.direct_to(&who).next().is_some() {
            return;
        }
        if let Some(link) = self.links.upgradable(&who) {
            self.dial_direct(who, link, step);
        }
    }

    fn dial_direct(&mut self, who: Address, link: LinkId, step: &mut Step<'_>) {
        let id = self.ids.dial();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        if contact.upgrade.dial.is_some() {
            return;
        }
        contact.upgrade.dial = Some(id);
        self.dials.insert(id, who);
        self.timers.set(Timer::Dial(id), step.now.plus_millis(limits::DIAL_MS));
        step.output(Output::DialDirect(id, link));
    }

    /// Takes an answered dial out, if it was one for a direct link; tells whether it was.
    pub(crate) fn take_upgrade(&mut self, id: DialId) -> bool {
        let who = self.dials.get(&id);
        let Some(contact) = who.and_then(|who| self.contacts.get_mut(who)) else { return false };
        let ours = contact.upgrade.dial == Some(id);
        if ours {
            contact.upgrade.dial = None;
        }
        ours
    }

    /// An attempt gave no link, or one that did not last: the next one waits.
    pub(crate) fn handle_upgrade_failed(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let doublings = contact.upgrade.vain.min(16);
        contact.upgrade.vain = contact.upgrade.vain.saturating_add(1);
        let pause = limits::DIRECT_PAUSE_MS.saturating_mul(1 << doublings);
        let pause = pause.min(limits::DIRECT_PAUSE_MOST_MS);
        let pause = step.jitter(pause, limits::REFRESH_JITTER_PERCENT);
        self.timers.set(Timer::Upgrade(who), step.now.plus_millis(pause));
        step.touch(who);
    }

    /// A direct link is gone: if it was of use, the next attempt need not wait.
    pub(crate) fn handle_direct_lost(
        &mut self,
        who: Address,
        proven: bool,
        opened: Timestamp,
        step: &mut Step<'_>,
    ) {
        let lasted = step.now.millis_since(opened) >= limits::DIRECT_SETTLED_MS;
        if proven && lasted {
            self.try_direct_anew(who);
        } else {
            self.handle_upgrade_failed(who, step);
        }
    }

    /// Something has changed: what was in vain may succeed now.
    pub(crate) fn try_direct_anew(&mut self, who: Address) {
        self.timers.stop(Timer::Upgrade(who));
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.upgrade.vain = 0;
        }
    }
}
