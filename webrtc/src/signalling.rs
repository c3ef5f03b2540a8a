//! Signalling over relayed connections: `/webrtc-signaling/0.0.1`.
//!
//! The [`Behaviour`] decides who is dialled and answered, and runs each exchange (`exchange`) to
//! its end; the handlers only open and take streams. An exchange ends with a connection, an error
//! or its time-out, and there are never more at once than the [`Config`] allows.

mod dials;
pub(crate) mod exchange;
mod exchanges;
mod handler;
mod messages;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use futures::{StreamExt, channel::mpsc};
use libp2p::{
    Multiaddr, PeerId, Stream,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm,
        behaviour::{ConnectionClosed, ConnectionEstablished, DialFailure},
        dial_opts::{DialOpts, PeerCondition},
    },
};

use crate::{Admission, CandidatePair, Config, Error, Transport, address, transport::DialRequest};
use dials::{Dial, Dials};
pub(crate) use exchange::INIT_LABEL;
use exchanges::{Again, Attempt, Exchanges, Role};
use handler::{DialId, Handler, Notice, Order};

/// What happened to direct connections.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The selected candidate pair of a direct connection is known, or has changed.
    Path {
        /// The other side.
        peer: PeerId,
        /// The pair.
        pair: CandidatePair,
    },
}

/// Makes a transport and the behaviour that does its signalling.
///
/// Both must become part of one swarm. Needs no runtime yet.
pub fn new(own: PeerId, config: Config) -> (Transport, Behaviour) {
    let listening = Arc::new(AtomicBool::new(false));
    let (requests, dial_requests) = mpsc::channel(config.dials);
    let (answered, incoming) = mpsc::channel(config.answers);
    let (paths, path_reports) = mpsc::channel(PATH_REPORTS);
    let transport = Transport::new(requests, incoming, Arc::clone(&listening), config.timeout);
    let behaviour = Behaviour {
        own,
        config,
        listening,
        allowed: BTreeSet::new(),
        circuits: BTreeMap::new(),
        dial_requests,
        dials: Dials::default(),
        exchanges: Exchanges::new(answered, paths),
        path_reports,
        queue: VecDeque::new(),
    };
    (transport, behaviour)
}

/// Does the signalling for the [`Transport`] that was made with it.
#[derive(Debug)]
pub struct Behaviour {
    own: PeerId,
    config: Config,
    listening: Arc<AtomicBool>,
    allowed: BTreeSet<PeerId>,
    /// The relayed connections that are up.
    circuits: BTreeMap<ConnectionId, PeerId>,
    dial_requests: mpsc::Receiver<DialRequest>,
    dials: Dials,
    exchanges: Exchanges,
    path_reports: mpsc::Receiver<(PeerId, CandidatePair)>,
    queue: VecDeque<ToSwarm<Event, THandlerInEvent<Self>>>,
}

impl Behaviour {
    /// Allows a peer to be dialled and answered, where [`Admission::Listed`] asks for that.
    pub fn allow(&mut self, peer: PeerId) {
        if self.allowed.insert(peer) {
            self.admit(peer);
        }
    }

    /// Takes that back. Dials and answers under way end; connections that are up stay.
    pub fn forbid(&mut self, peer: PeerId) {
        if self.allowed.remove(&peer) {
            self.admit(peer);
            self.end_unadmitted();
        }
    }

    /// Sets who may learn our addresses. Dials and answers under way with others end.
    pub fn set_admission(&mut self, admission: Admission) {
        self.config.admission = admission;
        let peers: BTreeSet<PeerId> = self.circuits.values().copied().collect();
        peers.into_iter().for_each(|peer| self.admit(peer));
        self.end_unadmitted();
    }

    /// Sets where to ask how we look from outside, for connections from now on.
    pub fn set_stun_servers(&mut self, servers: Vec<String>) {
        self.config.stun_servers = servers;
    }

    /// Tells the connections to a peer whether to take its signalling.
    fn admit(&mut self, peer: PeerId) {
        let admitted = self.is_admitted(peer);
        for (connection, _) in self.circuits.iter().filter(|(_, remote)| **remote == peer) {
            self.queue.push_back(order(peer, *connection, Order::Admit(admitted)));
        }
    }

    fn end_unadmitted(&mut self) {
        self.exchanges.abort(|peer| !self.is_admitted(peer));
        for dial in self.dials.select(|dial| !self.is_admitted(dial.peer)) {
            self.dials.fail(dial, Error::NotAllowed);
        }
    }

    fn is_admitted(&self, peer: PeerId) -> bool {
        self.config.admission == Admission::All || self.allowed.contains(&peer)
    }

    fn dial(&mut self, request: DialRequest) {
        let DialRequest { peer, circuit, reply } = request;
        let limit = self.config.dials;
        let under_way =
            self.dials.count().saturating_add(self.exchanges.count(Role::Dialler, None));
        let refusal = if !self.is_admitted(peer) || peer == self.own {
            Some(Error::NotAllowed)
        } else {
            (under_way >= limit).then_some(Error::TooManyDials { limit })
        };
        if let Some(error) = refusal {
            // Nobody may wait for the answer any more.
            let _ = reply.send(Err(error));
            return;
        }
        let attempt = Attempt::First;
        if let Some(connection) = self.circuit(peer) {
            let circuit = Some(circuit);
            self.open(Dial { peer, connection, circuit, attempt, reply });
        } else {
            let connection = self.dial_circuit(peer, circuit);
            self.dials.insert(Dial { peer, connection, circuit: None, attempt, reply });
        }
    }

    fn dial_again(&mut self, Again { peer, reply }: Again) {
        if let Some(connection) = self.circuit(peer) {
            let attempt = Attempt::Second;
            self.open(Dial { peer, connection, circuit: None, attempt, reply });
        } else {
            let _ = reply.send(Err(Error::NoPath));
        }
    }

    /// Opens a signalling stream on a relayed connection that is up.
    fn open(&mut self, dial: Dial) {
        let (peer, connection) = (dial.peer, dial.connection);
        let id = self.dials.insert(dial);
        self.queue.push_back(order(peer, connection, Order::Open(id)));
    }

    /// Returns the relayed connection to a peer; the newest is the likeliest to be alive.
    fn circuit(&self, peer: PeerId) -> Option<ConnectionId> {
        self.circuits.iter().rfind(|(_, remote)| **remote == peer).map(|(id, _)| *id)
    }

    fn dial_circuit(&mut self, peer: PeerId, circuit: Multiaddr) -> ConnectionId {
        let opts = DialOpts::peer_id(peer)
            .addresses(vec![circuit])
            // A dial of the direct address is under way: the one that asks for this.
            .condition(PeerCondition::Always)
            .build();
        let connection = opts.connection_id();
        self.queue.push_back(ToSwarm::Dial { opts });
        connection
    }

    /// Lets a dial try a relayed connection of its own if the one that was there gave no stream.
    fn retry_or_fail(&mut self, id: DialId, error: Error) {
        let circuit = if error == Error::Unsupported { None } else { self.dials.take_circuit(id) };
        if let Some((peer, circuit)) = circuit {
            let connection = self.dial_circuit(peer, circuit);
            self.dials.move_to(id, connection);
        } else {
            self.dials.fail(id, error);
        }
    }

    fn circuit_is_up(&mut self, peer: PeerId, connection: ConnectionId) {
        self.circuits.insert(connection, peer);
        for id in self.dials.select(|dial| dial.connection == connection) {
            self.queue.push_back(order(peer, connection, Order::Open(id)));
        }
    }

    fn circuit_is_gone(&mut self, connection: ConnectionId) {
        self.circuits.remove(&connection);
        for id in self.dials.select(|dial| dial.connection == connection) {
            self.retry_or_fail(id, Error::NoCircuit);
        }
    }

    fn handle_opened(&mut self, id: DialId, stream: Stream) {
        if let Some(dial) = self.dials.remove(id) {
            let Dial { peer, attempt, reply, .. } = dial;
            self.exchanges.offer(peer, stream, self.config.clone(), attempt, reply);
        }
    }

    fn handle_incoming(&mut self, peer: PeerId, stream: Stream) {
        if !self.is_admitted(peer)
            || self.exchanges.count(Role::Answerer, None) >= self.config.answers
            || self.exchanges.count(Role::Answerer, Some(peer)) >= self.config.answers_per_peer
        {
            tracing::debug!("an offer over the limit is not answered");
            return;
        }
        self.exchanges.answer(peer, stream, self.config.clone());
    }

    fn handler(&self, peer: PeerId, address: &Multiaddr) -> Result<Handler, ConnectionDenied> {
        let admitted = self.is_admitted(peer);
        // One that came up while its peer was forbidden.
        if address::is_webrtc(address) && !admitted {
            return Err(ConnectionDenied::new(Error::NotAllowed));
        }
        let relayed = address::is_circuit(address);
        Ok(Handler::new(Arc::clone(&self.listening), relayed, admitted))
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(peer, local)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(peer, address)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            }) if address::is_circuit(address::own_side(endpoint)) => {
                self.circuit_is_up(peer_id, connection_id);
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. })
            | FromSwarm::DialFailure(DialFailure { connection_id, .. }) => {
                self.circuit_is_gone(connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        _: ConnectionId,
        notice: THandlerOutEvent<Self>,
    ) {
        match notice {
            Notice::Opened(dial, stream) => self.handle_opened(dial, stream),
            Notice::Failed(dial, error) => self.retry_or_fail(dial, error),
            Notice::Incoming(stream) => self.handle_incoming(peer, stream),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Event, THandlerInEvent<Self>>> {
        while let Some(again) = self.exchanges.poll(cx) {
            self.dial_again(again);
        }
        while let Poll::Ready(Some(request)) = self.dial_requests.poll_next_unpin(cx) {
            self.dial(request);
        }
        if let Some(event) = self.queue.pop_front() {
            return Poll::Ready(event);
        }
        match self.path_reports.poll_next_unpin(cx) {
            Poll::Ready(Some((peer, pair))) => {
                Poll::Ready(ToSwarm::GenerateEvent(Event::Path { peer, pair }))
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

fn order(
    peer_id: PeerId,
    connection: ConnectionId,
    event: Order,
) -> ToSwarm<Event, THandlerInEvent<Behaviour>> {
    ToSwarm::NotifyHandler { peer_id, handler: NotifyHandler::One(connection), event }
}

/// Reports of paths that wait to be told.
const PATH_REPORTS: usize = 32;
