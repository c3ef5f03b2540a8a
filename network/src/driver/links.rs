//! Machine: the engine's dials and links on the one side, libp2p's on the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, core::ConnectedPoint, multiaddr::Protocol, swarm::ConnectionId};
use lowkey_protocol::{CloseReason, DialId, Input, LinkId, LinkInfo, Path, PeerAddress};
use lowkey_webrtc::CandidatePair;
use sha2::{Digest, Sha256};
use web_time::Instant;

use crate::{
    addresses,
    link::{self, Event, Opener},
    platform,
    status::DirectStatus,
};

/// What a screen calls a relay of the other side's that a direct connection turned out to use.
const TURN: &str = "TURN";

/// How long what was given to a closing link may take to be sent.
const CLOSING: Duration = Duration::from_secs(5);

/// Links and dials as the engine knows them.
#[derive(Debug)]
pub(super) struct Links {
    own: PeerId,
    dials: BTreeMap<LinkId, DialId>,
    up: BTreeMap<LinkId, Up>,
    closing: BTreeMap<LinkId, Instant>,
    unused: BTreeSet<ConnectionId>,
    /// The way of the direct connection to each peer.
    ways: BTreeMap<PeerId, CandidatePair>,
}

#[derive(Clone, Copy, Debug)]
struct Up {
    peer: PeerId,
    connection: Option<ConnectionId>,
    direct: bool,
    /// The peer may dial us directly.
    meets: bool,
}

impl Links {
    pub(super) fn new(own: PeerId) -> Self {
        Self {
            own,
            dials: BTreeMap::new(),
            up: BTreeMap::new(),
            closing: BTreeMap::new(),
            unused: BTreeSet::new(),
            ways: BTreeMap::new(),
        }
    }

    /// Dials; returns the failure at once if no address makes sense.
    pub(super) fn dial(
        &mut self,
        dial: DialId,
        addresses: Vec<PeerAddress>,
        net: &mut link::Behaviour,
    ) -> Option<Input> {
        let peer = addresses.first().and_then(|first| PeerId::from_bytes(&first.peer_id).ok());
        let circuits: Vec<_> = addresses
            .into_iter()
            .filter(|address| peer.is_some_and(|peer| peer.to_bytes() == address.peer_id))
            .filter_map(|address| circuit(&address.address))
            .collect();
        match peer {
            Some(peer) if peer != self.own && !circuits.is_empty() => {
                let link = net.dial(peer, circuits);
                self.dials.insert(link, dial);
                None
            }
            _ => Some(Input::DialFailed(dial)),
        }
    }

    /// Returns the links that a connection carries.
    pub(super) fn on(&self, connection: ConnectionId) -> Vec<LinkId> {
        let on = self.up.iter().filter(|(_, up)| up.connection == Some(connection));
        on.map(|(link, _)| *link).collect()
    }

    /// Whether a connection carries a direct link.
    pub(super) fn is_direct(&self, connection: ConnectionId) -> bool {
        self.up.values().any(|up| up.direct && up.connection == Some(connection))
    }

    /// Returns the ways of the direct connections that carry links.
    pub(super) fn status(&self) -> Vec<DirectStatus> {
        let peers: BTreeSet<PeerId> =
            self.up.values().filter(|up| up.direct).map(|up| up.peer).collect();
        let ways = peers.iter().filter_map(|peer| self.ways.get(peer));
        let status = |pair: &CandidatePair| DirectStatus {
            local: pair.local,
            remote: pair.remote,
            round_trip: pair.round_trip,
        };
        ways.map(status).collect()
    }

    /// Forgets the way to a peer to whom no connection is left.
    pub(super) fn forget_peer(&mut self, peer: &PeerId) {
        self.ways.remove(peer);
    }

    /// Closes a link after what was given to it.
    pub(super) fn close(
        &mut self,
        link: LinkId,
        reason: CloseReason,
        net: &mut link::Behaviour,
        now: Instant,
    ) {
        if self.up.contains_key(&link) {
            tracing::debug!(?reason, "closing a link");
            net.close(link);
            self.closing.insert(link, now + CLOSING);
        }
    }

    /// Drops all links and dials, as the engine that knew them is gone.
    pub(super) fn abort_all(&mut self, net: &mut link::Behaviour) {
        net.abort_all();
        self.dials.clear();
        self.closing.clear();
        self.unused
            .extend(std::mem::take(&mut self.up).into_values().filter_map(|up| up.connection));
    }

    /// Dials the peer behind a relayed link directly; returns the failure at once if that cannot
    /// be.
    pub(super) fn dial_direct(
        &mut self,
        dial: DialId,
        link: LinkId,
        net: &mut link::Behaviour,
    ) -> Option<Input> {
        match net.dial_direct(link) {
            Some(link) => {
                self.dials.insert(link, dial);
                None
            }
            None => Some(Input::DialFailed(dial)),
        }
    }

    /// Sets whether the peer behind a link may dial us directly. It may as long as any link to it
    /// says so.
    pub(super) fn set_meets(
        &mut self,
        link: LinkId,
        meets: bool,
        rtc: &mut lowkey_webrtc::Behaviour,
    ) {
        let Some(up) = self.up.get_mut(&link) else { return };
        up.meets = meets;
        let peer = up.peer;
        self.tell_meets(peer, rtc);
    }

    fn tell_meets(&self, peer: PeerId, rtc: &mut lowkey_webrtc::Behaviour) {
        if self.up.values().any(|up| up.peer == peer && up.meets) {
            rtc.allow(peer);
        } else {
            rtc.forbid(peer);
        }
    }

    /// Takes how the bytes to a peer travel on direct connections; returns what the engine should
    /// know.
    pub(super) fn handle_path(&mut self, peer: PeerId, pair: &CandidatePair) -> Vec<Input> {
        // A link may come up on the connection only now.
        self.ways.insert(peer, *pair);
        let path = if pair.is_direct() { Path::Direct } else { Path::Relayed(TURN.to_owned()) };
        let on = self.up.iter().filter(|(_, up)| up.peer == peer && up.direct);
        on.map(|(link, _)| Input::PathChanged(*link, path.clone())).collect()
    }

    /// Takes what happened to a link; returns what the engine should know.
    pub(super) fn handle(
        &mut self,
        event: Event,
        net: &link::Behaviour,
        rtc: &mut lowkey_webrtc::Behaviour,
    ) -> Option<Input> {
        match event {
            Event::Up { link, peer, opener, endpoint } => {
                let direct = lowkey_webrtc::is_direct(&endpoint);
                let connection = net.connection(link);
                let up = Up { peer, connection, direct, meets: false };
                self.up.insert(link, up);
                let dial = self.dials.remove(&link);
                Some(Input::LinkUp(link, dial, self.info(peer, opener, &endpoint)))
            }
            Event::DialFailed(link) => self.dials.remove(&link).map(Input::DialFailed),
            Event::Frame(link, frame) => {
                // After a close, or under an engine that is gone, nobody listens.
                let open = self.up.contains_key(&link) && !self.closing.contains_key(&link);
                open.then_some(Input::Frame(link, frame))
            }
            Event::Down(link, end) => {
                tracing::debug!(?end, "a link is down");
                self.closing.remove(&link);
                let up = self.up.remove(&link)?;
                self.unused.extend(up.connection.filter(|connection| !net.uses(*connection)));
                if up.meets {
                    self.tell_meets(up.peer, rtc);
                }
                Some(Input::LinkDown(link))
            }
        }
    }

    /// Drops the links that could not be closed in time.
    pub(super) fn handle_deadline(&mut self, net: &mut link::Behaviour, now: Instant) {
        self.closing.retain(|link, until| {
            let late = *until <= now;
            if late {
                net.abort(*link);
            }
            !late
        });
    }

    /// Returns the connections that no link uses any more: they cost a relay or the other side.
    pub(super) fn take_unused(&mut self) -> BTreeSet<ConnectionId> {
        std::mem::take(&mut self.unused)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.closing.values().min().copied()
    }

    fn info(&self, peer: PeerId, opener: Opener, endpoint: &ConnectedPoint) -> LinkInfo {
        let dialled = opener == Opener::We;
        let (dialer, listener) = if dialled { (self.own, peer) } else { (peer, self.own) };
        let path = if lowkey_webrtc::is_direct(endpoint) {
            Path::Direct
        } else {
            let here = match endpoint {
                ConnectedPoint::Dialer { address, .. } => address,
                ConnectedPoint::Listener { local_addr, .. } => local_addr,
            };
            let relay = addresses::circuit_relay(here);
            Path::Relayed(relay.as_ref().map(addresses::name).unwrap_or_default())
        };
        let peer_id = peer.to_bytes();
        LinkInfo { dialled, path, peer_id, binding: binding(dialer, listener) }
    }
}

/// Ties a session to two peer ids, which the transport has proven.
fn binding(dialer: PeerId, listener: PeerId) -> [u8; 32] {
    Sha256::new()
        .chain_update(dialer.to_bytes())
        .chain_update(listener.to_bytes())
        .finalize()
        .into()
}

/// A circuit over a relay that can be dialled; a record can make us dial nothing else.
fn circuit(bytes: &[u8]) -> Option<Multiaddr> {
    let address = Multiaddr::try_from(bytes.to_vec()).ok()?;
    let relay = addresses::circuit_relay(&address)?;
    let whole = relay.clone().with(Protocol::P2pCircuit) == address;
    let (_, plain) = addresses::split_peer(relay)?;
    (whole && platform::can_dial(&plain)).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_circuits_are_dialled() {
        let peer = PeerId::random();
        let bytes = |text: &str| text.parse::<Multiaddr>().unwrap().to_vec();
        let relay = format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{peer}");
        assert!(circuit(&bytes(&format!("{relay}/p2p-circuit"))).is_some());
        assert!(circuit(&bytes(&relay)).is_none());
        assert!(circuit(&bytes(&format!("{relay}/p2p-circuit/p2p/{peer}"))).is_none());
        assert!(circuit(&bytes("/ip4/127.0.0.1/tcp/1/ws/p2p-circuit")).is_none());
        assert!(circuit(&bytes(&format!("/ip4/127.0.0.1/udp/1/p2p/{peer}/p2p-circuit"))).is_none());
        assert!(circuit(b"nonsense").is_none());
    }

    #[test]
    fn a_dial_to_ourselves_fails_at_once() {
        let own = PeerId::random();
        let mut links = Links::new(own);
        let mut net = link::Behaviour::new();
        let address = format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{}/p2p-circuit", PeerId::random());
        let address = address.parse::<Multiaddr>().unwrap().to_vec();
        let ours = PeerAddress { peer_id: own.to_bytes(), address: address.clone() };
        let failed = links.dial(DialId(1), vec![ours], &mut net);
        assert!(matches!(failed, Some(Input::DialFailed(DialId(1)))));
        let nobody = PeerAddress { peer_id: vec![1, 2, 3], address };
        let failed = links.dial(DialId(2), vec![nobody], &mut net);
        assert!(matches!(failed, Some(Input::DialFailed(DialId(2)))));
        assert!(matches!(links.dial(DialId(3), vec![], &mut net), Some(Input::DialFailed(_))));
    }

    #[test]
    fn both_sides_compute_the_same_binding() {
        let (one, two) = (PeerId::random(), PeerId::random());
        let endpoint = ConnectedPoint::Listener {
            local_addr: "/dns/relay.example/tcp/443/wss/p2p-circuit".parse().unwrap(),
            send_back_addr: Multiaddr::empty().with(Protocol::P2p(one)),
        };
        let dialler = Links::new(one).info(two, Opener::We, &endpoint);
        let listener = Links::new(two).info(one, Opener::They, &endpoint);
        assert_eq!(dialler.binding, listener.binding);
        assert_ne!(dialler.binding, binding(two, one));
        assert_eq!((dialler.dialled, listener.dialled), (true, false));
        assert_eq!(listener.path, Path::Relayed("relay.example".to_owned()));
    }
}
