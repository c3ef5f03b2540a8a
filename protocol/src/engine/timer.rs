//! Every reason to wake up. The driver sleeps until the earliest, and on nothing else.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use crate::{
    Address, MillisOffset, Timestamp,
    engine::{
        input::LinkId,
        output::{DialId, QueryId},
        publish::Slot,
    },
};

/// A reason to wake up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A link must have been proven, or its HELLO answered, by now.
    Proof(LinkId),
    /// A link of somebody we do not answer has lived long enough.
    Stranger(LinkId),
    /// Two links to one contact have both been up for long enough to close the worse.
    Duplicate(Address),
    /// A contact to whom something waits is looked up and dialled again.
    Seek(Address),
    /// A dial has not been answered.
    Dial(DialId),
    /// A look-up has taken long enough.
    Query(QueryId),
    /// Acknowledgements that were held back go out.
    Acknowledge(Address),
    /// What is out for long without an acknowledgement is sent again.
    Resend(Address),
    /// A direct link to this contact may be tried again.
    Upgrade(Address),
    /// A new session with this contact may be begun.
    Renew(Address),
    /// No address of ours has come: what can be done without is done.
    Online,
    /// A record of ours is due.
    Publish(Slot),
    /// Prekeys are replaced or deleted, sessions dropped, old messages given up.
    Sweep,
}

/// The moments of all reasons.
#[derive(Default)]
pub(crate) struct Timers {
    moments: BTreeMap<Timer, Timestamp>,
    order: BTreeSet<(Timestamp, Timer)>,
}

impl Timers {
    /// Sets a reason's moment, in place of the one it had.
    pub(crate) fn set(&mut self, timer: Timer, at: Timestamp) {
        self.stop(timer);
        self.moments.insert(timer, at);
        self.order.insert((at, timer));
    }

    /// Sets a reason's moment unless it has an earlier one.
    pub(crate) fn set_earlier(&mut self, timer: Timer, at: Timestamp) {
        if self.moments.get(&timer).is_none_or(|have| *have > at) {
            self.set(timer, at);
        }
    }

    /// Drops a reason.
    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(at) = self.moments.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }

    /// Takes out the reasons whose moment has come.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Timer> {
        let mut due = Vec::new();
        while let Some((at, timer)) = self.order.first().copied() {
            if at > now {
                break;
            }
            self.stop(timer);
            due.push(timer);
        }
        due
    }

    /// Moves every moment with the clock, so that what was due in a second still is.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        for at in self.moments.values_mut() {
            *at = at.shifted(offset);
        }
        self.order = self.moments.iter().map(|(timer, at)| (*at, *timer)).collect();
    }

    /// Returns the earliest moment.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Tells whether a reason has a moment.
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.moments.contains_key(&timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: Timestamp = Timestamp::from_millis(1_000);
    const LATE: Timestamp = Timestamp::from_millis(2_000);

    #[test]
    fn the_deadline_is_the_earliest_moment_and_due_reasons_come_in_order() {
        let mut timers = Timers::default();
        assert_eq!(timers.deadline(), None);
        timers.set(Timer::Proof(LinkId(1)), LATE);
        timers.set(Timer::Sweep, EARLY);
        assert_eq!(timers.deadline(), Some(EARLY));
        assert_eq!(timers.take_due(EARLY), [Timer::Sweep]);
        assert_eq!(timers.take_due(LATE), [Timer::Proof(LinkId(1))]);
        assert_eq!(timers.deadline(), None);
    }

    #[test]
    fn a_reason_has_one_moment_and_moves_with_the_clock() {
        let mut timers = Timers::default();
        timers.set(Timer::Sweep, LATE);
        timers.set_earlier(Timer::Sweep, EARLY);
        timers.set_earlier(Timer::Sweep, LATE);
        timers.shift(MillisOffset(500));
        assert_eq!(timers.deadline(), Some(EARLY.plus_millis(500)));
        assert!(timers.is_set(Timer::Sweep));
        timers.stop(Timer::Sweep);
        assert_eq!(timers.deadline(), None);
    }
}
