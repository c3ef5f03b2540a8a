//! The values that cross into JavaScript, as plain data: keys and ids as text, times in milliseconds.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// How a peer is opened.
#[derive(Debug, Default, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenOptions {
    /// Twelve words to restore; without them a new identity is made.
    #[tsify(optional)]
    pub phrase: Option<String>,
    /// The origin of the page's relay; without it, the page's own origin.
    #[tsify(optional)]
    pub relay: Option<String>,
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

/// What the page should know.
#[derive(Debug, Serialize, Tsify)]
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
    /// Something could not be stored; nothing that depended on it was sent.
    StorageFailed,
    /// The peer has ended and answers no more.
    Stopped,
}

/// Our own side.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct OwnView {
    /// Our address.
    pub address: String,
    /// The name that we give away.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The presence switch.
    pub presence: PresenceMode,
    /// Whether others can find us.
    pub findable: Findable,
    /// Whether our IP address is hidden from everybody.
    pub hides_address: bool,
}

/// Whether others can find us.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
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
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ContactView {
    /// Who.
    pub address: String,
    /// Our name for them.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub petname: Option<String>,
    /// Their name for themselves, unproven.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
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
}

/// What somebody is to us.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
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
#[derive(Debug, Serialize, Tsify)]
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

/// A message.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Whose conversation.
    pub contact: String,
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// What.
    pub text: String,
    /// When, by the writer's clock; for display only.
    pub sent_ms: f64,
    /// Where it stands: compare as strings.
    pub order: String,
    /// How far it came.
    pub state: DeliveryState,
    /// An earlier message of theirs has not come yet.
    pub gap_before: bool,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// We.
    Me,
    /// The contact.
    Them,
}

/// How far a message of ours came.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// On this device only.
    Waiting,
    /// Given to a link.
    Sending,
    /// Given to a link of somebody who has not accepted us yet.
    SentAwaitingAnswer,
    /// The other device has stored it.
    Delivered,
    /// Given up.
    NotSent,
}

/// The relays of this peer.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct NetworkView {
    /// Whether the machine says that it has a network at all.
    pub online: bool,
    /// Those that we are connected to, or try.
    pub relays: Vec<RelayView>,
    /// The direct connections whose way is known.
    pub direct: Vec<DirectView>,
}

/// The way of a direct connection.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct DirectView {
    /// How our end was found.
    pub local: CandidateKind,
    /// How their end was found.
    pub remote: CandidateKind,
    /// How long it took to answer when the way was chosen, in milliseconds.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<f64>,
}

/// How an end of a direct connection was found.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum CandidateKind {
    /// An address of the machine itself.
    Host,
    /// What a node saw.
    ServerReflexive,
    /// What the other side saw.
    PeerReflexive,
    /// An address at a server of theirs: not direct.
    Relayed,
}

/// A relay.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct RelayView {
    /// Its host, or the head of its peer id.
    pub name: String,
    /// Its multiaddr.
    pub address: String,
    /// How it stands.
    pub state: RelayViewState,
    /// Whether others can reach us through it.
    pub reserved: bool,
    /// The last round trip, in milliseconds.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<f64>,
}

/// How a relay stands.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum RelayViewState {
    /// Being dialled.
    Connecting,
    /// Up.
    Connected,
    /// Gone; dialled again after a while.
    Lost,
}
