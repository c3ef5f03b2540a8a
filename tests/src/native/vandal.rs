//! Somebody who speaks WebSocket, Noise and Yamux as it should be, and nothing above as it should.
//!
//! It agrees to every protocol and writes noise on every stream, or falls silent, or closes; it
//! dials relays as a client, and listens as a relay to whom peers come.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt, SubstreamBox},
        transport::{Boxed, DialOpts, ListenerId, PortUse, TransportEvent},
        upgrade::Version,
    },
    identity,
    multiaddr::Protocol,
    noise, tcp, websocket, yamux,
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::world::Dice;

/// Every protocol that relays and peers speak.
pub const PROTOCOLS: [&str; 8] = [
    "/lowkey/chat/1",
    "/lowkey/kad/1",
    "/lowkey/time/1",
    "/ipfs/id/1.0.0",
    "/ipfs/ping/1.0.0",
    "/libp2p/circuit/relay/0.2.0/hop",
    "/libp2p/circuit/relay/0.2.0/stop",
    "/no/such/protocol",
];

/// What it does on a stream after the names are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Writes noise, then closes, or goes on, or leaves the stream open.
    Noise,
    /// Agrees to the protocol and says nothing more.
    Silence,
}

/// One who listens, or who dials.
#[derive(Debug)]
pub struct Vandal {
    /// Its peer id.
    pub peer_id: PeerId,
    listens: Option<Multiaddr>,
    streams: Arc<watch::Sender<usize>>,
    task: JoinHandle<()>,
}

impl Vandal {
    /// Listens on a free port of 127.0.0.1, as a relay.
    pub async fn listen(seed: u64, manner: Manner) -> Self {
        let (peer_id, mut transport) = transport();
        let any: Multiaddr = "/ip4/127.0.0.1/tcp/0/ws".parse().expect("a multiaddr");
        transport.listen_on(ListenerId::next(), any).expect("loopback can be listened on");
        let address = loop {
            if let TransportEvent::NewAddress { listen_addr, .. } = next(&mut transport).await {
                break listen_addr.with(Protocol::P2p(peer_id));
            }
        };
        let streams = Arc::new(watch::Sender::new(0));
        let count = Arc::clone(&streams);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            let mut number = 0;
            loop {
                if let TransportEvent::Incoming { upgrade, .. } = next(&mut transport).await {
                    number += 1;
                    let dice = Dice::new(seed, number);
                    let count = Arc::clone(&count);
                    connections.spawn(async move {
                        if let Ok((_, muxer)) = upgrade.await {
                            behave(muxer, dice, manner, 3, count).await;
                        }
                    });
                }
            }
        });
        Self { peer_id, listens: Some(address), streams, task }
    }

    /// Dials a relay and writes on every protocol of it.
    pub async fn dial(seed: u64, address: Multiaddr, manner: Manner) -> Self {
        let (peer_id, mut transport) = transport();
        let without_id: Multiaddr =
            address.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect();
        let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
        let dial = transport.dial(without_id, options).expect("a WebSocket address");
        let (_, muxer) = dial.await.expect("the relay listens");
        let streams = Arc::new(watch::Sender::new(0));
        let count = Arc::clone(&streams);
        let task = tokio::spawn(async move {
            behave(muxer, Dice::new(seed, 0), manner, 40, count).await;
        });
        Self { peer_id, listens: None, streams, task }
    }

    /// Waits until it has done its work on so many streams, or the other side has cut it off.
    pub async fn until_it_did(&mut self, streams: usize) {
        let mut count = self.streams.subscribe();
        tokio::select! {
            done = count.wait_for(|done| *done >= streams) => drop(done),
            // A task that was aborted or that has panicked is finished as well.
            ended = &mut self.task => drop(ended),
        }
    }

    /// Returns where it listens, with `/p2p`; nothing for one who dials.
    pub fn addresses(&self) -> Vec<Multiaddr> {
        self.listens.iter().cloned().collect()
    }

    /// Returns on how many streams it has done its work so far.
    pub fn streams(&self) -> usize {
        *self.streams.borrow()
    }
}

impl Drop for Vandal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn transport() -> (PeerId, Boxed<(PeerId, StreamMuxerBox)>) {
    let keys = identity::Keypair::generate_ed25519();
    let transport = websocket::Config::new(tcp::tokio::Transport::default())
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(&keys).expect("an ed25519 key"))
        .multiplex(yamux::Config::default())
        .boxed();
    (keys.public().to_peer_id(), transport)
}

type Event = TransportEvent<
    Pin<Box<dyn Future<Output = std::io::Result<(PeerId, StreamMuxerBox)>> + Send>>,
    std::io::Error,
>;

async fn next(transport: &mut Boxed<(PeerId, StreamMuxerBox)>) -> Event {
    poll_fn(|cx| Pin::new(&mut *transport).poll(cx)).await.map_upgrade(|upgrade| {
        Box::pin(upgrade)
            as Pin<Box<dyn Future<Output = std::io::Result<(PeerId, StreamMuxerBox)>> + Send>>
    })
}

/// Runs one connection: serves what is opened to us, and opens `rounds` streams a protocol.
/// Ends when the other side ends the connection, or when all of ours are served.
async fn behave(
    mut muxer: StreamMuxerBox,
    mut dice: Dice,
    manner: Manner,
    rounds: usize,
    count: Arc<watch::Sender<usize>>,
) {
    let mut to_open: Vec<_> =
        PROTOCOLS.into_iter().cycle().take(rounds * PROTOCOLS.len()).collect();
    let mut tasks: JoinSet<()> = JoinSet::new();
    poll_fn(|cx| {
        loop {
            match muxer.poll_unpin(cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        loop {
            match muxer.poll_inbound_unpin(cx) {
                Poll::Ready(Ok(stream)) => {
                    let (noise, count) = (noise(&mut dice), Arc::clone(&count));
                    tasks.spawn(answer(stream, manner, noise, count));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while let Some(protocol) = to_open.last() {
            match muxer.poll_outbound_unpin(cx) {
                Poll::Ready(Ok(stream)) => {
                    let (noise, count) = (noise(&mut dice), Arc::clone(&count));
                    tasks.spawn(open(stream, protocol, manner, noise, count));
                    to_open.pop();
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while let Poll::Ready(Some(_)) = tasks.poll_join_next(cx) {}
        if rounds > 3 && to_open.is_empty() && tasks.is_empty() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

fn noise(dice: &mut Dice) -> Vec<u8> {
    let len = match dice.below(5) {
        0 => 0,
        1 => dice.between(1, 16),
        2 => 8,
        3 => dice.between(17, 1_000),
        _ => dice.between(1_000, 40_000),
    };
    dice.bytes(usize::try_from(len).unwrap_or(0))
}

/// Opens a protocol, then writes noise.
async fn open(
    mut stream: SubstreamBox,
    protocol: &'static str,
    manner: Manner,
    noise: Vec<u8>,
    count: Arc<watch::Sender<usize>>,
) {
    let names = [line("/multistream/1.0.0"), line(protocol)].concat();
    if stream.write_all(&names).await.is_ok() && stream.flush().await.is_ok() {
        ruin(stream, manner, noise).await;
    }
    count.send_modify(|done| *done += 1);
}

/// Agrees to whatever is asked for, then writes noise.
async fn answer(
    mut stream: SubstreamBox,
    manner: Manner,
    noise: Vec<u8>,
    count: Arc<watch::Sender<usize>>,
) {
    for _ in 0..2 {
        let Some(asked) = read_line(&mut stream).await else { return };
        if stream.write_all(&line(&asked)).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
    ruin(stream, manner, noise).await;
    count.send_modify(|done| *done += 1);
}

/// Writes the noise; then closes, drops, or keeps the stream until the other side ends it.
async fn ruin(mut stream: SubstreamBox, manner: Manner, noise: Vec<u8>) {
    if manner == Manner::Silence {
        drain(stream).await;
        return;
    }
    // The other side may reset the stream at any byte; that is its right.
    if stream.write_all(&noise).await.is_err() || stream.flush().await.is_err() {
        return;
    }
    match noise.len() % 3 {
        0 => drop(stream.close().await),
        1 => drain(stream).await,
        _ => {}
    }
}

/// Reads until the other side ends the stream.
async fn drain(mut stream: SubstreamBox) {
    let mut buffer = [0; 1_024];
    while matches!(stream.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// One line of multistream-select: its length as a varint, the text, a line feed.
fn line(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len() + 1).expect("a short name");
    [&[length], text.as_bytes(), b"\n"].concat()
}

async fn read_line(stream: &mut SubstreamBox) -> Option<String> {
    let mut length = [0; 1];
    stream.read_exact(&mut length).await.ok()?;
    let mut text = vec![0; usize::from(length[0])];
    stream.read_exact(&mut text).await.ok()?;
    Some(String::from_utf8_lossy(&text).trim_end().to_owned())
}
