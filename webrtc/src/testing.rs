//! What the tests of several modules share.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite, channel::mpsc};
use libp2p::PeerId;
use tokio::io::{AsyncRead as _, AsyncWrite as _, DuplexStream, ReadBuf};

use crate::{
    Config, Connection,
    signalling::exchange::{answer, offer},
};

/// A stream in memory.
pub(crate) struct Pipe(DuplexStream);

/// Makes both ends of a stream.
pub(crate) fn pipe() -> (Pipe, Pipe) {
    let (a, b) = tokio::io::duplex(4096);
    (Pipe(a), Pipe(b))
}

/// Makes what connects on one machine without a network.
pub(crate) fn config() -> Config {
    Config { loopback: true, ..Config::default() }
}

/// Makes two connected ends, the one that offered first.
pub(crate) async fn connections(config: &Config) -> (Connection, Connection) {
    let (a, b) = pipe();
    let (offered, answered) = futures::join!(offer(a, config), answer(b, config));
    let (offered, answered) = (offered.unwrap(), answered.unwrap());
    let connection = |parts| Connection::new(parts, config, PeerId::random(), mpsc::channel(8).0);
    let both = (connection(offered.parts), connection(answered.parts));
    futures::join!(offered.rest.close(), answered.rest.close());
    both
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
