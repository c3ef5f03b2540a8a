//! The signalling streams of one relayed connection: opens ours, hands over theirs.

#![allow(unnameable_types, reason = "only the swarm names them, through the behaviour")]

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures::future::{Ready, ready};
use libp2p::{
    Stream, StreamProtocol,
    core::upgrade::{InboundUpgrade, ReadyUpgrade, UpgradeInfo},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
            StreamUpgradeError,
        },
    },
};

use crate::Error;

/// The protocol of the specification.
pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/webrtc-signaling/0.0.1");

/// Streams of the remote that wait for the behaviour; further ones are dropped.
const WAITING: usize = 4;

/// A dial, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DialId(pub(super) u64);

/// What the behaviour asks of a connection.
#[derive(Debug)]
pub enum Order {
    /// Open a stream for a dial.
    Open(DialId),
    /// Take streams of the remote, or refuse them.
    Admit(bool),
}

/// What happened on a connection.
#[derive(Debug)]
pub enum Notice {
    /// A stream for a dial is open.
    Opened(DialId, Stream),
    /// There is no stream for a dial.
    Failed(DialId, Error),
    /// The remote opened a stream.
    Incoming(Stream),
}

/// The handler of one connection; one that is not relayed has nothing to do.
#[derive(Debug)]
pub struct Handler {
    relayed: bool,
    /// Whether anybody listens for direct connections.
    listening: Arc<AtomicBool>,
    admitted: bool,
    to_open: VecDeque<DialId>,
    notices: VecDeque<Notice>,
}

impl Handler {
    pub(super) fn new(listening: Arc<AtomicBool>, relayed: bool, admitted: bool) -> Self {
        Self { relayed, listening, admitted, to_open: VecDeque::new(), notices: VecDeque::new() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Order;
    type ToBehaviour = Notice;
    type InboundProtocol = Inbound;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = DialId;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        let takes = self.relayed && self.admitted && self.listening.load(Ordering::Relaxed);
        SubstreamProtocol::new(Inbound { takes }, ())
    }

    fn on_behaviour_event(&mut self, order: Order) {
        match order {
            Order::Open(dial) => self.to_open.push_back(dial),
            Order::Admit(admitted) => self.admitted = admitted,
        }
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, DialId, Notice>> {
        // Orders and events are followed by a poll: no waker is needed.
        if let Some(notice) = self.notices.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(notice));
        }
        if let Some(dial) = self.to_open.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), dial),
            });
        }
        Poll::Pending
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            '_,
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) if self.admitted && self.notices.len() < WAITING => {
                self.notices.push_back(Notice::Incoming(stream));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                info: dial,
            }) => self.notices.push_back(Notice::Opened(dial, stream)),
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: dial, error }) => {
                let error = match error {
                    StreamUpgradeError::Timeout => Error::Timeout,
                    StreamUpgradeError::NegotiationFailed => Error::Unsupported,
                    _ => Error::SignallingEnded,
                };
                self.notices.push_back(Notice::Failed(dial, error));
            }
            _ => {}
        }
    }
}

/// Takes signalling, or has no protocol at all, so that nothing tells a stranger that it is there.
#[derive(Clone, Copy, Debug)]
pub struct Inbound {
    takes: bool,
}

impl UpgradeInfo for Inbound {
    type Info = StreamProtocol;
    type InfoIter = std::option::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.takes.then_some(PROTOCOL).into_iter()
    }
}

impl<C> InboundUpgrade<C> for Inbound {
    type Output = C;
    type Error = Infallible;
    type Future = Ready<Result<C, Infallible>>;

    fn upgrade_inbound(self, stream: C, _: Self::Info) -> Self::Future {
        ready(Ok(stream))
    }
}
