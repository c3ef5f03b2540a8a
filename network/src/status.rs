//! What the screen is told of the network.

use std::time::Duration;

/// The network as this peer has it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NetworkStatus {
    /// Whether the system says that there is a network at all.
    pub online: bool,
    /// The relays of this peer, home relays first.
    pub relays: Vec<RelayStatus>,
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
