//! Peers over the one port: identify, time, reservations, circuits.

use libp2p::swarm::SwarmEvent;
use lowkey_network::{clock, protocols};
use lowkey_relay::{Config, Limits};

use super::{
    host::{Host, config, limited, size},
    peer::{BehaviourEvent, Peer},
};

#[tokio::test]
async fn a_peer_finds_all_protocols_behind_the_port_of_the_page() {
    let host = Host::start(config()).await;
    let mut peer = Peer::new();
    peer.swarm.dial(host.address.clone()).unwrap();
    let info = peer.identified(host.peer).await;
    let names: Vec<&str> = info.protocols.iter().map(AsRef::as_ref).collect();
    for name in
        ["/lowkey/kad/1", "/lowkey/time/1", "/libp2p/circuit/relay/0.2.0/hop", "/ipfs/ping/1.0.0"]
    {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(info.protocol_version, protocols::IDENTIFY);
    let own = host.address.clone();
    let told: Vec<_> = info.listen_addrs.iter().map(|a| a.clone().with_p2p(host.peer)).collect();
    assert_eq!(told, [Ok(own)]);
    assert_eq!(host.get("/").await.status, 200, "the page is there as well");
}

#[tokio::test]
async fn the_relay_tells_the_time() {
    let host = Host::start(config()).await;
    let mut peer = Peer::at(&host).await;
    peer.swarm.behaviour_mut().time.ask(host.peer);
    let sample = peer
        .until("the time", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Time(sample)) => Some(sample),
            _ => None,
        })
        .await;
    assert_eq!(sample.relay, host.peer);
    assert!(clock::wall_clock().millis_since(sample.theirs) < 60_000);
}

#[tokio::test]
async fn two_peers_meet_through_a_circuit() {
    let host = Host::start(config()).await;
    let mut callee = Peer::new();
    let callee_id = callee.id;
    let address = callee.reserve(&host).await;
    let expected = format!("{}/p2p-circuit/p2p/{callee_id}", host.address);
    assert_eq!(address.to_string(), expected, "the reservation carries the relay's address");
    host.until("the reservation", |status| status.reservations == 1).await;
    let callee = callee.spawn();

    let mut caller = Peer::new();
    caller.swarm.dial(address).unwrap();
    caller.pinged(callee_id).await;
    host.until("the circuit", |status| status.circuits == 1).await;

    callee.abort();
    host.until("all is given back", |status| {
        (status.circuits, status.reservations, status.peers) == (0, 0, 1)
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_does_not_speak_ping_keeps_its_place() {
    let host = Host::start(config()).await;
    let mut callee = Peer::without_ping();
    let callee_id = callee.id;
    // The relay's first ping comes with the connection: it is refused before the circuit is there.
    let address = callee.reserve(&host).await;
    let callee = callee.spawn();
    let mut caller = Peer::new();
    caller.swarm.dial(address).unwrap();
    caller.identified(callee_id).await;
    host.until("the circuit", |status| (status.circuits, status.reservations) == (1, 1)).await;
    callee.abort();
}

#[tokio::test]
async fn a_chat_has_more_circuits_than_libp2p_would_give() {
    let host = Host::start(config()).await;
    let mut callee = Peer::new();
    let callee_id = callee.id;
    let address = callee.reserve(&host).await;
    let callee = callee.spawn();
    let mut callers = Vec::new();
    // libp2p's defaults: 4 circuits a peer, 16 in all.
    for _ in 0..20 {
        let mut caller = Peer::new();
        caller.swarm.dial(address.clone()).unwrap();
        caller
            .until("a circuit", |event| match event {
                SwarmEvent::ConnectionEstablished { peer_id, .. } if peer_id == callee_id => {
                    Some(())
                }
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => None,
            })
            .await;
        callers.push(caller.spawn());
    }
    host.until("twenty circuits", |status| status.circuits == 20).await;
    callers.iter().for_each(|caller| caller.abort());
    callee.abort();
}

#[tokio::test]
async fn reservations_are_limited() {
    let limits = Limits { reservations: size(1), ..Limits::default() };
    let host = Host::start(limited(limits)).await;
    let mut first = Peer::new();
    first.reserve(&host).await;
    let first = first.spawn();
    let mut second = Peer::new();
    let circuit = host.address.clone().with(libp2p::multiaddr::Protocol::P2pCircuit);
    second.swarm.listen_on(circuit).unwrap();
    second
        .until("a refusal", |event| match event {
            SwarmEvent::ListenerClosed { reason, .. } => Some(reason.unwrap_err()),
            SwarmEvent::NewListenAddr { .. } => panic!("over the limit"),
            _ => None,
        })
        .await;
    assert_eq!(host.status.borrow().reservations, 1);
    first.abort();
}

#[tokio::test]
async fn behind_a_proxy_the_relay_serves_whom_the_proxy_names() {
    // The peer stands for the proxy: it is trusted and names nobody, so it is the client.
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let host = Host::start(Config { trusted_proxies, ..config() }).await;
    let _peer = Peer::at(&host).await;
    host.until("the peer", |status| status.peers == 1).await;
    let secure = ["GET / HTTP/1.1", "host: x", "x-forwarded-proto: https"];
    let policy = host.ask(&secure).await;
    let policy = policy.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("connect-src 'self' wss:;"), "{policy}");
}
