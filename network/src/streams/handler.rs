//! The byte streams of one connection.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use futures::channel::oneshot;
use libp2p::{
    StreamProtocol,
    core::upgrade::{InboundUpgrade, ReadyUpgrade, UpgradeInfo},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
        },
    },
};

use super::{Allowance, ByteStream, PER_CONNECTION, StreamError};
use crate::protocols;

/// Who waits for a stream.
pub(super) type Answer = oneshot::Sender<Result<ByteStream, StreamError>>;

/// What the behaviour asks of one connection.
#[derive(Debug)]
pub(crate) enum Order {
    /// From now on, streams share this allowance.
    Limit(Arc<Allowance>),
    /// Open a stream.
    Open(Answer),
}

/// Opens and takes the streams of one connection.
#[derive(Debug)]
pub(crate) struct Handler {
    takes: bool,
    allowance: Option<Arc<Allowance>>,
    // One more reference for each stream that runs: those we opened, and those they did.
    ours: Arc<()>,
    theirs: Arc<()>,
    wanted: VecDeque<Answer>,
    incoming: VecDeque<ByteStream>,
}

impl Handler {
    /// With `takes`, the other side may open streams.
    pub(super) fn new(takes: bool, allowance: Option<Arc<Allowance>>) -> Self {
        Self {
            takes,
            allowance,
            ours: Arc::default(),
            theirs: Arc::default(),
            wanted: VecDeque::new(),
            incoming: VecDeque::new(),
        }
    }
}

/// How many streams hold a place.
fn running(places: &Arc<()>) -> usize {
    Arc::strong_count(places).saturating_sub(1)
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Order;
    type ToBehaviour = ByteStream;
    type InboundProtocol = Inbound;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = (Answer, Arc<()>);

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(Inbound { takes: self.takes }, ())
    }

    fn on_behaviour_event(&mut self, order: Order) {
        match order {
            Order::Limit(allowance) => self.allowance = Some(allowance),
            Order::Open(answer) => {
                if running(&self.ours) + self.wanted.len() < PER_CONNECTION {
                    self.wanted.push_back(answer);
                } else {
                    // Nobody may wait any more, here and below.
                    let _ = answer.send(Err(StreamError::TooMany { limit: PER_CONNECTION }));
                }
            }
        }
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, ByteStream>>
    {
        if let Some(answer) = self.wanted.pop_front() {
            let info = (answer, Arc::clone(&self.ours));
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(protocols::STREAM), info);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        self.incoming.pop_front().map_or(Poll::Pending, |stream| {
            Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(stream))
        })
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            '_,
            Self::InboundProtocol,
            Self::OutboundProtocol,
            (),
            Self::OutboundOpenInfo,
        >,
    ) {
        match event {
            // One over the limit is dropped, which resets it.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) if running(&self.theirs) < PER_CONNECTION => {
                let place = Arc::clone(&self.theirs);
                self.incoming.push_back(ByteStream::new(stream, self.allowance.clone(), place));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                info: (answer, place),
            }) => {
                let stream = ByteStream::new(stream, self.allowance.clone(), place);
                let _ = answer.send(Ok(stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: (answer, _), .. }) => {
                let _ = answer.send(Err(StreamError::Refused));
            }
            _ => {}
        }
    }
}

/// Takes streams, or has no protocol at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inbound {
    takes: bool,
}

impl UpgradeInfo for Inbound {
    type Info = StreamProtocol;
    type InfoIter = std::option::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.takes.then_some(protocols::STREAM).into_iter()
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
