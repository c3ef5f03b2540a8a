//! A data channel below libp2p-webrtc-utils, which knows no acknowledgement of an end.
//!
//! The specification has the side that gets a FIN answer with FIN_ACK, and both close the channel
//! then. Without the answer a browser waits for seconds at each end of a stream; without the close
//! its number stays taken, and a browser has few.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time,
};
use webrtc::data::data_channel::{DataChannel, PollDataChannel};

/// A channel that answers FIN and passes FIN_ACK over.
///
/// A stream that is dropped when the remote has ended its half is ended too, as yamux does it:
/// libp2p-webrtc-utils resets it, and the remote loses the answer that it has not read.
pub(super) struct Channel {
    inner: PollDataChannel,
    channel: Arc<DataChannel>,
    /// Whether the remote has ended its half; all handles know.
    finished: Arc<AtomicBool>,
    /// One message at most, and how much of it was handed on.
    message: Vec<u8>,
    taken: usize,
}

impl Channel {
    pub(super) fn new(channel: Arc<DataChannel>) -> Self {
        Self::with(channel, Arc::default())
    }

    fn with(channel: Arc<DataChannel>, finished: Arc<AtomicBool>) -> Self {
        let mut inner = PollDataChannel::new(Arc::clone(&channel));
        inner.set_read_buf_capacity(MESSAGE_BYTES);
        Self { inner, channel, finished, message: Vec::new(), taken: 0 }
    }

    /// Waits until nothing more can come, and throws away what does.
    pub(super) async fn ended(self) {
        while self.channel.read(&mut [0; 16]).await.is_ok_and(|length| length > 0) {}
    }

    /// Closes the channel at once.
    pub(super) async fn close(self) {
        // The connection may be closed already, and the channel with it.
        drop(self.channel.close().await);
    }

    /// Returns what is left to do when nobody uses this channel any more: to close it when the
    /// remote does, or after a while.
    pub(super) fn end(&self) -> impl Future<Output = ()> + Send + 'static {
        let channel = Arc::clone(&self.channel);
        async move {
            drop(time::timeout(LINGER, acknowledge_ends(Arc::clone(&channel))).await);
            drop(channel.close().await);
        }
    }

    /// Returns what is left to do for the channel of the handshake: to acknowledge its end, and to
    /// leave it open.
    ///
    /// A browser gives a number that is free again to its next channel, and webrtc-rs takes that
    /// one for the channel of the handshake (rust-libp2p issue 5986).
    pub(super) fn stay(&self) -> impl Future<Output = ()> + Send + 'static {
        acknowledge_ends(Arc::clone(&self.channel))
    }

    /// Reads one message, and returns whether it is for the reader.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.message.resize(MESSAGE_BYTES, 0);
        self.taken = 0;
        let mut buffer = ReadBuf::new(&mut self.message);
        let read = Pin::new(&mut self.inner).poll_read(cx, &mut buffer);
        let length = buffer.filled().len();
        self.message.truncate(if read.is_ready() { length } else { 0 });
        ready!(read)?;
        match flag(&self.message) {
            Some(FIN_ACK) => {
                self.message.clear();
                return Poll::Ready(Ok(false));
            }
            Some(FIN) => {
                self.finished.store(true, Ordering::Relaxed);
                let channel = Arc::clone(&self.channel);
                tokio::spawn(async move { acknowledge(&channel).await });
            }
            _ => {}
        }
        Poll::Ready(Ok(true))
    }
}

impl Clone for Channel {
    /// Returns another handle for writing; a message that is half read stays here.
    fn clone(&self) -> Self {
        Self::with(Arc::clone(&self.channel), Arc::clone(&self.finished))
    }
}

/// Reads until nothing more can come, for nobody but the remote that waits for an answer.
async fn acknowledge_ends(channel: Arc<DataChannel>) {
    let mut message = vec![0; MESSAGE_BYTES];
    while let Ok(length @ 1..) = channel.read(&mut message).await {
        if message.get(..length).is_some_and(|message| flag(message) == Some(FIN)) {
            acknowledge(&channel).await;
        }
    }
}

async fn acknowledge(channel: &DataChannel) {
    // A remote that has closed the channel already does not wait for it.
    drop(channel.write(&Bytes::from_static(&[2, FLAG, FIN_ACK])).await);
}

/// Returns the flag of a message, which stands first if there is one.
fn flag(message: &[u8]) -> Option<u8> {
    let prefix = message.iter().position(|byte| byte & 0x80 == 0)?;
    match message.get(prefix.checked_add(1)?..)? {
        [FLAG, flag, ..] => Some(*flag),
        _ => None,
    }
}

/// Returns the first message of several that were put together.
///
/// libp2p-webrtc-utils collects up to 32 KiB of them when nobody flushes, and webrtc-rs sends no
/// more than 16 KiB as one.
fn first(messages: &[u8]) -> &[u8] {
    let prefix = messages.iter().position(|byte| byte & 0x80 == 0).unwrap_or(messages.len());
    let bytes = messages.get(..=prefix).unwrap_or_default().iter().rev();
    let length = bytes.fold(0_usize, |length, byte| length << 7 | usize::from(byte & 0x7f));
    let end = prefix.saturating_add(1).saturating_add(length);
    messages.get(..end).unwrap_or(messages)
}

/// The tag of the flag in a message (protobuf: field 1, a number).
const FLAG: u8 = 0x08;
const FIN: u8 = 0;
const RESET: u8 = 2;
const FIN_ACK: u8 = 3;

/// Two messages of the same length, each a flag and nothing else.
const FIN_MESSAGE: &[u8] = &[2, FLAG, FIN];
const RESET_MESSAGE: &[u8] = &[2, FLAG, RESET];

/// The longest message of the specification, with its length.
const MESSAGE_BYTES: usize = 16 * 1024 + 3;

/// How long a remote may take to close a channel whose stream is over.
const LINGER: Duration = Duration::from_secs(30);

impl AsyncRead for Channel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.taken >= this.message.len() {
            let is_for_reader = ready!(this.poll_message(cx))?;
            if is_for_reader && this.message.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        let rest = this.message.get(this.taken..).unwrap_or_default();
        let part = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(part);
        this.taken = this.taken.saturating_add(part.len());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Channel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let message = match first(bytes) {
            RESET_MESSAGE if self.finished.load(Ordering::Relaxed) => FIN_MESSAGE,
            message => message,
        };
        Pin::new(&mut self.inner).poll_write(cx, message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_one_by_one() {
        let long = [&[0x84, 0x01][..], &[7; 132]].concat();
        for (messages, expected) in [
            (&[2, 8, 0][..], 3),
            (&[2, 8, 0, 2, 8, 3], 3),
            (&[0, 2, 8, 3], 1),
            (&long, 134),
            (&[&long[..], &long].concat(), 134),
            (&long[..100], 100),
            (&[0x80], 1),
            (&[], 0),
        ] {
            assert_eq!(first(messages).len(), expected, "{messages:?}");
        }
    }

    #[test]
    fn flags_are_found() {
        for (message, expected) in [
            (&[2, 8, 0][..], Some(FIN)),
            (&[2, 8, 3], Some(FIN_ACK)),
            (&[2, 8, 2], Some(2)),
            (&[6, 8, 0, 0x12, 2, 1, 2], Some(FIN)),
            (&[0x84, 0x00, 8, 0, 0x12, 0], Some(FIN)),
            (&[5, 0x12, 3, 2, 8, 3], None),
            (&[2, 8], None),
            (&[0x80, 0x80], None),
            (&[], None),
        ] {
            assert_eq!(flag(message), expected, "{message:?}");
        }
    }
}
