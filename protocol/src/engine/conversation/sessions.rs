//! The sessions with one contact: which one speaks, which are dropped, when a new one may begin
//! (PROTOCOL.md, "Both start at once; several sessions; repair").
//!
//! The rule: we send on the session on which a message of theirs was newly decrypted last; if
//! there is none, on the newest one of our own.

use alloc::{collections::VecDeque, vec::Vec};

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    DecryptError, SessionId, Timestamp,
    engine::{
        contacts::Install,
        conversation::{
            ended::{Ended, Late, MessageNonce},
            held::Held,
        },
        rows::{ContactRow, SessionRow},
    },
    identity::Generation,
    limits,
};

/// The sessions with one contact.
#[derive(Default)]
pub(crate) struct Sessions {
    held: Vec<Held>,
    /// What is left of those that have ended, the oldest first.
    ended: Vec<Ended>,
    /// Counts what happens to them, so that "last" and "newest" need no clock.
    count: u64,
    /// When we began sessions, when they did, and when we repaired, as far as limits ask.
    begun: Vec<Timestamp>,
    accepted: Vec<Timestamp>,
    repaired: Vec<Timestamp>,
    /// The nonces of ciphertexts that were opened last. The ratchet knows its own duplicates only as
    /// long as their chain is kept, and one can still be on its way on another link.
    opened: VecDeque<[u8; 24]>,
    /// The sessions that there are do not do: a new one is due.
    pub(crate) wants_new: bool,
}

/// What became of a ciphertext.
pub(crate) enum Decrypted {
    /// It opened in this session.
    New(SessionId, Zeroizing<Vec<u8>>),
    /// It opened in this session, which we have ended.
    Late(SessionId, Zeroizing<Vec<u8>>),
    /// It is the close of a session that has ended.
    Closed,
    /// It was opened before.
    Duplicate,
    /// It opens nowhere.
    Nowhere,
}

impl Sessions {
    /// Adds a session; returns the one that had to go for it.
    pub(crate) fn add(&mut self, mut held: Held, now: Timestamp) -> Option<Held> {
        self.count = self.count.saturating_add(1);
        held.made = self.count;
        held.used = now;
        held.dirty = true;
        let moments = if held.ours { &mut self.begun } else { &mut self.accepted };
        remember(moments, now, limits::SESSIONS_PER_HOUR);
        self.held.push(held);
        if self.held.len() <= limits::SESSIONS_PER_CONTACT {
            return None;
        }
        let newest = self.count;
        let longest_unused = self
            .held
            .iter()
            .enumerate()
            .filter(|(_, held)| held.made != newest)
            .min_by_key(|(_, held)| (!held.broken, held.heard.max(held.made)))
            .map(|(at, _)| at)?;
        Some(self.held.remove(longest_unused))
    }

    /// Opens a ciphertext in whichever session it belongs to.
    pub(crate) fn decrypt(&mut self, message: &[u8], now: Timestamp) -> Decrypted {
        let nonce = message.get(1..).and_then(<[u8]>::first_chunk::<24>).copied();
        let mut duplicate = nonce.is_some_and(|nonce| self.opened.contains(&nonce));
        for ended in &mut self.ended {
            match ended.receive(message, nonce, now) {
                Late::Opened(content) => {
                    let id = ended.id();
                    self.remember_opened(message);
                    return Decrypted::Late(id, content);
                }
                Late::Close => return Decrypted::Closed,
                Late::Duplicate => duplicate = true,
                Late::Unknown => {}
            }
        }
        if duplicate {
            return Decrypted::Duplicate;
        }
        for at in 0..self.held.len() {
            let Some(held) = self.held.get_mut(at) else { break };
            match held.session.decrypt(message, now) {
                Ok(content) => {
                    self.count = self.count.saturating_add(1);
                    held.hear(self.count, now);
                    let id = held.session.id();
                    self.remember_opened(message);
                    return Decrypted::New(id, content);
                }
                Err(DecryptError::Duplicate) => duplicate = true,
                Err(_) => {}
            }
        }
        if duplicate { Decrypted::Duplicate } else { Decrypted::Nowhere }
    }

    fn remember_opened(&mut self, message: &[u8]) {
        let nonce = message.get(1..).and_then(<[u8]>::first_chunk::<24>).copied();
        self.opened.extend(nonce);
        if self.opened.len() > limits::OUTSTANDING {
            self.opened.pop_front();
        }
    }

    /// Returns the nonce of the ciphertext that was opened last.
    pub(crate) fn last_opened(&self) -> Option<MessageNonce> {
        self.opened.back().copied()
    }

    /// Takes a session out, to end it.
    pub(crate) fn take(&mut self, id: SessionId) -> Option<Held> {
        let at = self.held.iter().position(|held| held.session.id() == id)?;
        Some(self.held.remove(at))
    }

    /// Takes all sessions out, to end them: the one that speaks first.
    pub(crate) fn take_all(
        &mut self,
        theirs: Option<Install>,
        own: Generation,
    ) -> (Option<Held>, Vec<Held>) {
        self.wants_new = false;
        let speaking = self.speaks(theirs, own).map(|held| held.session.id());
        let speaking = speaking.and_then(|id| self.take(id));
        (speaking, core::mem::take(&mut self.held))
    }

    /// Takes out those that we began and they never answered.
    pub(crate) fn take_unanswered(&mut self) -> Vec<Held> {
        self.held.extract_if(.., |held| held.ours && !held.session.is_confirmed()).collect()
    }

    /// Keeps what is left of a session; returns the one that had to go for it.
    pub(crate) fn end(&mut self, ended: Ended) -> Option<Ended> {
        self.ended.push(ended);
        (self.ended.len() > limits::ENDED_SESSIONS).then(|| self.ended.remove(0))
    }

    /// Takes out those that ended long ago.
    pub(crate) fn drop_ended(&mut self, now: Timestamp) -> Vec<Ended> {
        self.ended.extract_if(.., |ended| ended.is_over(now)).collect()
    }

    /// Takes out those whose end is not acknowledged.
    pub(crate) fn drop_awaiting(&mut self) -> Vec<Ended> {
        self.ended.extract_if(.., |ended| ended.awaits_answer()).collect()
    }

    pub(crate) fn ended(&self) -> impl Iterator<Item = &Ended> {
        self.ended.iter()
    }

    pub(crate) fn ended_of(&mut self, id: SessionId) -> Option<&mut Ended> {
        self.ended.iter_mut().find(|ended| ended.id() == id)
    }

    pub(crate) fn ended_mut(&mut self) -> impl Iterator<Item = &mut Ended> {
        self.ended.iter_mut()
    }

    /// Tells whether there is none that lives.
    pub(crate) const fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Notes that the first message of a session, which came with its handshake, was opened.
    pub(crate) fn heard_first(&mut self, id: SessionId, message: &[u8], now: Timestamp) {
        self.remember_opened(message);
        self.count = self.count.saturating_add(1);
        let count = self.count;
        if let Some(held) = self.get_mut(id) {
            held.hear(count, now);
        }
    }

    /// Returns the session that speaks, if there is one that may.
    pub(crate) fn speaking(
        &mut self,
        theirs: Option<Install>,
        own: Generation,
    ) -> Option<&mut Held> {
        self.held
            .iter_mut()
            .filter(|held| held.may_speak(theirs, own))
            .max_by_key(|held| (held.heard, held.made))
    }

    /// The same, to look at.
    pub(crate) fn speaks(&self, theirs: Option<Install>, own: Generation) -> Option<&Held> {
        self.held
            .iter()
            .filter(|held| held.may_speak(theirs, own))
            .max_by_key(|held| (held.heard, held.made))
    }

    /// Keeps all sessions that there are from speaking.
    pub(crate) fn silence(&mut self) {
        for held in self.held.iter_mut().filter(|held| !held.broken) {
            (held.broken, held.dirty) = (true, true);
        }
    }

    /// Drops the sessions that heard nothing for long; the one that speaks only if the conversation
    /// `rests`: nothing of it waits on either side.
    pub(crate) fn drop_idle(
        &mut self,
        theirs: Option<Install>,
        own: Generation,
        rests: bool,
        now: Timestamp,
    ) -> Vec<Held> {
        let speaking = self.speaks(theirs, own).map(|held| held.session.id());
        let idle = |held: &mut Held| {
            (rests || Some(held.session.id()) != speaking)
                && now.millis_since(held.used) >= limits::SESSION_IDLE_MS
        };
        self.held.extract_if(.., idle).collect()
    }

    /// Drops all.
    pub(crate) fn clear(&mut self) -> Vec<Held> {
        self.wants_new = false;
        self.ended.clear();
        core::mem::take(&mut self.held)
    }

    /// Tells when we may begin a session: at most six an hour.
    pub(crate) fn may_begin_at(&self, now: Timestamp) -> Timestamp {
        allowed_at(&self.begun, now, limits::SESSIONS_PER_HOUR, HOUR)
    }

    /// Tells whether they may begin one.
    pub(crate) fn may_accept(&self, now: Timestamp) -> bool {
        allowed_at(&self.accepted, now, limits::SESSIONS_PER_HOUR, HOUR) <= now
    }

    /// Tells when a repair may be made: at most one an hour and six a day.
    pub(crate) fn may_repair_at(&self, now: Timestamp) -> Timestamp {
        let hourly = allowed_at(&self.repaired, now, 1, limits::REPAIR_PAUSE_MS);
        hourly.max(allowed_at(&self.repaired, now, limits::REPAIRS_PER_DAY, limits::DAY_MS))
    }

    /// Notes a repair.
    pub(crate) fn repaired(&mut self, now: Timestamp) {
        remember(&mut self.repaired, now, limits::REPAIRS_PER_DAY);
    }

    /// Puts a session back that the storage had, or what is left of it.
    pub(crate) fn restore_row(&mut self, plain: &[u8]) -> Option<()> {
        let row = SessionRow::decode(plain).ok()?;
        if row.ended.is_some() {
            self.ended.push(Ended::decode(row)?);
            self.ended.sort_by_key(Ended::since);
        } else {
            let held = Held::decode(row)?;
            self.count = self.count.max(held.made).max(held.heard);
            self.held.push(held);
        }
        Some(())
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.session.id() == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.held.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Held> {
        self.held.iter_mut()
    }

    pub(crate) fn encode(&self, row: &mut ContactRow) {
        let millis = |at: &Timestamp| at.as_millis();
        row.begun_ms = self.begun.iter().map(millis).collect();
        row.accepted_ms = self.accepted.iter().map(millis).collect();
        row.repaired_ms = self.repaired.iter().map(millis).collect();
        row.session_count = self.count;
        row.wants_new_session = self.wants_new;
    }

    pub(crate) fn decode(row: &ContactRow) -> Self {
        let moments = |all: &[u64]| all.iter().copied().map(Timestamp::from_millis).collect();
        Self {
            held: Vec::new(),
            ended: Vec::new(),
            opened: VecDeque::new(),
            count: row.session_count,
            begun: moments(&row.begun_ms),
            accepted: moments(&row.accepted_ms),
            repaired: moments(&row.repaired_ms),
            wants_new: row.wants_new_session,
        }
    }
}

const HOUR: u64 = 60 * 60_000;

/// Adds a moment to the newest `most` ones.
fn remember(moments: &mut Vec<Timestamp>, now: Timestamp, most: usize) {
    moments.push(now);
    while moments.len() > most {
        moments.remove(0);
    }
}

/// Returns when the next one may follow, if at most `most` may lie within `span` milliseconds.
///
/// Moments after `now` are of a clock that was wrong; they hold nobody back.
fn allowed_at(moments: &[Timestamp], now: Timestamp, most: usize, span: u64) -> Timestamp {
    let recent = moments.iter().filter(|at| **at <= now && now.millis_since(**at) < span);
    let mut recent: Vec<Timestamp> = recent.copied().collect();
    recent.sort_unstable();
    let over = recent.len().checked_sub(most);
    over.and_then(|at| recent.get(at)).map_or(now, |at| at.plus_millis(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(numbers: &[u32]) -> Vec<Timestamp> {
        numbers.iter().copied().map(Timestamp::from_minutes).collect()
    }

    #[test]
    fn so_many_may_lie_within_a_span() {
        let check = |moments: &[u32], most, expected| {
            let now = Timestamp::from_minutes(1_000);
            let at = allowed_at(&minutes(moments), now, most, HOUR);
            assert_eq!(at, Timestamp::from_minutes(expected), "{moments:?}");
        };
        check(&[], 1, 1_000);
        check(&[900], 1, 1_000);
        check(&[970], 1, 1_030);
        check(&[970], 2, 1_000);
        check(&[950, 970, 990], 2, 1_030);
        check(&[990, 950, 970], 3, 1_010);
        // A moment of a clock that was wrong.
        check(&[5_000], 1, 1_000);
    }

    #[test]
    fn the_newest_moments_are_kept() {
        let mut moments = Vec::new();
        for minute in 1..=9 {
            remember(&mut moments, Timestamp::from_minutes(minute), 3);
        }
        assert_eq!(moments, minutes(&[7, 8, 9]));
    }
}
