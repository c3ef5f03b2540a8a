//! WebSockets of the browser as a libp2p transport.
//!
//! libp2p's own (websocket-websys 0.6) notices neither a refused dial nor a closed socket until
//! something is written, and each flush waits for a timer of 100 ms.
//! Here the events of the socket wake whoever waits, and a flush has nothing to wait for: the
//! browser sends what it was given.

mod socket;

use std::{
    future::{Future, Ready},
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::{
    Multiaddr,
    core::transport::{
        DialOpts, ListenerId, Transport, TransportError as ListenError, TransportEvent,
    },
    multiaddr::Protocol,
};
use send_wrapper::SendWrapper;

use self::socket::Socket;
use crate::addresses;

/// Bytes of one WebSocket message: a relay takes 128 KiB.
const MESSAGE_BYTES: usize = 32 * 1024;

/// Dials relays; a page cannot listen.
#[derive(Debug, Default)]
pub(super) struct WebSockets;

impl Transport for WebSockets {
    type Output = Connection;
    type Error = io::Error;
    type ListenerUpgrade = Ready<Result<Connection, io::Error>>;
    type Dial = Dial;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), ListenError<io::Error>> {
        Err(ListenError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(&mut self, address: Multiaddr, opts: DialOpts) -> Result<Dial, ListenError<io::Error>> {
        match url(&address) {
            Some(url) if !opts.role.is_listener() => {
                // An exception here means that the browser forbids it: no use in trying again.
                let socket = Socket::open(&url).map_err(ListenError::Other)?;
                Ok(Dial(Some(SendWrapper::new(socket))))
            }
            _ => Err(ListenError::MultiaddrNotSupported(address)),
        }
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}

/// Waits until a socket is open.
#[derive(Debug)]
pub(super) struct Dial(Option<SendWrapper<Socket>>);

impl Future for Dial {
    type Output = io::Result<Connection>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(socket) = &self.0 else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        match socket.poll_open(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {
                let socket = self.0.take().ok_or(io::ErrorKind::NotConnected)?;
                Poll::Ready(Ok(Connection(socket)))
            }
        }
    }
}

/// An open socket, as a stream of bytes.
#[derive(Debug)]
pub(super) struct Connection(SendWrapper<Socket>);

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let part = bytes.get(..MESSAGE_BYTES).unwrap_or(bytes);
        self.0.poll_write(cx, part)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The browser still sends what it was given.
        self.0.close();
        Poll::Ready(Ok(()))
    }
}

/// Returns the URL of a relay's address.
fn url(address: &Multiaddr) -> Option<String> {
    if !addresses::browser_can_dial(address, true) {
        return None;
    }
    let mut host = None;
    let mut port = None;
    let mut scheme = "ws";
    let mut path = None;
    for part in address {
        match part {
            Protocol::Ip4(ip) => host = Some(ip.to_string()),
            Protocol::Ip6(ip) => host = Some(format!("[{ip}]")),
            Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
                host = Some(name.into_owned());
            }
            Protocol::Tcp(number) => port = Some(number),
            Protocol::Tls => scheme = "wss",
            Protocol::Ws(text) => path = Some(text.into_owned()),
            Protocol::Wss(text) => {
                scheme = "wss";
                path = Some(text.into_owned());
            }
            _ => {}
        }
    }
    Some(format!("{scheme}://{}:{}{}", host?, port?, path?))
}
