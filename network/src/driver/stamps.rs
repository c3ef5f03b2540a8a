//! Machine: searches stamps in slices, so that a page never freezes.

use std::{collections::VecDeque, time::Duration};

use lowkey_protocol::{
    Input, QueryId,
    pow::{self, Puzzle},
};

use crate::platform;

/// How long one slice may take.
const SLICE: Duration = Duration::from_millis(5);

/// Tries between two looks at the clock: far less than a millisecond, in wasm as well.
const TRIES: u32 = 256;

/// The searches under way, taken in turns.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    searches: VecDeque<Search>,
}

#[derive(Debug)]
struct Search {
    id: QueryId,
    puzzle: Puzzle,
    from: u64,
}

impl Stamps {
    pub(super) fn search(&mut self, id: QueryId, puzzle: Puzzle) {
        self.searches.push_back(Search { id, puzzle, from: 0 });
    }

    pub(super) fn cancel(&mut self, id: QueryId) {
        self.searches.retain(|search| search.id != id);
    }

    pub(super) fn cancel_all(&mut self) {
        self.searches.clear();
    }

    /// Searches for one slice; returns a stamp if it found one.
    pub(super) fn slice(&mut self) -> Option<Input> {
        let mut search = self.searches.pop_front()?;
        let started = platform::now();
        while started.elapsed() < SLICE {
            if let Some(stamp) = pow::search(&search.puzzle, search.from, TRIES) {
                return Some(Input::StampFound(search.id, stamp));
            }
            search.from = search.from.wrapping_add(u64::from(TRIES));
        }
        self.searches.push_back(search);
        None
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.searches.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use lowkey_protocol::{RecordKey, Timestamp, record::Kind};

    use super::*;

    fn puzzle(bits: u8) -> Puzzle {
        Puzzle::record(Kind::Presence, &RecordKey([7; 32]), Timestamp::from_secs(1), bits)
    }

    #[test]
    fn a_search_goes_on_over_slices_until_it_finds() {
        let mut stamps = Stamps::default();
        stamps.search(QueryId(1), puzzle(16));
        let found = loop {
            if let Some(found) = stamps.slice() {
                break found;
            }
        };
        let Input::StampFound(QueryId(1), stamp) = found else { panic!("{found:?}") };
        assert!(puzzle(16).check(&stamp));
        assert!(!stamps.is_busy());
    }

    #[test]
    fn a_hopeless_search_does_not_hold_up_another() {
        let mut stamps = Stamps::default();
        stamps.search(QueryId(1), puzzle(200));
        stamps.search(QueryId(2), puzzle(1));
        assert!(stamps.slice().is_none());
        assert!(matches!(stamps.slice(), Some(Input::StampFound(QueryId(2), _))));
        stamps.cancel(QueryId(1));
        assert!(!stamps.is_busy());
    }
}
