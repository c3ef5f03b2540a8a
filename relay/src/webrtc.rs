//! WebRTC-direct: browsers dial the relay's UDP port by IP address and certificate hash.
//!
//! libp2p-webrtc does the work and bounds little, so everybody who knocks passes here first. The
//! sender of a first datagram can be forged: what it starts is limited in rate for each sender,
//! and in number and time for all.

mod connection;

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
    future::{self, BoxFuture, Pending},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    identity::Keypair,
    multiaddr::Protocol,
};
use libp2p_webrtc::tokio as rtc;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    addresses::{self, Subnet},
    clients::{Clients, Place},
    limits::Limits,
};

pub(crate) use connection::Connection;

/// Finds out whether a UDP port can be had, and which one port 0 gives.
pub(crate) fn probe(address: SocketAddr) -> io::Result<SocketAddr> {
    UdpSocket::bind(address)?.local_addr()
}

/// The listening transport.
pub(crate) struct WebRtc {
    inner: rtc::Transport,
    clients: Clients,
    rate: DefaultKeyedRateLimiter<Subnet>,
    knocks: usize,
    handshakes: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    handshake: Duration,
    streams: usize,
}

impl WebRtc {
    pub(crate) fn new(
        keys: &Keypair,
        certificate: rtc::Certificate,
        clients: Clients,
        limits: &Limits,
    ) -> Self {
        // The tree holds two providers of cryptography for TLS, and DTLS takes the default one.
        // Its only error is that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self {
            inner: rtc::Transport::new(keys.clone(), certificate),
            clients,
            rate: RateLimiter::keyed(Quota::per_minute(limits.webrtc_per_minute_per_ip)),
            knocks: 0,
            handshakes: Arc::new(Semaphore::new(limits.webrtc_handshakes.get())),
            connections: Arc::new(Semaphore::new(limits.webrtc_connections.get())),
            handshake: Duration::from_secs(limits.handshake_seconds.get()),
            streams: limits.streams_per_connection.get(),
        }
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

    fn bounded(&self, inner: InnerUpgrade, admission: Admission) -> Upgrade {
        let (bound, streams) = (self.handshake, self.streams);
        async move {
            let Admission { handshake, connection, place } = admission;
            let upgraded = time::timeout(bound, inner).await.map_err(|_| WebRtcError::TimedOut)?;
            let (peer, inner) = upgraded?;
            drop(handshake);
            Ok((peer, Connection::new(inner, streams, (connection, place))))
        }
        .boxed()
    }
}

/// Everything that a client holds while it shakes hands.
#[derive(Debug)]
struct Admission {
    handshake: OwnedSemaphorePermit,
    connection: OwnedSemaphorePermit,
    place: Place,
}

/// Why a client does not come in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebRtcError {
    /// The handshake failed.
    #[error(transparent)]
    Handshake(#[from] rtc::Error),
    /// The handshake took too long.
    #[error("the handshake took too long")]
    TimedOut,
}

type Upgrade = BoxFuture<'static, Result<(PeerId, Connection), WebRtcError>>;
type InnerUpgrade = <rtc::Transport as Transport>::ListenerUpgrade;

/// Knocks after which quiet senders are forgotten.
const FORGET_AFTER: usize = 4_096;

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
        self.inner.listen_on(id, address).map_err(|error| error.map(WebRtcError::Handshake))
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
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
            match ready!(Pin::new(&mut this.inner).poll(cx)) {
                TransportEvent::Incoming { listener_id, upgrade, local_addr, send_back_addr } => {
                    let Some(client) = addresses::ip(&send_back_addr) else { continue };
                    let Some(admission) = this.admit(client) else {
                        tracing::debug!(
                            "a webrtc client over the limits is left without an answer"
                        );
                        continue;
                    };
                    return Poll::Ready(TransportEvent::Incoming {
                        listener_id,
                        upgrade: this.bounded(upgrade, admission),
                        local_addr,
                        send_back_addr: canonical(&send_back_addr),
                    });
                }
                other => {
                    let never = |_| future::pending().boxed();
                    return Poll::Ready(other.map_upgrade(never).map_err(WebRtcError::Handshake));
                }
            }
        }
    }
}

/// Writes an IPv4 address that came in the form of IPv6 as what it is: limits read it.
fn canonical(address: &Multiaddr) -> Multiaddr {
    let part = |part| match part {
        Protocol::Ip6(ip) => Protocol::from(IpAddr::from(ip).to_canonical()),
        other => other,
    };
    address.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_client_is_seen_as_such() {
        let check = |text: &str, expected: &str| {
            assert_eq!(canonical(&text.parse().unwrap()).to_string(), expected);
        };
        check("/ip6/::ffff:192.0.2.1/udp/7/webrtc-direct", "/ip4/192.0.2.1/udp/7/webrtc-direct");
        check("/ip6/2001:db8::1/udp/7/webrtc-direct", "/ip6/2001:db8::1/udp/7/webrtc-direct");
    }
}
