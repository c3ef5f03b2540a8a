//! One WebRTC-direct connection: libp2p-webrtc's, with a bound on its streams.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p_webrtc::tokio as rtc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clients::Place;

/// A connection that holds its places among all connections until it is dropped.
pub(crate) struct Connection {
    inner: rtc::Connection,
    streams: Arc<Semaphore>,
    _places: Places,
}

type Places = (OwnedSemaphorePermit, Place);

impl Connection {
    pub(super) fn new(inner: rtc::Connection, streams: usize, places: Places) -> Self {
        Self { inner, streams: Arc::new(Semaphore::new(streams)), _places: places }
    }
}

impl StreamMuxer for Connection {
    type Substream = Stream;
    type Error = rtc::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, rtc::Error>> {
        loop {
            let inner = ready!(Pin::new(&mut self.inner).poll_inbound(cx))?;
            // One too many is dropped, which resets it.
            if let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() {
                return Poll::Ready(Ok(Stream { inner, _permit: Some(permit) }));
            }
            tracing::debug!("a stream over the limits is reset");
        }
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, rtc::Error>> {
        let inner = ready!(Pin::new(&mut self.inner).poll_outbound(cx))?;
        // Our own ones count as far as there is room: circuits are bounded by themselves.
        let permit = Arc::clone(&self.streams).try_acquire_owned().ok();
        Poll::Ready(Ok(Stream { inner, _permit: permit }))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), rtc::Error>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, rtc::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// A stream that counts as long as it lives.
pub(crate) struct Stream {
    inner: <rtc::Connection as StreamMuxer>::Substream,
    _permit: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
