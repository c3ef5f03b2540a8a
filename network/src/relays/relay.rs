//! One relay: how far we are with it.

use std::{collections::BTreeSet, time::Duration};

use libp2p::{
    Multiaddr, PeerId, core::transport::ListenerId, multiaddr::Protocol, swarm::ConnectionId,
};
use web_time::Instant;

use super::PATIENCE;
use crate::{
    addresses,
    bootstrap::Candidate,
    platform,
    status::{RelayState, RelayStatus},
};

/// Seconds until a lost relay is tried again: doubled with each failure, up to the last.
const FIRST_RETRY_MILLIS: u64 = 1_000;
const LAST_RETRY_MILLIS: u64 = 60_000;

/// Addresses of one relay that are tried and told.
const ADDRESSES: usize = 8;

/// A relay and its state.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) peer: PeerId,
    pub(super) addresses: Vec<Multiaddr>,
    pub(super) name: String,
    pub(super) home: bool,
    pub(super) stage: Stage,
    pub(super) connections: BTreeSet<ConnectionId>,
    pub(super) round_trip: Option<Duration>,
    /// Circuit addresses that the relay told with the reservation.
    pub(super) told: Vec<Multiaddr>,
    next: usize,
    failures: u32,
}

/// Where the reservation stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Idle { retry_at: Instant },
    Trying { listener: ListenerId, since: Instant },
    Reserved { listener: ListenerId },
}

impl Stage {
    pub(super) fn listener(&self) -> Option<ListenerId> {
        match self {
            Self::Idle { .. } => None,
            Self::Trying { listener, .. } | Self::Reserved { listener } => Some(*listener),
        }
    }
}

impl Relay {
    pub(super) fn new(candidate: Candidate, now: Instant) -> Self {
        let mut addresses = candidate.addresses;
        // WebSockets pass more networks; the other way is tried when they fail.
        addresses.sort_by_key(addresses::is_webrtc_direct);
        addresses.truncate(ADDRESSES);
        let name = addresses.first().map(addresses::name).unwrap_or_default();
        Self {
            peer: candidate.peer,
            addresses,
            name,
            home: candidate.home,
            stage: Stage::Idle { retry_at: now },
            connections: BTreeSet::new(),
            round_trip: None,
            told: Vec::new(),
            next: 0,
            failures: 0,
        }
    }

    pub(super) fn learn(&mut self, candidate: Candidate) {
        self.home |= candidate.home;
        for address in candidate.addresses {
            if self.addresses.len() < ADDRESSES && !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
    }

    pub(super) fn reserved(&mut self) {
        if let Stage::Trying { listener, .. } = self.stage {
            self.stage = Stage::Reserved { listener };
            self.failures = 0;
            tracing::debug!(relay = %self.name, "a relay holds a reservation for us");
        }
    }

    /// Goes on to the next address, or waits before beginning anew.
    pub(super) fn fail(&mut self, random: u32, now: Instant) {
        tracing::debug!(relay = %self.name, failures = self.failures, "a relay is lost");
        let was_trying = !self.is_reserved();
        self.told.clear();
        if was_trying && self.connections.is_empty() && self.next + 1 < self.addresses.len() {
            self.next += 1;
            self.stage = Stage::Idle { retry_at: now };
            return;
        }
        if was_trying {
            self.next = 0;
        }
        self.stage = Stage::Idle { retry_at: now + retry_after(self.failures, random) };
        self.failures = self.failures.saturating_add(1);
    }

    /// Takes a new connection, whoever made it: it is there to be used at once.
    pub(super) fn connected(&mut self, connection: ConnectionId, now: Instant) {
        self.connections.insert(connection);
        if matches!(self.stage, Stage::Idle { .. }) {
            self.stage = Stage::Idle { retry_at: now };
        }
    }

    pub(super) fn disconnected(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
        if self.connections.is_empty() {
            self.round_trip = None;
        }
    }

    pub(super) fn told(&mut self, circuit: Multiaddr) {
        if self.told.len() >= ADDRESSES {
            return;
        }
        if let Some(relay) = addresses::circuit_relay(&circuit)
            && platform::can_dial(&relay)
        {
            let circuit = relay.with(Protocol::P2pCircuit);
            if !self.told.contains(&circuit) {
                self.told.push(circuit);
            }
        }
    }

    pub(super) fn retry_now(&mut self, now: Instant) {
        self.failures = 0;
        if matches!(self.stage, Stage::Idle { .. }) {
            self.stage = Stage::Idle { retry_at: now };
        }
    }

    pub(super) fn next_address(&self) -> Option<&Multiaddr> {
        self.addresses.get(self.next)
    }

    /// Returns the address that made the reservation, with the relay's peer id.
    pub(super) fn dialled(&self) -> Option<Multiaddr> {
        self.next_address().map(|address| address.clone().with(Protocol::P2p(self.peer)))
    }

    pub(super) fn is_reserved(&self) -> bool {
        matches!(self.stage, Stage::Reserved { .. })
    }

    /// Whether it holds a reservation, or may soon.
    pub(super) fn is_hopeful(&self, now: Instant) -> bool {
        match self.stage {
            Stage::Idle { .. } => false,
            Stage::Trying { since, .. } => now < since + PATIENCE,
            Stage::Reserved { .. } => true,
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.connections.is_empty() && self.failures > 0
    }

    /// Whether the person should see it: home relays always, others while they are of use.
    pub(super) fn is_of_interest(&self) -> bool {
        self.home || !self.connections.is_empty() || self.stage.listener().is_some()
    }

    pub(super) fn status(&self) -> RelayStatus {
        let state = if !self.connections.is_empty() {
            RelayState::Connected
        } else if self.failures > 0 {
            RelayState::Lost
        } else {
            RelayState::Connecting
        };
        RelayStatus {
            name: self.name.clone(),
            address: self.next_address().map(ToString::to_string).unwrap_or_default(),
            state,
            reserved: self.is_reserved(),
            round_trip: self.round_trip,
        }
    }
}

/// 1, 2, 4 … 60 seconds, each up to a quarter shorter or longer, so that peers do not come back
/// all at once.
fn retry_after(failures: u32, random: u32) -> Duration {
    let doubled = FIRST_RETRY_MILLIS.checked_shl(failures.min(16)).unwrap_or(LAST_RETRY_MILLIS);
    let middle = doubled.min(LAST_RETRY_MILLIS);
    let jitter = u64::from(random).saturating_mul(middle / 2) >> 32;
    Duration::from_millis((middle - middle / 4).saturating_add(jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webrtc_direct_is_the_second_way() {
        let hash = "certhash/uEiDikp5KVUgkLta1EjUN-IKbHk-dUBg8VzKgf5nXxLK46w";
        let texts = [
            format!("/ip4/192.0.2.1/udp/8470/webrtc-direct/{hash}"),
            "/dns/relay.example/tcp/443/tls/ws".to_owned(),
        ];
        let addresses = texts.iter().map(|text| text.parse().unwrap()).collect();
        let peer = PeerId::random();
        let now = platform::now();
        let mut relay = Relay::new(Candidate { peer, addresses, home: true }, now);
        let next = |relay: &Relay| relay.next_address().unwrap().to_string();
        assert_eq!(relay.name, "relay.example");
        assert_eq!(next(&relay), texts[1]);
        relay.stage = Stage::Trying { listener: ListenerId::next(), since: now };
        relay.fail(0, now);
        assert_eq!(next(&relay), texts[0]);
        assert!(matches!(relay.stage, Stage::Idle { retry_at } if retry_at == now), "at once");
        relay.stage = Stage::Trying { listener: ListenerId::next(), since: now };
        relay.fail(0, now);
        assert_eq!(next(&relay), texts[1], "from the beginning, after a while");
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let millis = |failures, random| retry_after(failures, random).as_millis();
        assert_eq!(millis(0, 0), 750);
        assert_eq!(millis(0, u32::MAX), 1_249);
        assert_eq!(millis(1, 0), 1_500);
        assert_eq!(millis(5, 0), 24_000);
        assert_eq!(millis(6, 0), 45_000);
        assert_eq!(millis(u32::MAX, u32::MAX), 74_999);
    }
}
