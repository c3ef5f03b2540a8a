//! Who may learn our addresses.

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};
use libp2p::{StreamProtocol, multiaddr::Protocol, swarm::SwarmEvent};
use lowkey_webrtc::{Admission, Config};

use crate::world::{Peer, config, peer, relay};

const SIGNALLING: StreamProtocol = StreamProtocol::new("/webrtc-signaling/0.0.1");

fn listed() -> Config {
    Config { admission: Admission::Listed, ..config() }
}

/// Connects through the relay.
async fn connect(a: &mut Peer, circuit: &libp2p::Multiaddr, b: &Peer) {
    let remote = b.id;
    a.dial_at(circuit.clone().with(Protocol::P2p(remote)), remote).await;
    a.wait(|event| match event {
        SwarmEvent::ConnectionEstablished { peer_id, .. } => (peer_id == remote).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn a_stranger_gets_not_even_the_protocol() {
    let (_relay, circuit) = relay().await;
    let (mut stranger, mut listed) = (peer(config()), peer(listed()));
    listed.listen(&circuit).await;
    connect(&mut stranger, &circuit, &listed).await;
    let mut control = stranger.run(|swarm| swarm.behaviour().streams.new_control()).await;
    let refused = control.open_stream(listed.id, SIGNALLING).await.unwrap_err();
    assert!(matches!(refused, libp2p_stream::OpenStreamError::UnsupportedProtocol(_)));
    let dial = stranger.dial(&circuit, listed.id).await;
    let error = stranger.dialled(dial).await.unwrap_err();
    assert!(error.contains("Unsupported"), "{error}");
}

#[tokio::test]
async fn a_stranger_is_not_dialled() {
    let (_relay, circuit) = relay().await;
    // This one has no signalling of its own, so that it sees every stream of the other.
    let (mut stranger, mut listed) = (peer(config()), peer(listed()));
    let reserve = circuit.clone();
    stranger.run(|swarm| swarm.listen_on(reserve).unwrap()).await;
    stranger.wait(|event| matches!(event, SwarmEvent::NewListenAddr { .. }).then_some(())).await;
    let mut control = stranger.run(|swarm| swarm.behaviour().streams.new_control()).await;
    let mut streams = control.accept(SIGNALLING).unwrap();
    connect(&mut listed, &circuit, &stranger).await;
    let dial = listed.dial(&circuit, stranger.id).await;
    let error = listed.dialled(dial).await.unwrap_err();
    assert!(error.contains("NotAllowed"), "{error}");
    assert!(streams.next().now_or_never().is_none(), "no stream, so no candidate");
}

#[tokio::test]
async fn who_is_allowed_connects_also_on_a_circuit_that_was_there_before() {
    let (_relay, circuit) = relay().await;
    let (mut a, mut b) = (peer(config()), peer(listed()));
    b.listen(&circuit).await;
    connect(&mut a, &circuit, &b).await;
    let id = a.id;
    b.run(move |swarm| swarm.behaviour_mut().direct.allow(id)).await;
    // The permission reaches the connection in the swarm's next turn.
    loop {
        let dial = a.dial(&circuit, b.id).await;
        match a.dialled(dial).await {
            Ok(()) => break,
            Err(error) => assert!(error.contains("Unsupported"), "{error}"),
        }
    }
    let answer = b.answered().await;
    b.run(move |swarm| swarm.behaviour_mut().direct.forbid(id)).await;
    b.pinged(answer).await;
}

#[tokio::test]
async fn forbidding_a_peer_ends_what_is_under_way() {
    let (_relay, circuit) = relay().await;
    let (mut silent, mut b) = (peer(config()), peer(listed()));
    b.listen(&circuit).await;
    let id = silent.id;
    b.run(move |swarm| swarm.behaviour_mut().direct.allow(id)).await;
    connect(&mut silent, &circuit, &b).await;
    let mut control = silent.run(|swarm| swarm.behaviour().streams.new_control()).await;
    // A stream whose offer never comes.
    let mut stream = control.open_stream(b.id, SIGNALLING).await.unwrap();
    stream.flush().await.unwrap();
    b.run(move |swarm| swarm.behaviour_mut().direct.forbid(id)).await;
    let mut told = Vec::new();
    // A reset and an end both mean that nothing more comes.
    let _ = stream.read_to_end(&mut told).await;
    assert_eq!(told, b"");
}
