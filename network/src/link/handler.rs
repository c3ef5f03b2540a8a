//! The chat streams of one connection: at most one that we opened and one that they opened.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use libp2p::{
    Stream, StreamProtocol,
    core::upgrade::ReadyUpgrade,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
        },
    },
};
use lowkey_protocol::LinkId;

use super::{LinkEnd, wire::Wire};
use crate::protocols;

/// What the behaviour asks of one connection.
#[derive(Debug)]
pub(crate) enum Order {
    /// Open a stream under this id.
    Open(LinkId),
    /// Send a frame.
    Send(LinkId, Vec<u8>),
    /// Write what waits, then close.
    Close(LinkId),
    /// Drop the stream as it is.
    Abort(LinkId),
}

/// What happened on one connection.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A stream that we opened, or that they opened, is up.
    Up(LinkId, Opener),
    /// A whole frame came.
    Frame(LinkId, Vec<u8>),
    /// A stream is gone, or could not be opened.
    Down(LinkId, LinkEnd),
}

/// Who opened a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opener {
    /// This side.
    We,
    /// The other side.
    They,
}

/// Runs the streams of one connection.
#[derive(Debug)]
pub(crate) struct Handler {
    // Shared by all connections of a peer, so that an id is never used twice.
    next_id: Arc<AtomicU64>,
    links: Vec<(LinkId, Opener, Wire<Stream>)>,
    wanted: VecDeque<LinkId>,
    notices: VecDeque<Notice>,
}

impl Handler {
    pub(super) fn new(next_id: Arc<AtomicU64>) -> Self {
        Self { next_id, links: Vec::new(), wanted: VecDeque::new(), notices: VecDeque::new() }
    }

    fn open(&mut self, link: LinkId, opener: Opener, stream: Stream) {
        self.links.push((link, opener, Wire::new(stream)));
        self.notices.push_back(Notice::Up(link, opener));
    }

    fn end(&mut self, link: LinkId, end: LinkEnd) {
        let before = self.links.len();
        self.links.retain(|(id, ..)| *id != link);
        if self.links.len() < before {
            self.notices.push_back(Notice::Down(link, end));
        }
    }

    fn wire(&mut self, link: LinkId) -> Option<&mut Wire<Stream>> {
        self.links.iter_mut().find(|(id, ..)| *id == link).map(|(_, _, wire)| wire)
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Order;
    type ToBehaviour = Notice;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = LinkId;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(protocols::CHAT), ())
    }

    fn on_behaviour_event(&mut self, order: Order) {
        match order {
            Order::Open(link) => self.wanted.push_back(link),
            Order::Send(link, frame) => {
                if let Some(Err(end)) = self.wire(link).map(|wire| wire.send(frame)) {
                    self.end(link, end);
                }
            }
            Order::Close(link) => {
                if let Some(wire) = self.wire(link) {
                    wire.close();
                }
            }
            Order::Abort(link) => self.end(link, LinkEnd::Ours),
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, LinkId, Notice>> {
        if let Some(link) = self.wanted.pop_front() {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(protocols::CHAT), link);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        if self.notices.is_empty() {
            let mut ended = None;
            for (link, _, wire) in &mut self.links {
                match wire.poll(cx) {
                    Poll::Pending => {}
                    Poll::Ready(Ok(frame)) => {
                        self.notices.push_back(Notice::Frame(*link, frame));
                        break;
                    }
                    Poll::Ready(Err(end)) => {
                        ended = Some((*link, end));
                        break;
                    }
                }
            }
            if let Some((link, end)) = ended {
                self.end(link, end);
            }
        }
        self.notices.pop_front().map_or(Poll::Pending, |notice| {
            Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(notice))
        })
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), LinkId>,
    ) {
        match event {
            // A second stream of theirs is dropped: one is all that a person needs.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) if !self.links.iter().any(|(_, opener, _)| *opener == Opener::They) => {
                let link = LinkId(self.next_id.fetch_add(1, Ordering::Relaxed));
                self.open(link, Opener::They, protocol);
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol,
                info,
            }) => self.open(info, Opener::We, protocol),
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, .. }) => {
                self.notices.push_back(Notice::Down(info, LinkEnd::Broken));
            }
            _ => {}
        }
    }
}
