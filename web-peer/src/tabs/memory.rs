//! What a leader has been asked and has answered, so that nothing is carried out twice.

use std::collections::{BTreeMap, VecDeque};

use super::{
    ask::Answer,
    message::{RequestId, TabId},
};
use crate::error::Coded;

/// Answers that are remembered.
const ANSWERS: usize = 512;

/// Requests that may be under way at once, of all tabs.
const UNDER_WAY: usize = 1024;

/// The requests of other tabs.
#[derive(Debug, Default)]
pub struct Memory {
    requests: BTreeMap<Key, State>,
    // Those that are answered, oldest first.
    answered: VecDeque<Key>,
}

type Key = (TabId, RequestId);

#[derive(Debug)]
enum State {
    UnderWay,
    Answered(Result<Answer, Coded>),
}

/// What to do with a request.
#[derive(Debug)]
pub enum Recall {
    /// It is new: carry it out.
    New,
    /// It is being carried out: its answer follows.
    UnderWay,
    /// It was answered so.
    Answered(Result<Answer, Coded>),
    /// Too much is under way.
    Full,
}

impl Memory {
    /// Takes a request in.
    pub fn ask(&mut self, tab: TabId, request: RequestId) -> Recall {
        let under_way = self.requests.len().saturating_sub(self.answered.len());
        match self.requests.get(&(tab, request)) {
            Some(State::UnderWay) => Recall::UnderWay,
            Some(State::Answered(answer)) => Recall::Answered(answer.clone()),
            None if under_way >= UNDER_WAY => Recall::Full,
            None => {
                self.requests.insert((tab, request), State::UnderWay);
                Recall::New
            }
        }
    }

    /// Remembers an answer; whether anybody still waits for it.
    pub fn answer(&mut self, tab: TabId, request: RequestId, answer: Kept<'_>) -> bool {
        let key = (tab, request);
        let Some(state) = self.requests.get_mut(&key) else { return false };
        let Kept::Yes(answer) = answer else {
            self.requests.remove(&key);
            return true;
        };
        *state = State::Answered(answer.clone());
        self.answered.push_back(key);
        if self.answered.len() > ANSWERS
            && let Some(oldest) = self.answered.pop_front()
        {
            self.requests.remove(&oldest);
        }
        true
    }

    /// Forgets a tab that has gone.
    pub fn forget(&mut self, gone: TabId) {
        self.requests.retain(|(tab, _), _| *tab != gone);
        self.answered.retain(|(tab, _)| *tab != gone);
    }
}

/// Whether an answer is worth its memory: what only reads is read again.
#[derive(Clone, Copy, Debug)]
pub enum Kept<'a> {
    /// It is.
    Yes(&'a Result<Answer, Coded>),
    /// It is not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAB: TabId = TabId([1; 8]);

    #[test]
    fn a_request_is_carried_out_once_and_answered_as_often_as_it_is_asked() {
        let mut memory = Memory::default();
        assert!(matches!(memory.ask(TAB, RequestId(1)), Recall::New));
        assert!(matches!(memory.ask(TAB, RequestId(1)), Recall::UnderWay));
        assert!(memory.answer(TAB, RequestId(1), Kept::Yes(&Ok(Answer::Done))));
        for _ in 0..3 {
            assert!(matches!(memory.ask(TAB, RequestId(1)), Recall::Answered(Ok(Answer::Done))));
        }
    }

    #[test]
    fn what_only_reads_is_not_remembered() {
        let mut memory = Memory::default();
        memory.ask(TAB, RequestId(1));
        assert!(memory.answer(TAB, RequestId(1), Kept::No));
        assert!(matches!(memory.ask(TAB, RequestId(1)), Recall::New));
    }

    #[test]
    fn memory_is_bounded_and_a_tab_that_goes_is_forgotten() {
        let mut memory = Memory::default();
        for number in 0..5_000 {
            memory.ask(TAB, RequestId(number));
            memory.answer(TAB, RequestId(number), Kept::Yes(&Ok(Answer::Done)));
        }
        assert_eq!(memory.requests.len(), ANSWERS);
        let under_way = (5_000..)
            .take_while(|number| matches!(memory.ask(TAB, RequestId(*number)), Recall::New));
        assert_eq!(under_way.count(), UNDER_WAY);
        assert!(matches!(memory.ask(TAB, RequestId(9_999)), Recall::Full));
        memory.forget(TAB);
        assert!(memory.requests.is_empty() && memory.answered.is_empty());
        assert!(!memory.answer(TAB, RequestId(5_000), Kept::Yes(&Ok(Answer::Done))));
    }
}
