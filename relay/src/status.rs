//! What the swarm tells the rest of the program about itself.

use libp2p::Multiaddr;

/// A relay's state at one moment. Counters only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Connected libp2p peers.
    pub peers: usize,
    /// Other relays that are connected.
    pub connected_relays: usize,
    /// Addresses, with `/p2p`, of other relays that were reached in the last hour.
    pub relays: Vec<Multiaddr>,
    /// Relays in the routing table.
    pub routing_table: usize,
    /// Records held.
    pub records: usize,
    /// Bytes of records held.
    pub record_bytes: usize,
    /// Reservations held.
    pub reservations: usize,
    /// Circuits open.
    pub circuits: usize,
    /// Records that were refused, by reason.
    pub refused: Refused,
}

/// How many records were refused since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// They named a publisher.
    pub publisher: u64,
    /// They failed `validate`.
    pub invalid: u64,
    /// A newer one is held.
    pub older: u64,
    /// Their sender put too many.
    pub rate: u64,
    /// Their subnet has its share of the store.
    pub share: u64,
}
