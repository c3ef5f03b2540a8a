//! Stamps: a little work that makes filling the DHT dear (PROTOCOL.md, "Layout").
//!
//! A stamp is right if SHA-256 over 47 bytes and the stamp begins with enough zero bits.
//! The 55 bytes are one block of SHA-256, so one trial is one compression.

use core::fmt;

use sha2::block_api::compress256;

use crate::{
    record::{Kind, RecordKey},
    time::Timestamp,
};

/// Eight bytes that were searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub [u8; 8]);

/// What a stamp has to fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Puzzle {
    head: [u8; 47],
    bits: u8,
}

impl Puzzle {
    /// Returns the puzzle of a record; all records of one key that end on one day share it.
    pub fn record(kind: Kind, key: &RecordKey, expires: Timestamp, bits: u8) -> Self {
        let day = expires.as_minutes() / (24 * 60);
        let mut head = [0; 47];
        let parts = b"lowkeypow"
            .iter()
            .copied()
            .chain([super::record::VERSION, kind.as_byte()])
            .chain(key.0)
            .chain(day.to_be_bytes());
        for (to, from) in head.iter_mut().zip(parts) {
            *to = from;
        }
        Self { head, bits }
    }

    /// Returns whether a stamp fits.
    pub fn check(&self, stamp: &Stamp) -> bool {
        zero_bits(&self.block(), stamp) >= u32::from(self.bits)
    }

    /// Returns the one padded block, with zeros where the stamp goes.
    fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(self.head) {
            *to = from;
        }
        let [.., end, _, _, _, _, _, _, high, low] = &mut block;
        *end = 0x80;
        // 55 bytes are 440 bits.
        [*high, *low] = 440_u16.to_be_bytes();
        block
    }
}

impl fmt::Debug for Puzzle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Puzzle").field("bits", &self.bits).finish_non_exhaustive()
    }
}

/// Tries `tries` stamps from number `from` on; the caller goes on where it ended.
pub fn search(puzzle: &Puzzle, from: u64, tries: u32) -> Option<Stamp> {
    let block = puzzle.block();
    (0..u64::from(tries))
        .map(|offset| Stamp(from.wrapping_add(offset).to_be_bytes()))
        .find(|stamp| zero_bits(&block, stamp) >= u32::from(puzzle.bits))
}

/// Returns whether a stamp fits a puzzle.
pub fn check(puzzle: &Puzzle, stamp: &Stamp) -> bool {
    puzzle.check(stamp)
}

/// Counts the zero bits at the start of the hash of a block with this stamp in it.
fn zero_bits(block: &[u8; 64], stamp: &Stamp) -> u32 {
    /// The initial state of SHA-256 (FIPS 180-4, 5.3.3).
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let mut block = *block;
    for (to, from) in block.iter_mut().skip(47).zip(stamp.0) {
        *to = from;
    }
    let mut state = START;
    compress256(&mut state, &[block]);
    let [first, second, ..] = state;
    if first == 0 { second.leading_zeros().saturating_add(32) } else { first.leading_zeros() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn puzzle(bits: u8) -> Puzzle {
        Puzzle::record(Kind::Inbox, &RecordKey([7; 32]), Timestamp::from_minutes(29_920_320), bits)
    }

    #[test]
    fn a_trial_is_sha_256_of_head_and_stamp() {
        for number in [0, 1, 0x1122_3344_5566_7788, u64::MAX] {
            let stamp = Stamp(number.to_be_bytes());
            let hash = Sha256::new().chain_update(puzzle(0).head).chain_update(stamp.0).finalize();
            let expected = u64::from_be_bytes(hash[..8].try_into().unwrap()).leading_zeros();
            assert_eq!(zero_bits(&puzzle(0).block(), &stamp), expected);
        }
    }

    #[test]
    fn slices_find_what_one_search_finds() {
        let whole = search(&puzzle(10), 0, 100_000).unwrap();
        let sliced = (0..1_000).find_map(|slice| search(&puzzle(10), slice * 100, 100)).unwrap();
        assert_eq!(whole, sliced);
        assert!(check(&puzzle(10), &whole));
        assert_eq!(search(&puzzle(64), u64::MAX, 5), None);
    }

    #[test]
    fn a_stamp_is_for_one_kind_key_and_day() {
        let expires = Timestamp::from_minutes(29_920_320);
        let stamp = search(&puzzle(16), 0, 2_000_000).unwrap();
        let other = |kind, key, expires| Puzzle::record(kind, &RecordKey(key), expires, 16);
        assert!(other(Kind::Inbox, [7; 32], expires.plus_millis(60_000)).check(&stamp));
        assert!(!other(Kind::Presence, [7; 32], expires).check(&stamp));
        assert!(!other(Kind::Inbox, [8; 32], expires).check(&stamp));
        assert!(!other(Kind::Inbox, [7; 32], Timestamp::from_minutes(29_921_760)).check(&stamp));
    }
}
