//! What a data channel reports to, and the handle and the driver of its stream look at.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::unfinished::{Finishing, Unfinished};
use crate::framing::{Flag, Framing, FramingError, Read, Write};

/// The shared state of one stream.
#[derive(Debug)]
pub(crate) struct Inlet {
    state: Mutex<State>,
    /// What waits to be read on all streams of the connection.
    unread: Arc<AtomicUsize>,
    unread_limit: usize,
    unfinished: Arc<Unfinished>,
}

#[derive(Debug)]
struct State {
    framing: Framing,
    channel: ChannelState,
    /// The acknowledgement of our end did not come in time.
    overdue: bool,
    /// The remote has sent something, so it has taken the channel.
    answered: bool,
    /// The channel is to be closed without a word.
    discarded: bool,
    /// Keeps the connection from closing while the end of this stream is under way.
    finishing: Option<Finishing>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    driver: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChannelState {
    Opening,
    Open,
    Closed,
}

/// What the driver has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Send this flag.
    Send(Flag),
    /// Wait.
    Wait,
    /// Wait, but not longer than an end may go without acknowledgement.
    WaitForAcknowledgement,
    /// Close the channel.
    Close,
}

impl Inlet {
    pub(super) fn new(
        unread_limit: usize,
        unread: Arc<AtomicUsize>,
        unfinished: Arc<Unfinished>,
    ) -> Self {
        let state = State {
            framing: Framing::new(unread_limit),
            channel: ChannelState::Opening,
            overdue: false,
            answered: false,
            discarded: false,
            finishing: None,
            reader: None,
            writer: None,
            driver: None,
        };
        let unread_limit = unread_limit.saturating_mul(2);
        Self { state: Mutex::new(state), unread, unread_limit, unfinished }
    }

    /// The data channel opened.
    pub(crate) fn opened(&self) {
        let mut state = self.lock();
        if state.channel == ChannelState::Opening {
            state.channel = ChannelState::Open;
        }
        state.wake();
    }

    /// The data channel brought bytes; a remote that breaks the rules loses the stream.
    pub(crate) fn received(&self, bytes: Bytes) {
        let mut state = self.lock();
        state.answered = true;
        let before = state.framing.unread_cost();
        let result = state.framing.receive(bytes).and_then(|()| {
            let others = self.unread.load(Ordering::Relaxed).saturating_sub(before);
            if others.saturating_add(state.framing.unread_cost()) > self.unread_limit {
                return Err(FramingError::Unread { limit: self.unread_limit });
            }
            Ok(())
        });
        if let Err(error) = result {
            tracing::debug!(%error, "a stream is reset");
            state.framing.reset();
        }
        self.count(before, &state);
        state.wake();
    }

    /// The data channel has room again.
    pub(crate) fn drained(&self) {
        self.lock().wake();
    }

    /// The data channel is closed or broken.
    pub(crate) fn closed(&self) {
        let mut state = self.lock();
        state.channel = ChannelState::Closed;
        state.framing.channel_closed();
        state.finishing = None;
        state.wake();
    }

    /// Wakes the writer or the driver when the data channel has room.
    pub(crate) fn wake_when_drained(&self, cx: &Context<'_>) {
        self.lock().writer = Some(cx.waker().clone());
    }

    pub(super) fn poll_read(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<Read> {
        let mut state = self.lock();
        let before = state.framing.unread_cost();
        let read = state.framing.read(buffer);
        self.count(before, &state);
        if read == Read::Nothing {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(read)
    }

    /// Tells what a writer may do, once the channel is open.
    pub(super) fn poll_writable(&self, cx: &Context<'_>) -> Poll<io::Result<Write>> {
        let mut state = self.lock();
        match (state.framing.writing(), state.channel) {
            (Write::Open, ChannelState::Opening) => {
                state.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            (Write::Open, ChannelState::Closed) => {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            (write, _) => Poll::Ready(Ok(write)),
        }
    }

    /// Closes our half and waits for the acknowledgement.
    pub(super) fn poll_close(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        let was_stopped = state.framing.writing() == Write::Stopped;
        if matches!(state.framing.writing(), Write::Open | Write::Stopped) {
            state.framing.finish();
            state.finishing = Some(self.unfinished.begin());
            state.wake_driver();
        }
        if state.overdue {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if state.framing.writing() == Write::Reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if !was_stopped && state.framing.is_finishing() {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// The handle is gone.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        let before = state.framing.unread_cost();
        state.framing.abandon();
        self.count(before, &state);
        state.wake_driver();
    }

    pub(super) fn discard(&self) {
        let mut state = self.lock();
        state.discarded = true;
        state.wake_driver();
    }

    /// The acknowledgement did not come in time.
    pub(super) fn overdue(&self) {
        let mut state = self.lock();
        state.overdue = true;
        state.wake();
    }

    /// Tells the driver what is due; it is woken when that may have changed.
    pub(super) fn task(&self, cx: &Context<'_>) -> Task {
        let mut state = self.lock();
        if state.discarded || state.overdue || state.channel == ChannelState::Closed {
            return Task::Close;
        }
        if state.channel == ChannelState::Open
            && let Some(flag) = state.framing.next_flag()
        {
            return Task::Send(flag);
        }
        if state.framing.is_over() {
            return Task::Close;
        }
        state.driver = Some(cx.waker().clone());
        if state.framing.is_finishing() || state.framing.has_flags() {
            return Task::WaitForAcknowledgement;
        }
        Task::Wait
    }

    /// Waits until the channel is closed.
    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.channel == ChannelState::Closed {
            return Poll::Ready(());
        }
        state.driver = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the remote has used the channel.
    pub(super) fn is_answered(&self) -> bool {
        self.lock().answered
    }

    fn count(&self, before: usize, state: &State) {
        let now = state.framing.unread_cost();
        if now >= before {
            self.unread.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
        } else {
            self.unread.fetch_sub(before.saturating_sub(now), Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and a state is whole between any two calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&mut self) {
        let wakers = [self.reader.take(), self.writer.take(), self.driver.take()];
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn wake_driver(&mut self) {
        if let Some(waker) = self.driver.take() {
            waker.wake();
        }
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let cost = self.lock().framing.unread_cost();
        self.unread.fetch_sub(cost, Ordering::Relaxed);
    }
}
