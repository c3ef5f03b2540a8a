//! Which numbers of an origin have come: few ranges, in order, none touching another.

use alloc::vec::Vec;

/// A set of numbers as inclusive ranges.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Makes the set of these ranges, whatever their order.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut ranges: Vec<_> = pairs.into_iter().filter(|(first, last)| first <= last).collect();
        ranges.sort_unstable();
        let mut merged = Vec::<(u64, u64)>::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Adds a number; tells whether it is new.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        let at = self.0.partition_point(|(first, _)| *first < number);
        self.0.insert(at, (number, number));
        *self = Self::from_pairs(core::mem::take(&mut self.0));
        true
    }

    /// Tells whether a number is in it.
    pub(crate) fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after
            .checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|(first, last)| (*first..=*last).contains(&number))
    }

    /// Tells whether every number from 1 to this one, it left out, is in it.
    pub(crate) fn all_before(&self, number: u64) -> bool {
        number <= 1
            || self.0.first().is_some_and(|(first, last)| *first <= 1 && *last >= number - 1)
    }

    /// Returns how many ranges there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the ranges, ascending.
    pub(crate) fn pairs(&self) -> &[(u64, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_with_the_fewest_ranges(numbers in prop::collection::vec(1_u64..60, 0..60)) {
            let mut ranges = Ranges::default();
            let mut set = BTreeSet::new();
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), set.insert(number));
            }
            for number in 0..62 {
                prop_assert_eq!(ranges.contains(number), set.contains(&number));
                prop_assert_eq!(ranges.all_before(number), (1..number).all(|n| set.contains(&n)));
            }
            let starts = set.iter().filter(|n| !set.contains(&(**n - 1))).count();
            prop_assert_eq!(ranges.len(), starts);
            prop_assert_eq!(Ranges::from_pairs(ranges.pairs().iter().rev().copied()), ranges);
        }
    }

    #[test]
    fn the_greatest_numbers_do_not_overflow() {
        let mut ranges = Ranges::default();
        assert!(ranges.insert(u64::MAX));
        assert!(ranges.insert(u64::MAX - 1));
        assert_eq!(ranges.pairs(), [(u64::MAX - 1, u64::MAX)]);
        assert!(!ranges.all_before(u64::MAX));
    }
}
