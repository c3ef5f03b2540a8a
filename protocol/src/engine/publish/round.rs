//! One round at one location: look and search a stamp, seal, put, read back.

use alloc::vec::Vec;

use crate::{
    engine::{
        Engine, Query,
        input::{Holders, OwnAddresses, PresenceMode, Progress},
        output::{Output, QueryId},
        own::KnownTo,
        publish::Slot,
        step::Step,
        timer::Timer,
    },
    limits,
    pow::{Puzzle, Stamp},
    record::{self, Draft, Inbox, Kind, Presence, epoch},
};

impl Engine {
    pub(crate) fn handle_publish_due(&mut self, slot: Slot, step: &mut Step<'_>) {
        self.plan_publications(step);
        // A presence record without an address would tell nobody anything.
        let vain = slot.kind == Kind::Presence
            && self.own.presence == PresenceMode::Visible
            && self.own.addresses.addresses.is_empty();
        let offline = self.is_offline();
        let Some(publication) = self.publish.slots.get_mut(&slot) else { return };
        if publication.is_busy() || offline || vain {
            return;
        }
        let Ok(key) = self.own.credential.blinded_key(slot.kind, slot.epoch) else { return };
        publication.expires = epoch::expires(slot.kind, slot.epoch, step.now);
        let look = self.ids.query();
        publication.looking = Some(look);
        self.queries.insert(look, Query::Look(slot));
        self.timers.set(Timer::Query(look), step.now.plus_millis(limits::LOOKUP_MS));
        step.output(Output::FindRecord(look, key, self.own.addresses.relays.clone()));

        let bits = self.params.stamp_bits;
        let puzzle = Puzzle::record(slot.kind, &key, publication.expires, bits);
        if publication.stamp.is_none_or(|(solved, _)| solved != puzzle) {
            publication.stamp = None;
            let stamp = self.ids.query();
            publication.stamping = Some(stamp);
            self.queries.insert(stamp, Query::Stamp(slot, puzzle));
            self.timers.set(Timer::Query(stamp), step.now.plus_millis(limits::PUBLISH_MS));
            step.output(Output::FindStamp(stamp, puzzle));
        }
    }

    /// Records at one of our own locations came.
    pub(crate) fn handle_own_records(
        &mut self,
        id: QueryId,
        slot: Slot,
        values: &[Vec<u8>],
        progress: Progress,
        step: &mut Step<'_>,
    ) {
        for value in values {
            self.meet_own_record(slot, value, step);
        }
        if progress == Progress::Done {
            self.end_look(id, slot, step);
        }
    }

    pub(crate) fn end_look(&mut self, id: QueryId, slot: Slot, step: &mut Step<'_>) {
        self.end_own_query(id);
        if let Some(publication) = self.publish.slots.get_mut(&slot) {
            publication.looking = None;
        }
        self.put_record(slot, step);
    }

    pub(crate) fn handle_stamp(
        &mut self,
        id: QueryId,
        (slot, puzzle): (Slot, Puzzle),
        stamp: Stamp,
        step: &mut Step<'_>,
    ) {
        self.end_own_query(id);
        if let Some(publication) = self.publish.slots.get_mut(&slot) {
            publication.stamping = None;
            publication.stamp = puzzle.check(&stamp).then_some((puzzle, stamp));
        }
        self.put_record(slot, step);
    }

    /// Seals and puts the record, when nothing is missing for it.
    pub(super) fn put_record(&mut self, slot: Slot, step: &mut Step<'_>) {
        let Some(publication) = self.publish.slots.get(&slot) else { return };
        if publication.is_busy() || self.own.elsewhere.is_some() {
            return;
        }
        let Some((_, stamp)) = publication.stamp else { return self.retry_later(slot, step) };
        let expires = publication.expires;
        let own = self.own.published.get(&slot).copied();
        let seq = epoch::next_seq(slot.kind, slot.epoch, step.now, None, own);
        let draft = Draft { kind: slot.kind, epoch: slot.epoch, seq, expires, stamp };
        let Some((body, spk_id)) = self.record_body(slot.kind) else { return };
        let (keys, credential) = (self.own.identity.keys(), &self.own.credential);
        let Ok(value) = record::seal(keys, credential, &draft, &body, step.rng) else { return };
        let Ok(key) = credential.blinded_key(slot.kind, slot.epoch) else { return };
        self.own.published.insert(slot, seq);
        self.own.known = KnownTo::All;
        let id = self.ids.query();
        let Some(publication) = self.publish.slots.get_mut(&slot) else { return };
        publication.putting = Some((id, value.clone()));
        publication.spk_id = spk_id;
        publication.put_at = Some(step.now);
        self.queries.insert(id, Query::Publish(slot, seq));
        self.timers.set(Timer::Query(id), step.now.plus_millis(limits::PUBLISH_MS));
        step.output(Output::PublishRecord(id, key, value, expires));
    }

    /// Returns what a record of ours says now.
    pub(super) fn record_body(&self, kind: Kind) -> Option<(Vec<u8>, Option<u32>)> {
        let generation = self.own.install.generation();
        match kind {
            Kind::Presence if self.own.presence == PresenceMode::Hidden => {
                Presence { generation, ..Presence::default() }
                    .encode()
                    .ok()
                    .map(|body| (body, None))
            }
            Kind::Presence => {
                let OwnAddresses { peer_id, addresses, .. } = self.own.addresses.clone();
                let versions = Vec::from([1]);
                let presence = Presence { peer_id, addresses, versions, away: false, generation };
                presence.encode().ok().map(|body| (body, None))
            }
            Kind::Inbox => {
                let pair = self.prekeys.current()?;
                let body = Inbox::encode(&self.own.install, pair, &[1]).ok()?;
                Some((body, Some(pair.id())))
            }
        }
    }

    /// A record of ours was read back.
    pub(crate) fn handle_published(
        &mut self,
        id: QueryId,
        (slot, seq): (Slot, u64),
        holders: &Holders,
        step: &mut Step<'_>,
    ) {
        self.end_own_query(id);
        let Some(publication) = self.publish.slots.get_mut(&slot) else { return };
        let Some((_, value)) = publication.putting.take() else { return };
        let enough = holders.same >= holders.servers.clamp(1, limits::HOLDERS);
        if enough {
            publication.read_back = publication.read_back.max(Some(seq));
            publication.vain = 0;
            publication.good = true;
            if let Some(spk_id) = publication.spk_id {
                self.prekeys.read_back(spk_id, &self.vault, step);
            }
        }
        for other in holders.others.iter().filter(|other| **other != value) {
            self.meet_own_record(slot, other, step);
        }
        let overtaken = self.own.published.get(&slot).is_some_and(|newest| *newest > seq);
        if !enough || overtaken {
            self.retry_later(slot, step);
        } else if slot.kind == Kind::Presence && self.own.presence == PresenceMode::Hidden {
            self.own.published.remove(&slot);
            self.stop_publication(slot, step);
        } else {
            let minutes = match slot.kind {
                Kind::Presence => limits::PRESENCE_REFRESH_MINUTES,
                Kind::Inbox => limits::INBOX_REFRESH_MINUTES,
            };
            let pause = u64::from(minutes) * 60_000;
            let pause = step.jitter(pause, limits::REFRESH_JITTER_PERCENT);
            self.timers.set(Timer::Publish(slot), step.now.plus_millis(pause));
        }
    }

    /// Too few gave it back, or nothing was answered.
    pub(crate) fn retry_later(&mut self, slot: Slot, step: &mut Step<'_>) {
        let Some(publication) = self.publish.slots.get_mut(&slot) else { return };
        publication.good = false;
        let doubled = limits::PUBLISH_PAUSE_MS.saturating_mul(1 << publication.vain.min(16));
        publication.vain = publication.vain.saturating_add(1);
        let pause = doubled.min(limits::PUBLISH_PAUSE_MOST_MS);
        let pause = step.jitter(pause, limits::REFRESH_JITTER_PERCENT);
        self.timers.set(Timer::Publish(slot), step.now.plus_millis(pause));
    }

    /// A query about our own records was not answered in time.
    pub(crate) fn handle_own_query_due(&mut self, id: QueryId, slot: Slot, step: &mut Step<'_>) {
        step.output(Output::Cancel(id));
        let looking = self.publish.slots.get(&slot).is_some_and(|it| it.looking == Some(id));
        if looking {
            return self.end_look(id, slot, step);
        }
        self.end_own_query(id);
        if let Some(publication) = self.publish.slots.get_mut(&slot) {
            publication.stamping = None;
            publication.putting = None;
            self.retry_later(slot, step);
        }
    }

    pub(super) fn end_own_query(&mut self, id: QueryId) {
        self.queries.remove(&id);
        self.timers.stop(Timer::Query(id));
    }
}
