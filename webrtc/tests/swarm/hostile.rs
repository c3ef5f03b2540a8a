//! A peer that abuses the signalling.

use futures::AsyncReadExt;
use libp2p::{StreamProtocol, multiaddr::Protocol, swarm::SwarmEvent};

use crate::world::{config, peer, relay};

const SIGNALLING: StreamProtocol = StreamProtocol::new("/webrtc-signaling/0.0.1");

#[tokio::test]
async fn streams_without_an_offer_keep_nobody_else_out() {
    let (_relay, circuit) = relay().await;
    let (mut hostile, mut honest, mut b) = (peer(config()), peer(config()), peer(config()));
    b.listen(&circuit).await;
    let remote = b.id;
    hostile.dial_at(circuit.clone().with(Protocol::P2p(remote)), remote).await;
    hostile
        .wait(|event| match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => (peer_id == remote).then_some(()),
            _ => None,
        })
        .await;
    let mut control = hostile.run(|swarm| swarm.behaviour().streams.new_control()).await;
    let mut streams = Vec::new();
    for _ in 0..40 {
        streams.push(control.open_stream(remote, SIGNALLING).await.unwrap());
    }
    let dial = honest.dial(&circuit, remote).await;
    assert_eq!(honest.dialled(dial).await, Ok(()));
    // All but those two that are answered at once are dropped without an answer.
    for stream in streams.iter_mut().skip(2) {
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told).await;
        assert_eq!(told, b"");
    }
}
