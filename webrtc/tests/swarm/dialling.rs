//! Peers that dial each other.

use std::time::{Duration, Instant};

use libp2p::{multiaddr::Protocol, swarm::SwarmEvent};
use lowkey_webrtc::{Config, Event};

use crate::world::{config, peer, relay};

#[tokio::test]
async fn a_dial_makes_its_circuit_and_connects() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    let started = Instant::now();
    let dial = a.dial(&circuit, b.id).await;
    assert_eq!(a.dialled(dial).await, Ok(()));
    println!("dialled in {:?}", started.elapsed());
    let answer = b.answered().await;
    a.pinged(dial).await;
    b.pinged(answer).await;
}

#[tokio::test]
async fn both_sides_learn_the_path() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    a.dial(&circuit, b.id).await;
    let (told_a, told_b) = (a.path().await, b.path().await);
    for (told, remote) in [(told_a, b.id), (told_b, a.id)] {
        let Event::Path { peer, pair } = told else { panic!("{told:?}") };
        assert_eq!(peer, remote);
        assert!(pair.is_direct());
    }
}

#[tokio::test]
async fn a_dial_uses_the_circuit_that_is_there() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    let relayed = circuit.clone().with(Protocol::P2p(b.id));
    a.dial_at(relayed, b.id).await;
    a.wait(|event| match event {
        SwarmEvent::ConnectionEstablished { peer_id, .. } => (peer_id == b.id).then_some(()),
        _ => None,
    })
    .await;
    let dial = a.dial(&circuit, b.id).await;
    let count = a
        .wait(|event| match event {
            SwarmEvent::ConnectionEstablished { connection_id, num_established, .. } => {
                (connection_id == dial).then_some(num_established)
            }
            _ => None,
        })
        .await;
    assert_eq!(count.get(), 2, "one through the relay, one direct");
}

#[tokio::test]
async fn both_sides_may_dial_at_once() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    a.listen(&circuit).await;
    b.listen(&circuit).await;
    for _ in 0..5 {
        let (dial_a, dial_b) = futures::join!(a.dial(&circuit, b.id), b.dial(&circuit, a.id));
        let (done_a, done_b) = futures::join!(a.dialled(dial_a), b.dialled(dial_b));
        assert_eq!((done_a, done_b), (Ok(()), Ok(())));
        a.run(move |swarm| swarm.close_connection(dial_a)).await;
        b.run(move |swarm| swarm.close_connection(dial_b)).await;
        futures::join!(a.closed(dial_a), b.closed(dial_b));
    }
}

#[tokio::test]
async fn twenty_five_dials_in_a_row_connect() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    let mut times = Vec::new();
    for _ in 0..25 {
        let started = Instant::now();
        let dial = a.dial(&circuit, b.id).await;
        assert_eq!(a.dialled(dial).await, Ok(()));
        times.push(started.elapsed());
        let answer = b.answered().await;
        a.run(move |swarm| swarm.close_connection(dial)).await;
        // The other side learns of the end by itself.
        b.closed(answer).await;
    }
    times.sort();
    println!("25 dials: median {:?}, slowest {:?}", times[12], times[24]);
}

#[tokio::test]
async fn a_direct_connection_outlives_the_relay() {
    let (relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    let dial = a.dial(&circuit, b.id).await;
    assert_eq!(a.dialled(dial).await, Ok(()));
    let answer = b.answered().await;
    relay.kill();
    a.wait(|event| matches!(event, SwarmEvent::ConnectionClosed { .. }).then_some(())).await;
    for _ in 0..3 {
        a.pinged(dial).await;
        b.pinged(answer).await;
    }
}

#[tokio::test]
async fn a_remote_that_goes_is_noticed() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    b.listen(&circuit).await;
    let dial = a.dial(&circuit, b.id).await;
    assert_eq!(a.dialled(dial).await, Ok(()));
    b.answered().await;
    let started = Instant::now();
    b.kill();
    a.closed(dial).await;
    println!("noticed after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_dial_to_nobody_fails() {
    let (_relay, circuit) = relay().await;
    let mut a = peer(config());
    let dial = a.dial(&circuit, libp2p::PeerId::random()).await;
    let error = a.dialled(dial).await.unwrap_err();
    assert!(error.contains("NoCircuit"), "{error}");
}

#[tokio::test]
async fn a_dial_to_a_peer_that_does_not_listen_for_it_fails() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(config()));
    let reserve = circuit.clone();
    b.run(|swarm| swarm.listen_on(reserve).unwrap()).await;
    b.wait(|event| matches!(event, SwarmEvent::NewListenAddr { .. }).then_some(())).await;
    let dial = a.dial(&circuit, b.id).await;
    let error = a.dialled(dial).await.unwrap_err();
    assert!(error.contains("Unsupported"), "{error}");
}

#[tokio::test]
async fn dials_are_bounded() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(Config { dials: 1, ..config() }), peer(config()));
    b.listen(&circuit).await;
    let first = a.dial(&circuit, b.id).await;
    let second = a.dial(&circuit, b.id).await;
    let mut ends = Vec::new();
    while ends.len() < 2 {
        let end = a
            .wait(|event| match event {
                SwarmEvent::ConnectionEstablished { connection_id, .. } => {
                    Some((connection_id, None))
                }
                SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                    Some((connection_id, Some(format!("{error:?}"))))
                }
                _ => None,
            })
            .await;
        ends.extend(Some(end).filter(|(id, _)| [first, second].contains(id)));
    }
    let failed: Vec<_> = ends.into_iter().filter_map(|(_, error)| error).collect();
    assert!(failed.len() == 1 && failed[0].contains("TooManyDials"), "{failed:?}");
}

#[tokio::test]
async fn a_relay_that_dies_in_the_middle_of_a_dial_gives_an_error_in_time() {
    let (relay, circuit) = relay().await;
    // There is no path between them but the relay's.
    let (mut a, mut b) = (peer(Config { loopback: false, ..config() }), peer(config()));
    b.listen(&circuit).await;
    let dial = a.dial(&circuit, b.id).await;
    a.wait(|event| match event {
        SwarmEvent::ConnectionEstablished { peer_id, .. } => (peer_id == b.id).then_some(()),
        _ => None,
    })
    .await;
    relay.kill();
    let started = Instant::now();
    let ended = a.dialled(dial).await;
    println!("{ended:?} after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(20));
}
