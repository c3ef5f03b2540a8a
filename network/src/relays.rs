//! Machine: the relays of a peer: which to try, which hold a reservation, where we can be reached.
//!
//! Home relays are tried for ever; others until two relays hold a reservation.
//! An attempt is a `listen_on` alone: it dials, and its listener closes when anything fails, so
//! [`Relays::handle_closed`] is the one place where a relay is lost.

mod relay;

use std::time::Duration;

use libp2p::{
    PeerId, Swarm,
    core::transport::ListenerId,
    multiaddr::Protocol,
    swarm::{ConnectionId, SwarmEvent},
};
use lowkey_protocol::{OwnAddresses, RelayAddress};
use web_time::Instant;

use self::relay::{Relay, Stage};
use crate::{behaviour::Behaviour, bootstrap::Candidate, dht::Server, status::RelayStatus};

/// Relays that should hold a reservation for us.
const WANTED: usize = 2;

/// Relays that are remembered.
const KNOWN: usize = 24;

/// An attempt that takes longer no longer keeps the next relay waiting.
const PATIENCE: Duration = Duration::from_secs(3);

/// Bytes of a binary multiaddr in a record.
const ADDRESS_BYTES: usize = lowkey_protocol::limits::ADDRESS_BYTES;

/// All relays that a peer knows, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct Relays {
    own: PeerId,
    relays: Vec<Relay>,
}

impl Relays {
    /// Makes the machine, with the relays to begin with.
    pub(crate) fn new(own: PeerId, candidates: Vec<Candidate>, now: Instant) -> Self {
        let mut relays = Self { own, relays: Vec::new() };
        relays.learn(candidates, now);
        relays
    }

    /// Takes relays that somebody named; known ones get the new addresses.
    pub(crate) fn learn(&mut self, candidates: Vec<Candidate>, now: Instant) {
        for candidate in candidates {
            if let Some(relay) = self.relay(candidate.peer) {
                relay.learn(candidate);
            } else if self.relays.len() < KNOWN && !candidate.addresses.is_empty() {
                self.relays.push(Relay::new(candidate, now));
            }
        }
        // Stable: among equals, who came first stays first.
        self.relays.sort_by_key(|relay| !relay.home);
    }

    /// Starts the attempts that are due.
    pub(crate) fn drive(&mut self, swarm: &mut Swarm<Behaviour>, random: u32, now: Instant) {
        let mut hopeful = self.relays.iter().filter(|relay| relay.is_hopeful(now)).count();
        for relay in &mut self.relays {
            let Stage::Idle { retry_at } = relay.stage else { continue };
            if retry_at > now || (!relay.home && hopeful >= WANTED) {
                continue;
            }
            let Some(address) = relay.next_address() else { continue };
            let listen = address.clone().with(Protocol::P2p(relay.peer)).with(Protocol::P2pCircuit);
            match swarm.listen_on(listen) {
                Ok(listener) => {
                    tracing::debug!(relay = %relay.name, "trying a relay");
                    relay.stage = Stage::Trying { listener, since: now };
                    hopeful += 1;
                }
                Err(_) => relay.fail(random, now),
            }
        }
    }

    /// Takes what the swarm tells about connections and listeners.
    pub(crate) fn handle<E>(&mut self, event: &SwarmEvent<E>, random: u32, now: Instant) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. }
                if !endpoint.is_relayed() =>
            {
                if let Some(relay) = self.relay(*peer_id) {
                    relay.connected(*connection_id, now);
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                if let Some(relay) = self.relay(*peer_id) {
                    relay.disconnected(*connection_id);
                }
            }
            SwarmEvent::NewListenAddr { listener_id, address } => {
                if let Some(relay) = self.listening(*listener_id) {
                    relay.told(address.clone());
                }
            }
            SwarmEvent::ListenerClosed { listener_id, .. } => {
                self.handle_closed(*listener_id, random, now);
            }
            _ => {}
        }
    }

    /// Takes a relay's promise to pass circuits on to us.
    pub(crate) fn handle_reserved(&mut self, relay: PeerId) {
        if let Some(relay) = self.relay(relay) {
            relay.reserved();
        }
    }

    /// Takes the time that a relay took to answer a ping.
    pub(crate) fn handle_round_trip(
        &mut self,
        relay: PeerId,
        connection: ConnectionId,
        time: Duration,
    ) {
        if let Some(relay) = self.relay(relay)
            && relay.connections.contains(&connection)
        {
            relay.round_trip = Some(time);
        }
    }

    /// Tries all relays now, whatever failed before.
    pub(crate) fn retry_now(&mut self, now: Instant) {
        for relay in &mut self.relays {
            relay.retry_now(now);
        }
    }

    /// Returns where we can be reached, best first.
    pub(crate) fn own_addresses(&self) -> OwnAddresses {
        let reserved = || self.relays.iter().filter(|relay| relay.is_reserved());
        let dialled = reserved().filter_map(Relay::dialled);
        let told = reserved().flat_map(|relay| &relay.told).cloned();
        let mut addresses: Vec<Vec<u8>> = Vec::new();
        for circuit in dialled.map(|address| address.with(Protocol::P2pCircuit)).chain(told) {
            let bytes = circuit.to_vec();
            if bytes.len() <= ADDRESS_BYTES && !addresses.contains(&bytes) {
                addresses.push(bytes);
            }
        }
        let relays =
            reserved().filter_map(|relay| RelayAddress::new(relay.dialled()?.to_vec()).ok());
        OwnAddresses { peer_id: self.own.to_bytes(), addresses, relays: relays.collect() }
    }

    /// Returns the relays to ask and to give records beside Kademlia's walk: those of the settings
    /// and the page, and those that hold a reservation, as far as they are connected.
    ///
    /// A dial of somebody else to a relay that is being tried would end the attempt.
    pub(crate) fn home(&self) -> Vec<Server> {
        self.relays
            .iter()
            .filter(|relay| !relay.connections.is_empty())
            .filter(|relay| relay.home || relay.is_reserved())
            .map(|relay| Server { peer: relay.peer, addresses: relay.addresses.clone() })
            .collect()
    }

    /// Returns what the screen shows.
    pub(crate) fn status(&self) -> Vec<RelayStatus> {
        self.relays.iter().filter(|relay| relay.is_of_interest()).map(Relay::status).collect()
    }

    /// Whether no relay is connected, and each that was tried has failed.
    pub(crate) fn all_lost(&self) -> bool {
        self.relays.iter().all(Relay::is_lost)
    }

    /// Returns the relays that are connected.
    pub(crate) fn connected(&self) -> Vec<PeerId> {
        let connected = self.relays.iter().filter(|relay| !relay.connections.is_empty());
        connected.map(|relay| relay.peer).collect()
    }

    /// Whether this connection is one to a relay of ours.
    pub(crate) fn uses(&self, connection: ConnectionId) -> bool {
        self.relays.iter().any(|relay| relay.connections.contains(&connection))
    }

    /// Returns the next moment after `now` at which `drive` has something to do.
    ///
    /// What was due before was done, or waits for room that another attempt's end makes.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let moments = self.relays.iter().filter_map(|relay| match relay.stage {
            Stage::Idle { retry_at } => Some(retry_at),
            Stage::Trying { since, .. } => Some(since + PATIENCE),
            Stage::Reserved { .. } => None,
        });
        moments.filter(|moment| *moment > now).min()
    }

    fn handle_closed(&mut self, listener: ListenerId, random: u32, now: Instant) {
        if let Some(relay) = self.listening(listener) {
            relay.fail(random, now);
        }
    }

    fn relay(&mut self, peer: PeerId) -> Option<&mut Relay> {
        self.relays.iter_mut().find(|relay| relay.peer == peer)
    }

    fn listening(&mut self, listener: ListenerId) -> Option<&mut Relay> {
        self.relays.iter_mut().find(|relay| relay.stage.listener() == Some(listener))
    }
}
