//! A leader that says nothing: asleep, or stuck.
//!
//! Nobody needs the leader but whoever waits for it in a tab that a person looks at.
//! Such a tab counts the seconds of silence, asks whether anybody is there, and takes the lock.
//! A sleeper that wakes finds storage closed to it (its epoch is over), and nothing of it goes out.

use super::{Output, Role, Sight, Tab};
use crate::tabs::message::{LeaderId, Message};

/// Seconds of silence until the leader is asked whether it is there.
const ASK_AFTER: u32 = 3;

/// Seconds of silence until the lock is taken.
const TAKE_AFTER: u32 = 6;

/// The longest wait between two attempts to open storage that failed, in seconds.
const LONGEST_PAUSE: u32 = 32;

/// Counts seconds.
#[derive(Debug, Default)]
pub(super) struct Watch {
    is_ticking: bool,
    silence: u32,
    // After the peer could not be opened: how often, and the seconds until the lock is sought.
    failures: u32,
    pause: Option<u32>,
}

impl Watch {
    /// Somebody leads, or is about to.
    pub(super) fn heard(&mut self) {
        self.silence = 0;
    }

    /// The peer could not be opened.
    pub(super) fn failed(&mut self) {
        self.pause = Some(
            1_u32
                .checked_shl(self.failures)
                .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE)),
        );
        self.failures = self.failures.saturating_add(1);
    }
}

impl Tab {
    /// Sees to it that time is told as long as somebody waits.
    pub(super) fn keep_watch(&mut self) {
        if matches!(self.role, Role::Leading(_) | Role::Ended) {
            self.watch = Watch { is_ticking: self.watch.is_ticking, ..Watch::default() };
        }
        if !self.waits() {
            self.watch.silence = 0;
        }
        if (self.waits() || self.watch.pause.is_some())
            && !std::mem::replace(&mut self.watch.is_ticking, true)
        {
            self.outputs.push(Output::Tick);
        }
    }

    pub(super) fn handle_ticked(&mut self, sight: Sight) {
        self.watch.is_ticking = false;
        if let Some(pause) = self.watch.pause {
            self.watch.pause = pause.checked_sub(1);
            if self.watch.pause.is_none() {
                self.outputs.push(Output::Seek);
            }
            return;
        }
        if !self.waits() || sight == Sight::Hidden {
            return;
        }
        self.watch.silence += 1;
        if self.watch.silence == ASK_AFTER {
            match self.role {
                Role::Following(leader) => self.post(Message::Ping(leader)),
                _ => self.post(Message::Hello),
            }
        }
        if self.watch.silence >= TAKE_AFTER {
            self.watch.silence = 0;
            self.outputs.push(Output::Steal);
        }
    }

    /// Whether it matters here that nobody answers.
    fn waits(&self) -> bool {
        match self.role {
            Role::Looking => true,
            Role::Following(_) => !self.pending.is_empty(),
            Role::Opening | Role::Leading(_) | Role::Ended => false,
        }
    }

    /// Says that this tab is there, if it is the one that is meant.
    pub(super) fn handle_ping(&mut self, leader: LeaderId) {
        match self.role {
            Role::Leading(ours) if ours == leader => self.post(Message::Pong(leader)),
            // Whoever asks has missed that somebody else leads.
            Role::Leading(ours) => self.post(Message::Leads(ours)),
            Role::Opening => self.post(Message::Opens),
            Role::Looking | Role::Following(_) | Role::Ended => {}
        }
    }
}
