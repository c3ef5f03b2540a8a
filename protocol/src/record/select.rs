//! Which of two records of one key stays (PROTOCOL.md, "Validation by a storing node").
//!
//! The order is total, so all nodes end with the same record, whatever came first.

use core::cmp::Ordering;

use crate::kdf::sha512;

/// What becomes of a new record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// It replaces the stored one.
    Replace,
    /// It is the stored one: nothing to do, and no error.
    Same,
    /// It is older, or it lost against another one of the same number: refuse it.
    Keep,
}

/// Compares a new record with the stored one; both are valid and have the same key.
pub fn select(stored: &[u8], new: &[u8]) -> Selection {
    if stored == new {
        return Selection::Same;
    }
    let order = seq(new).cmp(&seq(stored)).then_with(|| sha512(&[new]).cmp(&sha512(&[stored])));
    match order {
        Ordering::Greater => Selection::Replace,
        // Two different records of one hash: nobody has seen that.
        Ordering::Equal => Selection::Same,
        Ordering::Less => Selection::Keep,
    }
}

/// Returns the sequence number in a record's bytes; 0 if they are too short to be one.
fn seq(record: &[u8]) -> u64 {
    let field = record.get(36..).and_then(<[u8]>::first_chunk);
    field.map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::vec::Vec;

    fn record() -> impl Strategy<Value = Vec<u8>> {
        // Few different sequence numbers, so that equal ones are common.
        (0_u64..3, vec(0_u8..3, 0..4), 0_usize..60).prop_map(|(seq, tail, length)| {
            let mut bytes = [&[0; 36][..], &seq.to_be_bytes(), &tail].concat();
            bytes.truncate(length);
            bytes
        })
    }

    fn merge<'a>(stored: &'a [u8], new: &'a [u8]) -> &'a [u8] {
        if select(stored, new) == Selection::Replace { new } else { stored }
    }

    proptest! {
        #[test]
        fn nodes_converge(a in record(), b in record(), c in record()) {
            prop_assert_eq!(select(&a, &a), Selection::Same);
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            prop_assert_eq!(merge(merge(&a, &b), &c), merge(&a, merge(&b, &c)));
            prop_assert_eq!(merge(merge(&a, &b), &b), merge(&a, &b));
            if a != b {
                let (there, back) = (select(&a, &b), select(&b, &a));
                prop_assert!(
                    (there == Selection::Replace) != (back == Selection::Replace)
                        && there != Selection::Same && back != Selection::Same
                );
            }
        }

        #[test]
        fn a_greater_number_wins(
            low: u64, more in 1_u64..1_000, one in vec(any::<u8>(), 0..9), other in vec(any::<u8>(), 0..9),
        ) {
            prop_assume!(low.checked_add(more).is_some());
            let record = |seq: u64, tail: &[u8]| [&[0; 36][..], &seq.to_be_bytes(), tail].concat();
            let (older, newer) = (record(low, &one), record(low + more, &other));
            prop_assert_eq!(select(&older, &newer), Selection::Replace);
            prop_assert_eq!(select(&newer, &older), Selection::Keep);
        }
    }
}
