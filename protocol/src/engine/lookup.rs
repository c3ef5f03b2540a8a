//! Looking contacts up and dialling them (PROTOCOL.md, "Publish, read, replicate", *Read*).
//!
//! An attempt asks for a contact's presence records, and for the inbox record if prekeys are
//! needed; it dials what it knows and whatever new it finds. Attempts follow each other with a
//! growing pause as long as a link is wanted.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use crate::{
    Address, MillisOffset, Timestamp,
    engine::{
        Engine,
        contacts::{Contact, Relation},
        output::{DialId, Output, PeerAddress, QueryId, Reach},
        publish::Slot,
        step::Step,
        timer::Timer,
    },
    handshake::Bundle,
    limits,
    record::Kind,
};

mod records;

pub(crate) use records::Fetched;

/// Where the search for one contact stands.
#[derive(Default)]
pub(crate) struct Seek {
    /// Whether an attempt is running.
    active: bool,
    /// How many attempts in a row were in vain.
    vain: u32,
    started: Option<Timestamp>,
    queries: BTreeMap<QueryId, Slot>,
    dials: BTreeSet<DialId>,
    /// The peer ids dialled in this attempt.
    tried: Vec<Vec<u8>>,
    /// Until when a person wants the contact reached.
    wanted_until: Option<Timestamp>,
    /// The greatest generation that a presence record named.
    hinted: Option<u32>,
    /// When prekeys were asked for last, and how often in vain.
    bundle_asked: Option<Timestamp>,
    bundle_vain: u32,
}

/// Who wants a contact reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A person: now.
    Asked,
    /// The engine: when it is time.
    Due,
}

impl Seek {
    fn asks_for(&self, kind: Kind) -> bool {
        self.queries.values().any(|slot| slot.kind == kind)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active || self.asks_for(Kind::Presence)
    }

    /// Moves moments with the clock.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        self.started = self.started.map(|at| at.shifted(offset));
        self.wanted_until = self.wanted_until.map(|at| at.shifted(offset));
        self.bundle_asked = self.bundle_asked.map(|at| at.shifted(offset));
    }
}

impl Contact {
    /// Returns their prekeys, if they are fresh and no better ones are on the way.
    pub(crate) fn ready_bundle(&self, now: Timestamp) -> Option<&Bundle> {
        let fetched = self.bundle.as_ref()?;
        let fresh = now.millis_since(fetched.at) < limits::BUNDLE_FRESH_MS;
        (fresh && !self.seek.asks_for(Kind::Inbox)).then_some(&fetched.bundle)
    }

    /// Returns the number of the prekeys that were read last.
    pub(crate) fn bundle_spk_id(&self) -> Option<u32> {
        self.bundle.as_ref().map(|fetched| fetched.bundle.spk_id)
    }

    /// Moves moments with the clock.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        self.seek.shift(offset);
        self.talk.shift(offset);
        if let Some(fetched) = &mut self.bundle {
            fetched.at = fetched.at.shifted(offset);
        }
    }
}

impl Engine {
    /// A person opened or used a conversation: the contact is to be reached now.
    pub(crate) fn reach(&mut self, who: Address, step: &mut Step<'_>) {
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.seek.wanted_until = Some(step.now.plus_millis(limits::REACH_MS));
            step.touch(who);
        }
        self.pursue(who, Urgency::Asked, step);
    }

    /// Looks after the link to a contact: begins an attempt, or sets the moment of the next one.
    pub(crate) fn pursue(&mut self, who: Address, urgency: Urgency, step: &mut Step<'_>) {
        let timer = Timer::Seek(who);
        if !self.wants_link(&who, step.now) || self.links.has(&who) {
            self.timers.stop(timer);
            return;
        }
        let running = self.contacts.values().filter(|contact| contact.seek.active).count();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        if contact.seek.active {
            return;
        }
        let started = contact.seek.started;
        match urgency {
            Urgency::Asked => {
                contact.seek.vain = 0;
                let next = started.map(|at| at.plus_millis(limits::SEEK_ASKED_PAUSE_MS));
                match next.filter(|next| *next > step.now) {
                    Some(next) => self.timers.set_earlier(timer, next),
                    None => self.begin_seek(who, step),
                }
            }
            Urgency::Due if self.timers.is_set(timer) => {}
            Urgency::Due if started.is_some() => {
                let pause = pause(contact.seek.vain);
                let pause = step.jitter(pause, limits::REFRESH_JITTER_PERCENT);
                self.timers.set(timer, step.now.plus_millis(pause));
            }
            Urgency::Due if running >= limits::SEEKS => {
                let pause = step.jitter(limits::SEEK_PAUSE_MS, limits::REFRESH_JITTER_PERCENT);
                self.timers.set(timer, step.now.plus_millis(pause));
            }
            Urgency::Due => self.begin_seek(who, step),
        }
    }

    pub(crate) fn handle_seek_due(&mut self, who: Address, step: &mut Step<'_>) {
        let idle = self.contacts.get(&who).is_some_and(|contact| !contact.seek.active);
        if !idle || !self.wants_link(&who, step.now) || self.links.has(&who) {
            return;
        }
        let running = self.contacts.values().filter(|contact| contact.seek.active).count();
        if running < limits::SEEKS {
            self.begin_seek(who, step);
        } else {
            let pause = step.jitter(limits::SEEK_PAUSE_MS, limits::REFRESH_JITTER_PERCENT);
            self.timers.set(Timer::Seek(who), step.now.plus_millis(pause));
        }
    }

    /// The network has changed: everybody who is wanted is sought again, soon.
    pub(crate) fn seek_anew(&mut self, step: &mut Step<'_>) {
        let all: Vec<Address> = self.contacts.keys().copied().collect();
        for who in all {
            step.touch(who);
            self.timers.stop(Timer::Seek(who));
            if let Some(contact) = self.contacts.get_mut(&who) {
                (contact.seek.vain, contact.seek.started) = (0, None);
                contact.seek.bundle_vain = 0;
            }
            self.try_direct_anew(who);
        }
    }

    /// Tells whether a link to a contact is wanted: something waits, a person asks, or they are
    /// among those to whom a link is kept.
    pub(crate) fn wants_link(&self, who: &Address, now: Timestamp) -> bool {
        let Some(contact) = self.contacts.get(who) else { return false };
        if !contact.may_answer() || self.own.elsewhere.is_some() || self.is_offline() {
            return false;
        }
        let asked = contact.seek.wanted_until.is_some_and(|until| until > now);
        asked
            || contact.talk.outbox.is_active()
            || contact.has_to_close()
            || (!contact.rests() && self.keeps_link(contact))
    }

    fn keeps_link(&self, contact: &Contact) -> bool {
        let kept = |other: &&Contact| other.may_answer() && other.relation == Relation::Contact;
        let before =
            |other: &&Contact| (other.used, other.address) > (contact.used, contact.address);
        contact.relation == Relation::Contact
            && self.contacts.values().filter(kept).filter(before).count() < limits::KEPT_LINKS
    }

    fn begin_seek(&mut self, who: Address, step: &mut Step<'_>) {
        self.timers.stop(Timer::Seek(who));
        let needs_bundle = self.needs_bundle(&who);
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        contact.seek.active = true;
        contact.seek.started = Some(step.now);
        contact.seek.tried.clear();
        let known = contact.places.clone();
        step.touch(who);
        self.find(who, Kind::Presence, step);
        if needs_bundle {
            self.find(who, Kind::Inbox, step);
        }
        self.dial(who, known, step);
    }

    fn dial(&mut self, who: Address, places: Vec<PeerAddress>, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some(peer_id) = places.first().map(|place| place.peer_id.clone()) else { return };
        // Without anything to say a stranger is not dialled, only looked up; nor is somebody with
        // whom the conversation has ended.
        let says = contact.talk.outbox.is_active() || contact.has_to_close();
        if !says && (contact.relation != Relation::Contact || contact.rests()) {
            return;
        }
        let seek = &mut contact.seek;
        let own = self.own.addresses.peer_id == peer_id;
        if own || seek.tried.contains(&peer_id) || seek.tried.len() >= limits::DIALS_PER_SEEK {
            return;
        }
        let id = self.ids.dial();
        seek.tried.push(peer_id);
        seek.dials.insert(id);
        self.dials.insert(id, who);
        self.timers.set(Timer::Dial(id), step.now.plus_millis(limits::DIAL_MS));
        step.output(Output::Dial(id, places));
    }

    /// Takes an answered dial; returns whom it was for.
    pub(crate) fn take_dial(&mut self, id: DialId, step: &mut Step<'_>) -> Option<Address> {
        self.timers.stop(Timer::Dial(id));
        let who = self.dials.remove(&id)?;
        let contact = self.contacts.get_mut(&who)?;
        contact.seek.dials.remove(&id);
        step.touch(who);
        Some(who)
    }

    pub(crate) fn handle_dial_failed(&mut self, id: DialId, step: &mut Step<'_>) {
        let direct = self.take_upgrade(id);
        match self.take_dial(id, step) {
            Some(who) if direct => self.handle_upgrade_failed(who, step),
            Some(who) => self.end_attempt(who, step),
            None => {}
        }
    }

    /// Ends the attempt when nothing of it runs any more.
    pub(crate) fn end_attempt(&mut self, who: Address, step: &mut Step<'_>) {
        let linked = self.links.has(&who);
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let seek = &mut contact.seek;
        if seek.active && seek.dials.is_empty() && seek.queries.is_empty() {
            seek.active = false;
            if !linked {
                seek.vain = seek.vain.saturating_add(1);
            }
            step.touch(who);
        }
    }

    /// A link to a contact is gone: the next attempt is early if the link was of use and lasted.
    pub(crate) fn handle_link_lost(&mut self, who: Address, of_use: bool, step: &Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let seek = &mut contact.seek;
        seek.vain = if of_use { 0 } else { seek.vain.saturating_add(1) };
        seek.started.get_or_insert(step.now);
    }

    /// Drops all that is looked for or dialled for a contact.
    pub(crate) fn stop_seeking(&mut self, who: Address, step: &mut Step<'_>) {
        self.timers.stop(Timer::Seek(who));
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let seek = core::mem::take(&mut contact.seek);
        for id in seek.queries.into_keys() {
            self.timers.stop(Timer::Query(id));
            self.queries.remove(&id);
            step.output(Output::Cancel(id));
        }
        for id in seek.dials {
            self.timers.stop(Timer::Dial(id));
            self.dials.remove(&id);
        }
    }

    /// Returns how a contact is reached now.
    pub(crate) fn reach_of(&self, who: &Address) -> Reach {
        let looking = || {
            let seeks = self.contacts.get(who).is_some_and(|contact| contact.seek.is_active());
            if seeks || self.links.has(who) { Reach::Looking } else { Reach::NotOnline }
        };
        self.links.reach(who).unwrap_or_else(looking)
    }
}

/// Returns the pause after this many vain attempts: short at first, then doubling.
fn pause(vain: u32) -> u64 {
    let doublings = vain.saturating_sub(1).min(16);
    let pause = limits::SEEK_PAUSE_MS.saturating_mul(1 << doublings);
    if vain == 0 { limits::SEEK_FIRST_PAUSE_MS } else { pause.min(limits::SEEK_PAUSE_MOST_MS) }
}
