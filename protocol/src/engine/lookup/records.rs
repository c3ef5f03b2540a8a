//! Records of a contact: asking for them, and what they say.

use alloc::vec::Vec;

use crate::{
    Address, Timestamp,
    engine::{
        Engine, Query,
        contacts::Install,
        input::Progress,
        lookup::pause,
        output::{Output, PeerAddress, QueryId},
        publish::Slot,
        step::Step,
        timer::Timer,
    },
    handshake::Bundle,
    limits,
    record::{self, Inbox, Kind, Presence, epoch::epochs_to_read},
};

/// Prekeys from an inbox record.
pub(crate) struct Fetched {
    pub(crate) bundle: Bundle,
    pub(super) at: Timestamp,
    /// Which of the records that came is the best: the likelier location, then the greater number.
    rank: (bool, u64),
}

impl Engine {
    /// Asks for the inbox record of a contact, unless it is being asked for or was so just now.
    pub(crate) fn find_bundle(&mut self, who: Address, step: &mut Step<'_>) {
        let offline = self.is_offline();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let seek = &mut contact.seek;
        if offline || seek.asks_for(Kind::Inbox) {
            return;
        }
        let next = seek.bundle_asked.map(|at| at.plus_millis(pause(seek.bundle_vain)));
        if let Some(next) = next.filter(|next| *next > step.now) {
            self.timers.set_earlier(Timer::Renew(who), next);
            return;
        }
        self.find(who, Kind::Inbox, step);
    }

    pub(super) fn find(&mut self, who: Address, kind: Kind, step: &mut Step<'_>) {
        if let Some(contact) = self.contacts.get_mut(&who).filter(|_| kind == Kind::Inbox) {
            contact.seek.bundle_asked = Some(step.now);
            contact.seek.bundle_vain = contact.seek.bundle_vain.saturating_add(1);
        }
        for epoch in epochs_to_read(kind, step.now) {
            let Some(contact) = self.contacts.get_mut(&who) else { return };
            let Ok(key) = contact.credential.blinded_key(kind, epoch) else { continue };
            let id = self.ids.query();
            contact.seek.queries.insert(id, Slot { kind, epoch });
            step.output(Output::FindRecord(id, key, contact.relays.clone()));
            self.queries.insert(id, Query::Contact(who));
            self.timers.set(Timer::Query(id), step.now.plus_millis(limits::LOOKUP_MS));
        }
    }

    /// Records of a contact came, or will not come any more.
    pub(crate) fn handle_contact_records(
        &mut self,
        id: QueryId,
        who: Address,
        values: &[Vec<u8>],
        progress: Progress,
        step: &mut Step<'_>,
    ) {
        let Some(contact) = self.contacts.get(&who) else { return };
        let Some(slot) = contact.seek.queries.get(&id).copied() else { return };
        step.touch(who);
        for value in values {
            match slot.kind {
                Kind::Presence => self.take_presence(who, slot, value, step),
                Kind::Inbox => self.take_inbox(id, who, slot, value, step),
            }
        }
        if progress == Progress::Done {
            self.end_query(id, who, step);
        }
    }

    pub(crate) fn handle_query_due(&mut self, id: QueryId, who: Address, step: &mut Step<'_>) {
        step.output(Output::Cancel(id));
        step.touch(who);
        self.end_query(id, who, step);
    }

    pub(super) fn end_query(&mut self, id: QueryId, who: Address, step: &mut Step<'_>) {
        self.queries.remove(&id);
        self.timers.stop(Timer::Query(id));
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.seek.queries.remove(&id);
        }
        self.end_attempt(who, step);
    }

    pub(super) fn take_presence(
        &mut self,
        who: Address,
        slot: Slot,
        value: &[u8],
        step: &mut Step<'_>,
    ) {
        let bits = self.params.stamp_bits;
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let opened =
            record::open(&contact.credential, slot.kind, slot.epoch, value, step.now, bits);
        let Ok(opened) = opened else { return };
        let Ok(presence) = Presence::decode(&opened.body) else { return };
        let pinned = contact.install.map(|install| install.generation);
        if !contact.meet_seq(slot, opened.seq) || Some(presence.generation) < pinned {
            return;
        }
        contact.seek.hinted = contact.seek.hinted.max(Some(presence.generation.0));
        let newer = pinned.is_some_and(|pinned| presence.generation > pinned);
        let peer_id = presence.peer_id;
        let place = |address| PeerAddress { peer_id: peer_id.clone(), address };
        let places: Vec<PeerAddress> = presence.addresses.into_iter().map(place).collect();
        if !places.is_empty() {
            contact.places.clone_from(&places);
        }
        self.doubt(who, step);
        if newer {
            self.find_bundle(who, step);
        }
        if !self.links.has(&who) {
            self.dial(who, places, step);
        }
    }

    pub(super) fn take_inbox(
        &mut self,
        id: QueryId,
        who: Address,
        slot: Slot,
        value: &[u8],
        step: &mut Step<'_>,
    ) {
        let bits = self.params.stamp_bits;
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let opened =
            record::open(&contact.credential, slot.kind, slot.epoch, value, step.now, bits);
        let Ok(opened) = opened else { return };
        let Ok(inbox) = Inbox::decode(who.key(), &opened.body) else { return };
        let install = Install { generation: inbox.bundle.generation, ikd: inbox.bundle.ikd };
        if !contact.meet_seq(slot, opened.seq) || !contact.meet_install(install) {
            return;
        }
        let current = epochs_to_read(Kind::Inbox, step.now).first() == Some(&slot.epoch);
        let fetched = Fetched { bundle: inbox.bundle, at: step.now, rank: (current, opened.seq) };
        let recent = contact.bundle.as_ref().filter(|have| {
            // Answers of one look-up are compared; those of an earlier one are replaced.
            step.now.millis_since(have.at) <= limits::LOOKUP_MS
                && have.bundle.generation == fetched.bundle.generation
        });
        if recent.is_none_or(|have| have.rank <= fetched.rank) {
            contact.bundle = Some(fetched);
        }
        contact.seek.bundle_vain = 0;
        let settled = step.now.plus_millis(limits::LOOKUP_SETTLE_MS);
        self.timers.set_earlier(Timer::Query(id), settled);
        self.doubt(who, step);
    }

    /// Tells whether prekeys of a contact are wanted: no confirmed session speaks, or a newer
    /// install was seen.
    pub(super) fn needs_bundle(&self, who: &Address) -> bool {
        let Some(contact) = self.contacts.get(who) else { return false };
        let own = self.own.install.generation();
        let speaks = contact.talk.sessions.speaks(contact.install, own);
        let confirmed = speaks.is_some_and(|held| held.session.unconfirmed().is_none());
        let pinned = contact.install.map(|install| install.generation.0);
        !confirmed || contact.talk.sessions.wants_new || contact.seek.hinted > pinned
    }
}
