//! Our own dial of WebRTC-direct, which pages use, at a relay.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol, swarm::SwarmEvent};
use lowkey_relay::{Config, config::UdpPort};
use tokio::time::timeout;

use super::{
    host::{Host, PATIENCE, config},
    peer::{BehaviourEvent, Peer},
};

fn on() -> Config {
    Config { webrtc: UdpPort::On, ..config() }
}

#[tokio::test]
async fn it_connects_and_keeps_a_connection_alive() {
    let host = Host::start(on()).await;
    let mut peer = Peer::with_direct();
    peer.swarm.dial(host.webrtc()).unwrap();
    let info = peer.identified(host.peer).await;
    assert!(info.observed_addr.iter().any(|part| part == Protocol::WebRTCDirect));
    peer.swarm.behaviour_mut().time.ask(host.peer);
    peer.until("the time", |event| {
        matches!(event, SwarmEvent::Behaviour(BehaviourEvent::Time(_))).then_some(())
    })
    .await;
    host.until("the peer", |status| status.peers == 1).await;
    drop(peer);
    host.until("its end", |status| status.peers == 0).await;
}

#[tokio::test]
async fn two_clients_meet_through_a_circuit_over_it() {
    let host = Host::start(on()).await;
    let mut callee = Peer::with_direct();
    let callee_id = callee.id;
    let address = callee.reserve_at(host.webrtc()).await;
    let callee = callee.spawn();
    let mut caller = Peer::with_direct();
    caller.swarm.dial(address).unwrap();
    caller.pinged(callee_id).await;
    callee.abort();
}

#[tokio::test]
async fn another_peer_behind_the_address_is_refused() {
    let host = Host::start(on()).await;
    let lie = |part| match part {
        Protocol::P2p(_) => Protocol::P2p(PeerId::random()),
        part => part,
    };
    let address: Multiaddr = host.webrtc().iter().map(lie).collect();
    let mut peer = Peer::with_direct();
    peer.swarm.dial(address).unwrap();
    let error = peer
        .until("a refusal", |event| match event {
            SwarmEvent::OutgoingConnectionError { error, .. } => Some(format!("{error:?}")),
            SwarmEvent::ConnectionEstablished { .. } => panic!("connected"),
            _ => None,
        })
        .await;
    assert!(error.contains("WrongPeer"), "{error}");
}

#[tokio::test]
async fn a_relay_that_comes_back_is_dialled_again() {
    let host = Host::start(on()).await;
    let mut peer = Peer::with_direct();
    peer.swarm.dial(host.webrtc()).unwrap();
    peer.identified(host.peer).await;
    let at = host.at;
    let data = host.stop().await;
    peer.until("the end", |event| {
        matches!(event, SwarmEvent::ConnectionClosed { .. }).then_some(())
    })
    .await;
    // The port becomes free a moment after the relay has stopped.
    let free = async {
        while std::net::UdpSocket::bind(at).is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, free).await.unwrap();
    let again = Host::start_with(Config { listen: at, ..on() }, data).await;
    peer.swarm.dial(again.webrtc()).unwrap();
    peer.identified(again.peer).await;
}
