//! The values that cross into JavaScript, as plain data: keys and ids as text, times in milliseconds.

mod event;
mod message;
mod network;
mod people;

use serde::{Deserialize, Serialize};
use tsify::Tsify;
use zeroize::Zeroize;

pub use event::{PeerEvent, Stopped, StorageProblem, StorageView};
pub use message::{Author, DeliveryState, Message};
pub use network::{CandidateKind, DirectView, NetworkView, RelayView, RelayViewState};
pub use people::{ContactView, EndedBy, Findable, OwnView, PresenceMode, Reach, Standing};

/// What this browser keeps of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Profile {
    /// Nothing, and nothing was there.
    None,
    /// An identity.
    Here {
        /// Whether a passphrase is needed to open it; not while another tab has it open.
        locked: bool,
    },
    /// An identity was here, and the browser has cleared it.
    Gone,
    /// It was written by a newer version of this page.
    Newer {
        /// Its format.
        found: u32,
    },
    /// It cannot be read.
    Damaged,
    /// This browser keeps nothing here: a private window, or a frame of another site.
    Denied,
}

/// How a peer is opened.
#[derive(Clone, Debug, Default, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenOptions {
    /// Twelve words to restore; without them the identity that is kept here is opened, or a new
    /// one is made where none was.
    #[tsify(optional)]
    pub phrase: Option<String>,
    /// What opens a profile that is locked.
    #[tsify(optional)]
    pub passphrase: Option<String>,
    /// The origin of the page's relay; without it, the page's own origin.
    #[tsify(optional)]
    pub relay: Option<String>,
    /// Begin anew although an identity is or was here: deletes what is stored, ends every tab's
    /// peer.
    #[tsify(optional)]
    pub replace: Option<bool>,
}

impl OpenOptions {
    /// Wipes what must not stay in memory once a peer is open.
    pub fn forget_secrets(&mut self) {
        self.phrase.zeroize();
        self.passphrase.zeroize();
        (self.phrase, self.passphrase, self.replace) = (None, None, None);
    }
}

/// What a pasted text names.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ParsedAddress {
    /// The address, `lowkey1…`.
    pub address: String,
    /// "Calls themselves …", from an invite; unproven.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the invite's time is over by this machine's clock.
    pub expired: bool,
}

/// A key's pattern, to recognise it by: never to compare by.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct KeyPattern {
    /// 25 cells, row by row, the right half a mirror of the left.
    pub cells: Vec<bool>,
    /// A hue in degrees, 0 to 359.
    pub hue: u16,
}

/// What a search found.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The messages, newest first.
    pub messages: Vec<Message>,
    /// Whether the whole history was searched: right after the start it is not read yet.
    pub complete: bool,
}

/// What a backup brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Contacts that were not here.
    pub contacts: u32,
    /// Messages that were not here.
    pub messages: u32,
}
