//! Protocol time (PROTOCOL.md, "Kinds, epochs, and time"): a monotonic clock, moved by what the
//! connected relays say.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use libp2p::PeerId;
use lowkey_protocol::{MillisOffset, Timestamp};
use web_time::{Instant, SystemTime, UNIX_EPOCH};

use crate::platform;

/// Differences up to this many milliseconds are noise of the path, and move nothing.
const NOISE_MILLIS: u64 = 500;

/// Seconds since 1970 that a relay's clock may show: the years from 2025 to 2099.
const PLAUSIBLE: Range<u64> = 1_735_689_600..4_102_444_800;

/// Tells protocol time.
#[derive(Debug)]
pub struct Clock {
    wall_at_start: Timestamp,
    started: Instant,
    offset: MillisOffset,
    samples: BTreeMap<PeerId, MillisOffset>,
}

impl Clock {
    /// Starts at the wall clock's time.
    pub fn start() -> Self {
        Self {
            wall_at_start: wall_clock(),
            started: platform::now(),
            offset: MillisOffset(0),
            samples: BTreeMap::new(),
        }
    }

    /// Returns protocol time.
    pub fn now(&self) -> Timestamp {
        self.unmoved().shifted(self.offset)
    }

    /// Returns how long from now until this moment; nothing if it has passed.
    pub fn until(&self, moment: Timestamp) -> Duration {
        Duration::from_millis(moment.millis_since(self.now()))
    }

    /// Takes a relay's answer, and returns by how much the clock was moved, if it was.
    pub fn learn(
        &mut self,
        relay: PeerId,
        theirs: Timestamp,
        round_trip: Duration,
    ) -> Option<MillisOffset> {
        if !PLAUSIBLE.contains(&theirs.as_secs()) {
            tracing::debug!("a relay's clock is absurd");
            return None;
        }
        let half = u64::try_from(round_trip.as_millis() / 2).unwrap_or(u64::MAX);
        self.samples.insert(relay, difference(theirs.plus_millis(half), self.unmoved()));
        self.follow_median()
    }

    /// Forgets what a relay said, since only connected ones count; returns by how much the clock
    /// was moved, if it was.
    ///
    /// When the last one goes, the offset stays: being alone moves no clock.
    pub fn forget(&mut self, relay: &PeerId) -> Option<MillisOffset> {
        self.samples.remove(relay)?;
        self.follow_median()
    }

    fn follow_median(&mut self) -> Option<MillisOffset> {
        if self.samples.is_empty() {
            return None;
        }
        // An even number gets the own wall clock as one more voice: one liar of two relays then
        // moves nothing.
        let own = self.samples.len().is_multiple_of(2).then_some(MillisOffset(0));
        let wanted = median(self.samples.values().copied().chain(own))?;
        let moved = wanted.0.saturating_sub(self.offset.0);
        if moved.unsigned_abs() <= NOISE_MILLIS {
            return None;
        }
        self.offset = wanted;
        Some(MillisOffset(moved))
    }

    fn unmoved(&self) -> Timestamp {
        let since = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.wall_at_start.plus_millis(since)
    }
}

/// Returns the wall clock's time; a relay answers with it.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The middle one of an odd number.
fn median(offsets: impl Iterator<Item = MillisOffset>) -> Option<MillisOffset> {
    let mut sorted: Vec<MillisOffset> = offsets.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

fn difference(later: Timestamp, earlier: Timestamp) -> MillisOffset {
    let later = i64::try_from(later.as_millis()).unwrap_or(i64::MAX);
    let earlier = i64::try_from(earlier.as_millis()).unwrap_or(i64::MAX);
    MillisOffset(later.saturating_sub(earlier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(clock: &mut Clock, ahead_millis: u64) -> Option<MillisOffset> {
        let theirs = clock.unmoved().plus_millis(ahead_millis);
        clock.learn(PeerId::random(), theirs, Duration::ZERO)
    }

    #[test]
    fn one_relay_is_enough() {
        let mut clock = Clock::start();
        let moved = learn(&mut clock, 3_600_000).unwrap();
        assert!((3_599_000..=3_600_000).contains(&moved.0), "{moved:?}");
        assert!(clock.now().millis_since(clock.unmoved()) >= 3_599_000);
    }

    #[test]
    fn noise_moves_nothing() {
        assert_eq!(learn(&mut Clock::start(), 400), None);
    }

    #[test]
    fn one_liar_among_two_or_three_moves_nothing() {
        let mut clock = Clock::start();
        learn(&mut clock, 0);
        assert_eq!(learn(&mut clock, u64::from(u32::MAX)), None);
        assert_eq!(learn(&mut clock, 0), None);
    }

    #[test]
    fn a_liar_that_leaves_takes_its_lie_along() {
        let mut clock = Clock::start();
        let liar = PeerId::random();
        let theirs = clock.unmoved().plus_millis(3_600_000);
        assert!(clock.learn(liar, theirs, Duration::ZERO).is_some());
        let back = learn(&mut clock, 0).unwrap();
        assert!(back.0 <= -3_599_000, "the wall clock and the other relay agree: {back:?}");

        let mut clock = Clock::start();
        let theirs = clock.unmoved().plus_millis(3_600_000);
        clock.learn(liar, theirs, Duration::ZERO);
        assert_eq!(clock.forget(&liar), None, "nobody is left to say better");
        assert_eq!(clock.forget(&liar), None);
    }

    #[test]
    fn absurd_answers_move_nothing() {
        let mut clock = Clock::start();
        for millis in [0, 1, u64::MAX / 2, u64::MAX] {
            let theirs = Timestamp::from_millis(millis);
            assert_eq!(clock.learn(PeerId::random(), theirs, Duration::ZERO), None);
        }
        let theirs = clock.unmoved();
        clock.learn(PeerId::random(), theirs, Duration::MAX);
        let _ = clock.now();
    }

    #[test]
    fn two_relays_that_agree_move_the_clock() {
        let mut clock = Clock::start();
        learn(&mut clock, 3_600_000);
        learn(&mut clock, 3_600_000);
        assert!(clock.now().millis_since(clock.unmoved()) >= 3_599_000);
    }
}
