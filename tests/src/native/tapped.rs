//! A stream muxer that keeps a copy of every byte of every substream, in the clear: what a relay
//! or a DHT node could read at the most.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};

/// Every substream's bytes: what came in, and what went out.
#[derive(Clone, Debug, Default)]
pub struct Tape(Arc<Mutex<Vec<[Vec<u8>; 2]>>>);

impl Tape {
    /// Returns the two directions of every substream so far.
    pub fn streams(&self) -> Vec<[Vec<u8>; 2]> {
        self.0.lock().expect("nobody panics with the tape").clone()
    }

    fn start(&self) -> usize {
        let mut streams = self.0.lock().expect("nobody panics with the tape");
        streams.push(Default::default());
        streams.len() - 1
    }

    fn add(&self, stream: usize, direction: usize, bytes: &[u8]) {
        let mut streams = self.0.lock().expect("nobody panics with the tape");
        streams[stream][direction].extend_from_slice(bytes);
    }
}

/// A muxer whose substreams are copied.
#[derive(Debug)]
pub struct TappedMuxer<M> {
    muxer: M,
    tape: Tape,
}

impl<M> TappedMuxer<M> {
    /// Copies what goes through this muxer to the tape.
    pub fn new(muxer: M, tape: Tape) -> Self {
        Self { muxer, tape }
    }

    fn tap<S>(&self, stream: S) -> Tapped<S> {
        Tapped { stream, number: self.tape.start(), tape: self.tape.clone() }
    }
}

impl<M> StreamMuxer for TappedMuxer<M>
where
    M: StreamMuxer + Unpin,
    M::Substream: Unpin,
{
    type Substream = Tapped<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.muxer).poll_inbound(cx).map_ok(|stream| self.tap(stream))
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.muxer).poll_outbound(cx).map_ok(|stream| self.tap(stream))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.muxer).poll_close(cx)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.muxer).poll(cx)
    }
}

/// A substream that is copied.
#[derive(Debug)]
pub struct Tapped<S> {
    stream: S,
    number: usize,
    tape: Tape,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Poll::Ready(Ok(read)) = &poll {
            self.tape.add(self.number, 0, &buffer[..*read]);
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = &poll {
            self.tape.add(self.number, 1, &bytes[..*written]);
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
