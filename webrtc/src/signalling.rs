//! Signalling over relayed connections: `/webrtc-signaling/0.0.1`.
//!
//! The [`Behaviour`] decides who is dialled and answered, and runs each exchange (`exchange`) to
//! its end; the handlers only open and take streams. An exchange ends with a connection, an error
//! or its time-out, and there are never more at once than the [`Config`] allows.

mod exchange;
mod handler;
mod messages;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
    future::{self, AbortHandle, Aborted, Either},
    stream::FuturesUnordered,
};
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

use crate::{
    Admission, CandidatePair, Config, Connection, Error, Transport, address, backend,
    transport::DialRequest,
};
pub(crate) use exchange::INIT_LABEL;
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
        dials: BTreeMap::new(),
        next_dial: 0,
        exchanges: FuturesUnordered::new(),
        running: BTreeMap::new(),
        next_exchange: 0,
        answered,
        paths,
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
    /// Dials whose signalling stream is not open yet.
    dials: BTreeMap<DialId, Dial>,
    next_dial: u64,
    exchanges: FuturesUnordered<backend::Task<(ExchangeId, Result<(), Aborted>)>>,
    running: BTreeMap<ExchangeId, Running>,
    next_exchange: ExchangeId,
    answered: mpsc::Sender<(PeerId, Connection)>,
    paths: mpsc::Sender<(PeerId, CandidatePair)>,
    path_reports: mpsc::Receiver<(PeerId, CandidatePair)>,
    queue: VecDeque<ToSwarm<Event, THandlerInEvent<Self>>>,
}

type ExchangeId = u64;

#[derive(Debug)]
struct Dial {
    peer: PeerId,
    /// The relayed connection: one that is up, or one that is dialled.
    connection: ConnectionId,
    reply: oneshot::Sender<Result<Connection, Error>>,
}

#[derive(Debug)]
struct Running {
    peer: PeerId,
    role: Role,
    abort: AbortHandle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Dialler,
    Answerer,
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
        if !self.allowed.remove(&peer) || self.is_admitted(peer) {
            return;
        }
        self.admit(peer);
        self.running.values().filter(|running| running.peer == peer).for_each(|r| r.abort.abort());
        let dials: Vec<_> =
            self.dials.iter().filter(|(_, dial)| dial.peer == peer).map(|(id, _)| *id).collect();
        for dial in dials {
            self.fail(dial, Error::NotAllowed);
        }
    }

    /// Sets where to ask how we look from outside, for connections from now on.
    pub fn set_stun_servers(&mut self, servers: Vec<String>) {
        self.config.stun_servers = servers;
    }

    /// Sets who may learn our addresses; exchanges with others end.
    pub fn set_admission(&mut self, admission: Admission) {
        self.config.admission = admission;
        let peers: BTreeSet<PeerId> = self.circuits.values().copied().collect();
        peers.into_iter().for_each(|peer| self.admit(peer));
        for running in self.running.values() {
            if !self.is_admitted(running.peer) {
                running.abort.abort();
            }
        }
        let strangers: Vec<_> = self
            .dials
            .iter()
            .filter(|(_, dial)| !self.is_admitted(dial.peer))
            .map(|(id, _)| *id)
            .collect();
        for dial in strangers {
            self.fail(dial, Error::NotAllowed);
        }
    }

    fn admit(&mut self, peer: PeerId) {
        let admitted = self.is_admitted(peer);
        for (connection, _) in self.circuits.iter().filter(|(_, remote)| **remote == peer) {
            self.queue.push_back(ToSwarm::NotifyHandler {
                peer_id: peer,
                handler: NotifyHandler::One(*connection),
                event: Order::Admit(admitted),
            });
        }
    }

    fn dial(&mut self, request: DialRequest) {
        let DialRequest { peer, circuit, reply } = request;
        self.dials.retain(|_, dial| !dial.reply.is_canceled());
        let refusal = if !self.is_admitted(peer) || peer == self.own {
            Some(Error::NotAllowed)
        } else if self.dials.len().saturating_add(self.count(Role::Dialler, None))
            >= self.config.dials
        {
            Some(Error::TooManyDials { limit: self.config.dials })
        } else {
            None
        };
        if let Some(error) = refusal {
            // Nobody may wait for the answer any more.
            let _ = reply.send(Err(error));
            return;
        }
        let id = DialId(self.next_dial);
        self.next_dial = self.next_dial.wrapping_add(1);
        let up = self.circuits.iter().find(|(_, remote)| **remote == peer).map(|(id, _)| *id);
        let connection = up.unwrap_or_else(|| self.dial_circuit(peer, circuit));
        self.dials.insert(id, Dial { peer, connection, reply });
        if up.is_some() {
            self.open(id, peer, connection);
        }
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

    fn open(&mut self, dial: DialId, peer: PeerId, connection: ConnectionId) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id: peer,
            handler: NotifyHandler::One(connection),
            event: Order::Open(dial),
        });
    }

    fn fail(&mut self, dial: DialId, error: Error) {
        if let Some(dial) = self.dials.remove(&dial) {
            let _ = dial.reply.send(Err(error));
        }
    }

    /// Ends the dials that wait for a relayed connection that is gone.
    fn fail_on(&mut self, connection: ConnectionId) {
        let waiting: Vec<_> = self
            .dials
            .iter()
            .filter(|(_, dial)| dial.connection == connection)
            .map(|(id, _)| *id)
            .collect();
        for dial in waiting {
            self.fail(dial, Error::NoCircuit);
        }
    }

    fn start_offer(&mut self, dial: DialId, stream: Stream) {
        let Some(Dial { peer, mut reply, .. }) = self.dials.remove(&dial) else { return };
        let (config, paths) = (self.config.clone(), self.paths.clone());
        let exchange = backend::task(async move {
            // The dial has a time-out of its own; that ends this.
            let offer = pin!(exchange::offer(stream, &config));
            let result = match future::select(reply.cancellation(), offer).await {
                Either::Left(_) => return,
                Either::Right((result, _)) => result,
            };
            match result {
                Ok(done) => {
                    let connection = Connection::new(done.parts, &config, peer, paths);
                    let _ = reply.send(Ok(connection));
                    done.rest.close().await;
                }
                Err(error) => {
                    let _ = reply.send(Err(error));
                }
            }
        });
        self.run(peer, Role::Dialler, exchange);
    }

    fn start_answer(&mut self, peer: PeerId, stream: Stream) {
        if !self.is_admitted(peer)
            || self.count(Role::Answerer, None) >= self.config.answers
            || self.count(Role::Answerer, Some(peer)) >= self.config.answers_per_peer
        {
            tracing::debug!("an offer over the limit is not answered");
            return;
        }
        let (config, paths) = (self.config.clone(), self.paths.clone());
        let mut answered = self.answered.clone();
        let exchange = backend::task(async move {
            let answer = pin!(exchange::answer(stream, &config));
            match future::select(answer, backend::sleep(config.timeout)).await {
                Either::Left((Ok(done), _)) => {
                    let connection = Connection::new(done.parts, &config, peer, paths);
                    // A transport that is behind loses the connection, which closes it.
                    let _ = answered.try_send((peer, connection));
                    done.rest.close().await;
                }
                Either::Left((Err(error), _)) => tracing::debug!(%error, "an answer failed"),
                Either::Right(_) => tracing::debug!("an answer took too long"),
            }
        });
        self.run(peer, Role::Answerer, exchange);
    }

    fn run(&mut self, peer: PeerId, role: Role, exchange: backend::Task<()>) {
        let id = self.next_exchange;
        self.next_exchange = id.wrapping_add(1);
        let (exchange, abort) = future::abortable(backend::contain(exchange));
        self.exchanges.push(backend::task(async move { (id, exchange.await) }));
        self.running.insert(id, Running { peer, role, abort });
    }

    fn count(&self, role: Role, of: Option<PeerId>) -> usize {
        let counted =
            |running: &&Running| running.role == role && of.is_none_or(|of| of == running.peer);
        self.running.values().filter(counted).count()
    }

    fn is_admitted(&self, peer: PeerId) -> bool {
        self.config.admission == Admission::All || self.allowed.contains(&peer)
    }

    fn handler(&self, peer: PeerId, address: &Multiaddr) -> THandler<Self> {
        let (relayed, admitted) = (address::is_circuit(address), self.is_admitted(peer));
        Handler::new(Arc::clone(&self.listening), relayed, admitted)
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
        Ok(self.handler(peer, local))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer, address))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id: peer,
                connection_id: connection,
                endpoint,
                ..
            }) => {
                let address = match endpoint {
                    libp2p::core::ConnectedPoint::Dialer { address, .. } => address,
                    libp2p::core::ConnectedPoint::Listener { local_addr, .. } => local_addr,
                };
                if !address::is_circuit(address) {
                    return;
                }
                self.circuits.insert(connection, peer);
                let waiting: Vec<_> = self
                    .dials
                    .iter()
                    .filter(|(_, dial)| dial.connection == connection)
                    .map(|(id, _)| *id)
                    .collect();
                for dial in waiting {
                    self.open(dial, peer, connection);
                }
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                self.circuits.remove(&connection_id);
                self.fail_on(connection_id);
            }
            FromSwarm::DialFailure(DialFailure { connection_id, .. }) => {
                self.fail_on(connection_id)
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
            Notice::Opened(dial, stream) => self.start_offer(dial, stream),
            Notice::Failed(dial, error) => self.fail(dial, error),
            Notice::Incoming(stream) => self.start_answer(peer, stream),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Event, THandlerInEvent<Self>>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Poll::Ready(event);
            }
            if let Poll::Ready(Some((peer, pair))) = self.path_reports.poll_next_unpin(cx) {
                return Poll::Ready(ToSwarm::GenerateEvent(Event::Path { peer, pair }));
            }
            if let Poll::Ready(Some(request)) = self.dial_requests.poll_next_unpin(cx) {
                self.dial(request);
                continue;
            }
            if let Poll::Ready(Some((id, _))) = self.exchanges.poll_next_unpin(cx) {
                self.running.remove(&id);
                continue;
            }
            return Poll::Pending;
        }
    }
}

/// Reports of paths that wait to be told.
const PATH_REPORTS: usize = 32;
