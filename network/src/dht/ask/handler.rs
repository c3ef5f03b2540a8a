//! The questions on one connection.

use std::{
    collections::VecDeque,
    io,
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use libp2p::{
    StreamProtocol,
    core::upgrade::{DeniedUpgrade, ReadyUpgrade},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedOutbound},
    },
};

use super::{Answer, AskId, message};
use crate::protocols;

/// Questions that one connection may have open; more are answered with nothing.
const OPEN_QUESTIONS: usize = 16;

/// A question for one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Its name.
    pub(crate) id: AskId,
    /// The Kademlia key.
    pub(crate) key: Vec<u8>,
}

/// What a question's stream gave.
type Reading = (AskId, io::Result<Option<Vec<u8>>>);

/// Opens a stream for each question.
pub(crate) struct Handler {
    wanted: VecDeque<Question>,
    opening: usize,
    answers: VecDeque<Answer>,
    reading: FuturesUnordered<BoxFuture<'static, Reading>>,
}

impl Handler {
    pub(super) fn new() -> Self {
        Self {
            wanted: VecDeque::new(),
            opening: 0,
            answers: VecDeque::new(),
            reading: FuturesUnordered::new(),
        }
    }
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handler").field("reading", &self.reading.len()).finish_non_exhaustive()
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Question;
    type ToBehaviour = Answer;
    type InboundProtocol = DeniedUpgrade;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Question;

    fn listen_protocol(&self) -> SubstreamProtocol<DeniedUpgrade> {
        SubstreamProtocol::new(DeniedUpgrade, ())
    }

    fn on_behaviour_event(&mut self, question: Question) {
        if self.wanted.len() + self.opening + self.reading.len() < OPEN_QUESTIONS {
            self.wanted.push_back(question);
        } else {
            self.answers.push_back(Answer { id: question.id, value: None });
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Question, Answer>> {
        if let Some(question) = self.wanted.pop_front() {
            self.opening += 1;
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(protocols::KAD), question);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        while let Poll::Ready(Some((id, value))) = self.reading.poll_next_unpin(cx) {
            self.answers.push_back(Answer { id, value: value.unwrap_or_default() });
        }
        self.answers.pop_front().map_or(Poll::Pending, |answer| {
            Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(answer))
        })
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, DeniedUpgrade, Self::OutboundProtocol, (), Question>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: mut stream,
                info: Question { id, key },
            }) => {
                self.opening = self.opening.saturating_sub(1);
                // A server that never answers must not keep the connection busy for ever.
                stream.ignore_for_keep_alive();
                self.reading.push(async move { (id, message::get(stream, &key).await) }.boxed());
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, .. }) => {
                self.opening = self.opening.saturating_sub(1);
                self.answers.push_back(Answer { id: info.id, value: None });
            }
            _ => {}
        }
    }
}
