//! One connection's questions and answers.

use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered,
};
use libp2p::{
    Stream, StreamProtocol,
    core::upgrade::ReadyUpgrade,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use lowkey_protocol::Timestamp;
use web_time::Instant;

use super::{MAX_ANSWERS, OfferedUpgrade};
use crate::{platform, protocols};

/// Opens a stream and reads the time.
#[derive(Clone, Copy, Debug)]
pub struct Ask;

/// Asks and answers on one connection.
pub struct Handler {
    clock: Option<fn() -> Timestamp>,
    question: Question,
    answers: FuturesUnordered<BoxFuture<'static, io::Result<()>>>,
}

/// Where the one question of this connection stands.
enum Question {
    None,
    Wanted,
    // The moment is that of the request: opening the stream takes the round trip.
    Opening(Instant),
    Reading(BoxFuture<'static, io::Result<(Timestamp, Duration)>>),
}

impl Handler {
    pub(super) fn new(clock: Option<fn() -> Timestamp>) -> Self {
        Self { clock, question: Question::None, answers: FuturesUnordered::new() }
    }
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handler").field("answers", &self.answers.len()).finish_non_exhaustive()
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Ask;
    type ToBehaviour = (Timestamp, Duration);
    type InboundProtocol = OfferedUpgrade;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<OfferedUpgrade> {
        SubstreamProtocol::new(OfferedUpgrade(self.clock.map(|_| protocols::TIME)), ())
    }

    fn on_behaviour_event(&mut self, Ask: Ask) {
        if matches!(self.question, Question::None) {
            self.question = Question::Wanted;
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        // A failed answer is the asker's loss only.
        while let Poll::Ready(Some(_)) = self.answers.poll_next_unpin(cx) {}

        match &mut self.question {
            Question::Wanted => {
                self.question = Question::Opening(platform::now());
                let protocol = SubstreamProtocol::new(ReadyUpgrade::new(protocols::TIME), ());
                Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
            }
            Question::Reading(answer) => match answer.poll_unpin(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(answer) => {
                    self.question = Question::None;
                    answer.map_or(Poll::Pending, |sample| {
                        Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(sample))
                    })
                }
            },
            Question::None | Question::Opening(_) => Poll::Pending,
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) => {
                if let Some(clock) = self.clock
                    && self.answers.len() < MAX_ANSWERS
                {
                    self.answers.push(answer(protocol, clock()).boxed());
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol, ..
            }) => {
                if let Question::Opening(since) = self.question {
                    self.question = Question::Reading(read(protocol, since).boxed());
                }
            }
            ConnectionEvent::DialUpgradeError(_) => self.question = Question::None,
            _ => {}
        }
    }
}

async fn answer(mut stream: Stream, now: Timestamp) -> io::Result<()> {
    stream.write_all(&now.as_millis().to_be_bytes()).await?;
    stream.close().await
}

async fn read(mut stream: Stream, since: Instant) -> io::Result<(Timestamp, Duration)> {
    // A relay that never answers must not keep the connection busy for ever.
    stream.ignore_for_keep_alive();
    let mut bytes = [0; 8];
    stream.read_exact(&mut bytes).await?;
    let round_trip = since.elapsed();
    stream.close().await?;
    Ok((Timestamp::from_millis(u64::from_be_bytes(bytes)), round_trip))
}
