//! Our own records: published in time, looked at before and read back after (PROTOCOL.md,
//! "Publish, read, replicate", and "One phrase on two machines").
//!
//! Each location goes round: look for records of ours there and search a stamp, seal with the next
//! sequence number, save it, put, read back, wait.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    Timestamp,
    engine::{
        Engine,
        input::{OwnAddresses, PresenceMode},
        output::{Findable, Output, QueryId},
        step::Step,
        timer::Timer,
    },
    identity::Generation,
    limits,
    pow::{Puzzle, Stamp},
    record::{
        Epoch, Kind,
        epoch::{self, epochs_to_publish},
    },
};

pub(crate) mod prekeys;
mod rival;
mod round;

/// A location of records: one kind in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    pub(crate) epoch: Epoch,
}

impl Slot {
    /// Returns the first moment of the epoch.
    pub(crate) const fn start(&self) -> Timestamp {
        epoch::start(self.kind, self.epoch)
    }
}

/// All publications.
#[derive(Default)]
pub(crate) struct Publish {
    slots: BTreeMap<Slot, Publication>,
}

/// Where the publication at one location stands.
#[derive(Default)]
struct Publication {
    looking: Option<QueryId>,
    stamping: Option<QueryId>,
    putting: Option<(QueryId, Vec<u8>)>,
    /// When the record being made will end.
    expires: Timestamp,
    /// The stamp found last, and the puzzle that it fits.
    stamp: Option<(Puzzle, Stamp)>,
    /// The greatest number read back in this start.
    read_back: Option<u64>,
    put_at: Option<Timestamp>,
    /// Our prekeys in the record being put.
    spk_id: Option<u32>,
    vain: u32,
    good: bool,
}

impl Publication {
    const fn is_busy(&self) -> bool {
        self.looking.is_some() || self.stamping.is_some() || self.putting.is_some()
    }
}

impl Engine {
    pub(crate) fn handle_own_addresses(&mut self, addresses: OwnAddresses, step: &mut Step<'_>) {
        let mut addresses = addresses;
        let fits =
            |address: &Vec<u8>| !address.is_empty() && address.len() <= limits::ADDRESS_BYTES;
        addresses.addresses.retain(fits);
        addresses.addresses.truncate(limits::PRESENCE_ADDRESSES);
        addresses.relays.truncate(limits::INVITE_RELAYS);
        if addresses.peer_id.len() > limits::PEER_ID_BYTES || self.own.addresses == addresses {
            return;
        }
        let was_reachable = !self.own.addresses.addresses.is_empty();
        let reachable = !addresses.addresses.is_empty();
        self.own.addresses = addresses;
        if !reachable {
            // An address may follow in a moment; without one we can still dial and publish.
            let until = step.now.plus_millis(limits::ADDRESS_WAIT_MS);
            self.timers.set(Timer::Online, until);
            return;
        }
        self.timers.stop(Timer::Online);
        self.plan_publications(step);
        let pause = if was_reachable { limits::ADDRESS_PAUSE_MS } else { 0 };
        self.publish_soon(Kind::Presence, pause, step);
        if !was_reachable {
            self.restore_inbox(step);
        }
        self.seek_anew(step);
    }

    /// We had time to get an address, and have none: we do what can be done without.
    pub(crate) fn handle_online_due(&mut self, step: &mut Step<'_>) {
        self.plan_publications(step);
        self.restore_inbox(step);
        self.seek_anew(step);
    }

    /// Tells whether nothing can be asked of the network now.
    pub(crate) fn is_offline(&self) -> bool {
        self.own.addresses.peer_id.is_empty() || self.timers.is_set(Timer::Online)
    }

    /// We are on the network again, and it may have forgotten our inbox record.
    fn restore_inbox(&mut self, step: &Step<'_>) {
        for (slot, publication) in &mut self.publish.slots {
            if slot.kind == Kind::Presence || publication.is_busy() {
                continue;
            }
            publication.vain = 0;
            let last = publication.put_at.filter(|_| publication.good);
            let next = last.map_or(step.now, |at| at.plus_millis(limits::RESTORE_PAUSE_MS));
            self.timers.set_earlier(Timer::Publish(*slot), next.max(step.now));
        }
    }

    /// Publishes what there is of a kind after a pause.
    ///
    /// A record that is being put already says what is no longer so, and is taken back; one that is
    /// being prepared will say what is so then.
    pub(crate) fn publish_soon(&mut self, kind: Kind, pause: u64, step: &mut Step<'_>) {
        let current = epoch::epoch(kind, step.now);
        for (slot, publication) in &mut self.publish.slots {
            if slot.kind == kind {
                if let Some((id, _)) = publication.putting.take() {
                    self.queries.remove(&id);
                    self.timers.stop(Timer::Query(id));
                    step.output(Output::Cancel(id));
                }
                let other = if slot.epoch == current { 0 } else { limits::EPOCH_PAUSE_MS };
                let at = step.now.plus_millis(pause.saturating_add(other));
                self.timers.set_earlier(Timer::Publish(*slot), at);
            }
        }
    }

    /// Adds the locations that are due, and drops those whose time is over.
    pub(crate) fn plan_publications(&mut self, step: &mut Step<'_>) {
        if self.own.elsewhere.is_some() || self.is_offline() {
            return;
        }
        let visible = self.own.presence == PresenceMode::Visible;
        let wanted: Vec<Slot> = Kind::ALL
            .into_iter()
            .flat_map(|kind| {
                epochs_to_publish(kind, step.now).into_iter().map(move |epoch| Slot { kind, epoch })
            })
            // A hidden one is published once more where a visible one may be.
            .filter(|slot| {
                slot.kind == Kind::Inbox || visible || self.own.published.contains_key(slot)
            })
            .collect();
        let over: Vec<Slot> =
            self.publish.slots.keys().filter(|slot| !wanted.contains(slot)).copied().collect();
        over.into_iter().for_each(|slot| self.stop_publication(slot, step));
        self.own.published.retain(|slot, _| wanted.contains(slot));
        for slot in wanted {
            if self.publish.slots.contains_key(&slot) || self.is_hidden_already(slot) {
                continue;
            }
            self.publish.slots.insert(slot, Publication::default());
            let current = epoch::epoch(slot.kind, step.now) == slot.epoch;
            let pause = if current { 0 } else { limits::EPOCH_PAUSE_MS };
            let pause = step.jitter(pause, limits::REFRESH_JITTER_PERCENT);
            self.timers.set(Timer::Publish(slot), step.now.plus_millis(pause));
        }
    }

    fn is_hidden_already(&self, slot: Slot) -> bool {
        slot.kind == Kind::Presence
            && self.own.presence == PresenceMode::Hidden
            && !self.own.published.contains_key(&slot)
    }

    pub(crate) fn stop_publications(&mut self, step: &mut Step<'_>) {
        let all: Vec<Slot> = self.publish.slots.keys().copied().collect();
        all.into_iter().for_each(|slot| self.stop_publication(slot, step));
    }

    fn stop_publication(&mut self, slot: Slot, step: &mut Step<'_>) {
        self.timers.stop(Timer::Publish(slot));
        let Some(publication) = self.publish.slots.remove(&slot) else { return };
        let putting = publication.putting.map(|(id, _)| id);
        for id in [publication.looking, publication.stamping, putting].into_iter().flatten() {
            self.queries.remove(&id);
            self.timers.stop(Timer::Query(id));
            step.output(Output::Cancel(id));
        }
    }

    /// Returns whether others can find us: the locations of this moment were all read back.
    pub(crate) fn findable(&self, now: Timestamp) -> Findable {
        if self.own.elsewhere.is_some() {
            return Findable::InUseElsewhere;
        }
        let hidden = self.own.presence == PresenceMode::Hidden;
        let needed = Kind::ALL.into_iter().filter(|kind| *kind == Kind::Inbox || !hidden);
        let slots = needed.map(|kind| Slot { kind, epoch: epoch::epoch(kind, now) });
        let found: Vec<_> = slots.map(|slot| self.publish.slots.get(&slot)).collect();
        if found.iter().all(|it| it.is_some_and(|publication| publication.good)) {
            Findable::Yes
        } else if found.iter().flatten().any(|publication| publication.vain > 0) {
            Findable::No
        } else {
            Findable::NotYet
        }
    }

    /// Takes back what was said of ours being elsewhere: a new install, and everything anew.
    pub(crate) fn use_here(&mut self, found: Generation, step: &mut Step<'_>) {
        self.own.elsewhere = None;
        self.own.renew_install(found, step);
        self.prekeys.renew(&self.vault, step);
        self.stop_publications(step);
        self.plan_publications(step);
        let all: Vec<_> = self.contacts.keys().copied().collect();
        for who in all {
            let pause = step.below(limits::RENEW_SPREAD_MS);
            self.timers.set(Timer::Renew(who), step.now.plus_millis(pause));
        }
    }
}
