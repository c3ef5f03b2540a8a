//! Time as the protocol knows it (PROTOCOL.md, "Kinds, epochs, and time").
//!
//! Nothing here reads a clock: every moment comes in as an argument.

use core::fmt;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Makes a moment from milliseconds since 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Makes a moment from whole seconds since 1970.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// Makes a moment from whole minutes since 1970.
    pub const fn from_minutes(minutes: u32) -> Self {
        Self((minutes as u64).saturating_mul(60_000))
    }

    /// Returns milliseconds since 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns whole seconds since 1970.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// Returns whole minutes since 1970; the largest number for moments after the year 10,136.
    pub fn as_minutes(self) -> u32 {
        u32::try_from(self.0 / 60_000).unwrap_or(u32::MAX)
    }

    /// Returns the moment `millis` later, or the last one that there is.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Returns the moment `millis` earlier, or 1970.
    #[must_use]
    pub const fn minus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Returns the milliseconds from `earlier` to this moment; 0 if `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns this moment moved by a signed offset, within what there is.
    #[must_use]
    pub const fn shifted(self, offset: MillisOffset) -> Self {
        Self(self.0.saturating_add_signed(offset.0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A signed distance between two clocks, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct MillisOffset(pub i64);
