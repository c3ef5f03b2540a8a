//! A stream of bytes in a data channel, with half-closing and resets.
//!
//! Three share one stream: the data channel of the backend tells [`Inlet`] what happens to it; the
//! [`Stream`] handle reads and writes; a small task (`driver`) sends the flags that are due, counts
//! the time of a closing stream, and closes the channel when all is said, also long after the
//! handle is dropped. What came is decoded as it comes, so flags take effect with no reader.

mod driver;
mod inlet;
mod unfinished;

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{AsyncRead, AsyncWrite, FutureExt, channel::oneshot, future::Shared};

use crate::{
    backend::{self, Channel},
    config::Config,
    framing::{self, Read, SENT_DATA_BYTES, Write},
};
pub(crate) use inlet::Inlet;
use unfinished::Unfinished;

/// Data that one call of `poll_write` takes at most, so that other tasks get their turn.
const WRITE_AT_ONCE: usize = 8 * SENT_DATA_BYTES;

/// A stream of a direct connection.
///
/// Closing it waits until the remote has acknowledged all that was written.
/// Dropping it before that resets it.
#[derive(Debug)]
pub struct Stream {
    inlet: Arc<Inlet>,
    pub(crate) channel: Arc<Channel>,
}

/// Makes the streams of one connection and knows what they have in common.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    closed: Shared<oneshot::Receiver<()>>,
    unread: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    unfinished: Arc<Unfinished>,
    limit: usize,
    unread_limit: usize,
    finish_timeout: Duration,
}

/// Ends all streams of a connection when dropped.
#[derive(Debug)]
pub(crate) struct StreamsEnd {
    _closed: oneshot::Sender<()>,
}

impl Streams {
    pub(crate) fn new(config: &Config) -> (Self, StreamsEnd) {
        let (sender, closed) = oneshot::channel();
        let streams = Self {
            closed: closed.shared(),
            unread: Arc::default(),
            open: Arc::default(),
            unfinished: Arc::default(),
            limit: config.streams,
            unread_limit: config.unread,
            finish_timeout: config.finish_timeout,
        };
        (streams, StreamsEnd { _closed: sender })
    }

    /// Makes what a new data channel reports to, unless there are too many.
    pub(crate) fn inlet(&self) -> Option<Arc<Inlet>> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.limit {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (unread, unfinished) = (Arc::clone(&self.unread), Arc::clone(&self.unfinished));
        Some(Arc::new(Inlet::new(self.unread_limit, unread, unfinished)))
    }

    /// Makes the stream of a data channel; its inlet came from `inlet`.
    pub(crate) fn stream(&self, inlet: Arc<Inlet>, channel: Channel) -> Stream {
        let channel = Arc::new(channel);
        let driver = driver::drive(
            Arc::clone(&channel),
            Arc::clone(&inlet),
            self.closed.clone(),
            self.finish_timeout,
        );
        let open = Arc::clone(&self.open);
        backend::spawn(async move {
            driver.await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
        Stream { inlet, channel }
    }

    /// Waits until no closed stream waits for its acknowledgement.
    pub(crate) async fn finished(&self) {
        self.unfinished.none().await;
    }
}

impl Stream {
    /// Waits until the data channel is open.
    pub(crate) async fn opened(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.inlet.poll_writable(cx).map_ok(|_| ())).await
    }

    /// Closes the data channel without a word of the framing, which a bare channel does not have.
    pub(crate) fn discard(self) {
        self.inlet.discard();
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.inlet.poll_read(cx, buffer)) {
            Read::Data(count) => Poll::Ready(Ok(count)),
            Read::End => Poll::Ready(Ok(0)),
            Read::Nothing => Poll::Pending,
            Read::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.inlet.poll_writable(cx))? {
            Write::Open => {}
            Write::Closed | Write::Stopped => {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            Write::Reset => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
        let mut written: usize = 0;
        for piece in data.chunks(SENT_DATA_BYTES) {
            if written >= WRITE_AT_ONCE {
                break;
            }
            match self.channel.poll_ready(cx, &self.inlet) {
                Poll::Pending if written == 0 => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(()) => {}
            }
            if self.channel.send(framing::data_frame(piece)).is_err() {
                self.inlet.closed();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            written = written.saturating_add(piece.len());
        }
        Poll::Ready(Ok(written))
    }

    /// Does nothing: the data channel sends what it was given by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inlet.poll_close(cx)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.inlet.abandon();
    }
}
