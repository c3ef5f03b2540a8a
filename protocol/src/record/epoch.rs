//! Epochs, ends and sequence numbers (PROTOCOL.md, "Kinds, epochs, and time").

use alloc::vec::Vec;

use super::Kind;
use crate::{
    limits::{
        INBOX_LIFE_MINUTES, INBOX_OVERLAP_MINUTES, PRESENCE_EXPIRES_MINUTES,
        PRESENCE_GRACE_MINUTES, PRESENCE_LIFE_MINUTES, PRESENCE_ROUND_MINUTES,
        PRESENCE_SKEW_MINUTES, SEQ_ORIGIN_MINUTES, SEQ_STEP_MINUTES,
    },
    time::Timestamp,
};

/// The number of a day (presence) or of a week (inbox) since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// Returns the epoch of a moment.
pub const fn epoch(kind: Kind, now: Timestamp) -> Epoch {
    Epoch(now.as_millis() / epoch_millis(kind))
}

/// Returns the epochs under which the owner publishes: one or two, the earlier one first.
pub fn epochs_to_publish(kind: Kind, now: Timestamp) -> Vec<Epoch> {
    let current = epoch(kind, now);
    let mut epochs = match kind {
        Kind::Presence => {
            Vec::from([epoch(kind, now.minus_millis(SKEW)), epoch(kind, now.plus_millis(SKEW))])
        }
        Kind::Inbox => Vec::from([current, Epoch(current.0.saturating_add(1))]),
    };
    epochs.dedup();
    epochs
}

/// Returns the epochs under which a reader asks: one or two, the likeliest one first.
pub fn epochs_to_read(kind: Kind, now: Timestamp) -> Vec<Epoch> {
    let current = epoch(kind, now);
    let mut epochs = Vec::from([current]);
    for near in [epoch(kind, now.minus_millis(SKEW)), epoch(kind, now.plus_millis(SKEW))] {
        if !epochs.contains(&near) {
            epochs.push(near);
        }
    }
    epochs
}

/// Returns when a record that is published now should end, in whole minutes.
///
/// Around midnight the presence records of two epochs get ends that differ.
pub fn expires(kind: Kind, of: Epoch, now: Timestamp) -> Timestamp {
    match kind {
        Kind::Presence => {
            let other = if of == epoch(kind, now) { 0 } else { PRESENCE_ROUND_MINUTES };
            let end = now.as_minutes().saturating_add(PRESENCE_EXPIRES_MINUTES);
            let rounded =
                end.div_ceil(PRESENCE_ROUND_MINUTES).saturating_mul(PRESENCE_ROUND_MINUTES);
            Timestamp::from_minutes(rounded.saturating_add(other))
        }
        Kind::Inbox => {
            let next = Epoch(of.0.saturating_add(1));
            start(kind, next).plus_millis(minutes(INBOX_OVERLAP_MINUTES))
        }
    }
}

/// Returns until when a reader uses a record that ends then.
pub const fn read_until(kind: Kind, expires: Timestamp) -> Timestamp {
    match kind {
        Kind::Presence => expires.plus_millis(minutes(PRESENCE_GRACE_MINUTES)),
        Kind::Inbox => expires,
    }
}

/// Returns the longest life of a record.
pub const fn life_minutes(kind: Kind) -> u32 {
    match kind {
        Kind::Presence => PRESENCE_LIFE_MINUTES,
        Kind::Inbox => INBOX_LIFE_MINUTES,
    }
}

/// Returns the sequence number for the next record at a location.
///
/// `found` is the greatest in valid records of ours there, `own` the last one stored here.
/// The floor keeps an owner who lost the storage from being held back by old records.
pub fn next_seq(
    kind: Kind,
    of: Epoch,
    now: Timestamp,
    found: Option<u64>,
    own: Option<u64>,
) -> u64 {
    let origin = start(kind, of).minus_millis(minutes(SEQ_ORIGIN_MINUTES));
    let floor = now.millis_since(origin) / minutes(SEQ_STEP_MINUTES);
    found.unwrap_or(0).max(own.unwrap_or(0)).max(floor).saturating_add(1)
}

/// Returns the first moment of an epoch.
pub const fn start(kind: Kind, of: Epoch) -> Timestamp {
    Timestamp::from_millis(of.0.saturating_mul(epoch_millis(kind)))
}

const SKEW: u64 = minutes(PRESENCE_SKEW_MINUTES);

const fn epoch_millis(kind: Kind) -> u64 {
    match kind {
        Kind::Presence => minutes(24 * 60),
        Kind::Inbox => minutes(7 * 24 * 60),
    }
}

const fn minutes(minutes: u32) -> u64 {
    // A widening: u32 fits into u64.
    minutes as u64 * 60_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn away_from_midnight_there_is_one_presence_epoch() {
        let noon = Timestamp::from_millis(20_000 * DAY + DAY / 2);
        assert_eq!(epochs_to_publish(Kind::Presence, noon), [Epoch(20_000)]);
        assert_eq!(epochs_to_read(Kind::Presence, noon), [Epoch(20_000)]);
        let late = Timestamp::from_millis(20_001 * DAY - 1);
        assert_eq!(epochs_to_publish(Kind::Presence, late), [Epoch(20_000), Epoch(20_001)]);
        assert_eq!(epochs_to_read(Kind::Presence, late), [Epoch(20_000), Epoch(20_001)]);
        let early = Timestamp::from_millis(20_001 * DAY);
        assert_eq!(epochs_to_read(Kind::Presence, early), [Epoch(20_001), Epoch(20_000)]);
    }

    #[test]
    fn ends_are_round_and_differ_around_midnight() {
        let now = Timestamp::from_minutes(1_441);
        let end = expires(Kind::Presence, Epoch(1), now);
        assert_eq!(end, Timestamp::from_minutes(1_520));
        assert_eq!(expires(Kind::Presence, Epoch(0), now), Timestamp::from_minutes(1_530));
        let week = 7 * 24 * 60;
        let end = expires(Kind::Inbox, Epoch(3), now);
        assert_eq!(end, Timestamp::from_minutes(4 * week + 120));
    }

    #[test]
    fn sequence_numbers_grow_past_all_that_is_known() {
        let now = Timestamp::from_minutes(20_000 * 1_440);
        let next = |found, own| next_seq(Kind::Presence, Epoch(20_000), now, found, own);
        assert_eq!(next(None, None), 8 * 144 + 1);
        assert_eq!(next(Some(5), Some(7)), 8 * 144 + 1);
        assert_eq!(next(Some(5_000), Some(7)), 5_001);
        assert_eq!(next(Some(5_000), Some(6_000)), 6_001);
        assert_eq!(next(Some(u64::MAX), None), u64::MAX);
    }

    proptest! {
        #[test]
        fn reader_and_owner_meet_at_all_skews_of_half_an_hour(
            days in 1_u64..40_000,
            around in -3_600_000_i64..3_600_000,
            skew in -1_800_000_i64..=1_800_000,
        ) {
            let owner = Timestamp::from_millis((days * DAY).saturating_add_signed(around));
            let reader = Timestamp::from_millis(owner.as_millis().saturating_add_signed(skew));
            for kind in Kind::ALL {
                let published = epochs_to_publish(kind, owner);
                let read = epochs_to_read(kind, reader);
                prop_assert!(read.iter().any(|epoch| published.contains(epoch)));
                prop_assert!(published.len() <= 2 && read.len() <= 2);
            }
        }

        #[test]
        fn ends_are_within_the_validators_limit(now in 0_u32..u32::MAX / 2) {
            let now = Timestamp::from_minutes(now);
            for kind in Kind::ALL {
                for of in epochs_to_publish(kind, now) {
                    let end = expires(kind, of, now);
                    prop_assert!(end > now);
                    prop_assert!(end <= now.plus_millis(minutes(life_minutes(kind))));
                    prop_assert_eq!(end, Timestamp::from_minutes(end.as_minutes()));
                }
            }
        }
    }
}
