//! What streams may take of a circuit.

use std::sync::atomic::{AtomicU64, Ordering};

use super::StreamError;

/// The bytes that all streams of one circuit may still carry, in both directions together, as the
/// relay counts.
#[derive(Debug)]
pub(crate) struct Allowance {
    limit: u64,
    left: AtomicU64,
}

impl Allowance {
    /// Leaves half of what the relay passes on for the conversation.
    pub(super) fn of_circuit(relay_limit: u64) -> Self {
        let limit = relay_limit / 2;
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// Returns how many of the wanted bytes may pass now.
    pub(super) fn allowed(&self, wanted: usize) -> Result<usize, StreamError> {
        let left = self.left.load(Ordering::Relaxed);
        match usize::try_from(left).unwrap_or(usize::MAX) {
            0 if wanted > 0 => Err(StreamError::CircuitFull { limit: self.limit }),
            left => Ok(left.min(wanted)),
        }
    }

    /// Notes that so many bytes have passed.
    pub(super) fn take(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let spend = |left: u64| Some(left.saturating_sub(bytes));
        // `spend` never refuses.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_circuit_may_pass_and_no_more() {
        let allowance = Allowance::of_circuit(1_000);
        assert_eq!(allowance.allowed(300), Ok(300));
        allowance.take(300);
        assert_eq!(allowance.allowed(300), Ok(200));
        allowance.take(250);
        assert_eq!(allowance.allowed(1), Err(StreamError::CircuitFull { limit: 500 }));
        assert_eq!(allowance.allowed(0), Ok(0));
    }
}
