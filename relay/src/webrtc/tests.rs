//! Whole connections: our own dial, which pages use, at this listener.

use std::future::poll_fn;

use futures::{AsyncReadExt, AsyncWriteExt, future::join};
use libp2p::core::{Endpoint, muxing::StreamMuxerExt, transport::PortUse};
use lowkey_webrtc::DirectTransport;

use super::*;
use crate::{Config, certificate};

/// Returns both ends of a connection; the listener must outlive them.
async fn connected() -> (WebRtc, Connection, lowkey_webrtc::Connection) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default();
    let socket = probe(([127, 0, 0, 1], 0).into()).unwrap();
    let certificate = certificate::load_or_create(folder.path()).unwrap();
    let address = reachable::webrtc_address(socket);
    let dialled =
        address.clone().with(Protocol::Certhash(certificate.fingerprint().to_multihash()));
    let keys = Keypair::generate_ed25519();
    let mut listener = WebRtc::new(&keys, certificate, Clients::new(&config), &config.limits);
    listener.listen_on(ListenerId::next(), address).unwrap();

    let native = lowkey_webrtc::Config { loopback: true, ..Default::default() };
    let mut dialler = DirectTransport::new(&Keypair::generate_ed25519(), native);
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::Reuse };
    let dial = dialler.dial(dialled, options).unwrap();
    let accept = async {
        loop {
            let event = poll_fn(|cx| Pin::new(&mut listener).poll(cx)).await;
            if let TransportEvent::Incoming { upgrade, .. } = event {
                return upgrade.await.unwrap().1;
            }
        }
    };
    let (dialled, accepted) = join(dial, accept).await;
    (listener, accepted, dialled.unwrap().1)
}

#[tokio::test]
async fn what_is_written_in_one_go_leaves_in_messages_that_are_allowed() {
    let (_listener, mut relay, mut client) = connected().await;
    let mut theirs = poll_fn(|cx| client.poll_outbound_unpin(cx)).await.unwrap();
    let mut ours = poll_fn(|cx| relay.poll_inbound_unpin(cx)).await.unwrap();
    let sent: Vec<u8> = (0..1 << 20).map(|at: u32| at.to_le_bytes()[1]).collect();
    let write = async {
        // Circuits are copied in pieces of this size, and flushed when nothing more is there.
        for piece in sent.chunks(8 * 1024) {
            ours.write_all(piece).await.unwrap();
        }
        ours.close().await.unwrap();
    };
    let mut read = Vec::new();
    let (_, result) = join(write, theirs.read_to_end(&mut read)).await;
    result.unwrap();
    assert!(read == sent, "{} of {} bytes", read.len(), sent.len());
}

/// As Kademlia does: the question is closed before the answer, and the answer is dropped.
#[tokio::test]
async fn an_answer_that_is_dropped_after_the_question_has_ended_arrives() {
    let (_listener, mut relay, mut client) = connected().await;
    let mut theirs = poll_fn(|cx| client.poll_outbound_unpin(cx)).await.unwrap();
    let mut ours = poll_fn(|cx| relay.poll_inbound_unpin(cx)).await.unwrap();
    let ask = async {
        theirs.write_all(b"question").await.unwrap();
        theirs.close().await
    };
    let answer = async {
        ours.read_exact(&mut [0; 8]).await.unwrap();
        ours.write_all(b"answer").await.unwrap();
        ours.flush().await.unwrap();
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
        drop(ours);
        // The listener for drops is polled with the connection.
        poll_fn(|cx| match relay.poll_unpin(cx) {
            Poll::Ready(_) => panic!("the connection has ended"),
            Poll::Pending => Poll::Ready(()),
        })
        .await;
    };
    let (closed, ()) = join(ask, answer).await;
    closed.unwrap();
    let mut read = Vec::new();
    theirs.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"answer");
}
