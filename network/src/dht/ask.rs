//! Asks one named server for a record, beside Kademlia's own walk.
//!
//! A walk follows the table, and who controls the table controls the walk. Home relays and the
//! relays of an invite are asked directly (PROTOCOL.md, "Publish, read, replicate").

mod handler;
mod message;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, DialError, FromSwarm, NetworkBehaviour, NotifyHandler,
        THandler, ToSwarm,
        behaviour::{ConnectionClosed, ConnectionEstablished, DialFailure},
        dial_opts::DialOpts,
    },
};

use handler::{Handler, Question};

/// Names a question; used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AskId(u64);

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// To which question.
    pub(crate) id: AskId,
    /// The record's value, unchecked; `None` if there is none, or no answer came.
    pub(crate) value: Option<Vec<u8>>,
}

/// Asks servers, dialling those that are not connected.
#[derive(Debug, Default)]
pub(crate) struct Behaviour {
    next_id: u64,
    connected: BTreeMap<PeerId, BTreeSet<ConnectionId>>,
    // Questions to servers that are being dialled.
    waiting: BTreeMap<PeerId, Vec<Question>>,
    asked: BTreeMap<AskId, PeerId>,
    queue: VecDeque<ToSwarm<Answer, Question>>,
}

impl Behaviour {
    /// Makes a behaviour that has asked nobody.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Asks a server for the record under a key; exactly one [`Answer`] follows, unless forgotten.
    pub(crate) fn get(&mut self, server: PeerId, addresses: Vec<Multiaddr>, key: Vec<u8>) -> AskId {
        self.next_id = self.next_id.saturating_add(1);
        let id = AskId(self.next_id);
        self.asked.insert(id, server);
        let question = Question { id, key };
        if self.connected.contains_key(&server) {
            self.notify(server, question);
        } else {
            self.waiting.entry(server).or_default().push(question);
            let opts = DialOpts::peer_id(server)
                .addresses(addresses)
                .extend_addresses_through_behaviour()
                .build();
            self.queue.push_back(ToSwarm::Dial { opts });
        }
        id
    }

    /// Drops a question: its answer is no longer wanted.
    pub(crate) fn forget(&mut self, id: AskId) {
        if let Some(server) = self.asked.remove(&id)
            && let Some(waiting) = self.waiting.get_mut(&server)
        {
            waiting.retain(|question| question.id != id);
        }
    }

    fn notify(&mut self, server: PeerId, question: Question) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id: server,
            handler: NotifyHandler::Any,
            event: question,
        });
    }

    fn answer(&mut self, answer: Answer) {
        if self.asked.remove(&answer.id).is_some() {
            self.queue.push_back(ToSwarm::GenerateEvent(answer));
        }
    }

    fn fail_all(&mut self, server: PeerId) {
        self.waiting.remove(&server);
        let lost: Vec<_> =
            self.asked.iter().filter(|(_, asked)| **asked == server).map(|(id, _)| *id).collect();
        for id in lost {
            self.answer(Answer { id, value: None });
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Answer;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new())
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            }) => {
                self.connected.entry(peer_id).or_default().insert(connection_id);
                for question in self.waiting.remove(&peer_id).unwrap_or_default() {
                    self.notify(peer_id, question);
                }
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { peer_id, connection_id, .. }) => {
                if let Some(connections) = self.connected.get_mut(&peer_id) {
                    connections.remove(&connection_id);
                    if connections.is_empty() {
                        self.connected.remove(&peer_id);
                        self.fail_all(peer_id);
                    }
                }
            }
            // A false condition means that another dial to this server is under way.
            FromSwarm::DialFailure(DialFailure {
                error: DialError::DialPeerConditionFalse(_),
                ..
            }) => {}
            FromSwarm::DialFailure(DialFailure { peer_id: Some(server), .. })
                if !self.connected.contains_key(&server) =>
            {
                self.fail_all(server);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, answer: Answer) {
        self.answer(answer);
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Answer, Question>> {
        // The owner of the swarm calls the methods and polls next: no waker is needed.
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
