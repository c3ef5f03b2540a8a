//! The texts that screens have numbered (PROTOCOL.md, "Delivery").
//!
//! A screen asks again when it does not know whether it was heard: after a crash, or when another
//! tab leads. What was taken is stored with the text, so that the answer is the same and the text
//! is queued once.

use alloc::vec::Vec;

use crate::{
    engine::{
        conversation::entry::message_id,
        input::Numbered,
        output::{CommandError, MessageId},
        rows::{OriginRow, RangeRow},
    },
    limits,
    wire::Origin,
};

/// The origins of screens, the one used last at the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken(Vec<Run>);

/// The numbers of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    origin: Origin,
    last: u64,
    /// Some of its texts will never go out: the next one would show a gap.
    over: bool,
}

impl Taken {
    /// Returns the name of a text that was taken before, nothing if it is the next one; refuses
    /// all others.
    pub(crate) fn ask(&self, numbered: Numbered) -> Result<Option<MessageId>, CommandError> {
        let origin = Origin(numbered.origin);
        let run = self.0.iter().find(|run| run.origin == origin);
        let (last, over) = run.map_or((0, false), |run| (run.last, run.over));
        let expected = if over { 0 } else { last.saturating_add(1) };
        match numbered.number {
            number if (1..=last).contains(&number) => Ok(Some(message_id(origin, number))),
            // No acknowledgement can name the last of all numbers.
            number if number > 0 && number == expected && number < u64::MAX => Ok(None),
            _ => Err(CommandError::OutOfOrder { expected }),
        }
    }

    /// Notes that a text is taken.
    pub(crate) fn take(&mut self, numbered: Numbered) {
        let origin = Origin(numbered.origin);
        self.0.retain(|run| run.origin != origin);
        self.0.push(Run { origin, last: numbered.number, over: false });
        if self.0.len() > limits::SCREEN_ORIGINS {
            self.0.remove(0);
        }
    }

    /// Ends all runs, since some of their texts are given up.
    pub(crate) fn end(&mut self) {
        self.0.iter_mut().for_each(|run| run.over = true);
    }

    pub(crate) fn encode(&self) -> Vec<OriginRow> {
        let row = |run: &Run| OriginRow {
            origin: run.origin.0.to_vec(),
            ranges: Vec::from([RangeRow { first: 1, last: run.last }]),
            over: run.over,
            ..OriginRow::default()
        };
        self.0.iter().map(row).collect()
    }

    pub(crate) fn decode(rows: &[OriginRow]) -> Option<Self> {
        let taken = |row: &OriginRow| {
            let origin = Origin(row.origin.as_slice().try_into().ok()?);
            Some(Run { origin, last: row.ranges.first()?.last, over: row.over })
        };
        rows.iter().map(taken).collect::<Option<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(origin: u8, number: u64) -> Numbered {
        Numbered { origin: [origin; 8], number }
    }

    #[test]
    fn only_the_next_number_is_taken_and_earlier_ones_are_known() {
        let mut taken = Taken::default();
        let refused = |expected| Err(CommandError::OutOfOrder { expected });
        assert_eq!(taken.ask(numbered(1, 0)), refused(1));
        assert_eq!(taken.ask(numbered(1, 2)), refused(1));
        assert_eq!(taken.ask(numbered(1, 1)), Ok(None));
        taken.take(numbered(1, 1));
        taken.take(numbered(1, 2));
        for number in [1, 2] {
            let name = message_id(Origin([1; 8]), number);
            assert_eq!(taken.ask(numbered(1, number)), Ok(Some(name)));
        }
        assert_eq!(taken.ask(numbered(1, 3)), Ok(None));
        assert_eq!(taken.ask(numbered(2, 3)), refused(1));
        assert_eq!(Taken::decode(&taken.encode()), Some(taken));
    }

    #[test]
    fn what_was_taken_before_an_end_is_known_after_it_and_nothing_more_is_taken() {
        let mut taken = Taken::default();
        taken.take(numbered(1, 1));
        taken.end();
        let mut taken = Taken::decode(&taken.encode()).unwrap();
        assert_eq!(taken.ask(numbered(1, 1)), Ok(Some(message_id(Origin([1; 8]), 1))));
        for number in [0, 2, 3] {
            let refused = Err(CommandError::OutOfOrder { expected: 0 });
            assert_eq!(taken.ask(numbered(1, number)), refused);
        }
        assert_eq!(taken.ask(numbered(2, 1)), Ok(None));
        taken.take(numbered(2, 1));
        assert_eq!(taken.ask(numbered(2, 2)), Ok(None));
    }

    #[test]
    fn the_origins_used_last_are_kept() {
        let mut taken = Taken::default();
        for origin in 0..=u8::try_from(limits::SCREEN_ORIGINS).unwrap() {
            taken.take(numbered(origin, 1));
            taken.take(numbered(255, u64::from(origin) + 1));
        }
        assert_eq!(taken.0.len(), limits::SCREEN_ORIGINS);
        assert!(taken.ask(numbered(255, 1)).is_ok());
        assert_eq!(taken.ask(numbered(0, 2)), Err(CommandError::OutOfOrder { expected: 1 }));
    }
}
