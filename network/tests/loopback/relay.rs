//! A relay of plain libp2p: circuits, a Kademlia server that stores what it is given, the time.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify,
    identity::Keypair,
    kad::{self, store::RecordStore},
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use lowkey_network::{clock, protocols, time};
use tokio::sync::{oneshot, watch};

#[derive(NetworkBehaviour)]
struct Behaviour {
    relay: relay::Behaviour,
    kad: kad::Behaviour<kad::store::MemoryStore>,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    time: time::Behaviour,
}

/// A running relay.
pub(crate) struct TestRelay {
    peer: PeerId,
    address: Multiaddr,
    records: Arc<Mutex<Vec<kad::Record>>>,
    stop: oneshot::Sender<()>,
    stopped: watch::Receiver<bool>,
}

impl TestRelay {
    /// Starts on a free port.
    pub(crate) async fn start() -> Self {
        Self::with_circuits_of(1 << 30).await
    }

    /// Starts with circuits of so many bytes.
    pub(crate) async fn with_circuits_of(bytes: u64) -> Self {
        Self::run(Keypair::generate_ed25519(), 0, bytes).await
    }

    /// Starts as the relay that was stopped.
    pub(crate) async fn restart((keys, port): (Keypair, u16)) -> Self {
        Self::run(keys, port, 1 << 30).await
    }

    /// Ends without a word, as a crash does; returns what `restart` needs.
    pub(crate) async fn stop(mut self) -> (Keypair, u16) {
        let port = self.port();
        let _ = self.stop.send(());
        let _ = self.stopped.wait_for(|stopped| *stopped).await;
        (keys_of(self.peer), port)
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        let port = self.address.iter().find_map(|part| match part {
            Protocol::Tcp(port) => Some(port),
            _ => None,
        });
        port.unwrap()
    }

    /// Where it listens, with its peer id.
    pub(crate) fn addresses(&self) -> Vec<Multiaddr> {
        vec![self.address.clone().with(Protocol::P2p(self.peer))]
    }

    /// How peers call it.
    pub(crate) fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// All records that were put here, as they came.
    pub(crate) fn records(&self) -> Vec<kad::Record> {
        self.records.lock().unwrap().clone()
    }

    async fn run(keys: Keypair, port: u16, circuit_bytes: u64) -> Self {
        let peer = keys.public().to_peer_id();
        KEYS.lock().unwrap().push((peer, keys.clone()));
        let mut swarm = swarm(keys, circuit_bytes).await;
        let listen = Multiaddr::from(Ipv4Addr::LOCALHOST)
            .with(Protocol::Tcp(port))
            .with(Protocol::Ws("/".into()));
        swarm.listen_on(listen).unwrap();
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        swarm.add_external_address(address.clone());
        let records = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopping) = oneshot::channel();
        let (ended, stopped) = watch::channel(false);
        let seen = Arc::clone(&records);
        tokio::spawn(async move {
            tokio::select! {
                () = serve(&mut swarm, seen) => {}
                _ = stopping => {}
            }
            drop(swarm);
            let _ = ended.send(true);
        });
        Self { peer, address, records, stop, stopped }
    }
}

static KEYS: Mutex<Vec<(PeerId, Keypair)>> = Mutex::new(Vec::new());

fn keys_of(peer: PeerId) -> Keypair {
    let keys = KEYS.lock().unwrap();
    keys.iter().find(|(known, _)| *known == peer).map(|(_, keys)| keys.clone()).unwrap()
}

async fn serve(swarm: &mut Swarm<Behaviour>, records: Arc<Mutex<Vec<kad::Record>>>) {
    loop {
        if let SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::InboundRequest {
            request: kad::InboundRequest::PutRecord { record: Some(record), .. },
        })) = swarm.select_next_some().await
        {
            records.lock().unwrap().push(record.clone());
            swarm.behaviour_mut().kad.store_mut().put(record).unwrap();
        }
    }
}

async fn swarm(keys: Keypair, circuit_bytes: u64) -> Swarm<Behaviour> {
    SwarmBuilder::with_existing_identity(keys)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_dns()
        .unwrap()
        .with_websocket(noise::Config::new, yamux::Config::default)
        .await
        .unwrap()
        .with_behaviour(|keys| behaviour(keys, circuit_bytes))
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

fn behaviour(keys: &Keypair, max_circuit_bytes: u64) -> Behaviour {
    let peer = keys.public().to_peer_id();
    let mut config = kad::Config::new(protocols::KAD);
    config.set_record_filtering(kad::StoreInserts::FilterBoth);
    let mut kad = kad::Behaviour::with_config(peer, kad::store::MemoryStore::new(peer), config);
    kad.set_mode(Some(kad::Mode::Server));
    let limits = relay::Config {
        max_circuits: 100,
        max_circuits_per_peer: 100,
        max_circuit_bytes,
        reservation_rate_limiters: Vec::new(),
        circuit_src_rate_limiters: Vec::new(),
        ..relay::Config::default()
    };
    Behaviour {
        relay: relay::Behaviour::new(peer, limits),
        kad,
        identify: identify::Behaviour::new(identify::Config::new(
            protocols::IDENTIFY.to_owned(),
            keys.public(),
        )),
        ping: ping::Behaviour::default(),
        time: time::Behaviour::server(clock::wall_clock),
    }
}
