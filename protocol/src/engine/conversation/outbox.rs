//! What we say to one contact and what of it came over (PROTOCOL.md, "Delivery").
//!
//! An entry keeps its id for ever; it is here until it is acknowledged.
//! Invariant: an id is never given to two texts, since an origin is drawn anew at each start.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    MillisOffset, Timestamp,
    engine::{
        conversation::entry::{Entry, Payload},
        input::{LinkId, Numbered},
        output::{DeliveryState, MessageId, MessageOrder},
        rows::RangeRow,
    },
    limits,
    wire::{Ack, Origin},
};

/// The messages to one contact that are not acknowledged.
#[derive(Default)]
pub(crate) struct Outbox {
    /// The origin of this start, once something was said in it, with the number given last.
    origin: Option<(Origin, u64)>,
    entries: BTreeMap<MessageOrder, Entry>,
    /// The greatest number that went out in each origin, the one used last at the end.
    sent: Vec<(Origin, u64)>,
}

impl Outbox {
    /// Adds a message under the screen's name for it, or else in the origin of this start, which
    /// `fresh` becomes if there is none yet.
    pub(crate) fn push(
        &mut self,
        payload: Payload,
        lamport: u64,
        now: Timestamp,
        fresh: Origin,
        numbered: Option<Numbered>,
    ) -> MessageOrder {
        let (origin, number) = if let Some(Numbered { origin, number }) = numbered {
            (Origin(origin), number)
        } else {
            let (origin, last) = self.origin.get_or_insert((fresh, 0));
            *last = last.saturating_add(1);
            (*origin, *last)
        };
        let entry = Entry {
            origin,
            number,
            lamport,
            sent_ms: now.as_millis(),
            payload,
            state: DeliveryState::Waiting,
            queued: now,
            first_out: None,
            ciphertext: None,
            link: None,
        };
        let order = entry.order();
        self.entries.insert(order, entry);
        order
    }

    /// Takes out the messages that are acknowledged; tells of numbers that never went out. They are
    /// believed from then on, since a storage that went back never hears the last of them else.
    pub(crate) fn acknowledge(&mut self, acks: &[Ack]) -> (Vec<Entry>, Result<(), NeverSent>) {
        let mut known = Ok(());
        for ack in acks {
            let sent = self.sent.iter().find(|(origin, _)| *origin == ack.origin);
            let greatest = sent.map_or(0, |(_, greatest)| *greatest);
            let last = ack.ranges.last().map_or(0, |(_, last)| *last);
            if last > greatest {
                known = Err(NeverSent);
                self.note_sent((ack.origin, last));
            }
        }
        let named = |entry: &Entry| {
            entry.first_out.is_some()
                && acks.iter().any(|ack| {
                    ack.origin == entry.origin
                        && ack.ranges.iter().any(|(a, b)| (*a..=*b).contains(&entry.number))
                })
        };
        let gone = self.entries.extract_if(.., |_, entry| named(entry));
        (gone.map(|(_, entry)| entry).collect(), known)
    }

    /// Notes that a message goes out on a link now; tells whether its state changed.
    pub(crate) fn went_out(
        &mut self,
        order: MessageOrder,
        link: LinkId,
        state: DeliveryState,
        now: Timestamp,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(&order) else { return false };
        entry.link = Some(link);
        entry.first_out.get_or_insert(now);
        let changed = state > entry.state;
        entry.state = entry.state.max(state);
        let name = (entry.origin, entry.number);
        self.note_sent(name);
        changed
    }

    /// Notes that a number went out. The origin used longest ago goes for it, if there are too many
    /// of which nothing is awaited any more.
    fn note_sent(&mut self, (origin, number): (Origin, u64)) {
        let at = self.sent.iter().position(|(have, _)| *have == origin);
        let greatest = at.map_or(0, |at| self.sent.remove(at).1);
        self.sent.push((origin, number.max(greatest)));
        if self.sent.len() > limits::ORIGINS {
            let waits = |origin| self.entries.values().any(|entry| entry.origin == origin);
            let old = self.sent.iter().position(|(origin, _)| !waits(*origin));
            self.sent.remove(old.unwrap_or_default());
        }
    }

    /// Takes every message off its link, so that all that is out goes out again.
    pub(crate) fn unlink(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.link = None);
    }

    /// Gives up what waited for too long, and ends the origin; returns what changed.
    pub(crate) fn give_up(&mut self, now: Timestamp) -> Vec<MessageOrder> {
        let old = |entry: &Entry| {
            entry.state != DeliveryState::NotSent
                && now.millis_since(entry.queued) >= limits::GIVE_UP_MS
        };
        let mut changed = Vec::new();
        for (order, entry) in self.entries.iter_mut().filter(|(_, entry)| old(entry)) {
            entry.state = DeliveryState::NotSent;
            changed.push(*order);
        }
        if !changed.is_empty() {
            self.origin = None;
        }
        changed
    }

    /// Gives a number to a message that is kept elsewhere and goes out now.
    pub(crate) fn number(&mut self, fresh: Origin) -> (Origin, u64) {
        let (origin, last) = self.origin.get_or_insert((fresh, 0));
        *last = last.saturating_add(1);
        let name = (*origin, *last);
        self.note_sent(name);
        name
    }

    /// Gives up all texts, drops what is not for the screen, and ends the origin, in which the next
    /// message would show a gap. Returns which texts have changed, and what is gone.
    pub(crate) fn end(&mut self) -> (Vec<MessageOrder>, Vec<MessageOrder>) {
        self.origin = None;
        let text = |entry: &mut Entry| matches!(entry.payload, Payload::Text(_));
        let gone = self.entries.extract_if(.., |_, entry| !text(entry));
        let gone = gone.map(|(order, _)| order).collect();
        let mut changed = Vec::new();
        for (order, entry) in &mut self.entries {
            (entry.ciphertext, entry.link) = (None, None);
            if entry.state != DeliveryState::NotSent {
                entry.state = DeliveryState::NotSent;
                changed.push(*order);
            }
        }
        (changed, gone)
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Moves the moments of this start's entries with the clock.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        let Some((origin, _)) = self.origin else { return };
        for entry in self.entries.values_mut().filter(|entry| entry.origin == origin) {
            entry.queued = entry.queued.shifted(offset);
            entry.first_out = entry.first_out.map(|at| at.shifted(offset));
        }
    }

    /// Puts an entry back that the storage had.
    pub(crate) fn restore(&mut self, entry: Entry) {
        self.entries.insert(entry.order(), entry);
    }

    /// Puts back what went out, as the storage had it.
    pub(crate) fn restore_sent(&mut self, origin: Origin, greatest: u64) {
        self.sent.push((origin, greatest));
    }

    /// Learns from a backup that another install sent in this origin: nobody here knows how far, so
    /// that every number of it may be acknowledged.
    pub(crate) fn learn_sent(&mut self, origin: Origin) {
        let room = self.sent.len() < limits::ORIGINS;
        match self.sent.iter_mut().find(|(have, _)| *have == origin) {
            Some((_, greatest)) => *greatest = u64::MAX,
            None if room => self.sent.insert(0, (origin, u64::MAX)),
            None => {}
        }
    }

    pub(crate) fn get_mut(&mut self, order: MessageOrder) -> Option<&mut Entry> {
        self.entries.get_mut(&order)
    }

    pub(crate) fn get(&self, order: MessageOrder) -> Option<&Entry> {
        self.entries.get(&order)
    }

    /// Finds a message by its name.
    pub(crate) fn find(&self, id: MessageId) -> Option<MessageOrder> {
        self.entries.iter().find(|(_, entry)| entry.id() == id).map(|(order, _)| *order)
    }

    /// Returns, in order, what must be given to this link: what is out elsewhere or nowhere, and
    /// as many that wait as may be out.
    pub(crate) fn due(&self, link: LinkId) -> Vec<MessageOrder> {
        let mut room = limits::OUTSTANDING.saturating_sub(self.outstanding());
        let mut due = Vec::new();
        for (order, entry) in &self.entries {
            let may = match entry.state {
                DeliveryState::Waiting if room > 0 => {
                    room -= 1;
                    true
                }
                DeliveryState::Sending | DeliveryState::SentAwaitingAnswer => {
                    entry.link != Some(link)
                }
                DeliveryState::Waiting | DeliveryState::Delivered | DeliveryState::NotSent => false,
            };
            if may {
                due.push(*order);
            }
        }
        due
    }

    /// Returns how many messages are out.
    pub(crate) fn outstanding(&self) -> usize {
        self.entries.values().filter(|entry| entry.is_out()).count()
    }

    /// Returns the moment at which the oldest message that is out went out first.
    pub(crate) fn oldest_out(&self) -> Option<Timestamp> {
        self.entries.values().filter(|entry| entry.is_out()).filter_map(|e| e.first_out).min()
    }

    /// Tells whether anything waits or is out.
    pub(crate) fn is_active(&self) -> bool {
        self.entries.values().any(|entry| entry.state != DeliveryState::NotSent)
    }

    /// Tells whether a text waits or is out.
    pub(crate) fn has_text_to_say(&self) -> bool {
        let is_text = |entry: &Entry| matches!(entry.payload, Payload::Text(_));
        self.entries.values().any(|entry| is_text(entry) && entry.state != DeliveryState::NotSent)
    }

    /// Returns where all messages stand that are here.
    pub(crate) fn orders(&self) -> impl Iterator<Item = MessageOrder> {
        self.entries.keys().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns how many texts are here.
    pub(crate) fn texts(&self) -> usize {
        let text = |entry: &&Entry| matches!(entry.payload, Payload::Text(_));
        self.entries.values().filter(text).count()
    }

    /// Tells whether such a message has not gone out yet.
    pub(crate) fn waits(&self, payload: &Payload) -> bool {
        let waits = |entry: &Entry| entry.state == DeliveryState::Waiting;
        self.entries.values().any(|entry| waits(entry) && entry.payload == *payload)
    }

    /// Returns the greatest number that went out in each origin.
    pub(crate) fn sent(&self) -> impl Iterator<Item = (Origin, RangeRow)> {
        self.sent.iter().map(|(origin, last)| (*origin, RangeRow { first: 1, last: *last }))
    }
}

/// An acknowledgement names a message that we never sent: one side's storage went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NeverSent;

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin([1; 8]);
    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn with(texts: usize) -> (Outbox, Vec<MessageOrder>) {
        let mut outbox = Outbox::default();
        let text = |at: usize| Payload::Text(alloc::format!("{at}"));
        let lamport = |at: usize| u64::try_from(at).unwrap() + 1;
        let orders =
            (0..texts).map(|at| outbox.push(text(at), lamport(at), NOW, ORIGIN, None)).collect();
        (outbox, orders)
    }

    fn ack(first: u64, last: u64) -> [Ack; 1] {
        [Ack { origin: ORIGIN, ranges: Vec::from([(first, last)]) }]
    }

    #[test]
    fn at_most_so_many_are_out_and_a_new_link_gets_what_is_out_first() {
        let (mut outbox, orders) = with(limits::OUTSTANDING + 10);
        let due = outbox.due(LinkId(1));
        assert_eq!(due, orders[..limits::OUTSTANDING]);
        for order in &due {
            assert!(outbox.went_out(*order, LinkId(1), DeliveryState::Sending, NOW));
        }
        assert!(outbox.due(LinkId(1)).is_empty());
        assert_eq!(outbox.due(LinkId(2)), due);
        outbox.unlink();
        assert_eq!(outbox.due(LinkId(1)), due);
        assert_eq!(outbox.acknowledge(&ack(1, 3)).0.len(), 3);
        assert_eq!(outbox.due(LinkId(1)).len(), limits::OUTSTANDING);
    }

    #[test]
    fn only_what_went_out_can_be_acknowledged() {
        let (mut outbox, orders) = with(3);
        assert_eq!(outbox.acknowledge(&ack(1, 1)).1, Err(NeverSent));
        outbox.went_out(orders[1], LinkId(1), DeliveryState::Sending, NOW);
        assert_eq!(outbox.acknowledge(&ack(3, 3)).1, Err(NeverSent));
        let other = [Ack { origin: Origin([2; 8]), ranges: Vec::from([(1, 1)]) }];
        assert_eq!(outbox.acknowledge(&other).1, Err(NeverSent));
        // Once said, it is no news.
        assert_eq!(outbox.acknowledge(&other).1, Ok(()));
        // The first one waits behind the second: it was never out, whatever the range says.
        let (gone, known) = outbox.acknowledge(&ack(1, 2));
        assert_eq!(gone.iter().map(|entry| entry.number).collect::<Vec<_>>(), [2]);
        assert_eq!(known, Ok(()));
    }

    #[test]
    fn a_state_only_grows_until_it_is_given_up() {
        let (mut outbox, orders) = with(1);
        let order = orders[0];
        assert!(outbox.went_out(order, LinkId(1), DeliveryState::SentAwaitingAnswer, NOW));
        assert!(!outbox.went_out(order, LinkId(2), DeliveryState::Sending, NOW));
        assert!(outbox.give_up(NOW.plus_millis(limits::GIVE_UP_MS - 1)).is_empty());
        let late = NOW.plus_millis(limits::GIVE_UP_MS);
        assert_eq!(outbox.give_up(late), orders);
        assert!(outbox.give_up(late).is_empty());
        assert!(!outbox.is_active());
    }

    #[test]
    fn an_entry_survives_the_storage_but_not_its_link() {
        let (mut outbox, orders) = with(1);
        outbox.went_out(orders[0], LinkId(1), DeliveryState::Sending, NOW);
        let entry = outbox.get(orders[0]).unwrap();
        let restored = Entry::decode(entry.encode()).unwrap();
        assert_eq!((restored.order(), restored.id()), (entry.order(), entry.id()));
        assert_eq!((restored.state, restored.link), (DeliveryState::Sending, None));
        assert!(restored.payload == entry.payload && restored.first_out == Some(NOW));
    }
}
