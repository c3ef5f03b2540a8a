//! What tabs tell each other.
//!
//! Only pages of the same origin can write into the channel, and yet nothing is taken on trust:
//! what does not decode is dropped, and what comes from a page of another version is not guessed
//! at, but answered by stepping aside (the older one) or by a sign of life (the newer one).

use serde::{Deserialize, Serialize};

use super::ask::{Answer, Ask};
use crate::{
    error::Coded,
    types::{PeerEvent, Stopped},
};

/// The version of [`Message`]: raised whenever a tab of before could misunderstand one.
pub const VERSION: u32 = 1;

/// A tab, by a random name that it has from its opening to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TabId(pub [u8; 8]);

/// A tab's number for what it asks, never used twice by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// One time for which one tab leads; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeaderId {
    /// How often storage had been opened by then: a tab that slept while another took the lead has
    /// the smaller number, and is not believed any more.
    pub epoch: u32,
    /// Which tab.
    pub tab: TabId,
}

/// One message to all other tabs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A tab has come.
    Hello,
    /// This tab leads and answers now.
    Leads(LeaderId),
    /// This tab has the lock, and opens the peer.
    Opens,
    /// To the leader: is anybody there?
    Ping(LeaderId),
    /// The leader is.
    Pong(LeaderId),
    /// To the leader.
    Ask {
        /// Which leader.
        leader: LeaderId,
        /// Which tab asks.
        tab: TabId,
        /// Its number for this.
        request: RequestId,
        /// What.
        ask: Ask,
        /// Whether another leader was asked before: it may have done it.
        again: bool,
    },
    /// To one tab.
    Answer {
        /// Which leader says so.
        leader: LeaderId,
        /// Which tab asked.
        tab: TabId,
        /// Its number for it.
        request: RequestId,
        /// What.
        answer: Result<Answer, Coded>,
    },
    /// What the leader's peer tells.
    Event(LeaderId, Box<PeerEvent>),
    /// A tab goes, and wants no answers any more.
    Gone(TabId),
    /// Every tab's peer ends.
    Stop(Stopped),
    /// A sign of life for tabs of another version, to which all else means nothing.
    Here,
}

/// What came out of the channel.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A message of a page of this version.
    Message(Message),
    /// Something of a page of an older version.
    Older,
    /// Something of a page of a newer version.
    Newer,
}

impl Heard {
    /// Tells what another version means.
    pub fn other(version: u32) -> Self {
        if version > VERSION { Self::Newer } else { Self::Older }
    }
}
