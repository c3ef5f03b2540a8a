//! What the screen shows of people: ourselves and contacts.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// Our own side.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct OwnView {
    /// Our address.
    pub address: String,
    /// The name that we give away.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The presence switch.
    pub presence: PresenceMode,
    /// Whether others can find us.
    pub findable: Findable,
    /// Whether our IP address is hidden from everybody.
    pub hides_address: bool,
}

/// Whether strangers who hold our address may see that we are there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum PresenceMode {
    /// The presence record is published.
    Visible,
    /// None is published.
    Hidden,
}

/// Whether others can find us.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Findable {
    /// Nothing is published yet.
    NotYet,
    /// Enough nodes gave our records back.
    Yes,
    /// Too few did; it is tried again.
    No,
    /// Another machine uses the phrase.
    InUseElsewhere,
}

/// A contact, request or blocked key.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ContactView {
    /// Who.
    pub address: String,
    /// Our name for them.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub petname: Option<String>,
    /// Their name for themselves, unproven.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_name: Option<String>,
    /// What they are to us.
    pub standing: Standing,
    /// How we reach them now.
    pub reach: Reach,
    /// Messages not seen yet.
    pub unread: u32,
    /// Whether they came with a new install.
    pub new_install: bool,
    /// Whether our IP address is hidden from them.
    pub hides_address: bool,
    /// Who ended the last conversation, as long as no new one has begun.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<EndedBy>,
}

/// Who ended a conversation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum EndedBy {
    /// We.
    Us,
    /// The contact.
    Them,
}

/// What somebody is to us.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// We added them; no answer yet.
    Invited,
    /// Both sides talk.
    Contact,
    /// A stranger who asks.
    Request,
    /// Blocked.
    Blocked,
}

/// How a contact is reached.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reach {
    /// No link, and none is being made.
    NotOnline,
    /// Looking their records up, or dialling.
    Looking,
    /// Over a relay, which cannot read.
    ThroughRelay {
        /// The relay's name.
        relay: String,
    },
    /// From peer to peer.
    Direct,
}
