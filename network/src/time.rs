//! `/lowkey/time/1`: asks a relay for its clock, and answers as a relay (PROTOCOL.md, "Kinds,
//! epochs, and time").
//!
//! The asker opens a stream; the answer is 8 bytes, big endian milliseconds since 1970, and the end
//! of the stream. The handler never holds more than [`MAX_ANSWERS`] answers on a connection.

mod handler;
mod upgrade;

use std::{
    collections::VecDeque,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm,
    },
};
use lowkey_protocol::Timestamp;

pub use handler::{Ask, Handler};
pub use upgrade::OfferedUpgrade;

/// How many questions of one connection are answered at once.
pub const MAX_ANSWERS: usize = 4;

/// Tells the time to whoever asks, or asks for it.
#[derive(Debug)]
pub struct Behaviour {
    clock: Option<fn() -> Timestamp>,
    queue: VecDeque<ToSwarm<Sample, Ask>>,
}

/// What a relay answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Which relay.
    pub relay: PeerId,
    /// Its clock when it answered.
    pub theirs: Timestamp,
    /// The time from the question to the answer.
    pub round_trip: Duration,
}

impl Behaviour {
    /// Makes the side of a peer, which asks and never answers.
    pub fn client() -> Self {
        Self { clock: None, queue: VecDeque::new() }
    }

    /// Makes the side of a relay, which answers by this clock.
    pub fn server(clock: fn() -> Timestamp) -> Self {
        Self { clock: Some(clock), queue: VecDeque::new() }
    }

    /// Asks a connected relay; a [`Sample`] follows if it answers.
    pub fn ask(&mut self, relay: PeerId) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id: relay,
            handler: NotifyHandler::Any,
            event: Ask,
        });
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Sample;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(self.clock))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(self.clock))
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        relay: PeerId,
        _: ConnectionId,
        (theirs, round_trip): THandlerOutEvent<Self>,
    ) {
        self.queue.push_back(ToSwarm::GenerateEvent(Sample { relay, theirs, round_trip }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Sample, THandlerInEvent<Self>>> {
        // `ask` is called by the owner of the swarm, who polls it next: no waker is needed.
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
