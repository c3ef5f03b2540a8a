//! A relay and peers, each a swarm that runs by itself.

use std::{fmt, time::Duration};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{MemoryTransport, upgrade::Version},
    },
    identity::Keypair,
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{ConnectionId, NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
    yamux,
};
use lowkey_webrtc::{Config, Event, direct_address, is_direct, listen_address};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

/// Longer than anything here takes, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(NetworkBehaviour)]
pub(crate) struct PeerBehaviour {
    circuits: relay::client::Behaviour,
    pub(crate) direct: lowkey_webrtc::Behaviour,
    pub(crate) streams: libp2p_stream::Behaviour,
    ping: ping::Behaviour,
}

#[derive(NetworkBehaviour)]
pub(crate) struct RelayBehaviour {
    relay: relay::Behaviour,
}

/// A swarm in a task of its own.
pub(crate) struct Running<B: NetworkBehaviour> {
    pub(crate) id: PeerId,
    orders: mpsc::Sender<Order<B>>,
    events: mpsc::Receiver<SwarmEvent<B::ToSwarm>>,
    task: JoinHandle<()>,
}

type Order<B> = Box<dyn FnOnce(&mut Swarm<B>) + Send>;
pub(crate) type Peer = Running<PeerBehaviour>;
pub(crate) type Relay = Running<RelayBehaviour>;

impl<B: NetworkBehaviour> Running<B>
where
    B::ToSwarm: Send + fmt::Debug,
    Swarm<B>: Send,
{
    fn new(mut swarm: Swarm<B>) -> Self {
        let id = *swarm.local_peer_id();
        let (orders, mut to_do) = mpsc::channel::<Order<B>>(16);
        let (report, events) = mpsc::channel(4096);
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    order = to_do.recv() => match order {
                        Some(order) => order(&mut swarm),
                        None => return,
                    },
                    event = swarm.select_next_some() => {
                        report.try_send(event).expect("the test reads the events");
                    }
                }
            }
        });
        Self { id, orders, events, task }
    }

    /// Does something with the swarm.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        order: impl FnOnce(&mut Swarm<B>) -> T + Send + 'static,
    ) -> T {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let order = move |swarm: &mut Swarm<B>| drop(reply.send(order(swarm)));
        assert!(self.orders.send(Box::new(order)).await.is_ok(), "the swarm runs");
        answer.await.unwrap()
    }

    /// Waits for an event of which `pick` makes something; others are passed over.
    pub(crate) async fn wait<T>(
        &mut self,
        mut pick: impl FnMut(SwarmEvent<B::ToSwarm>) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the swarm runs");
                tracing::trace!(?event);
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.expect("the event comes")
    }

    /// Ends the swarm without a word.
    pub(crate) fn kill(&self) {
        self.task.abort();
    }
}

impl<B: NetworkBehaviour> Drop for Running<B> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a relay and returns it with the address of its circuits.
pub(crate) async fn relay() -> (Relay, Multiaddr) {
    let keys = Keypair::generate_ed25519();
    let id = keys.public().to_peer_id();
    let config = relay::Config {
        max_reservations: 64,
        max_circuits: 64,
        max_circuits_per_peer: 64,
        reservation_rate_limiters: Vec::new(),
        circuit_src_rate_limiters: Vec::new(),
        ..relay::Config::default()
    };
    let transport = MemoryTransport::default()
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&keys).unwrap())
        .multiplex(yamux::Config::default())
        .boxed();
    let behaviour = RelayBehaviour { relay: relay::Behaviour::new(id, config) };
    let config = libp2p::swarm::Config::with_tokio_executor();
    let mut relay = Running::new(Swarm::new(transport, behaviour, id, config));
    let memory = Multiaddr::empty().with(Protocol::Memory(0));
    relay.run(|swarm| swarm.listen_on(memory).unwrap()).await;
    let address = relay
        .wait(|event| match event {
            SwarmEvent::NewListenAddr { address, .. } => Some(address),
            _ => None,
        })
        .await;
    let external = address.clone();
    relay.run(move |swarm| swarm.add_external_address(external)).await;
    (relay, address.with(Protocol::P2p(id)).with(Protocol::P2pCircuit))
}

/// Starts a peer.
pub(crate) fn peer(config: Config) -> Peer {
    let keys = Keypair::generate_ed25519();
    let id = keys.public().to_peer_id();
    let (direct_transport, direct) = lowkey_webrtc::new(id, config);
    let (circuit_transport, circuits) = relay::client::new(id);
    let relayed = circuit_transport
        .or_transport(MemoryTransport::default())
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&keys).unwrap())
        .multiplex(yamux::Config::default());
    let transport = direct_transport
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
        .or_transport(relayed.map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer))))
        .map(|either, _| either.into_inner())
        .boxed();
    let behaviour = PeerBehaviour {
        circuits,
        direct,
        streams: libp2p_stream::Behaviour::new(),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(500))),
    };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(600));
    Running::new(Swarm::new(transport, behaviour, id, config))
}

/// Makes what connects on one machine without a network.
pub(crate) fn config() -> Config {
    Config { loopback: true, ..Config::default() }
}

impl Peer {
    /// Reserves at a relay and takes direct connections.
    pub(crate) async fn listen(&mut self, circuit: &Multiaddr) {
        let circuit = circuit.clone();
        self.run(|swarm| {
            swarm.listen_on(listen_address()).unwrap();
            swarm.listen_on(circuit).unwrap();
        })
        .await;
        self.wait(|event| match event {
            SwarmEvent::NewListenAddr { address, .. } if address != listen_address() => Some(()),
            _ => None,
        })
        .await;
    }

    /// Dials directly; the answer comes as an event.
    pub(crate) async fn dial(&self, circuit: &Multiaddr, peer: PeerId) -> ConnectionId {
        let address = direct_address(circuit, peer);
        self.dial_at(address, peer).await
    }

    pub(crate) async fn dial_at(&self, address: Multiaddr, peer: PeerId) -> ConnectionId {
        let opts = DialOpts::peer_id(peer)
            .addresses(vec![address])
            .condition(libp2p::swarm::dial_opts::PeerCondition::Always)
            .build();
        let id = opts.connection_id();
        self.run(|swarm| swarm.dial(opts).unwrap()).await;
        id
    }

    /// Waits until a dial ends, and returns why it failed if it did.
    pub(crate) async fn dialled(&mut self, dial: ConnectionId) -> Result<(), String> {
        self.wait(|event| match event {
            SwarmEvent::ConnectionEstablished { connection_id, endpoint, .. }
                if connection_id == dial =>
            {
                assert!(is_direct(&endpoint));
                Some(Ok(()))
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. }
                if connection_id == dial =>
            {
                Some(Err(format!("{error:?}")))
            }
            _ => None,
        })
        .await
    }

    /// Waits until a remote has connected directly.
    pub(crate) async fn answered(&mut self) -> ConnectionId {
        self.wait(|event| match event {
            SwarmEvent::ConnectionEstablished { connection_id, endpoint, .. }
                if is_direct(&endpoint) && endpoint.is_listener() =>
            {
                Some(connection_id)
            }
            _ => None,
        })
        .await
    }

    /// Waits until a ping has come back on a connection.
    pub(crate) async fn pinged(&mut self, on: ConnectionId) {
        self.wait(|event| match event {
            SwarmEvent::Behaviour(PeerBehaviourEvent::Ping(ping)) if ping.connection == on => {
                ping.result.is_ok().then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Waits until a connection is closed.
    pub(crate) async fn closed(&mut self, which: ConnectionId) {
        self.wait(|event| match event {
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                (connection_id == which).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Waits until the path of a direct connection is told.
    pub(crate) async fn path(&mut self) -> Event {
        self.wait(|event| match event {
            SwarmEvent::Behaviour(PeerBehaviourEvent::Direct(event)) => Some(event),
            _ => None,
        })
        .await
    }
}
