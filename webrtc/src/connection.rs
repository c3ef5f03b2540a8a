//! A direct connection: streams in data channels of one peer connection.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, SinkExt, channel::mpsc};
use libp2p::{
    PeerId,
    core::muxing::{StreamMuxer, StreamMuxerEvent},
    noise,
};

use crate::{
    Error,
    backend::{self, PeerConnection, Task},
    config::Config,
    path::CandidatePair,
    progress::{Progress, State},
    stream::{Stream, Streams, StreamsEnd},
};

/// A direct connection to a peer.
///
/// It ends with an error when the remote is gone: closed, or without an answer for
/// `Config::lost_after` after ICE has noticed.
pub struct Connection {
    peer_connection: PeerConnection,
    progress: Arc<Progress>,
    streams: Streams,
    opening: Option<Task<Result<Stream, Error>>>,
    lost_after: Duration,
    lost: Option<Task<()>>,
    /// Looks at the selected path now and then, and tells the behaviour.
    watch: Task<()>,
    closing: Option<Task<()>>,
    /// Only kept; see `keeping`.
    _handshake: Option<noise::Output<Stream>>,
    // Dropped last, when nothing can make a stream any more.
    _end: StreamsEnd,
}

/// What a new peer connection and its streams report to.
pub(crate) struct Parts {
    pub(crate) peer_connection: PeerConnection,
    pub(crate) progress: Arc<Progress>,
    pub(crate) streams: Streams,
    pub(crate) end: StreamsEnd,
}

impl Connection {
    pub(crate) fn new(
        parts: Parts,
        config: &Config,
        peer: PeerId,
        paths: mpsc::Sender<(PeerId, CandidatePair)>,
    ) -> Self {
        let Parts { peer_connection, progress, streams, end } = parts;
        peer_connection.watch_end(&progress);
        let watch = backend::task(watch_path(peer_connection.clone(), peer, paths));
        Self {
            peer_connection,
            progress,
            streams,
            opening: None,
            lost_after: config.lost_after,
            lost: None,
            watch,
            closing: None,
            _handshake: None,
            _end: end,
        }
    }

    /// Keeps the data channel of a handshake open as long as the connection.
    ///
    /// A browser gives a number that is free again to the next channel, and a webrtc-rs that knows
    /// the number as that of the handshake hands its owner the old channel for the new one: the
    /// stream is lost (rust-libp2p issue 5986).
    pub(crate) fn keeping(mut self, handshake: noise::Output<Stream>) -> Self {
        self._handshake = Some(handshake);
        self
    }

    fn poll_state(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        match self.progress.poll_state(cx) {
            State::Ended => Poll::Ready(Error::Closed),
            State::Disconnected => {
                let after = self.lost_after;
                let lost = self.lost.get_or_insert_with(|| backend::sleep(after));
                ready!(lost.as_mut().poll(cx));
                Poll::Ready(Error::NoPath)
            }
            State::Connecting | State::Connected => {
                self.lost = None;
                Poll::Pending
            }
        }
    }
}

impl StreamMuxer for Connection {
    type Substream = Stream;
    type Error = Error;

    fn poll_inbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Stream, Error>> {
        self.progress.poll_stream(cx).map(|stream| stream.ok_or(Error::Closed))
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, Error>> {
        let this = &mut *self;
        let opening = this.opening.get_or_insert_with(|| {
            let (peer_connection, streams) = (this.peer_connection.clone(), this.streams.clone());
            // The specification wants an empty label.
            backend::task(async move { peer_connection.open_stream("", &streams).await })
        });
        let result = ready!(opening.as_mut().poll(cx));
        this.opening = None;
        Poll::Ready(result)
    }

    /// Waits a little for streams that were closed but not acknowledged, then closes.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = &mut *self;
        let closing = this.closing.get_or_insert_with(|| {
            let streams = this.streams.clone();
            let progress = Arc::clone(&this.progress);
            let peer_connection = this.peer_connection.clone();
            backend::task(async move {
                let finished = streams.finished();
                let ended = std::future::poll_fn(|cx| match progress.poll_state(cx) {
                    State::Ended => Poll::Ready(()),
                    _ => Poll::Pending,
                });
                let bound = backend::sleep(CLOSE_TIMEOUT);
                let bound = futures::future::select(ended, bound);
                futures::future::select(std::pin::pin!(finished), bound).await;
                peer_connection.close();
                progress.set_state(State::Ended);
            })
        });
        closing.as_mut().poll(cx).map(Ok)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Error>> {
        if !self.progress.is_ended() {
            // It never ends before the connection; what it has to say goes to the behaviour.
            let _ = self.watch.poll_unpin(cx);
        }
        self.poll_state(cx).map(Err)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.peer_connection.close();
        self.progress.set_state(State::Ended);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("progress", &self.progress)
            .field("streams", &self.streams)
            .finish_non_exhaustive()
    }
}

/// Tells each way that the connection takes, when it is known and when it changes.
async fn watch_path(
    peer_connection: PeerConnection,
    peer: PeerId,
    mut paths: mpsc::Sender<(PeerId, CandidatePair)>,
) {
    let mut known: Option<CandidatePair> = None;
    loop {
        let found = peer_connection.candidate_pair().await;
        if let Some(pair) = found
            && !known.is_some_and(|known| known.is_same_way(&pair))
        {
            known = Some(pair);
            if paths.send((peer, pair)).await.is_err() {
                return std::future::pending().await;
            }
        }
        backend::sleep(if known.is_some() { WATCH_INTERVAL } else { FIRST_WATCH_INTERVAL }).await;
    }
}

/// How long closing waits for the acknowledgements of closed streams.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the selected path is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(3);

/// How often until it is known.
const FIRST_WATCH_INTERVAL: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests;
