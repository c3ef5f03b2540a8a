//! The byte streams of all connections, and how much each circuit carries.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    task::{Context, Poll},
};

use futures::channel::oneshot;
use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        ToSwarm,
        behaviour::{ConnectionClosed, ConnectionEstablished},
    },
};

use super::{
    Allowance, ByteStream, StreamError,
    handler::{Handler, Order},
};
use crate::addresses;

/// Bytes that a circuit is taken to carry if its relay says nothing: libp2p's default.
const UNKNOWN_CIRCUIT: u64 = 128 * 1024;

/// A stream that the other side of a connection opened.
#[derive(Debug)]
pub(crate) struct Event {
    /// Where.
    pub(crate) connection: ConnectionId,
    /// The stream.
    pub(crate) stream: ByteStream,
}

/// Which circuits a relay's limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Circuit {
    /// Those that we open through this relay.
    Through(PeerId),
    /// That which this peer opened to us.
    From(PeerId),
}

/// Opens and takes byte streams.
#[derive(Debug)]
pub(crate) struct Behaviour {
    takes: bool,
    connections: BTreeMap<ConnectionId, (PeerId, Option<Circuit>)>,
    limits: BTreeMap<Circuit, u64>,
    queue: VecDeque<ToSwarm<Event, Order>>,
}

impl Behaviour {
    /// With `takes`, others may open streams.
    pub(crate) fn new(takes: bool) -> Self {
        Self {
            takes,
            connections: BTreeMap::new(),
            limits: BTreeMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// Opens a stream on a connection.
    pub(crate) fn open(
        &mut self,
        connection: ConnectionId,
        answer: oneshot::Sender<Result<ByteStream, StreamError>>,
    ) {
        match self.connections.get(&connection) {
            Some((peer, _)) => {
                let peer = *peer;
                self.order(peer, connection, Order::Open(answer));
            }
            None => {
                // Nobody may wait any more.
                let _ = answer.send(Err(StreamError::NotConnected));
            }
        }
    }

    /// Notes what a relay lets through a circuit that has just come up.
    pub(crate) fn note_limit(&mut self, circuit: Circuit, bytes: Option<u64>) {
        // No limit at all is as much as can be counted.
        let bytes = bytes.filter(|bytes| *bytes > 0).unwrap_or(u64::MAX);
        self.limits.insert(circuit, bytes);
        let on = |(_, have): &(PeerId, Option<Circuit>)| *have == Some(circuit);
        let newest = self.connections.iter().rfind(|(_, of)| on(of)).map(|(id, of)| (*id, of.0));
        // The news may come after the connection.
        if let Some((connection, peer)) = newest {
            let allowance = Arc::new(Allowance::of_circuit(bytes));
            self.order(peer, connection, Order::Limit(allowance));
        }
    }

    fn order(&mut self, peer_id: PeerId, connection: ConnectionId, event: Order) {
        let handler = NotifyHandler::One(connection);
        self.queue.push_back(ToSwarm::NotifyHandler { peer_id, handler, event });
    }

    fn handler(&self, circuit: Option<Circuit>) -> Handler {
        let limit = |circuit| self.limits.get(&circuit).copied().unwrap_or(UNKNOWN_CIRCUIT);
        let allowance = circuit.map(|circuit| Arc::new(Allowance::of_circuit(limit(circuit))));
        Handler::new(self.takes, allowance)
    }
}

/// Returns the circuit that carries a connection, if any does.
fn circuit(peer: PeerId, endpoint: &ConnectedPoint) -> Option<Circuit> {
    if lowkey_webrtc::is_direct(endpoint) || !endpoint.is_relayed() {
        return None;
    }
    match endpoint {
        ConnectedPoint::Dialer { address, .. } => through(address),
        ConnectedPoint::Listener { .. } => Some(Circuit::From(peer)),
    }
}

fn through(address: &Multiaddr) -> Option<Circuit> {
    match addresses::circuit_relay(address)?.pop() {
        Some(Protocol::P2p(relay)) => Some(Circuit::Through(relay)),
        _ => None,
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        local_addr: &Multiaddr,
        send_back_addr: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let (local_addr, send_back_addr) = (local_addr.clone(), send_back_addr.clone());
        let endpoint = ConnectedPoint::Listener { local_addr, send_back_addr };
        Ok(self.handler(circuit(peer, &endpoint)))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role_override: Endpoint,
        port_use: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let address = address.clone();
        let endpoint = ConnectedPoint::Dialer { address, role_override, port_use };
        Ok(self.handler(circuit(peer, &endpoint)))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            }) => {
                self.connections.insert(connection_id, (peer_id, circuit(peer_id, endpoint)));
            }
            FromSwarm::ConnectionClosed(ConnectionClosed {
                connection_id,
                peer_id,
                remaining_established,
                ..
            }) => {
                self.connections.remove(&connection_id);
                if remaining_established == 0 {
                    self.limits.remove(&Circuit::From(peer_id));
                    self.limits.remove(&Circuit::Through(peer_id));
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        connection: ConnectionId,
        stream: ByteStream,
    ) {
        self.queue.push_back(ToSwarm::GenerateEvent(Event { connection, stream }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Event, Order>> {
        // The owner of the swarm calls the methods and polls next: no waker is needed.
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
