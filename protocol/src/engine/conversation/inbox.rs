//! What one contact says to us: which numbers came, and which of them we owe an answer
//! (PROTOCOL.md, "Delivery").
//!
//! Invariant: a message is new exactly once, whatever session and link it comes on.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    Timestamp,
    engine::{
        conversation::ranges::Ranges,
        output::{MessageOrder, MessageView},
        rows::{OriginRow, RangeRow},
    },
    limits,
    wire::{Ack, Origin},
};

/// The messages of one contact.
#[derive(Default)]
pub(crate) struct Inbox {
    /// What came in each origin, the origin that was heard last at the end.
    arrived: Vec<(Origin, Ranges)>,
    /// What came and is not acknowledged yet.
    owed: BTreeMap<Origin, Ranges>,
    /// What came again: its acknowledgement was lost.
    again: BTreeMap<Origin, Ranges>,
    /// A ciphertext came again, of which only the session knows that it is old.
    again_any: bool,
    /// When we acknowledged again last.
    again_at: Option<Timestamp>,
    /// Shown messages before which others are missing.
    gaps: BTreeMap<MessageOrder, (Origin, u64, MessageView)>,
}

/// Origins that are acknowledged anew when a ciphertext came again.
const AGAIN_ORIGINS: usize = 4;

/// What a number is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    New {
        gap_before: bool,
    },
    Duplicate,
    /// More gaps than an honest sender can make.
    TooManyGaps,
}

/// What is to be done about what came again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Nothing came again.
    Nothing,
    /// An answer is due at this moment.
    Later(Timestamp),
    /// An answer is due, even if there is nothing to acknowledge: a sign that we are there.
    Owed,
}

impl Inbox {
    /// Takes a number in.
    pub(crate) fn arrive(&mut self, origin: Origin, number: u64) -> Arrival {
        let known = self.arrived.iter().position(|(have, _)| *have == origin);
        let (_, mut ranges) =
            known.map_or_else(|| (origin, Ranges::default()), |at| self.arrived.remove(at));
        let before = ranges.clone();
        let arrival = if !ranges.insert(number) {
            self.again.entry(origin).or_default().insert(number);
            Arrival::Duplicate
        } else if ranges.len() > limits::RECEIVED_RANGES {
            ranges = before;
            Arrival::TooManyGaps
        } else {
            self.owed.entry(origin).or_default().insert(number);
            Arrival::New { gap_before: !ranges.all_before(number) }
        };
        self.arrived.push((origin, ranges));
        if self.arrived.len() > limits::ORIGINS {
            let (old, _) = self.arrived.remove(0);
            self.owed.remove(&old);
            self.again.remove(&old);
        }
        arrival
    }

    /// Keeps a message that was shown with a gap before it.
    pub(crate) fn keep_gap(&mut self, origin: Origin, number: u64, view: MessageView) {
        self.gaps.insert(view.order, (origin, number, view));
        if self.gaps.len() > limits::GAPS_SHOWN {
            self.gaps.pop_first();
        }
    }

    /// Returns the messages before which nothing is missing any more.
    pub(crate) fn take_closed_gaps(&mut self) -> Vec<MessageView> {
        let Self { gaps, arrived, .. } = self;
        let closed = |origin: &Origin, number: u64| {
            arrived.iter().any(|(have, ranges)| have == origin && ranges.all_before(number))
        };
        gaps.extract_if(.., |_, (origin, number, _)| closed(origin, *number))
            .map(|(_, (_, _, view))| MessageView { gap_before: false, ..view })
            .collect()
    }

    /// Learns from a backup what came in another install; what does not fit is left out.
    pub(crate) fn learn(&mut self, origin: Origin, numbers: impl IntoIterator<Item = (u64, u64)>) {
        let room = self.arrived.len() < limits::ORIGINS;
        let known = self.arrived.iter_mut().find(|(have, _)| *have == origin);
        let have = known.as_ref().map(|(_, ranges)| ranges.clone()).unwrap_or_default();
        let all = Ranges::from_pairs(have.pairs().iter().copied().chain(numbers));
        if all.len() > limits::RECEIVED_RANGES {
            return;
        }
        match known {
            Some((_, ranges)) => *ranges = all,
            // It was heard before all that was heard here.
            None if room => self.arrived.insert(0, (origin, all)),
            None => {}
        }
    }

    /// Returns what came, by origin.
    pub(crate) fn arrived(&self) -> impl Iterator<Item = (Origin, &[(u64, u64)])> {
        self.arrived.iter().map(|(origin, ranges)| (*origin, ranges.pairs()))
    }

    /// Tells whether a message came already.
    pub(crate) fn has(&self, origin: Origin, number: u64) -> bool {
        self.arrived.iter().any(|(have, ranges)| *have == origin && ranges.contains(number))
    }

    /// Tells whether something is missing before this message.
    pub(crate) fn has_gap_before(&self, origin: Origin, number: u64) -> bool {
        let known = self.arrived.iter().find(|(have, _)| *have == origin);
        known.is_some_and(|(_, ranges)| !ranges.all_before(number))
    }

    /// Moves what came again to what is owed, at most once a minute.
    pub(crate) fn settle_duplicates(&mut self, now: Timestamp) -> Again {
        if self.again.is_empty() && !self.again_any {
            return Again::Nothing;
        }
        let next = self.again_at.map(|at| at.plus_millis(limits::DUPLICATE_ACK_PAUSE_MS));
        if let Some(next) = next.filter(|next| *next > now) {
            return Again::Later(next);
        }
        self.again_at = Some(now);
        if core::mem::take(&mut self.again_any) {
            for (origin, ranges) in self.arrived.iter().rev().take(AGAIN_ORIGINS) {
                self.again.entry(*origin).or_insert_with(|| ranges.clone());
            }
        }
        for (origin, ranges) in core::mem::take(&mut self.again) {
            let owed = self.owed.entry(origin).or_default();
            *owed = Ranges::from_pairs(owed.pairs().iter().chain(ranges.pairs()).copied());
        }
        Again::Owed
    }

    /// Notes that a ciphertext came again.
    pub(crate) const fn came_again(&mut self) {
        self.again_any = true;
    }

    /// Lets what comes again be acknowledged at once: the contact has a new link.
    pub(crate) const fn forget_pause(&mut self) {
        self.again_at = None;
    }

    /// Returns what the next message acknowledges.
    pub(crate) fn acks(&self) -> Vec<Ack> {
        let mut acks = Vec::new();
        for (origin, owed) in self.owed.iter().take(limits::ACK_ORIGINS) {
            let Some((_, ranges)) = self.arrived.iter().find(|(have, _)| have == origin) else {
                continue;
            };
            let touches =
                |a: &u64, b: &u64| owed.pairs().iter().any(|(first, last)| first <= b && last >= a);
            let named = ranges.pairs().iter().copied().filter(|(a, b)| touches(a, b));
            let ranges = named.take(limits::ACK_RANGES).collect();
            acks.push(Ack { origin: *origin, ranges });
        }
        acks
    }

    /// Notes that these went out with a message; what did not fit stays owed.
    pub(crate) fn acknowledged(&mut self, acks: &[Ack]) {
        for ack in acks {
            let Some(owed) = self.owed.remove(&ack.origin) else { continue };
            let named = |first: u64| ack.ranges.iter().any(|(a, b)| (*a..=*b).contains(&first));
            let left = owed.pairs().iter().copied().filter(|(first, _)| !named(*first));
            let left = Ranges::from_pairs(left);
            if left.len() > 0 {
                self.owed.insert(ack.origin, left);
            }
        }
    }

    /// Tells whether an acknowledgement is owed.
    pub(crate) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Forgets what is owed and what is held, but not what came: nothing is shown twice.
    pub(crate) fn forget_debts(&mut self) {
        self.owed.clear();
        self.again.clear();
        self.again_any = false;
        self.gaps.clear();
    }

    /// Lets the next message name all that came in the origins heard last: it is the last one.
    pub(crate) fn owe_all(&mut self) {
        for (origin, ranges) in self.arrived.iter().rev().take(AGAIN_ORIGINS) {
            self.owed.insert(*origin, ranges.clone());
        }
    }

    /// Forgets the messages that are held until the gap before them is closed.
    pub(crate) fn forget_gaps(&mut self) {
        self.gaps.clear();
    }

    pub(crate) fn encode(&self) -> Vec<OriginRow> {
        let row = |(origin, ranges): &(Origin, Ranges)| OriginRow {
            origin: origin.0.to_vec(),
            ranges: ranges
                .pairs()
                .iter()
                .map(|(first, last)| RangeRow { first: *first, last: *last })
                .collect(),
            owed: self.owed.contains_key(origin),
            ..OriginRow::default()
        };
        self.arrived.iter().map(row).collect()
    }

    /// Reads what `encode` wrote. What was owed of an origin is all of it again: once too often
    /// does no harm.
    pub(crate) fn decode(rows: Vec<OriginRow>) -> Option<Self> {
        let mut inbox = Self::default();
        for row in rows {
            let origin = Origin(row.origin.as_slice().try_into().ok()?);
            let ranges = Ranges::from_pairs(row.ranges.iter().map(|r| (r.first, r.last)));
            if row.owed {
                inbox.owed.insert(origin, ranges.clone());
            }
            inbox.arrived.push((origin, ranges));
        }
        Some(inbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin([1; 8]);
    const B: Origin = Origin([2; 8]);
    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn named(inbox: &Inbox) -> Vec<(Origin, Vec<(u64, u64)>)> {
        inbox.acks().into_iter().map(|ack| (ack.origin, ack.ranges)).collect()
    }

    #[test]
    fn a_number_is_new_once_and_owed_until_it_is_acknowledged() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.arrive(A, 1), Arrival::New { gap_before: false });
        assert_eq!(inbox.arrive(A, 3), Arrival::New { gap_before: true });
        assert_eq!(inbox.arrive(B, 1), Arrival::New { gap_before: false });
        assert_eq!(named(&inbox), [(A, Vec::from([(1, 1), (3, 3)])), (B, Vec::from([(1, 1)]))]);
        let acks = inbox.acks();
        inbox.acknowledged(&acks);
        assert!(!inbox.owes());
        assert_eq!(inbox.arrive(A, 2), Arrival::New { gap_before: false });
        // The whole range is named: an acknowledgement that was lost comes again with it.
        assert_eq!(named(&inbox), [(A, Vec::from([(1, 3)]))]);
    }

    #[test]
    fn what_comes_again_is_acknowledged_once_a_minute() {
        let mut inbox = Inbox::default();
        inbox.arrive(A, 1);
        let acks = inbox.acks();
        inbox.acknowledged(&acks);
        for _ in 0..3 {
            assert_eq!(inbox.arrive(A, 1), Arrival::Duplicate);
        }
        assert_eq!(inbox.settle_duplicates(NOW), Again::Owed);
        assert_eq!(inbox.acks(), acks);
        inbox.acknowledged(&acks);
        inbox.came_again();
        let later = NOW.plus_millis(limits::DUPLICATE_ACK_PAUSE_MS);
        assert_eq!(inbox.settle_duplicates(NOW), Again::Later(later));
        assert!(!inbox.owes());
        assert_eq!(inbox.settle_duplicates(later), Again::Owed);
        assert_eq!(inbox.acks(), acks);
        // A new link needs no pause.
        inbox.acknowledged(&acks);
        inbox.came_again();
        inbox.forget_pause();
        assert_eq!(inbox.settle_duplicates(later), Again::Owed);
        assert!(inbox.owes());
    }

    #[test]
    fn more_ranges_than_fit_are_acknowledged_bit_by_bit() {
        let mut inbox = Inbox::default();
        for number in 1..=100 {
            inbox.arrive(A, number * 2);
        }
        let mut rounds = 0;
        while inbox.owes() {
            let acks = inbox.acks();
            assert!(acks.iter().all(|ack| ack.ranges.len() <= limits::ACK_RANGES));
            inbox.acknowledged(&acks);
            rounds += 1;
        }
        assert_eq!(rounds, 4);
    }

    #[test]
    fn it_is_bounded_and_survives_the_storage() {
        let mut inbox = Inbox::default();
        for number in 0..=limits::ORIGINS {
            inbox.arrive(Origin(u64::try_from(number).unwrap().to_be_bytes()), 1);
        }
        assert_eq!(inbox.arrived.len(), limits::ORIGINS);
        let restored = Inbox::decode(inbox.encode()).unwrap();
        assert_eq!(restored.arrived, inbox.arrived);
        assert_eq!(restored.acks(), inbox.acks());
        let mut gaps = Inbox::default();
        let most = u64::try_from(limits::RECEIVED_RANGES).unwrap();
        for number in 1..=most {
            assert_ne!(gaps.arrive(A, number * 2), Arrival::TooManyGaps);
        }
        assert_eq!(gaps.arrive(A, most * 2 + 2), Arrival::TooManyGaps);
        assert_eq!(gaps.arrive(A, 1), Arrival::New { gap_before: false });
    }
}
