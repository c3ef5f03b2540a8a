//! Streams of bytes to contacts, for what is too large for messages (PROTOCOL.md, "Byte streams").
//!
//! A stream runs on the connection of the link that speaks to a contact, and ends with it. On a
//! direct connection it is as fast as the data channel, and slows its writer down as the reader
//! needs. On a circuit it has half of what the relay lets through; past that, reading and writing
//! fail with [`StreamError::CircuitFull`], so that the conversation itself is never cut.

mod allowance;
mod behaviour;
mod handler;

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::Stream;

use self::allowance::Allowance;
pub(crate) use self::behaviour::{Behaviour, Circuit, Event};

/// A stream of bytes to or from a contact. Its bytes are protected as the connection is, between
/// two throw-away peer ids that the session has tied to the contact.
#[derive(Debug)]
pub struct ByteStream {
    inner: Stream,
    allowance: Option<Arc<Allowance>>,
    // Counts the streams of one connection.
    _place: Arc<()>,
}

/// Why there is no stream, or why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// No link to this contact is up, or they have not accepted us.
    #[error("there is no connection to this contact")]
    NotConnected,
    /// The other side takes no streams.
    #[error("the other side takes no streams")]
    Refused,
    /// Too many streams run on this connection.
    #[error("{limit} streams run on this connection already")]
    TooMany {
        /// How many may.
        limit: usize,
    },
    /// The relay lets no more through; a direct connection would.
    #[error("the relay passes {limit} bytes of streams on and no more; a direct connection would")]
    CircuitFull {
        /// The bytes that streams may take of this circuit, both directions together.
        limit: u64,
    },
    /// The peer has ended.
    #[error("the peer has ended")]
    Stopped,
}

/// Streams that may run on one connection for each side that opens them.
pub(crate) const PER_CONNECTION: usize = 16;

impl ByteStream {
    fn new(inner: Stream, allowance: Option<Arc<Allowance>>, place: Arc<()>) -> Self {
        Self { inner, allowance, _place: place }
    }

    /// Returns how many bytes may pass at once, of this many.
    fn allowed(&self, wanted: usize) -> io::Result<usize> {
        match &self.allowance {
            None => Ok(wanted),
            Some(allowance) => allowance.allowed(wanted).map_err(io::Error::other),
        }
    }

    fn passed(&self, bytes: usize) {
        if let Some(allowance) = &self.allowance {
            allowance.take(bytes);
        }
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.allowed(buffer.len())?;
        let buffer = buffer.get_mut(..allowed).unwrap_or_default();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        self.passed(read);
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.allowed(bytes.len())?;
        let bytes = bytes.get(..allowed).unwrap_or_default();
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.passed(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
