//! Protocol time (PROTOCOL.md, "Kinds, epochs, and time"): a monotonic clock, moved by what the
//! connected relays say.

use std::{collections::BTreeMap, time::Duration};

use libp2p::PeerId;
use lowkey_protocol::{MillisOffset, Timestamp};
use web_time::{Instant, SystemTime, UNIX_EPOCH};

use crate::platform;

/// Differences up to this many milliseconds are noise of the path, and move nothing.
const NOISE_MILLIS: u64 = 500;

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
        let half = u64::try_from(round_trip.as_millis() / 2).unwrap_or(u64::MAX);
        self.samples.insert(relay, difference(theirs.plus_millis(half), self.unmoved()));
        self.follow_median()
    }

    /// Forgets what a relay said, since only connected ones count.
    ///
    /// The offset stays until the next answer: a lost connection moves no clock.
    pub fn forget(&mut self, relay: &PeerId) {
        self.samples.remove(relay);
    }

    fn follow_median(&mut self) -> Option<MillisOffset> {
        let wanted = median(self.samples.values().copied())?;
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

/// The middle one, or the mean of the middle two.
fn median(offsets: impl Iterator<Item = MillisOffset>) -> Option<MillisOffset> {
    let mut sorted: Vec<i64> = offsets.map(|offset| offset.0).collect();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(MillisOffset(lower.midpoint(upper)))
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
    fn one_liar_among_three_moves_nothing() {
        let mut clock = Clock::start();
        learn(&mut clock, 0);
        learn(&mut clock, 0);
        assert_eq!(learn(&mut clock, u64::from(u32::MAX)), None);
    }

    #[test]
    fn absurd_answers_do_not_overflow() {
        let mut clock = Clock::start();
        clock.learn(PeerId::random(), Timestamp::from_millis(u64::MAX), Duration::MAX);
        clock.learn(PeerId::random(), Timestamp::from_millis(0), Duration::ZERO);
        let _ = clock.now();
    }

    #[test]
    fn of_an_even_number_the_middle_two_are_averaged() {
        let offsets = [40, 10, 20, 1_000].map(MillisOffset);
        assert_eq!(median(offsets.into_iter()), Some(MillisOffset(30)));
        assert_eq!(median([].into_iter()), None);
    }
}
