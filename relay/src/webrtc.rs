//! WebRTC-direct: browsers dial the relay's UDP port by IP address and certificate hash.
//!
//! A transport on webrtc-rs that only listens. libp2p-webrtc, which does the same, never closes a
//! connection whose handshake fails, so each forged datagram would cost a file descriptor.
//! What one can start here is limited in rate for each sender, and in number and time for all.

mod channel;
mod connection;
mod handshake;
mod socket;

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Pending},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    identity::Keypair,
    multiaddr::Protocol,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time,
};
use webrtc::ice::udp_mux::{UDPMuxDefault, UDPMuxParams};

use crate::{
    addresses::Subnet,
    certificate::Certificate,
    clients::{Clients, Place},
    limits::Limits,
    reachable,
};

pub(crate) use connection::Connection;

use handshake::Server;
use socket::Knock;

/// Finds out whether a UDP port can be had, and which one port 0 gives.
pub(crate) fn probe(address: SocketAddr) -> io::Result<SocketAddr> {
    UdpSocket::bind(address)?.local_addr()
}

/// The listening transport.
pub(crate) struct WebRtc {
    keys: Keypair,
    certificate: Certificate,
    listener: Option<Listener>,
    clients: Clients,
    rate: DefaultKeyedRateLimiter<Subnet>,
    knocks: usize,
    handshakes: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    handshake: Duration,
    streams: usize,
}

struct Listener {
    id: ListenerId,
    address: Multiaddr,
    announced: bool,
    knocks: mpsc::Receiver<Knock>,
    server: Server,
}

impl Drop for Listener {
    /// Lets the port go; webrtc-rs would keep it.
    fn drop(&mut self) {
        let mux = Arc::clone(&self.server.mux);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { drop(mux.close().await) });
        }
    }
}

/// Everything that a client holds while it shakes hands.
struct Admission {
    handshake: OwnedSemaphorePermit,
    connection: OwnedSemaphorePermit,
    place: Place,
}

/// Why a client does not come in, or a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebRtcError {
    #[error("the UDP port cannot be used")]
    Socket(#[from] io::Error),
    #[error(transparent)]
    WebRtc(#[from] webrtc::Error),
    #[error("the first data channel did not open")]
    NoChannel,
    #[error("the client did not prove its peer id")]
    Noise(#[from] libp2p::noise::Error),
    #[error("the handshake took too long")]
    TimedOut,
    #[error("the connection has ended")]
    Closed,
}

type Upgrade = BoxFuture<'static, Result<(PeerId, Connection), WebRtcError>>;

/// Knocks after which quiet senders are forgotten.
const FORGET_AFTER: usize = 4_096;

impl WebRtc {
    pub(crate) fn new(
        keys: &Keypair,
        certificate: Certificate,
        clients: Clients,
        limits: &Limits,
    ) -> Self {
        // The tree holds two providers of cryptography for TLS, and DTLS takes the default one.
        // Its only error is that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self {
            keys: keys.clone(),
            certificate,
            listener: None,
            clients,
            rate: RateLimiter::keyed(Quota::per_minute(limits.webrtc_per_minute_per_ip)),
            knocks: 0,
            handshakes: Arc::new(Semaphore::new(limits.webrtc_handshakes.get())),
            connections: Arc::new(Semaphore::new(limits.webrtc_connections.get())),
            handshake: Duration::from_secs(limits.handshake_seconds.get()),
            streams: limits.streams_per_connection.get(),
        }
    }

    fn listen(&self, id: ListenerId, address: SocketAddr) -> io::Result<Listener> {
        let (socket, knocks) = socket::bind(address)?;
        let server = Server {
            keys: self.keys.clone(),
            certificate: self.certificate.rtc(),
            fingerprint: self.certificate.fingerprint(),
            mux: UDPMuxDefault::new(UDPMuxParams::new(socket)),
        };
        let address = reachable::webrtc_address(address);
        Ok(Listener { id, address, announced: false, knocks, server })
    }

    /// Gives a place to a client, unless all are taken.
    fn admit(&mut self, client: IpAddr) -> Option<Admission> {
        self.knocks = self.knocks.wrapping_add(1);
        if self.knocks.is_multiple_of(FORGET_AFTER) {
            self.rate.retain_recent();
        }
        let handshake = Arc::clone(&self.handshakes).try_acquire_owned().ok()?;
        let connection = Arc::clone(&self.connections).try_acquire_owned().ok()?;
        self.rate.check_key(&Subnet::customer(client)).ok()?;
        let place = self.clients.enter(client)?;
        Some(Admission { handshake, connection, place })
    }

    fn upgrade_of(&self, server: Server, knock: Knock, admission: Admission) -> Upgrade {
        let (bound, streams) = (self.handshake, self.streams);
        async move {
            let Admission { handshake, connection, place } = admission;
            let accepted = time::timeout(bound, server.accept(&knock)).await;
            let (peer, inner, channels) = accepted.map_err(|_| WebRtcError::TimedOut)??;
            drop(handshake);
            let places = (connection, place, knock.name);
            Ok((peer, Connection::new(inner, channels, streams, places)))
        }
        .boxed()
    }
}

impl Transport for WebRtc {
    type Output = (PeerId, Connection);
    type Error = WebRtcError;
    type ListenerUpgrade = Upgrade;
    type Dial = Pending<Result<Self::Output, WebRtcError>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<WebRtcError>> {
        let Some(socket) = parse(&address).filter(|_| self.listener.is_none()) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let listener =
            self.listen(id, socket).map_err(|error| TransportError::Other(error.into()))?;
        self.listener = Some(listener);
        Ok(())
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        // A relay listens as long as it runs.
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<WebRtcError>> {
        // Relays reach each other by WebSocket.
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Upgrade, WebRtcError>> {
        let this = &mut *self;
        loop {
            let Some(listener) = &mut this.listener else { return Poll::Pending };
            let (listener_id, local_addr) = (listener.id, listener.address.clone());
            if !std::mem::replace(&mut listener.announced, true) {
                let listen_addr = local_addr;
                return Poll::Ready(TransportEvent::NewAddress { listener_id, listen_addr });
            }
            let Some(knock) = ready!(listener.knocks.poll_recv(cx)) else {
                // The socket lives as long as the listener.
                return Poll::Pending;
            };
            let server = listener.server.clone();
            let client = knock.from;
            let Some(admission) = this.admit(client.ip()) else {
                tracing::debug!("a webrtc client over the limits gets no answer");
                continue;
            };
            return Poll::Ready(TransportEvent::Incoming {
                listener_id,
                upgrade: this.upgrade_of(server, knock, admission),
                local_addr,
                send_back_addr: reachable::webrtc_address(client),
            });
        }
    }
}

/// Reads `/ip…/udp/PORT/webrtc-direct`.
fn parse(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::from(ip),
        Protocol::Ip6(ip) => IpAddr::from(ip),
        _ => return None,
    };
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Udp(port)), Some(Protocol::WebRTCDirect), None) => {
            Some(SocketAddr::new(ip, port))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
