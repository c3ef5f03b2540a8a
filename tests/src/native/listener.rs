//! A relay that a test has in its hand: libp2p's own behaviours over WebSocket, every byte taped,
//! every DHT put as it was decoded.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{StreamMuxer, muxing::StreamMuxerBox, upgrade::Version},
    identify, identity,
    kad::{self, store::MemoryStore},
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, websocket, yamux,
};
use lowkey_network::{clock, protocols, time};
use tokio::task::JoinHandle;

use super::tapped::{Tape, TappedMuxer};

/// A relay that writes down everything.
#[derive(Debug)]
pub struct ListeningRelay {
    /// Its peer id.
    pub peer_id: PeerId,
    /// Where it listens: `/ip4/127.0.0.1/tcp/PORT/ws/p2p/ID`.
    pub address: Multiaddr,
    heard: Heard,
    task: JoinHandle<()>,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
struct Heard {
    tape: Tape,
    puts: Arc<Mutex<Vec<kad::Record>>>,
    agents: Arc<Mutex<Vec<Vec<u8>>>>,
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    kad: kad::Behaviour<MemoryStore>,
    identify: identify::Behaviour,
    relay: relay::Behaviour,
    ping: ping::Behaviour,
    time: time::Behaviour,
}

impl ListeningRelay {
    /// Starts one on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        let heard = Heard::default();
        let mut swarm = swarm(heard.tape.clone());
        let peer_id = *swarm.local_peer_id();
        let any: Multiaddr = "/ip4/127.0.0.1/tcp/0/ws".parse().expect("a multiaddr");
        swarm.listen_on(any).expect("loopback can be listened on");
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        swarm.add_external_address(address.clone());
        let address = address.with(Protocol::P2p(peer_id));
        let task = tokio::spawn(listen(swarm, heard.clone()));
        Self { peer_id, address, heard, task }
    }

    /// Returns every record that somebody has put here.
    pub fn puts(&self) -> Vec<kad::Record> {
        self.heard.puts.lock().expect("nobody panics with the list").clone()
    }

    /// Puts a record here as libp2p's own `put_record` does: with the publisher's name in it.
    /// Returns that name.
    pub async fn publish_naively(&self, key: &[u8], value: Vec<u8>) -> PeerId {
        let mut swarm = swarm(Tape::default());
        let address = self.address.iter().filter(|part| !matches!(part, Protocol::P2p(_)));
        let kad = &mut swarm.behaviour_mut().kad;
        kad.add_address(&self.peer_id, address.collect());
        let record = kad::Record::new(key.to_vec(), value);
        let query = kad.put_record(record, kad::Quorum::One).expect("room for a record");
        loop {
            if let SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed {
                id,
                step,
                ..
            })) = swarm.select_next_some().await
                && id == query
                && step.last
            {
                return *swarm.local_peer_id();
            }
        }
    }

    /// Returns everything that identify has told, as text.
    pub fn identities(&self) -> Vec<Vec<u8>> {
        self.heard.agents.lock().expect("nobody panics with the list").clone()
    }

    /// Returns the two directions of every substream.
    pub fn streams(&self) -> Vec<[Vec<u8>; 2]> {
        self.heard.tape.streams()
    }
}

impl Drop for ListeningRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(mut swarm: Swarm<Behaviour>, heard: Heard) {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::InboundRequest {
                request: kad::InboundRequest::PutRecord { record: Some(record), .. },
            })) => {
                heard.puts.lock().expect("nobody panics with the list").push(record.clone());
                let kad = &mut swarm.behaviour_mut().kad;
                kad::store::RecordStore::put(kad.store_mut(), record).expect("room for it");
            }
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                let told = format!("{info:?}").into_bytes();
                heard.agents.lock().expect("nobody panics with the list").push(told);
                if info.protocols.contains(&protocols::KAD) {
                    for address in info.listen_addrs {
                        swarm.behaviour_mut().kad.add_address(&peer_id, address);
                    }
                }
            }
            _ => {}
        }
    }
}

fn tapped(
    muxer: impl StreamMuxer<Substream: Send + Unpin + 'static, Error: Send + Sync>
    + Send
    + Unpin
    + 'static,
    tape: &Tape,
) -> StreamMuxerBox {
    StreamMuxerBox::new(TappedMuxer::new(muxer, tape.clone()))
}

fn swarm(tape: Tape) -> Swarm<Behaviour> {
    let keys = identity::Keypair::generate_ed25519();
    let peer_id = keys.public().to_peer_id();
    let transport = websocket::Config::new(tcp::tokio::Transport::default())
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&keys).expect("an ed25519 key"))
        .multiplex(yamux::Config::default())
        .map(move |(peer, muxer), _| (peer, tapped(muxer, &tape)))
        .boxed();
    let mut kad_config = kad::Config::new(protocols::KAD);
    kad_config.set_record_filtering(kad::StoreInserts::FilterBoth);
    let mut kad = kad::Behaviour::with_config(peer_id, MemoryStore::new(peer_id), kad_config);
    kad.set_mode(Some(kad::Mode::Server));
    let about = identify::Config::new(protocols::IDENTIFY.to_owned(), keys.public());
    let relay_config = relay::Config {
        max_circuits: 1_000,
        max_circuit_bytes: 1 << 30,
        max_circuit_duration: Duration::from_secs(86_400),
        ..relay::Config::default()
    };
    let behaviour = Behaviour {
        kad,
        identify: identify::Behaviour::new(about),
        relay: relay::Behaviour::new(peer_id, relay_config),
        ping: ping::Behaviour::default(),
        time: time::Behaviour::server(clock::wall_clock),
    };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(600));
    Swarm::new(transport, behaviour, peer_id, config)
}
