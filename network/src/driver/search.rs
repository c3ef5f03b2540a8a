//! Machine: the words of the whole history in memory, so that a search asks nobody.
//!
//! The index is built of the stored history after the start, in slices, and follows what is saved.
//! It holds texts as a search compares them, and where each stands; what was found is read from
//! storage again.

use std::{collections::VecDeque, time::Duration};

use lowkey_protocol::{Address, Change, Changes, Engine, RowKey, Table, Timestamp};
use web_time::Instant;
use zeroize::Zeroize;

use crate::storage::{CONTACT_TAG, Row};

/// How long one slice may take: half of what a screen takes to draw a picture.
const SLICE: Duration = Duration::from_millis(8);

/// Rows read from storage at once: with fewer, the index takes longer, and nobody waits less.
pub(super) const ROWS: usize = 512;

/// Rows opened between two looks at the clock.
const ROWS_UNWATCHED: usize = 16;

/// Bytes of text held. Above it the older half is forgotten, and no search is complete.
const TEXT_BYTES: usize = 64 << 20;

/// Messages held, likewise.
const MESSAGES: usize = 500_000;

/// Messages that one search may return.
pub(super) const FOUND: usize = 500;

/// Bytes of a key of the history: the contact's tag, and the message's order.
const KEY: usize = CONTACT_TAG + 24;

/// What is known of the history.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The compared texts, one after the other.
    texts: String,
    messages: Vec<Message>,
    /// The last key that was read from storage.
    read: Option<RowKey>,
    /// What was read, and is not opened yet.
    waiting: VecDeque<Row>,
    state: State,
    /// Whether something was forgotten for want of room.
    forgot: bool,
    /// Whose row was opened last: rows of one contact follow each other.
    contact: Option<(RowKey, Address)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum State {
    #[default]
    Reading,
    /// All is read.
    Read,
    /// Storage failed; a new engine begins where this ended.
    Stalled,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    key: [u8; KEY],
    sent: Timestamp,
    start: usize,
    end: usize,
}

impl Index {
    /// Whether a slice would do something.
    pub(super) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || self.state == State::Reading
    }

    /// Whether every message is in it.
    pub(super) fn is_complete(&self) -> bool {
        self.waiting.is_empty() && self.state == State::Read && !self.forgot
    }

    /// Whether it waits for rows, and after which key.
    pub(super) fn wants(&self) -> Option<Option<RowKey>> {
        let wants = self.waiting.is_empty() && self.state == State::Reading;
        wants.then(|| self.read.clone())
    }

    /// Takes rows that storage read; none if it failed.
    pub(super) fn take(&mut self, rows: Option<Vec<Row>>) {
        let Some(rows) = rows else {
            self.state = State::Stalled;
            return;
        };
        match rows.last() {
            Some((key, _)) => self.read = Some(key.clone()),
            None => self.state = State::Read,
        }
        self.waiting = rows.into();
    }

    /// Goes on after storage failed.
    pub(super) fn resume(&mut self) {
        if self.state == State::Stalled {
            self.state = State::Reading;
        }
    }

    /// Opens rows for one slice.
    pub(super) fn slice(&mut self, engine: &Engine, now: impl Fn() -> Instant) {
        let end = now().checked_add(SLICE);
        while !self.waiting.is_empty() && end.is_none_or(|end| now() < end) {
            for _ in 0..ROWS_UNWATCHED {
                let Some((key, row)) = self.waiting.pop_front() else { return };
                self.open(engine, &key, &row);
            }
        }
    }

    /// Follows what was saved.
    pub(super) fn follow(&mut self, engine: &Engine, saved: &Changes) {
        for change in &saved.0 {
            match change {
                Change::Put(Table::History, key, row) => {
                    // What is not read yet will be.
                    let was_read = self.state == State::Read
                        || self.read.as_ref().is_some_and(|read| key <= read);
                    if was_read {
                        self.open(engine, key, row);
                    }
                }
                Change::Delete(Table::History, gone) => self.remove(|key| *key == *gone.0),
                Change::DeleteAll(Table::History, gone) => {
                    self.remove(|key| key.starts_with(&gone.0));
                }
                _ => {}
            }
        }
    }

    /// Returns the keys of the newest messages in which every word of `text` occurs, newest first.
    pub(super) fn search(&self, text: &str, limit: usize) -> Vec<RowKey> {
        let text = fold(text);
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() || limit == 0 {
            return Vec::new();
        }
        let has_all = |message: &&Message| {
            let text = self.texts.get(message.start..message.end).unwrap_or_default();
            words.iter().all(|word| text.contains(word))
        };
        let order = |message: &Message| std::cmp::Reverse((message.sent, message.key));
        let mut found: Vec<Message> = self.messages.iter().filter(has_all).copied().collect();
        // What was saved again stands here twice, but seldom: room for as many again is enough.
        let most = limit.saturating_mul(2);
        if found.len() > most {
            found.select_nth_unstable_by_key(most, order);
            found.truncate(most);
        }
        found.sort_unstable_by_key(order);
        found.dedup_by_key(|message| message.key);
        found.into_iter().take(limit).map(|message| RowKey(message.key.to_vec())).collect()
    }

    fn open(&mut self, engine: &Engine, key: &RowKey, row: &[u8]) {
        let Ok(place) = <[u8; KEY]>::try_from(key.0.as_slice()) else { return };
        let known = self.contact.as_ref().filter(|(tag, _)| key.0.starts_with(&tag.0));
        let contact = match known {
            Some((_, contact)) => *contact,
            None => {
                // Rows of somebody who is no contact stay closed.
                let Some(contact) = engine.contact_of(key) else { return };
                self.contact = Some((engine.contact_tag(&contact), contact));
                contact
            }
        };
        if let Ok(message) = engine.open_message(&contact, key, row) {
            self.add(place, message.sent, &message.text);
        }
    }

    fn add(&mut self, key: [u8; KEY], sent: Timestamp, text: &str) {
        let start = self.texts.len();
        fold_into(&mut self.texts, text);
        self.messages.push(Message { key, sent, start, end: self.texts.len() });
        if self.texts.len() > TEXT_BYTES || self.messages.len() > MESSAGES {
            self.forget_older_half();
        }
    }

    fn forget_older_half(&mut self) {
        self.forgot = true;
        let mut sent: Vec<Timestamp> = self.messages.iter().map(|message| message.sent).collect();
        let middle = sent.len() / 2;
        let (_, middle, _) = sent.select_nth_unstable(middle);
        let middle = *middle;
        self.keep(|message| message.sent > middle);
    }

    fn remove(&mut self, is_gone: impl Fn(&[u8]) -> bool) {
        self.waiting.retain(|(key, _)| !is_gone(&key.0));
        if self.messages.iter().any(|message| is_gone(&message.key)) {
            self.keep(|message| !is_gone(&message.key));
        }
    }

    /// Makes the index anew of some of its messages; the texts of the others are wiped.
    fn keep(&mut self, is_kept: impl Fn(&Message) -> bool) {
        let mut old = std::mem::take(&mut self.texts);
        for mut message in std::mem::take(&mut self.messages) {
            if is_kept(&message) {
                let text = old.get(message.start..message.end).unwrap_or_default();
                message.start = self.texts.len();
                self.texts.push_str(text);
                message.end = self.texts.len();
                self.messages.push(message);
            }
        }
        old.zeroize();
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.texts.zeroize();
    }
}

/// Returns those changes that an index follows.
pub(super) fn of_history(changes: &Changes) -> Changes {
    let is_history = |change: &&Change| {
        matches!(
            change,
            Change::Put(Table::History, ..)
                | Change::Delete(Table::History, _)
                | Change::DeleteAll(Table::History, _)
        )
    };
    Changes(changes.0.iter().filter(is_history).cloned().collect())
}

/// Returns a text as it is compared: large and small letters are the same.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

fn fold_into(folded: &mut String, text: &str) {
    if text.is_ascii() {
        folded.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        folded.extend(text.chars().flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(contact: u8, number: u8) -> [u8; KEY] {
        let mut key = [contact; KEY];
        key[KEY - 1] = number;
        key
    }

    fn index(texts: &[(u8, u64, &str)]) -> Index {
        let mut index = Index::default();
        for (number, (contact, sent, text)) in (0..).zip(texts) {
            index.add(key(*contact, number), Timestamp::from_millis(*sent), text);
        }
        index
    }

    fn found(index: &Index, text: &str, limit: usize) -> Vec<u8> {
        index.search(text, limit).iter().map(|key| key.0[KEY - 1]).collect()
    }

    #[test]
    fn every_word_must_occur_whatever_its_case() {
        let index = index(&[
            (1, 1, "See you in the GARDEN"),
            (1, 2, "the garden is wet"),
            (2, 3, "Grüße aus ÖSTERREICH"),
            (2, 4, ""),
        ]);
        assert_eq!(found(&index, "garden", 9), [1, 0]);
        assert_eq!(found(&index, " Garden  SEE ", 9), [0]);
        assert_eq!(found(&index, "österreich grü", 9), [2]);
        assert_eq!(found(&index, "garden österreich", 9), [0; 0]);
        assert_eq!(found(&index, " ", 9), [0; 0]);
        assert_eq!(found(&index, "wetGrüße", 9), [0; 0], "a text ends where the next begins");
    }

    #[test]
    fn the_newest_come_first_and_no_more_than_asked() {
        let index = index(&[(1, 10, "x"), (2, 30, "x"), (1, 20, "x"), (3, 5, "x")]);
        assert_eq!(found(&index, "x", 9), [1, 2, 0, 3]);
        assert_eq!(found(&index, "x", 2), [1, 2]);
        assert_eq!(found(&index, "x", 0), [0; 0]);
    }

    #[test]
    fn what_is_saved_again_is_found_once() {
        let mut index = index(&[(1, 10, "x"), (2, 30, "x")]);
        index.add(key(1, 0), Timestamp::from_millis(10), "x");
        assert_eq!(found(&index, "x", 9), [1, 0]);
    }

    #[test]
    fn what_is_removed_is_gone_from_memory() {
        let mut index = index(&[(1, 1, "secret"), (2, 2, "public"), (1, 3, "secret too")]);
        index.waiting.push_back((RowKey(key(1, 9).to_vec()), Vec::new()));
        index.remove(|key| key.starts_with(&[1; CONTACT_TAG]));
        assert_eq!(found(&index, "secret", 9), [0; 0]);
        assert_eq!(found(&index, "public", 9), [1]);
        assert_eq!((index.texts.as_str(), index.waiting.len()), ("public", 0));
    }

    #[test]
    fn without_room_the_older_half_is_forgotten() {
        let mut index = index(&[(1, 1, "a"), (1, 4, "b"), (1, 2, "c"), (1, 3, "d"), (1, 5, "e")]);
        index.take(Some(Vec::new()));
        assert!(index.is_complete());
        index.forget_older_half();
        assert_eq!(index.texts, "be");
        assert!(!index.is_complete());
    }

    #[test]
    fn rows_are_read_after_the_last_one() {
        let mut index = Index::default();
        assert_eq!(index.wants(), Some(None));
        let row = RowKey(key(1, 1).to_vec());
        index.take(Some(vec![(row.clone(), Vec::new())]));
        assert_eq!((index.wants(), index.is_busy()), (None, true));
        index.waiting.clear();
        assert_eq!(index.wants(), Some(Some(row.clone())));
        index.take(None);
        assert_eq!((index.wants(), index.is_busy(), index.is_complete()), (None, false, false));
        index.resume();
        assert_eq!(index.wants(), Some(Some(row)));
        index.take(Some(Vec::new()));
        assert!(index.is_complete());
    }
}
