//! Which way a direct connection takes.

use std::time::Duration;

/// The two ends of the path that a connection uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CandidatePair {
    /// Our end.
    pub local: CandidateKind,
    /// Their end.
    pub remote: CandidateKind,
    /// What carries the packets.
    pub protocol: PathProtocol,
    /// The last round trip that was measured, if any.
    pub round_trip: Option<Duration>,
}

/// How an address was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// An address of the machine's own interface.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the other peer saw.
    PeerReflexive,
    /// An address at a TURN server: such a path is not direct.
    Relayed,
}

/// What carries the packets of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathProtocol {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

impl CandidatePair {
    /// Whether no server stands between the two peers.
    pub fn is_direct(&self) -> bool {
        self.local != CandidateKind::Relayed && self.remote != CandidateKind::Relayed
    }

    /// Whether both go the same way, however long the round trip.
    pub(crate) fn is_same_way(&self, other: &Self) -> bool {
        (self.local, self.remote, self.protocol) == (other.local, other.remote, other.protocol)
    }
}

impl CandidateKind {
    /// Returns the kind that is written so in candidates and statistics.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "host" => Some(Self::Host),
            "srflx" => Some(Self::ServerReflexive),
            "prflx" => Some(Self::PeerReflexive),
            "relay" => Some(Self::Relayed),
            _ => None,
        }
    }
}

impl PathProtocol {
    /// Returns the protocol that is written so in candidates and statistics.
    pub(crate) fn parse(text: &str) -> Self {
        if text.eq_ignore_ascii_case("tcp") { Self::Tcp } else { Self::Udp }
    }
}
