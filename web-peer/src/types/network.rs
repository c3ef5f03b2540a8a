//! What the screen shows of relays and of the ways to people.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// The relays of this peer.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
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
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct DirectView {
    /// How our end was found.
    pub local: CandidateKind,
    /// How their end was found.
    pub remote: CandidateKind,
    /// How long it took to answer when the way was chosen, in milliseconds.
    #[tsify(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<f64>,
}

/// How an end of a direct connection was found.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
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
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<f64>,
}

/// How a relay stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum RelayViewState {
    /// Being dialled.
    Connecting,
    /// Up.
    Connected,
    /// Gone; dialled again after a while.
    Lost,
}
