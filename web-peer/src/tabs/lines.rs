//! The texts of one tab, in a line for each contact.
//!
//! A text is asked for when the one before it is answered, and carries its number in the line.
//! Whoever leads takes each number once and in order, so nothing is sent twice or out of order,
//! however often it must be asked again.

use std::collections::{BTreeMap, VecDeque};

use super::{
    ask::{Answer, Numbered},
    message::RequestId,
};
use crate::error::Coded;

/// Lines that are kept when nothing waits in them: who is forgotten begins a new run of numbers.
const IDLE_LINES: usize = 256;

/// Makes names of runs: random, never the same twice.
pub type Origins = Box<dyn FnMut() -> [u8; 8]>;

/// All lines of a tab.
pub struct Lines {
    lines: BTreeMap<String, Line>,
    origins: Origins,
}

#[derive(Debug)]
struct Line {
    // The number of the text that is asked for, or of the next one.
    next: Numbered,
    asked: Option<RequestId>,
    waiting: VecDeque<RequestId>,
}

/// What a line says of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the answer.
    Answered,
    /// The run of numbers is broken; the same text goes again as the first of a new run.
    Again,
}

impl Lines {
    /// Makes a tab's lines.
    pub fn new(origins: Origins) -> Self {
        Self { lines: BTreeMap::new(), origins }
    }

    /// Puts a text at the end of its line.
    pub fn push(&mut self, contact: &str, request: RequestId) {
        if self.lines.len() >= IDLE_LINES {
            self.lines.retain(|_, line| line.asked.is_some() || !line.waiting.is_empty());
        }
        let origins = &mut self.origins;
        let line = self.lines.entry(contact.to_owned()).or_insert_with(|| Line {
            next: first(origins),
            asked: None,
            waiting: VecDeque::new(),
        });
        line.waiting.push_back(request);
    }

    /// Returns the text whose turn has come, with its number.
    pub fn next(&mut self, contact: &str) -> Option<(RequestId, Numbered)> {
        let line = self.lines.get_mut(contact)?;
        if line.asked.is_some() {
            return None;
        }
        let request = line.waiting.pop_front()?;
        line.asked = Some(request);
        Some((request, line.next))
    }

    /// Takes the answer to the text that was asked for.
    pub fn answered(&mut self, contact: &str, answer: &Result<Answer, Coded>) -> Verdict {
        let Some(line) = self.lines.get_mut(contact) else { return Verdict::Answered };
        let Some(request) = line.asked.take() else { return Verdict::Answered };
        match answer {
            Ok(_) => line.next.number = line.next.number.saturating_add(1),
            // Storage lost what it had taken, and its numbers stand in messages that are out there; or
            // texts of this run were given up.
            Err(refusal) if refusal.is("outOfOrder") => {
                let was_first = line.next.number == 1;
                line.next = first(&mut self.origins);
                // The first of a run is always in order.
                if !was_first {
                    line.waiting.push_front(request);
                    return Verdict::Again;
                }
            }
            // It may have been taken or not: another text must not get its number.
            Err(refusal) if !refusal.is_certain() => line.next = first(&mut self.origins),
            // A text that was refused used no number.
            Err(_) => {}
        }
        Verdict::Answered
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("lines", &self.lines).finish_non_exhaustive()
    }
}

fn first(origins: &mut Origins) -> Numbered {
    Numbered { origin: origins(), number: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let mut last = 0_u8;
        Lines::new(Box::new(move || {
            last = last.wrapping_add(1);
            [last; 8]
        }))
    }

    fn numbered(origin: u8, number: u64) -> Numbered {
        Numbered { origin: [origin; 8], number }
    }

    #[test]
    fn texts_to_one_contact_go_one_after_another() {
        let mut lines = lines();
        lines.push("ann", RequestId(1));
        lines.push("ann", RequestId(2));
        lines.push("ben", RequestId(3));
        assert_eq!(lines.next("ann"), Some((RequestId(1), numbered(1, 1))));
        assert_eq!(lines.next("ann"), None);
        assert_eq!(lines.next("ben"), Some((RequestId(3), numbered(2, 1))));
        assert_eq!(lines.answered("ann", &Ok(Answer::Done)), Verdict::Answered);
        assert_eq!(lines.next("ann"), Some((RequestId(2), numbered(1, 2))));
    }

    #[test]
    fn a_refused_text_uses_no_number_and_an_uncertain_one_ends_the_run() {
        let mut lines = lines();
        let cases = [("textTooLong", numbered(1, 1)), ("storageFailed", numbered(2, 1))];
        for (code, next) in cases {
            lines.push("ann", RequestId(1));
            lines.next("ann");
            lines.answered("ann", &Err(Coded::new(code, "refused")));
            lines.push("ann", RequestId(2));
            assert_eq!(lines.next("ann"), Some((RequestId(2), next)), "{code}");
            lines.answered("ann", &Err(Coded::new("textTooLong", "refused")));
        }
    }

    #[test]
    fn storage_that_was_rolled_back_gets_a_new_run_with_the_same_text() {
        let mut lines = lines();
        lines.push("ann", RequestId(1));
        lines.next("ann");
        lines.answered("ann", &Ok(Answer::Done));
        lines.push("ann", RequestId(2));
        lines.push("ann", RequestId(3));
        lines.next("ann");
        let refusal = Err(Coded::new("outOfOrder", "1 is next"));
        assert_eq!(lines.answered("ann", &refusal), Verdict::Again);
        assert_eq!(lines.next("ann"), Some((RequestId(2), numbered(2, 1))));
        // Whoever refuses even that is not asked for ever.
        assert_eq!(lines.answered("ann", &refusal), Verdict::Answered);
        assert_eq!(lines.next("ann"), Some((RequestId(3), numbered(3, 1))));
    }

    #[test]
    fn lines_in_which_nothing_waits_are_bounded() {
        let mut lines = lines();
        for contact in 0..10_000 {
            let name = contact.to_string();
            lines.push(&name, RequestId(contact));
            lines.next(&name);
            lines.answered(&name, &Ok(Answer::Done));
        }
        assert!(lines.lines.len() <= IDLE_LINES);
    }
}
