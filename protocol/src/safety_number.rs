//! The number that two people compare (PROTOCOL.md, "Safety number").

use alloc::string::String;
use core::fmt::Write;

use crate::{identity::IdentityKey, kdf::sha512};

/// Hashes in one half: what a forger has to repeat for each guess.
const ROUNDS: u32 = 5_200;

/// Returns sixty digits, the same on both sides: the smaller half first.
pub fn safety_number(one: &IdentityKey, other: &IdentityKey) -> String {
    let (one, other) = (half(one), half(other));
    let (mut first, second) = if one <= other { (one, other) } else { (other, one) };
    first.push_str(&second);
    first
}

/// Returns the thirty digits of one key.
pub fn half(key: &IdentityKey) -> String {
    let mut hash = sha512(&[b"lowkey/1/safety", &[0, 0], key.as_bytes()]);
    for _ in 1..ROUNDS {
        hash = sha512(&[&hash, key.as_bytes()]);
    }
    let mut digits = String::with_capacity(30);
    for group in hash.chunks_exact(5).take(6) {
        let number = group.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        // Writing to a string does not fail.
        let _ = write!(digits, "{:05}", number % 100_000);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityKeyPair;

    #[test]
    fn both_sides_see_the_same_sixty_digits() {
        let one = IdentityKeyPair::from_seed(&[1; 32]).key();
        let other = IdentityKeyPair::from_seed(&[2; 32]).key();
        let number = safety_number(&one, &other);
        assert_eq!(number, safety_number(&other, &one));
        assert_eq!(number.len(), 60);
        assert!(number.bytes().all(|digit| digit.is_ascii_digit()));
        assert_ne!(number, safety_number(&one, &one));
    }
}
