//! All links of a peer.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        ToSwarm,
        behaviour::{ConnectionClosed, ConnectionEstablished, DialFailure},
        dial_opts::{DialOpts, PeerCondition},
    },
};
use lowkey_protocol::LinkId;

use super::{
    LinkEnd,
    handler::{Handler, Notice, Opener, Order},
};

/// Links that others may have open to us at once; a relay's own limits are lower.
const INBOUND_LINKS: usize = 128;

/// Links that one peer id may have open to us at once.
const INBOUND_LINKS_PER_PEER: usize = 2;

/// What happened to the links.
#[derive(Debug)]
pub(crate) enum Event {
    /// A link is up.
    Up {
        /// Its id; the one that `dial` gave if we dialled.
        link: LinkId,
        /// The other side.
        peer: PeerId,
        /// Who opened the stream.
        opener: Opener,
        /// How the connection was made.
        endpoint: ConnectedPoint,
    },
    /// A dial gave no link.
    DialFailed(LinkId),
    /// A whole frame came.
    Frame(LinkId, Vec<u8>),
    /// A link that was up is gone.
    Down(LinkId, LinkEnd),
}

/// Dials, opens and bounds the links of a peer.
#[derive(Debug)]
pub(crate) struct Behaviour {
    next_id: Arc<AtomicU64>,
    connections: BTreeMap<ConnectionId, (PeerId, ConnectedPoint)>,
    dialling: BTreeMap<ConnectionId, LinkId>,
    links: BTreeMap<LinkId, Link>,
    queue: VecDeque<ToSwarm<Event, Order>>,
}

#[derive(Debug)]
struct Link {
    peer: PeerId,
    connection: ConnectionId,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Up(Opener),
}

impl Behaviour {
    /// Makes a peer's links: none yet.
    pub(crate) fn new() -> Self {
        Self {
            next_id: Arc::new(AtomicU64::new(1)),
            connections: BTreeMap::new(),
            dialling: BTreeMap::new(),
            links: BTreeMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// Dials a peer, or opens a stream on a connection that is there; `Up` or `DialFailed` follows.
    pub(crate) fn dial(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) -> LinkId {
        let Some(connection) = self.free_connection(peer) else {
            return self.dial_at(peer, addresses);
        };
        let link = LinkId(self.next_id.fetch_add(1, Ordering::Relaxed));
        self.open(link, peer, connection);
        link
    }

    /// Dials the peer of a relayed link that we dialled on a direct path; `Up` or `DialFailed`
    /// follows, or `None` if there is no such link.
    pub(crate) fn dial_direct(&mut self, from: LinkId) -> Option<LinkId> {
        let relayed = self.links.get(&from)?;
        let (peer, endpoint) = self.connections.get(&relayed.connection)?;
        let ConnectedPoint::Dialer { address, .. } = endpoint else { return None };
        let address = lowkey_webrtc::direct_address(address, *peer);
        Some(self.dial_at(*peer, vec![address]))
    }

    fn dial_at(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) -> LinkId {
        let link = LinkId(self.next_id.fetch_add(1, Ordering::Relaxed));
        // The peer may be connected already: through another relay, where our stream is taken, or
        // through the one over which a direct path is made.
        let opts =
            DialOpts::peer_id(peer).addresses(addresses).condition(PeerCondition::Always).build();
        self.dialling.insert(opts.connection_id(), link);
        self.queue.push_back(ToSwarm::Dial { opts });
        link
    }

    /// Sends a frame; on a link that is gone, nothing happens.
    pub(crate) fn send(&mut self, link: LinkId, frame: Vec<u8>) {
        self.order(link, Order::Send(link, frame));
    }

    /// Closes a link after what was given to it; `Down` follows.
    pub(crate) fn close(&mut self, link: LinkId) {
        self.order(link, Order::Close(link));
    }

    /// Drops a link at once; `Down` follows if it was up.
    pub(crate) fn abort(&mut self, link: LinkId) {
        self.order(link, Order::Abort(link));
    }

    /// Drops all links at once.
    pub(crate) fn abort_all(&mut self) {
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            self.abort(link);
        }
    }

    /// Whether any link or dial uses this connection.
    pub(crate) fn uses(&self, connection: ConnectionId) -> bool {
        self.dialling.contains_key(&connection)
            || self.links.values().any(|link| link.connection == connection)
    }

    /// Returns the connection of a link.
    pub(crate) fn connection(&self, link: LinkId) -> Option<ConnectionId> {
        self.links.get(&link).map(|link| link.connection)
    }

    fn order(&mut self, id: LinkId, order: Order) {
        if let Some(link) = self.links.get(&id) {
            self.queue.push_back(ToSwarm::NotifyHandler {
                peer_id: link.peer,
                handler: NotifyHandler::One(link.connection),
                event: order,
            });
        }
    }

    fn open(&mut self, id: LinkId, peer: PeerId, connection: ConnectionId) {
        self.links.insert(id, Link { peer, connection, stage: Stage::Opening });
        self.order(id, Order::Open(id));
    }

    /// A connection to this peer without a stream of ours; a direct one comes first.
    fn free_connection(&self, peer: PeerId) -> Option<ConnectionId> {
        let taken = |connection| {
            self.links
                .values()
                .any(|link| link.connection == connection && link.stage != Stage::Up(Opener::They))
        };
        self.connections
            .iter()
            .filter(|(id, (remote, _))| *remote == peer && !taken(**id))
            .max_by_key(|(_, (_, endpoint))| lowkey_webrtc::is_direct(endpoint))
            .map(|(id, _)| *id)
    }

    fn may_come_in(&self, peer: PeerId) -> bool {
        let theirs = || self.links.values().filter(|link| link.stage == Stage::Up(Opener::They));
        theirs().count() < INBOUND_LINKS
            && theirs().filter(|link| link.peer == peer).count() < INBOUND_LINKS_PER_PEER
    }

    fn emit(&mut self, event: Event) {
        self.queue.push_back(ToSwarm::GenerateEvent(event));
    }

    fn up(&mut self, id: LinkId, opener: Opener, peer: PeerId, connection: ConnectionId) {
        let known = self.connections.get(&connection).map(|(_, endpoint)| endpoint.clone());
        let Some(endpoint) = known else { return };
        if opener == Opener::They && !self.may_come_in(peer) {
            tracing::debug!("a link over the limit is dropped");
            self.queue.push_back(ToSwarm::NotifyHandler {
                peer_id: peer,
                handler: NotifyHandler::One(connection),
                event: Order::Abort(id),
            });
            return;
        }
        self.links.insert(id, Link { peer, connection, stage: Stage::Up(opener) });
        self.emit(Event::Up { link: id, peer, opener, endpoint });
    }

    fn down(&mut self, id: LinkId, end: LinkEnd) {
        match self.links.remove(&id).map(|link| link.stage) {
            Some(Stage::Opening) => self.emit(Event::DialFailed(id)),
            Some(Stage::Up(_)) => self.emit(Event::Down(id, end)),
            None => {}
        }
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::new()
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(Arc::clone(&self.next_id)))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(Arc::clone(&self.next_id)))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            }) => {
                self.connections.insert(connection_id, (peer_id, endpoint.clone()));
                if let Some(link) = self.dialling.remove(&connection_id) {
                    self.open(link, peer_id, connection_id);
                }
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                self.connections.remove(&connection_id);
                let on_it = |link: &Link| link.connection == connection_id;
                let ended: Vec<_> =
                    self.links.iter().filter(|(_, link)| on_it(link)).map(|(id, _)| *id).collect();
                for link in ended {
                    self.down(link, LinkEnd::Broken);
                }
            }
            FromSwarm::DialFailure(DialFailure { connection_id, .. }) => {
                if let Some(link) = self.dialling.remove(&connection_id) {
                    self.emit(Event::DialFailed(link));
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        notice: Notice,
    ) {
        match notice {
            Notice::Up(link, opener) => self.up(link, opener, peer, connection),
            Notice::Frame(link, frame) => {
                if self.links.contains_key(&link) {
                    self.emit(Event::Frame(link, frame));
                }
            }
            Notice::Down(link, end) => self.down(link, end),
        }
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Event, Order>> {
        // The owner of the swarm calls the methods and polls next: no waker is needed.
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
