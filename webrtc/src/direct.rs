//! WebRTC-direct: dials a public server by its IP address and the hash of its certificate, with no
//! signalling (libp2p's webrtc-direct.md, "Browser to public server").
//!
//! Both descriptions are made up here: the offer is the browser's own with another name and
//! password, the answer is what the server would have said. DTLS then knows the server by its
//! hash, and Noise, on data channel 0, proves both peer ids.

mod noise;
mod sdp;

use std::{
    fmt,
    future::{Pending, poll_fn},
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use futures::{
    channel::mpsc,
    future::{Either, select},
};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    identity::Keypair,
    multiaddr::Protocol,
};

use crate::{
    Config, Connection, Error,
    backend::{self, Description, PeerConnection, Task},
    connection::Parts,
    progress::{Progress, State},
    stream::{Stream, Streams},
};
use sdp::Fingerprint;

/// Dials `/ip…/udp/PORT/webrtc-direct/certhash/HASH`, with `/p2p/PEER` or without; listens nowhere.
///
/// A dial never hangs: it ends within [`Config::timeout`], and at once where the browser does not
/// let a page change its own offer.
pub struct DirectTransport {
    keys: Keypair,
    config: Config,
}

impl DirectTransport {
    /// Makes the transport. Of the configuration, time-outs and the bounds of streams count.
    pub fn new(keys: &Keypair, config: Config) -> Self {
        // There is nothing to find out: the server sees where we come from.
        let config = Config { stun_servers: Vec::new(), ..config };
        Self { keys: keys.clone(), config }
    }
}

impl fmt::Debug for DirectTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectTransport").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Transport for DirectTransport {
    type Output = (PeerId, Connection);
    type Error = Error;
    type ListenerUpgrade = Pending<Result<Self::Output, Error>>;
    type Dial = Task<Result<Self::Output, Error>>;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<Error>> {
        let Some(server) = Server::parse(&address).filter(|_| !options.role.is_listener()) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let (keys, config) = (self.keys.clone(), self.config.clone());
        Ok(backend::task(async move {
            let timeout = backend::sleep(config.timeout);
            match select(pin!(connect(&keys, &config, &server)), timeout).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(Error::Timeout),
            }
        }))
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, Error>> {
        Poll::Pending
    }
}

/// What an address tells of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    socket: SocketAddr,
    certificate: Fingerprint,
    peer: Option<PeerId>,
}

impl Server {
    fn parse(address: &Multiaddr) -> Option<Self> {
        let mut parts = address.iter();
        let ip = match parts.next()? {
            Protocol::Ip4(ip) => IpAddr::from(ip),
            Protocol::Ip6(ip) => IpAddr::from(ip),
            _ => return None,
        };
        let Protocol::Udp(port) = parts.next()? else { return None };
        let Protocol::WebRTCDirect = parts.next()? else { return None };
        let Protocol::Certhash(hash) = parts.next()? else { return None };
        let certificate = Fingerprint::of_multihash(&hash.to_bytes())?;
        let peer = match parts.next() {
            None => None,
            Some(Protocol::P2p(peer)) => Some(peer),
            Some(_) => return None,
        };
        let is_whole = parts.next().is_none() && port != 0 && !ip.is_unspecified();
        is_whole.then(|| Self { socket: SocketAddr::new(ip, port), certificate, peer })
    }
}

async fn connect(
    keys: &Keypair,
    config: &Config,
    server: &Server,
) -> Result<(PeerId, Connection), Error> {
    let progress = Arc::new(Progress::new());
    let (streams, end) = Streams::new(config);
    let ufrag = random_ufrag();
    let peer_connection = PeerConnection::open_as(&ufrag, config, &progress, &streams).await?;
    let channel = peer_connection.open_negotiated(NOISE_CHANNEL, &streams).await?;
    let offer = peer_connection.create_offer().await?;
    let refused = Error::Refused { operation: "make an offer" };
    let offer = sdp::renamed(&offer, &ufrag).ok_or_else(|| refused.clone())?;
    let own = Fingerprint::of_sdp(&offer).ok_or(refused)?;
    let answer = sdp::answer(server.socket, &server.certificate, &ufrag);
    peer_connection.set_local(Description::Offer, offer).await?;
    peer_connection.set_remote(Description::Answer, answer).await?;
    opened(&channel, &progress).await?;

    let (peer, handshake) = noise::prove(keys, channel, &own, &server.certificate).await?;
    if server.peer.is_some_and(|expected| expected != peer) {
        return Err(Error::WrongPeer);
    }
    let parts = Parts { peer_connection, progress, streams, end };
    // Nobody asks for the path: the address says it.
    let (paths, _) = mpsc::channel(1);
    Ok((peer, Connection::new(parts, config, peer, paths).keeping(handshake)))
}

/// The data channel that both sides know of without a word.
const NOISE_CHANNEL: u16 = 0;

/// Waits until a channel is open, or the connection has failed.
async fn opened(channel: &Stream, progress: &Progress) -> Result<(), Error> {
    let failed = poll_fn(|cx| match progress.poll_state(cx) {
        State::Ended => Poll::Ready(()),
        State::Connecting | State::Connected | State::Disconnected => Poll::Pending,
    });
    match select(pin!(channel.opened()), failed).await {
        Either::Left((result, _)) => result.map_err(|_| Error::NoPath),
        Either::Right(_) => Err(Error::NoPath),
    }
}

/// Makes a name that is also the password, for both sides; the prefix is the specification's.
fn random_ufrag() -> String {
    format!("libp2p+webrtc+v1/{}", PeerId::random().to_base58())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "certhash/uEiDikp5KVUgkLta1EjUN-IKbHk-dUBg8VzKgf5nXxLK46w";

    #[test]
    fn only_webrtc_direct_with_a_hash_is_dialled() {
        let peer = PeerId::random();
        let check = |text: &str, expected: Option<(&str, Option<PeerId>)>| {
            let found = Server::parse(&text.parse().unwrap());
            let found = found.map(|server| (server.socket.to_string(), server.peer));
            assert_eq!(found, expected.map(|(socket, peer)| (socket.to_owned(), peer)), "{text}");
        };
        let v4 = format!("/ip4/192.0.2.1/udp/8470/webrtc-direct/{HASH}");
        check(&v4, Some(("192.0.2.1:8470", None)));
        check(&format!("{v4}/p2p/{peer}"), Some(("192.0.2.1:8470", Some(peer))));
        let v6 = format!("/ip6/2001:db8::1/udp/1/webrtc-direct/{HASH}");
        check(&v6, Some(("[2001:db8::1]:1", None)));
        for wrong in [
            "/ip4/192.0.2.1/udp/8470/webrtc-direct".to_owned(),
            format!("{v4}/p2p/{peer}/p2p-circuit"),
            format!("/dns/relay.example/udp/8470/webrtc-direct/{HASH}"),
            format!("/ip4/192.0.2.1/udp/0/webrtc-direct/{HASH}"),
            format!("/ip4/0.0.0.0/udp/8470/webrtc-direct/{HASH}"),
            format!("/ip4/192.0.2.1/tcp/8470/webrtc-direct/{HASH}"),
            // SHA3-256.
            "/ip4/192.0.2.1/udp/8470/webrtc-direct/certhash/\
             uFiCH_tkkzpAwkoIDbE4I7QtQksFMYs5nQ4MyYrkgCJYi4A"
                .to_owned(),
        ] {
            check(&wrong, None);
        }
    }

    #[test]
    fn names_are_long_and_differ() {
        let (first, second) = (random_ufrag(), random_ufrag());
        assert_ne!(first, second);
        assert!(first.len() > 40 && first.len() <= 256, "{first}");
        let is_ice = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        assert!(first.bytes().all(is_ice), "{first}");
    }
}
