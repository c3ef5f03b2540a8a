//! A native peer that dials relays by libp2p's own transports.

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{muxing::StreamMuxerBox, transport::Boxed, upgrade::Version},
    identify,
    identity::Keypair,
    kad::{self, Quorum, Record, RecordKey, store::MemoryStore},
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{self, NetworkBehaviour, SwarmEvent, behaviour::toggle::Toggle},
    tcp, websocket, yamux,
};
use libp2p_webrtc::tokio as webrtc;
use lowkey_network::{protocols, time};
use tokio::{task::JoinHandle, time::timeout};

use super::host::{Host, PATIENCE};

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub identify: identify::Behaviour,
    pub ping: Toggle<ping::Behaviour>,
    pub kad: kad::Behaviour<MemoryStore>,
    pub relay: relay::client::Behaviour,
    pub time: time::Behaviour,
}

pub struct Peer {
    pub id: PeerId,
    pub swarm: Swarm<Behaviour>,
}

impl Peer {
    pub fn new() -> Self {
        Self::with(|keys| {
            let certificate = webrtc::Certificate::generate(&mut rand::rng()).unwrap();
            webrtc::Transport::new(keys.clone(), certificate)
                .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
                .boxed()
        })
    }

    /// Makes a peer that does not speak ping.
    pub fn without_ping() -> Self {
        let mut peer = Self::new();
        peer.swarm.behaviour_mut().ping = None.into();
        peer
    }

    /// Makes a peer that dials WebRTC-direct as our pages do.
    pub fn with_direct() -> Self {
        Self::with(|keys| {
            let config = lowkey_webrtc::Config { loopback: true, ..Default::default() };
            lowkey_webrtc::DirectTransport::new(keys, config)
                .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
                .boxed()
        })
    }

    fn with(webrtc: impl FnOnce(&Keypair) -> Boxed<(PeerId, StreamMuxerBox)>) -> Self {
        let keys = Keypair::generate_ed25519();
        let id = keys.public().to_peer_id();
        let (circuits, relay) = relay::client::new(id);
        let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
        let streams = circuits
            .or_transport(websocket::Config::new(tcp))
            .upgrade(Version::V1Lazy)
            .authenticate(noise::Config::new(&keys).unwrap())
            .multiplex(yamux::Config::default())
            .boxed();
        drop(rustls::crypto::ring::default_provider().install_default());
        let transport =
            streams.or_transport(webrtc(&keys)).map(|either, _| either.into_inner()).boxed();
        let identify = identify::Config::new(protocols::IDENTIFY.to_owned(), keys.public());
        let kad = kad::Config::new(protocols::KAD);
        let behaviour = Behaviour {
            identify: identify::Behaviour::new(identify),
            ping: Some(ping::Behaviour::new(ping::Config::new())).into(),
            kad: kad::Behaviour::with_config(id, MemoryStore::new(id), kad),
            relay,
            time: time::Behaviour::client(),
        };
        let config =
            swarm::Config::with_tokio_executor().with_idle_connection_timeout(PATIENCE * 10);
        Self { id, swarm: Swarm::new(transport, behaviour, id, config) }
    }

    /// Makes a peer that can dial WebRTC-direct; libp2p's dials from the port that it listens on.
    pub async fn with_webrtc() -> Self {
        let mut peer = Self::new();
        peer.swarm.listen_on("/ip4/127.0.0.1/udp/0/webrtc-direct".parse().unwrap()).unwrap();
        peer.until("a UDP port", |event| {
            matches!(event, SwarmEvent::NewListenAddr { .. }).then_some(())
        })
        .await;
        peer
    }

    /// Makes a peer that is connected to a relay and knows it as a DHT node.
    pub async fn at(host: &Host) -> Self {
        let mut peer = Self::new();
        peer.connect(host).await;
        peer
    }

    pub async fn connect(&mut self, host: &Host) {
        self.swarm.dial(host.address.clone()).unwrap();
        self.swarm.behaviour_mut().kad.add_address(&host.peer, host.address.clone());
        self.identified(host.peer).await;
    }

    /// Waits for the answer of a peer to a ping.
    pub async fn pinged(&mut self, other: PeerId) {
        self.until("a ping", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                peer,
                result: Ok(_),
                ..
            })) if peer == other => Some(()),
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
            _ => None,
        })
        .await;
    }

    pub async fn identified(&mut self, by: PeerId) -> identify::Info {
        self.until("identify", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) if peer_id == by => Some(info),
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
            _ => None,
        })
        .await
    }

    /// Runs until an event is the one that is waited for.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(SwarmEvent<BehaviourEvent>) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                if let Some(found) = wanted(self.swarm.select_next_some().await) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("waited for {what}"))
    }

    /// Goes on in the background.
    pub fn spawn(mut self) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                self.swarm.select_next_some().await;
            }
        })
    }

    /// Puts a record to these relays as our own peers do; the answer proves nothing.
    pub async fn put(&mut self, record: Record, to: &[&Host]) {
        let relays = to.iter().map(|host| host.peer).collect::<Vec<_>>();
        let kad = &mut self.swarm.behaviour_mut().kad;
        let query = kad.put_record_to(record, relays.into_iter(), Quorum::All);
        self.finished(query).await;
    }

    pub async fn finished(&mut self, query: kad::QueryId) {
        self.until("the end of a query", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed {
                id,
                step,
                ..
            })) if id == query && step.last => Some(()),
            _ => None,
        })
        .await;
    }

    /// Asks the DHT, and returns all answers.
    pub async fn find(&mut self, key: &RecordKey) -> Vec<kad::PeerRecord> {
        let query = self.swarm.behaviour_mut().kad.get_record(key.clone());
        let mut found = Vec::new();
        self.until("the end of a look-up", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed {
                id,
                result: kad::QueryResult::GetRecord(result),
                step,
                ..
            })) if id == query => {
                if let Ok(kad::GetRecordOk::FoundRecord(record)) = result {
                    found.push(record);
                }
                step.last.then_some(())
            }
            _ => None,
        })
        .await;
        found
    }

    /// Reserves a place at a relay and returns the address at which others reach us.
    pub async fn reserve(&mut self, host: &Host) -> Multiaddr {
        self.reserve_at(host.address.clone()).await
    }

    /// The same at one address of a relay.
    pub async fn reserve_at(&mut self, relay: Multiaddr) -> Multiaddr {
        let circuit = relay.clone().with(Protocol::P2pCircuit);
        self.swarm.listen_on(circuit).unwrap();
        self.until("a reservation", |event| match event {
            SwarmEvent::NewListenAddr { address, .. }
                if address.to_string().starts_with(&relay.to_string()) =>
            {
                Some(address)
            }
            SwarmEvent::ListenerClosed { reason, .. } => panic!("{reason:?}"),
            _ => None,
        })
        .await
    }
}
