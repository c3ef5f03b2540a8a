//! A data channel of webrtc-rs.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{
    StreamExt,
    channel::mpsc,
    future::{AbortHandle, abortable, join},
};
use webrtc::{data::data_channel::DataChannel as Detached, data_channel::RTCDataChannel};

use crate::{
    backend::{HIGH_WATER, LOW_WATER},
    stream::Inlet,
};

/// Messages that may wait in front of a channel; writing waits before flags find no place.
const QUEUE: usize = 256;

/// The bytes of the largest message that is taken, with its length prefix, and some room.
const READ_BUFFER: usize = 20 * 1024;

/// The channel is closed.
#[derive(Debug)]
pub(crate) struct ChannelClosed;

/// A data channel that reports to an inlet, until it is closed or dropped.
pub(crate) struct Channel {
    channel: Arc<RTCDataChannel>,
    queue: Arc<Queue>,
    sender: Mutex<mpsc::Sender<Bytes>>,
    /// Ends reading and writing.
    abort: AbortHandle,
    opener: Opener,
}

/// Who opened a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    We,
    They,
}

/// What waits in front of the channel.
#[derive(Default)]
struct Queue {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    detached: OnceLock<Arc<Detached>>,
}

impl Channel {
    /// Takes a channel; reading and writing begin when it is open.
    pub(super) fn new(channel: Arc<RTCDataChannel>, opener: Opener, inlet: &Arc<Inlet>) -> Self {
        let (sender, messages) = mpsc::channel(QUEUE);
        let queue = Arc::new(Queue::default());
        let (io, abort) = abortable({
            // The channel holds this future until it opens; it must not hold itself.
            let channel = Arc::downgrade(&channel);
            let (inlet, queue) = (Arc::clone(inlet), Arc::clone(&queue));
            async move {
                let Some(channel) = channel.upgrade() else { return };
                let Ok(detached) = channel.detach().await else { return inlet.closed() };
                drop(channel);
                let low = Arc::clone(&inlet);
                detached.set_buffered_amount_low_threshold(LOW_WATER);
                detached.on_buffered_amount_low(Box::new(move || {
                    low.drained();
                    Box::pin(std::future::ready(()))
                }));
                // Set once: a channel opens once.
                let _ = queue.detached.set(Arc::clone(&detached));
                inlet.opened();
                join(read(&detached, &inlet), write(&detached, &inlet, &queue, messages)).await;
            }
        });
        channel.on_open(Box::new(move || {
            Box::pin(async move {
                // Aborted or at its end: there is nothing more to do.
                let _ = io.await;
            })
        }));
        Self { channel, queue, sender: Mutex::new(sender), abort, opener }
    }

    /// Sends a message.
    pub(crate) fn send(&self, message: Bytes) -> Result<(), ChannelClosed> {
        self.queue.messages.fetch_add(1, Ordering::Relaxed);
        self.queue.bytes.fetch_add(message.len(), Ordering::Relaxed);
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.try_send(message).map_err(|_| ChannelClosed)
    }

    /// Waits until more may be sent.
    pub(crate) fn poll_ready(&self, cx: &Context<'_>, inlet: &Inlet) -> Poll<()> {
        let has_room = || {
            self.buffered() < HIGH_WATER && self.queue.messages.load(Ordering::Relaxed) < QUEUE / 2
        };
        if has_room() {
            return Poll::Ready(());
        }
        inlet.wake_when_drained(cx);
        // It may have drained since the first look.
        if has_room() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until the remote has taken all.
    pub(crate) fn poll_drained(&self, cx: &Context<'_>, inlet: &Inlet) -> Poll<()> {
        if let Some(detached) = self.queue.detached.get() {
            detached.set_buffered_amount_low_threshold(0);
        }
        inlet.wake_when_drained(cx);
        if self.buffered() == 0 || self.abort.is_aborted() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Whether the remote should close the channel.
    ///
    /// webrtc-rs resets a stream once more when it has begun to close it and the remote follows.
    /// That would hit the next channel of a remote which has used the number again.
    pub(crate) fn is_left_to_remote(&self) -> bool {
        self.opener == Opener::They
    }

    /// Closes the channel; nothing is reported any more.
    pub(crate) fn close(&self) {
        if self.abort.is_aborted() {
            return;
        }
        self.abort.abort();
        let channel = Arc::clone(&self.channel);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // The connection may be closed already, and the channel with it.
                let _ = channel.close().await;
            });
        }
    }

    /// Bytes that the remote has not taken yet.
    pub(crate) fn buffered(&self) -> usize {
        let sent = self.queue.detached.get().map_or(0, |channel| channel.buffered_amount());
        self.queue.bytes.load(Ordering::Relaxed).saturating_add(sent)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("buffered", &self.buffered()).finish_non_exhaustive()
    }
}

async fn read(channel: &Detached, inlet: &Inlet) {
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        match channel.read(&mut buffer).await {
            Ok(count) if count > 0 => {
                let message = buffer.get(..count).unwrap_or_default();
                inlet.received(Bytes::copy_from_slice(message));
            }
            // The remote closed the channel, or sent what is too long.
            Ok(_) | Err(_) => return inlet.closed(),
        }
    }
}

async fn write(
    channel: &Detached,
    inlet: &Inlet,
    queue: &Queue,
    mut messages: mpsc::Receiver<Bytes>,
) {
    while let Some(message) = messages.next().await {
        if channel.write(&message).await.is_err() {
            return inlet.closed();
        }
        queue.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        if queue.messages.fetch_sub(1, Ordering::Relaxed) <= QUEUE / 4 {
            inlet.drained();
        }
    }
}
