//! The exchanges under way, counted by peer and role.

use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context, Poll},
};

use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
    future::{self, AbortHandle, Aborted, Either},
    stream::FuturesUnordered,
};
use libp2p::{PeerId, Stream};

use super::exchange;
use crate::{CandidatePair, Config, Connection, Error, backend};

/// Which side of an exchange is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Dialler,
    Answerer,
}

/// Which attempt of a dial this is.
///
/// Browsers that look for each other by multicast DNS may both miss the answer when two connections
/// begin at the same moment; a second attempt then finds the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    Second,
}

/// A dial that found no path at first, and for which there is a second attempt.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) peer: PeerId,
    pub(super) reply: Reply,
}

/// Where the connection of a dial goes.
pub(super) type Reply = oneshot::Sender<Result<Connection, Error>>;

/// Runs exchanges, and gives their connections to the dial or to the transport.
#[derive(Debug)]
pub(super) struct Exchanges {
    tasks: FuturesUnordered<backend::Task<(u64, Outcome)>>,
    running: BTreeMap<u64, Running>,
    next: u64,
    answered: mpsc::Sender<(PeerId, Connection)>,
    paths: mpsc::Sender<(PeerId, CandidatePair)>,
}

/// Aborted, or failed by a panic, or ended.
type Outcome = Result<Option<Option<Again>>, Aborted>;

#[derive(Debug)]
struct Running {
    peer: PeerId,
    role: Role,
    abort: AbortHandle,
}

impl Exchanges {
    pub(super) fn new(
        answered: mpsc::Sender<(PeerId, Connection)>,
        paths: mpsc::Sender<(PeerId, CandidatePair)>,
    ) -> Self {
        let (tasks, running) = (FuturesUnordered::new(), BTreeMap::new());
        Self { tasks, running, next: 0, answered, paths }
    }

    /// Offers a connection on a stream, for a dial that waits for the reply.
    pub(super) fn offer(
        &mut self,
        peer: PeerId,
        stream: Stream,
        config: Config,
        attempt: Attempt,
        mut reply: Reply,
    ) {
        let paths = self.paths.clone();
        let task = backend::task(async move {
            let offer = pin!(exchange::offer(stream, &config));
            // The dial has a time-out of its own; its end is the end of this.
            let result = match future::select(reply.cancellation(), offer).await {
                Either::Left(_) => return None,
                Either::Right((result, _)) => result,
            };
            match result {
                Ok(done) => {
                    let connection = Connection::new(done.parts, &config, peer, paths);
                    let _ = reply.send(Ok(connection));
                    done.rest.close().await;
                    None
                }
                Err(Error::NoPath) if attempt == Attempt::First => Some(Again { peer, reply }),
                Err(error) => {
                    let _ = reply.send(Err(error));
                    None
                }
            }
        });
        self.run(peer, Role::Dialler, task);
    }

    /// Answers an offer that comes on a stream; the connection goes to the transport.
    pub(super) fn answer(&mut self, peer: PeerId, stream: Stream, config: Config) {
        let (mut answered, paths) = (self.answered.clone(), self.paths.clone());
        let task = backend::task(async move {
            let answer = pin!(exchange::answer(stream, &config));
            match future::select(answer, backend::sleep(config.timeout)).await {
                Either::Left((Ok(done), _)) => {
                    let connection = Connection::new(done.parts, &config, peer, paths);
                    // A transport that is behind loses the connection, which closes it.
                    let _ = answered.try_send((peer, connection));
                    done.rest.close().await;
                }
                Either::Left((Err(error), _)) => tracing::debug!(%error, "an answer failed"),
                Either::Right(_) => tracing::debug!("an answer took too long"),
            }
            None
        });
        self.run(peer, Role::Answerer, task);
    }

    /// Ends those with peers of whom `ends` says so.
    pub(super) fn abort(&self, ends: impl Fn(PeerId) -> bool) {
        self.running.values().filter(|running| ends(running.peer)).for_each(|r| r.abort.abort());
    }

    /// Removes those that have ended, and returns a dial that should be tried again; the task is
    /// woken when more end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<Again> {
        while let Poll::Ready(Some((id, outcome))) = self.tasks.poll_next_unpin(cx) {
            self.running.remove(&id);
            if let Ok(Some(Some(again))) = outcome {
                return Some(again);
            }
        }
        None
    }

    /// Returns how many are under way, with one peer or with all.
    pub(super) fn count(&self, role: Role, of: Option<PeerId>) -> usize {
        let counted =
            |running: &&Running| running.role == role && of.is_none_or(|of| of == running.peer);
        self.running.values().filter(counted).count()
    }

    fn run(&mut self, peer: PeerId, role: Role, task: backend::Task<Option<Again>>) {
        let id = self.next;
        self.next = id.wrapping_add(1);
        let (task, abort) = future::abortable(backend::contain(task));
        self.tasks.push(backend::task(async move { (id, task.await) }));
        self.running.insert(id, Running { peer, role, abort });
    }
}
