//! The loop of the libp2p side: one owner of swarm, records and relays.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::ConnectedPoint,
    identify,
    kad::{self, InboundRequest, Record},
    ping, relay,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use lowkey_network::{clock, protocols};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, MissedTickBehavior},
};

use super::{Behaviour, BehaviourEvent};
use crate::{
    addresses::{self, Subnet},
    config::{Config, NodeUrl},
    limits::Limits,
    records::intake::{Intake, Moment, Role, Sender},
    relays::{self, Action, FetchError, Introduction, Presence, Relays, Told},
    status::Status,
};

/// Runs the swarm until it is told to stop.
pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    connections: HashMap<ConnectionId, Connection>,
    relays: Relays,
    intake: Intake,
    limits: Limits,
    public: bool,
    fetches: JoinSet<(NodeUrl, Result<Introduction, FetchError>)>,
    status: watch::Sender<Status>,
}

#[derive(Debug)]
struct Connection {
    ip: Option<IpAddr>,
    dialled: Option<Multiaddr>,
}

impl Driver {
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        config: &Config,
        status: watch::Sender<Status>,
    ) -> Self {
        Self {
            connections: HashMap::new(),
            relays: Relays::new(*swarm.local_peer_id(), config, now().local),
            intake: Intake::new(&config.limits, config.stamp_bits),
            limits: config.limits,
            public: config.public_url.is_some(),
            fetches: JoinSet::new(),
            swarm,
            status,
        }
    }

    /// Serves until `stop` turns true, then closes every connection.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut seconds = time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut minutes = time::interval(Duration::from_secs(60));
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle(event),
                Some(Ok((url, answer))) = self.fetches.join_next() => {
                    self.handle_page(&url, answer);
                }
                _ = seconds.tick() => self.tend_relays(),
                _ = minutes.tick() => {
                    self.records().remove_expired(now().local);
                    self.intake.forget_quiet();
                }
                _ = stop.wait_for(|stop| *stop) => break,
            }
            self.publish_counts();
        }
        self.close().await;
    }

    fn handle(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => self.handle_identify(event),
            SwarmEvent::Behaviour(BehaviourEvent::Kad(event)) => self.handle_kad(event),
            SwarmEvent::Behaviour(BehaviourEvent::Relay(event)) => self.handle_circuit(&event),
            // Who does not speak ping is there all the same.
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                result: Err(ping::Failure::Unsupported),
                ..
            })) => {}
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping)) if ping.result.is_err() => {
                // Half-open connections would hold reservations that lead nowhere.
                self.swarm.close_connection(ping.connection);
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let (address, dialled) = match endpoint {
                    ConnectedPoint::Dialer { address, .. } => (address.clone(), Some(address)),
                    ConnectedPoint::Listener { send_back_addr, .. } => (send_back_addr, None),
                };
                self.relays.handle_connected(peer_id, dialled.as_ref(), now().local);
                let connection = Connection { ip: addresses::ip(&address), dialled };
                self.connections.insert(connection_id, connection);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                let connection = self.connections.remove(&connection_id);
                let dialled = connection.is_some_and(|connection| connection.dialled.is_some());
                self.relays.handle_disconnected(&peer_id, dialled, now().local);
                self.tell_relays();
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                tracing::debug!(%peer, %error, "a relay could not be reached");
                self.handle_unreachable(&peer);
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "an incoming connection failed");
            }
            _ => {}
        }
    }

    fn handle_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { connection_id, peer_id, info } = event else { return };
        let Some(connection) = self.connections.get(&connection_id) else { return };
        if !info.protocols.contains(&protocols::KAD) {
            return;
        }
        let told: Vec<Multiaddr> = info
            .listen_addrs
            .iter()
            .map(addresses::without_peer)
            // Relays reach each other by WebSocket.
            .filter(addresses::is_browser_dialable)
            .take(relays::ADDRESSES)
            .collect();
        let told = Told {
            addresses: &told,
            // On a private network all relays may well stand in one subnet.
            subnet: connection
                .ip
                .filter(|ip| self.public || addresses::is_public_ip(ip))
                .map(Subnet::of),
            dialled: connection.dialled.as_ref(),
        };
        self.relays.handle_relay(peer_id, told, now().local);
        self.admit(&peer_id);
        self.tend_relays();
    }

    fn handle_kad(&mut self, event: kad::Event) {
        match event {
            kad::Event::InboundRequest {
                request: InboundRequest::PutRecord { source, connection, record: Some(record) },
            } => self.handle_put(source, connection, record),
            kad::Event::RoutingUpdated { peer, addresses, .. } => {
                // Kad adds each address that it dialled; answers must stay within 16 KiB.
                for surplus in addresses.iter().skip(relays::ADDRESSES) {
                    self.swarm.behaviour_mut().kad.remove_address(&peer, surplus);
                }
                self.tell_relays();
            }
            _ => {}
        }
    }

    fn handle_put(&mut self, source: PeerId, connection: ConnectionId, record: Record) {
        let ip = self.connections.get(&connection).and_then(|connection| connection.ip);
        let connected = NonZeroUsize::new(self.relays.connected()).unwrap_or(NonZeroUsize::MIN);
        let role = if self.relays.is_reached(&source) {
            Role::Relay { of: connected }
        } else {
            Role::Peer
        };
        let sender = Sender { peer: source, subnet: ip.map(Subnet::of), role };
        let store = self.swarm.behaviour_mut().kad.store_mut();
        match self.intake.take(store, record, sender, now()) {
            Ok(taken) => tracing::trace!(?taken, "a record came"),
            Err(refusal) => {
                tracing::debug!(%refusal, "a record was refused");
                self.status.send_modify(|status| refusal.count(&mut status.refused));
            }
        }
    }

    fn handle_circuit(&self, event: &relay::Event) {
        let change = |count: &mut usize, up: bool| {
            *count = if up { count.saturating_add(1) } else { count.saturating_sub(1) };
        };
        self.status.send_modify(|status| match event {
            relay::Event::ReservationReqAccepted { renewed: false, .. } => {
                change(&mut status.reservations, true);
            }
            relay::Event::ReservationClosed { .. } | relay::Event::ReservationTimedOut { .. } => {
                change(&mut status.reservations, false);
            }
            relay::Event::CircuitReqAccepted { .. } => change(&mut status.circuits, true),
            relay::Event::CircuitClosed { .. } => change(&mut status.circuits, false),
            _ => {}
        });
    }

    fn handle_page(&mut self, url: &NodeUrl, answer: Result<Introduction, FetchError>) {
        if let Err(error) = &answer {
            tracing::warn!("the page of another relay could not be read; it is asked again");
            tracing::debug!(?error, "why it could not be read");
        }
        self.relays.handle_page(url, answer, now().local);
        self.tend_relays();
    }

    /// Does what is due about other relays.
    fn tend_relays(&mut self) {
        for action in self.relays.due(now().local) {
            match action {
                Action::Dial(peer, addresses) => self.dial(peer, addresses),
                Action::Fetch(url) => {
                    self.fetches.spawn_blocking(move || {
                        let answer = relays::fetch(&url);
                        (url, answer)
                    });
                }
            }
        }
        self.tell_relays();
    }

    fn dial(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        let options = DialOpts::peer_id(peer)
            .addresses(addresses)
            // A relay that dialled us is dialled as well, or we would not know that one can.
            .condition(PeerCondition::Always)
            .build();
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%peer, %error, "a relay could not be dialled");
            self.handle_unreachable(&peer);
        }
    }

    fn handle_unreachable(&mut self, peer: &PeerId) {
        if self.relays.handle_unreachable(peer, now().local) == Presence::Gone {
            self.swarm.behaviour_mut().kad.remove_peer(peer);
            self.tell_relays();
        }
    }

    /// Puts a relay into the routing table if it is one that we reached and its subnet has room.
    fn admit(&mut self, peer: &PeerId) {
        let kad = &mut self.swarm.behaviour_mut().kad;
        if let (Some(subnet), false) = (self.relays.subnet(peer), self.relays.is_pinned(peer)) {
            let neighbours = |other: &&PeerId| {
                *other != peer
                    && self.relays.subnet(other) == Some(subnet)
                    && !self.relays.is_pinned(other)
            };
            let in_table = kad
                .kbuckets()
                .flat_map(|bucket| {
                    bucket.iter().map(|e| *e.node.key.preimage()).collect::<Vec<_>>()
                })
                .filter(|other| neighbours(&other))
                .count();
            let in_bucket = kad.kbucket(*peer).map_or(0, |bucket| {
                bucket.iter().filter(|e| neighbours(&e.node.key.preimage())).count()
            });
            if in_table >= self.limits.table_per_subnet.get()
                || in_bucket >= self.limits.bucket_per_subnet.get()
            {
                tracing::debug!("a relay found its subnet full in the routing table");
                return;
            }
        }
        for address in self.relays.table_addresses(peer) {
            kad.add_address(peer, address);
        }
    }

    /// Publishes what pages and tests see of other relays.
    fn tell_relays(&mut self) {
        let relays = self.relays.for_pages(now().local);
        let connected_relays = self.relays.connected();
        let kad = &mut self.swarm.behaviour_mut().kad;
        let routing_table = kad.kbuckets().map(|bucket| bucket.num_entries()).sum();
        self.status.send_if_modified(|status| {
            let before =
                (status.connected_relays, status.routing_table, std::mem::take(&mut status.relays));
            let after = (connected_relays, routing_table, relays);
            let changed = before != after;
            (status.connected_relays, status.routing_table, status.relays) = after;
            changed
        });
    }

    fn publish_counts(&mut self) {
        let peers = self.swarm.network_info().num_peers();
        let (records, record_bytes) = {
            let store = self.records();
            (store.len(), store.bytes())
        };
        self.status.send_if_modified(|status| {
            let after = (peers, records, record_bytes);
            let changed = (status.peers, status.records, status.record_bytes) != after;
            (status.peers, status.records, status.record_bytes) = after;
            changed
        });
    }

    fn records(&mut self) -> &mut crate::records::Records {
        self.swarm.behaviour_mut().kad.store_mut()
    }

    /// Closes every connection, so that the other ends learn of it at once.
    async fn close(mut self) {
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // Its only error is that the peer is gone already.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let all_closed = async {
            while self.swarm.network_info().connection_counters().num_established() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        if time::timeout(CLOSING, all_closed).await.is_err() {
            tracing::debug!("some connections did not close in time");
        }
    }
}

/// How long the close of all connections may take.
const CLOSING: Duration = Duration::from_secs(1);

#[allow(clippy::disallowed_methods, reason = "the one place of the swarm that reads the clocks")]
fn now() -> Moment {
    Moment { protocol: clock::wall_clock(), local: Instant::now() }
}
