//! A peer's part: it reserves at the relay and answers, or dials, first through the relay and then
//! directly. What it finds is printed.

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, identify, identity,
    multiaddr::Protocol,
    ping, relay,
    swarm::{
        ConnectionId, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};

#[derive(NetworkBehaviour)]
struct Behaviour {
    circuits: relay::client::Behaviour,
    rtc: lowkey_webrtc::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// Reserves, prints the circuit, and answers until it is killed.
pub async fn answer(relay: &str, stun: &str) {
    let mut swarm = swarm(stun);
    let own = *swarm.local_peer_id();
    let relay: Multiaddr = relay.parse().expect("an address");
    let circuit = relay.with(Protocol::P2pCircuit);
    let listener = swarm.listen_on(circuit).expect("a circuit is listened on");
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { listener_id, address } if listener_id == listener => {
                println!("circuit {}", address.with_p2p(own).expect("our own circuit"));
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } if listener_id == listener => {
                panic!("the reservation ended: {reason:?}");
            }
            _ => {}
        }
    }
}

/// Dials through the relay, then directly, and prints on which path a ping came back last.
pub async fn dial(relay: &str, stun: &str, circuit: &str) {
    let mut swarm = swarm(stun);
    swarm.dial(relay.parse::<Multiaddr>().expect("an address")).expect("a dial begins");
    // A circuit that is dialled meanwhile would dial the relay once more.
    while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {}
    let circuit: Multiaddr = circuit.parse().expect("an address");
    let Some(Protocol::P2p(peer)) = circuit.iter().last() else { panic!("no peer in {circuit}") };
    let relayed = start_dial(&mut swarm, peer, circuit.clone());
    pinged(&mut swarm, relayed).await.expect("the relay is open to everybody");
    let direct = start_dial(&mut swarm, peer, lowkey_webrtc::direct_address(&circuit, peer));
    match pinged(&mut swarm, direct).await {
        Ok(()) => println!("path direct"),
        // The circuit stands.
        Err(_) => println!("path relayed"),
    }
}

fn start_dial(swarm: &mut Swarm<Behaviour>, peer: PeerId, address: Multiaddr) -> ConnectionId {
    let dial =
        DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![address]).build();
    let connection = dial.connection_id();
    swarm.dial(dial).expect("a dial begins");
    connection
}

/// Waits until a ping came back on a connection, or until there is none.
async fn pinged(swarm: &mut Swarm<Behaviour>, connection: ConnectionId) -> Result<(), String> {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event))
                if event.connection == connection && event.result.is_ok() =>
            {
                return Ok(());
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. }
                if connection_id == connection =>
            {
                return Err(error.to_string());
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. }
                if connection_id == connection =>
            {
                return Err(format!("closed: {cause:?}"));
            }
            _ => {}
        }
    }
}

fn swarm(stun: &str) -> Swarm<Behaviour> {
    let keys = identity::Keypair::generate_ed25519();
    let own = keys.public().to_peer_id();
    let config = lowkey_webrtc::Config {
        stun_servers: vec![stun.to_owned()],
        ..lowkey_webrtc::Config::default()
    };
    let (direct, rtc) = lowkey_webrtc::new(own, config);
    let (circuits, client) = relay::client::new(own);
    let transport = lowkey_network::platform::transport(&keys, circuits, direct)
        .expect("transports of this platform");
    let about = identify::Config::new("/lowkey-proof/1".to_owned(), keys.public());
    let behaviour = Behaviour {
        circuits: client,
        rtc,
        identify: identify::Behaviour::new(about),
        ping: ping::Behaviour::default(),
    };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(std::time::Duration::from_secs(600));
    let mut swarm = Swarm::new(transport, behaviour, own, config);
    swarm.listen_on(lowkey_webrtc::listen_address()).expect("direct dials are listened for");
    swarm
}
