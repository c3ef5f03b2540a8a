//! What a peer connection reports: its state, its candidates, and the streams of the remote.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::stream::Stream;

/// Streams of the remote that wait to be taken; further ones are closed.
const WAITING_STREAMS: usize = 256;

/// Candidates of our own that wait to be sent; a machine has fewer.
const WAITING_CANDIDATES: usize = 64;

/// Tasks that wait for the state at once: the signalling, or the connection and its closing; the
/// oldest are of tasks that are gone.
const STATE_WATCHERS: usize = 8;

/// How far a peer connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not connected yet.
    Connecting,
    /// Connected.
    Connected,
    /// The path does not answer; it may come back.
    Disconnected,
    /// Closed, or failed for good.
    Ended,
}

/// Written by the backend, read by the signalling and then by the connection.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    candidates: VecDeque<String>,
    streams: VecDeque<Stream>,
    on_state: Vec<Waker>,
    on_candidate: Option<Waker>,
    on_stream: Option<Waker>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner {
            state: State::Connecting,
            candidates: VecDeque::new(),
            streams: VecDeque::new(),
            on_state: Vec::new(),
            on_candidate: None,
            on_stream: None,
        }))
    }

    /// The state changed; an end is final.
    pub(crate) fn set_state(&self, state: State) {
        let mut inner = self.lock();
        if inner.state == State::Ended || inner.state == state {
            return;
        }
        inner.state = state;
        // Streams that nobody took are dropped outside of the lock.
        let dropped = if state == State::Ended {
            std::mem::take(&mut inner.streams)
        } else {
            VecDeque::new()
        };
        let wakers = std::mem::take(&mut inner.on_state);
        let on_stream = inner.on_stream.take();
        drop(inner);
        drop(dropped);
        wakers.into_iter().chain(on_stream).for_each(Waker::wake);
    }

    /// A candidate was found.
    pub(crate) fn push_candidate(&self, candidate: String) {
        let mut inner = self.lock();
        if inner.candidates.len() < WAITING_CANDIDATES {
            inner.candidates.push_back(candidate);
        }
        if let Some(waker) = inner.on_candidate.take() {
            waker.wake();
        }
    }

    /// The remote opened a stream.
    pub(crate) fn push_stream(&self, stream: Stream) {
        let mut inner = self.lock();
        if inner.state == State::Ended || inner.streams.len() >= WAITING_STREAMS {
            drop(inner);
            tracing::debug!("a stream over the limit is closed");
            return;
        }
        inner.streams.push_back(stream);
        if let Some(waker) = inner.on_stream.take() {
            waker.wake();
        }
    }

    /// Returns the state; the task is woken when it changes.
    pub(crate) fn poll_state(&self, cx: &Context<'_>) -> State {
        let mut inner = self.lock();
        if !inner.on_state.iter().any(|waker| waker.will_wake(cx.waker())) {
            if inner.on_state.len() >= STATE_WATCHERS {
                inner.on_state.remove(0);
            }
            inner.on_state.push(cx.waker().clone());
        }
        inner.state
    }

    /// Returns the next candidate of our own.
    pub(crate) fn poll_candidate(&self, cx: &Context<'_>) -> Poll<String> {
        let mut inner = self.lock();
        if let Some(candidate) = inner.candidates.pop_front() {
            return Poll::Ready(candidate);
        }
        inner.on_candidate = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Returns the next stream of the remote, or nothing if the connection has ended.
    pub(crate) fn poll_stream(&self, cx: &Context<'_>) -> Poll<Option<Stream>> {
        let mut inner = self.lock();
        if let Some(stream) = inner.streams.pop_front() {
            return Poll::Ready(Some(stream));
        }
        if inner.state == State::Ended {
            return Poll::Ready(None);
        }
        inner.on_stream = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.lock().state == State::Ended
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds the lock, and the state is whole between any two calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
