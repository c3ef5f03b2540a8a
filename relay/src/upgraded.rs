//! WebSockets that the HTTP side has upgraded, as a libp2p transport that only listens.
//!
//! The HTTP server owns the port; this transport never opens a socket. Each upgraded connection
//! comes through a bounded channel and leaves as `Incoming`, with the client's own address, which
//! the circuit relay's limits read.

mod frames;

use std::{
    future::{Pending, Ready, ready},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use axum::extract::ws::WebSocket;
use libp2p::{
    Multiaddr, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    multiaddr::Protocol,
};
use rw_stream_sink::RwStreamSink;
use tokio::sync::mpsc;

use crate::{addresses, clients::Place};

pub(crate) use frames::Frames;

/// Upgraded connections that wait for the swarm.
const WAITING: usize = 64;

/// One upgraded connection.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(crate) socket: WebSocket,
    pub(crate) client: SocketAddr,
    pub(crate) place: Place,
}

/// Makes the transport, and the end into which the HTTP side puts connections.
pub(crate) fn channel() -> (mpsc::Sender<Upgrade>, Upgraded) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (sender, Upgraded { receiver, listener: None })
}

/// The listening transport.
#[derive(Debug)]
pub(crate) struct Upgraded {
    receiver: mpsc::Receiver<Upgrade>,
    listener: Option<Listener>,
}

#[derive(Debug)]
struct Listener {
    id: ListenerId,
    address: Multiaddr,
    state: ListenerState,
}

#[derive(Clone, Copy, Debug)]
enum ListenerState {
    New,
    Announced,
    Closing,
}

impl Transport for Upgraded {
    type Output = RwStreamSink<Frames>;
    type Error = io::Error;
    type ListenerUpgrade = Ready<Result<Self::Output, io::Error>>;
    type Dial = Pending<Result<Self::Output, io::Error>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        if self.listener.is_some() || !addresses::is_browser_dialable(&address) {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        self.listener = Some(Listener { id, address, state: ListenerState::New });
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        match &mut self.listener {
            Some(listener) if listener.id == id => {
                listener.state = ListenerState::Closing;
                true
            }
            _ => false,
        }
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let this = &mut *self;
        let Some(listener) = &mut this.listener else { return Poll::Pending };
        match listener.state {
            ListenerState::New => {
                listener.state = ListenerState::Announced;
                Poll::Ready(TransportEvent::NewAddress {
                    listener_id: listener.id,
                    listen_addr: listener.address.clone(),
                })
            }
            ListenerState::Closing => {
                let listener_id = listener.id;
                this.listener = None;
                Poll::Ready(TransportEvent::ListenerClosed { listener_id, reason: Ok(()) })
            }
            ListenerState::Announced => match this.receiver.poll_recv(cx) {
                Poll::Ready(Some(Upgrade { socket, client, place })) => {
                    Poll::Ready(TransportEvent::Incoming {
                        listener_id: listener.id,
                        local_addr: listener.address.clone(),
                        send_back_addr: websocket_address(client),
                        upgrade: ready(Ok(RwStreamSink::new(Frames::new(socket, place)))),
                    })
                }
                // The HTTP side has ended; the swarm ends by itself.
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
        }
    }
}

/// Returns `/ip…/tcp/PORT/ws`.
pub(crate) fn websocket_address(socket: SocketAddr) -> Multiaddr {
    Multiaddr::empty()
        .with(Protocol::from(socket.ip().to_canonical()))
        .with(Protocol::Tcp(socket.port()))
        .with(Protocol::Ws("/".into()))
}
