//! What the screen is told of the network.

use std::time::Duration;

pub use lowkey_webrtc::CandidateKind;

/// The network as this peer has it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NetworkStatus {
    /// Whether the system says that there is a network at all.
    pub online: bool,
    /// The relays of this peer, home relays first.
    pub relays: Vec<RelayStatus>,
    /// The direct connections whose way is known.
    pub direct: Vec<DirectStatus>,
}

/// The way of one direct connection; with whom it is does not stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectStatus {
    /// How our end was found.
    pub local: CandidateKind,
    /// How their end was found.
    pub remote: CandidateKind,
    /// How long it took to answer, when the way was chosen.
    pub round_trip: Option<Duration>,
}

/// One relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayStatus {
    /// What people call it: its host.
    pub name: String,
    /// Where it was dialled.
    pub address: String,
    /// Whether it is connected.
    pub state: RelayState,
    /// Whether others can reach us over it.
    pub reserved: bool,
    /// How long it takes to answer, once it has.
    pub round_trip: Option<Duration>,
}

/// Whether a relay is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayState {
    /// It is dialled for the first time.
    Connecting,
    /// It is.
    Connected,
    /// It was, or could not be reached; it is tried again.
    Lost,
}
