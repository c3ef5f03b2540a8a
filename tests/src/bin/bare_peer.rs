//! A native peer with the WebRTC transport and nothing of chat, for tests with browsers: the
//! counterpart of `tests/webrtc-page`, with the same protocol on its streams.
//!
//! `bare_peer answer RELAY` prints `circuit ADDRESS` and serves until it is killed.
//! `bare_peer dial RELAY CIRCUIT` dials a peer directly, tries its streams, and prints what it found.

#[path = "../../webrtc-page/src/proof.rs"]
#[expect(clippy::disallowed_methods, reason = "times are what it reports")]
mod proof;
#[path = "../../webrtc-page/src/streams.rs"]
mod streams;

use std::{env, time::Duration};

use futures::{StreamExt, channel::oneshot};
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm, identify, identity,
    multiaddr::Protocol,
    ping, relay,
    swarm::{
        ConnectionId, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};

const ECHO: usize = 1_048_576;
const FILE: u64 = 16 * 1_048_576;
const TRIPS: u32 = 100;

#[derive(NetworkBehaviour)]
struct Behaviour {
    circuits: relay::client::Behaviour,
    rtc: lowkey_webrtc::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    streams: streams::Behaviour,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["answer", relay] => answer(relay).await,
        ["dial", relay, circuit] => dial(relay, circuit).await,
        _ => panic!("answer RELAY, or dial RELAY CIRCUIT"),
    }
}

async fn answer(relay: &str) {
    let mut swarm = swarm();
    let own = *swarm.local_peer_id();
    let relay: Multiaddr = relay.parse().expect("an address");
    let listener = swarm.listen_on(relay.with(Protocol::P2pCircuit)).expect("a circuit");
    loop {
        if let SwarmEvent::NewListenAddr { listener_id, address } = swarm.select_next_some().await
            && listener_id == listener
        {
            println!("circuit {}", address.with_p2p(own).expect("our own circuit"));
        }
    }
}

async fn dial(relay: &str, circuit: &str) {
    let mut swarm = swarm();
    swarm.dial(relay.parse::<Multiaddr>().expect("an address")).expect("a dial begins");
    while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {}
    let circuit: Multiaddr = circuit.parse().expect("an address");
    let Some(Protocol::P2p(peer)) = circuit.iter().last() else { panic!("no peer in {circuit}") };
    let address = lowkey_webrtc::direct_address(&circuit, peer);
    let dial = DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![address]);
    let dial = dial.build();
    let connection = dial.connection_id();
    swarm.dial(dial).expect("a dial begins");
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { connection_id, .. }
                if connection_id == connection =>
            {
                break;
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. }
                if connection_id == connection =>
            {
                panic!("the dial failed: {error}");
            }
            _ => {}
        }
    }
    let sent: Vec<u8> = (0..ECHO).map(|at| (at % 251) as u8).collect();
    let stream = open(&mut swarm, peer, connection).await;
    let back = run(&mut swarm, proof::ask_echo(stream, &sent)).await;
    assert!(back == sent, "the echo differs: {} bytes", back.len());
    let stream = open(&mut swarm, peer, connection).await;
    let took = run(&mut swarm, proof::ask_sink(stream, FILE)).await;
    let stream = open(&mut swarm, peer, connection).await;
    let mut trips = run(&mut swarm, proof::ask_trips(stream, TRIPS)).await;
    trips.sort_unstable();
    let speed = FILE as f64 / 1_048_576.0 / took.as_secs_f64();
    println!("found {speed:.1} MiB/s, a round trip in {:?}", trips[trips.len() / 2]);
}

async fn open(swarm: &mut Swarm<Behaviour>, peer: PeerId, connection: ConnectionId) -> Stream {
    let (reply, stream) = oneshot::channel();
    swarm.behaviour_mut().streams.open(peer, connection, reply);
    let opened =
        async { Ok(stream.await.expect("the behaviour answers").expect("a stream is agreed on")) };
    run(swarm, opened).await
}

/// Lets the swarm work until something is done.
async fn run<T>(swarm: &mut Swarm<Behaviour>, what: impl Future<Output = std::io::Result<T>>) -> T {
    let mut what = std::pin::pin!(what);
    loop {
        tokio::select! {
            done = &mut what => return done.expect("the stream holds"),
            _ = swarm.select_next_some() => {}
        }
    }
}

fn swarm() -> Swarm<Behaviour> {
    let keys = identity::Keypair::generate_ed25519();
    let own = keys.public().to_peer_id();
    let (direct, rtc) = lowkey_webrtc::new(own, lowkey_webrtc::Config::default());
    let (circuits, client) = relay::client::new(own);
    let transport = lowkey_network::platform::transport(&keys, circuits, direct)
        .expect("transports of this platform");
    let about = identify::Config::new("/lowkey-proof/1".to_owned(), keys.public());
    let behaviour = Behaviour {
        circuits: client,
        rtc,
        identify: identify::Behaviour::new(about),
        ping: ping::Behaviour::default(),
        streams: streams::Behaviour::default(),
    };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(600));
    let mut swarm = Swarm::new(transport, behaviour, own, config);
    swarm.listen_on(lowkey_webrtc::listen_address()).expect("direct dials are listened for");
    swarm
}
