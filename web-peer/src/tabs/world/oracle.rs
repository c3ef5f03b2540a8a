//! How a world ends, and what must be so then.

use std::collections::BTreeSet;

use super::{CONTACTS, Page, Step, World};

impl World {
    /// Lets everything come to its end, fairly: first those that are awake, with one more that has
    /// just come, then the sleepers as well.
    pub(super) fn settle(&mut self) {
        self.step(Step::Come);
        self.calm();
        for at in 0..self.pages.len() {
            self.thaw(at);
        }
        self.calm();
    }

    fn calm(&mut self) {
        for round in 0.. {
            if self.is_quiet() {
                return;
            }
            assert!(round < 300, "everything comes to its end: {self:?}");
            for at in 0..6 {
                for step in [Step::Open(at), Step::Work(at), Step::Finish(at), Step::Second(at)] {
                    self.step(step);
                }
                for _ in 0..30 {
                    self.step(Step::Hear(at));
                }
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.pages.iter().filter(|page| !page.frozen).all(|page| {
            let is_answered = page.asked.keys().all(|ticket| page.answers.contains_key(ticket));
            let is_idle = page.inbox.is_empty() && page.work.is_empty() && page.done.is_empty();
            let is_told = page.joined || page.tab.has_ended();
            is_answered && is_idle && is_told && !page.opens
        })
    }

    pub(super) fn check(&self) {
        let stored: Vec<&String> = self.disk.texts.values().flatten().collect();
        let distinct: BTreeSet<&String> = stored.iter().copied().collect();
        assert_eq!(stored.len(), distinct.len(), "no text is sent twice");
        for page in &self.pages {
            for ticket in page.asked.keys() {
                assert!(page.answers.contains_key(ticket), "every call is answered: {ticket:?}");
            }
            if page.tab.has_ended() {
                assert!(page.stopped.is_some() || !page.joined, "whoever ends says why");
                continue;
            }
            assert!(page.joined, "every tab finds a leader");
            for text in &stored {
                assert!(page.shown.contains(*text), "{:?} shows {text}", page.id);
            }
        }
        for page in self.pages.iter().chain(&self.gone) {
            for to in 0..CONTACTS.len() {
                let texts = self.disk.texts.get(&to);
                let texts: Vec<_> = texts.into_iter().flatten().collect();
                let places: Vec<_> = page
                    .asked
                    .iter()
                    .filter(|(_, (contact, _))| *contact == to)
                    .map(|(ticket, (_, text))| {
                        let place = texts.iter().position(|stored| *stored == text);
                        match page.answers.get(ticket) {
                            Some(Ok(_)) => assert!(place.is_some(), "{text} was taken"),
                            Some(Err(refusal)) if !refusal.is("stopped") => {
                                assert!(place.is_none(), "{text} was refused: {refusal:?}");
                            }
                            _ => {}
                        }
                        place
                    })
                    .collect();
                let order: Vec<_> = places.iter().flatten().collect();
                assert!(order.is_sorted(), "texts keep their order: {order:?}");
            }
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "lock {:?}, line {:?}", self.holder, self.line)?;
        for Page { id, tab, frozen, inbox, work, done, opens, joined, .. } in &self.pages {
            writeln!(f, "{id:?} frozen {frozen} opens {opens} joined {joined}: {tab:?}")?;
            writeln!(f, "  hears {inbox:?}, works {work:?}, has done {done:?}")?;
        }
        Ok(())
    }
}
