//! What a peer tells the page.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

use super::{ContactView, DeliveryState, Message, NetworkView, OwnView};

/// What the page should know.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PeerEvent {
    /// Our own side is now so.
    Own {
        /// All of it.
        own: OwnView,
    },
    /// A contact, request or blocked key is now so.
    Contact {
        /// All of it.
        contact: ContactView,
    },
    /// A contact or request is no more.
    ContactRemoved {
        /// Whose.
        address: String,
    },
    /// A message is new in a conversation.
    Message {
        /// All of it.
        message: Message,
    },
    /// A message of ours is in another state.
    Delivery {
        /// Whose conversation.
        contact: String,
        /// Which message.
        message: String,
        /// Its state.
        state: DeliveryState,
    },
    /// The machine's clock is off by this much; 0 means right again.
    ClockWrong {
        /// Protocol time minus wall clock, in milliseconds.
        offset_ms: f64,
    },
    /// The relays are now so.
    Network {
        /// All of it.
        network: NetworkView,
    },
    /// The history of a conversation is deleted.
    HistoryDeleted {
        /// Whose conversation.
        address: String,
    },
    /// The storage is now so.
    Storage {
        /// All of it.
        storage: StorageView,
    },
    /// The peer has ended and answers no more.
    Stopped {
        /// Why.
        why: Stopped,
    },
}

/// Why a peer has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Stopped {
    /// It was closed here; other tabs go on.
    Closed,
    /// It was locked, in all tabs.
    Locked,
    /// Another identity took its place, in all tabs.
    Replaced,
    /// Another tab runs a newer version of this page: reload this one.
    Outdated,
}

/// How the peer keeps what it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct StorageView {
    /// Whether it is kept on this device: else it is in memory only and goes with the page.
    pub kept: bool,
    /// Whether the browser promised not to clear it by itself; absent where it does not say.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted: Option<bool>,
    /// What is wrong with it: nothing that depends on it is sent until that has passed.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<StorageProblem>,
    /// Whether a passphrase locks it.
    pub locks: bool,
}

/// What can be wrong with storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum StorageProblem {
    /// There is no room left.
    Full,
    /// It cannot be read or written.
    Failed,
}
