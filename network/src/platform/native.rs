//! Native programs: tokio, TCP, WebSocket over TCP, DNS.

mod redb;

use std::{future::Future, pin::Pin, time::Duration};

use libp2p::{
    Multiaddr, Transport as _,
    core::{muxing::StreamMuxerBox, transport::Boxed, upgrade::Version},
    identity::{Keypair, PeerId},
    multiaddr::Protocol,
    noise, relay, swarm, tcp, websocket, yamux,
};

pub use self::redb::RedbStorage;
use crate::addresses;

/// How long a dial may take, to the last handshake.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A future that may move between threads, since tokio's tasks do.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a task of this platform asks of the values in it.
pub trait MaybeSend: Send {}
impl<T: Send> MaybeSend for T {}

/// Runs a future in the background until it ends. Needs a running tokio.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future);
}

/// Waits.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Lets everything else that is ready run once.
pub async fn yield_now() {
    tokio::task::yield_now().await;
}

/// Returns the bytes of a small file on the web; native peers are given addresses instead.
pub async fn fetch(_url: &str, _limit: usize) -> Result<Vec<u8>, FetchError> {
    // The signature is that of the browser, where there is something to wait for.
    std::future::ready(Err(FetchError::Unavailable)).await
}

/// Whether a peer here can dial a relay at this address: TCP, bare or under a WebSocket.
pub(crate) fn can_dial(address: &Multiaddr) -> bool {
    let mut parts = address.iter().skip(1);
    let bare = matches!(parts.next(), Some(Protocol::Tcp(_)))
        && matches!(parts.next(), None | Some(Protocol::P2p(_)));
    bare || addresses::browser_can_dial(address, true)
}

/// Returns the origin of the page: here there is none.
pub fn page_origin() -> Option<String> {
    None
}

/// Whether the system says that there is a network.
pub fn is_online() -> bool {
    true
}

/// Tells when the network may have come back; native systems tell nothing.
#[derive(Debug)]
pub struct WakeSignals;

impl WakeSignals {
    /// Begins to listen.
    pub fn listen() -> Self {
        Self
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// Makes the transports of a peer: direct paths, then circuits, then relays. Direct ones come first,
/// since circuits would take their addresses.
pub fn transport(
    keys: &Keypair,
    circuits: relay::client::Transport,
    direct: lowkey_webrtc::Transport,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, TransportError> {
    let noise = || noise::Config::new(keys).map_err(|_| TransportError::Noise);
    let tcp = || {
        libp2p::dns::tokio::Transport::system(tcp::tokio::Transport::new(
            tcp::Config::new().nodelay(true),
        ))
        .map_err(|_| TransportError::Resolver)
    };
    let streams = circuits.or_transport(websocket::Config::new(tcp()?)).or_transport(tcp()?);
    let streams = streams
        .upgrade(Version::V1Lazy)
        .authenticate(noise()?)
        .multiplex(yamux::Config::default())
        .timeout(DIAL_TIMEOUT)
        .boxed();
    Ok(direct
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
        .or_transport(streams)
        .map(|either, _| either.into_inner())
        .boxed())
}

/// Returns how the swarm runs its connections.
pub(crate) fn swarm_config() -> swarm::Config {
    swarm::Config::with_tokio_executor()
}

/// Why the transports could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Noise refused the key.
    #[error("noise refused the peer's key")]
    Noise,
    /// Nobody could dial us directly.
    #[error("direct connections cannot be listened for")]
    Direct,
    /// The system's resolver cannot be used.
    #[error("the system's name resolver cannot be used")]
    Resolver,
}

/// Why a file on the web could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// This platform fetches nothing.
    #[error("this platform fetches nothing")]
    Unavailable,
}
