//! The one source of chance of a world: the same seed throws the same dice.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Seeded chance.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Makes the dice of a seed; `stream` separates the users of one seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Returns a number below `limit`; 0 if there is none.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.0.next_u64() % limit }
    }

    /// Returns a number in `from..=to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Returns an index of a list of `len` entries.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Returns true `per_mille` times of a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1_000) < per_mille
    }

    /// Returns `len` random bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// Returns an array of random bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same() {
        assert_eq!(Dice::new(7, 1).bytes(64), Dice::new(7, 1).bytes(64));
        assert_ne!(Dice::new(7, 1).bytes(64), Dice::new(7, 2).bytes(64));
        assert_ne!(Dice::new(7, 1).bytes(64), Dice::new(8, 1).bytes(64));
    }

    #[test]
    fn a_range_is_kept() {
        let mut dice = Dice::new(1, 0);
        assert!((0..1_000).map(|_| dice.between(3, 5)).all(|n| (3..=5).contains(&n)));
        assert!(!dice.chance(0));
        assert!(dice.chance(1_000));
    }
}
