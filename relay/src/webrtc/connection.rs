//! One WebRTC-direct connection: streams in data channels, as many as are allowed.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{
    AsyncRead, AsyncWrite, FutureExt, StreamExt, TryFutureExt, future::BoxFuture,
    stream::FuturesUnordered,
};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p_webrtc_utils::DropListener;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use webrtc::{
    data_channel::{RTCDataChannel, data_channel_init::RTCDataChannelInit},
    peer_connection::{RTCPeerConnection, peer_connection_state::RTCPeerConnectionState},
};

use super::{WebRtcError, channel::Channel, handshake::PeerConnection, socket::Name};
use crate::clients::Place;

/// New channels that wait to be taken; further ones are closed.
const WAITING: usize = 64;

/// What the remote opens, and whether the connection lives.
pub(super) struct Channels {
    incoming: mpsc::Receiver<Channel>,
    ended: watch::Receiver<bool>,
}

impl Channels {
    /// Sets the handlers of a connection; none holds it, or it would never go.
    pub(super) async fn of(connection: &RTCPeerConnection) -> Result<Self, WebRtcError> {
        let (sender, incoming) = mpsc::channel(WAITING);
        connection.on_data_channel(Box::new(move |channel: Arc<RTCDataChannel>| {
            let opened = opened(&channel);
            let sender = sender.clone();
            tokio::spawn(async move {
                // A full queue closes the channel: the remote goes on too fast.
                if let Ok(channel) = opened.await
                    && let Err(refused) = sender.try_send(channel)
                {
                    tracing::debug!("a stream over the limits is closed");
                    refused.into_inner().close().await;
                }
            });
            Box::pin(std::future::ready(()))
        }));
        let (end, ended) = watch::channel(false);
        let end = Arc::new(end);
        watch_end(connection, Arc::clone(&end)).await?;
        connection.on_peer_connection_state_change(Box::new(move |state| {
            if matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed) {
                end.send_replace(true);
            }
            Box::pin(std::future::ready(()))
        }));
        Ok(Self { incoming, ended })
    }
}

/// Lets a data channel that carries nothing tell when the remote closes the connection, which
/// webrtc-rs tells by no other way. The remote knows nothing of it.
async fn watch_end(
    connection: &RTCPeerConnection,
    end: Arc<watch::Sender<bool>>,
) -> Result<(), WebRtcError> {
    let init =
        RTCDataChannelInit { negotiated: Some(WATCH_CHANNEL), ..RTCDataChannelInit::default() };
    let opened = opened(&connection.create_data_channel("", Some(init)).await?);
    tokio::spawn(async move {
        if let Ok(channel) = opened.await {
            channel.ended().await;
            end.send_replace(true);
        }
    });
    Ok(())
}

/// The number of that channel: the last that a data channel may have.
const WATCH_CHANNEL: u16 = 65_534;

/// A connection that holds its places among all connections until it is dropped.
pub(crate) struct Connection {
    peer_connection: PeerConnection,
    incoming: mpsc::Receiver<Channel>,
    streams: Arc<Semaphore>,
    opening: Option<BoxFuture<'static, Result<Channel, WebRtcError>>>,
    /// Send the reset of streams that were dropped.
    dropped: FuturesUnordered<DropListener<Compat<Channel>>>,
    ended: BoxFuture<'static, ()>,
    closing: Option<BoxFuture<'static, ()>>,
    _places: Places,
}

pub(super) type Places = (OwnedSemaphorePermit, Place, Name);

impl Connection {
    pub(super) fn new(
        peer_connection: PeerConnection,
        channels: Channels,
        streams: usize,
        places: Places,
    ) -> Self {
        let Channels { incoming, mut ended } = channels;
        Self {
            peer_connection,
            incoming,
            streams: Arc::new(Semaphore::new(streams)),
            opening: None,
            dropped: FuturesUnordered::new(),
            // Its sender goes with the connection, which is an end as well.
            ended: async move { drop(ended.wait_for(|ended| *ended).await) }.boxed(),
            closing: None,
            _places: places,
        }
    }

    fn stream(&self, channel: Channel, permit: Option<OwnedSemaphorePermit>) -> Stream {
        let end = channel.end();
        let (inner, dropped) = libp2p_webrtc_utils::Stream::new(channel.compat());
        self.dropped.push(dropped);
        Stream { inner, end: Some(end.boxed()), permit }
    }
}

impl StreamMuxer for Connection {
    type Substream = Stream;
    type Error = WebRtcError;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, WebRtcError>> {
        loop {
            let Some(channel) = ready!(self.incoming.poll_recv(cx)) else {
                return Poll::Ready(Err(WebRtcError::Closed));
            };
            if let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() {
                return Poll::Ready(Ok(self.stream(channel, Some(permit))));
            }
            tracing::debug!("a stream over the limits is closed");
            tokio::spawn(async move { channel.close().await });
        }
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Stream, WebRtcError>> {
        let this = &mut *self;
        let connection = &this.peer_connection;
        let opening = this.opening.get_or_insert_with(|| open(connection.inner()).boxed());
        let result = ready!(opening.poll_unpin(cx));
        this.opening = None;
        // Our own ones count as far as there is room: circuits are bounded by themselves.
        let permit = Arc::clone(&this.streams).try_acquire_owned().ok();
        Poll::Ready(result.map(|channel| this.stream(channel, permit)))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WebRtcError>> {
        let this = &mut *self;
        let connection = &this.peer_connection;
        let closing = this.closing.get_or_insert_with(|| {
            let connection = connection.inner();
            async move { drop(connection.close().await) }.boxed()
        });
        closing.poll_unpin(cx).map(Ok)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, WebRtcError>> {
        while let Poll::Ready(Some(_)) = self.dropped.poll_next_unpin(cx) {}
        self.ended.poll_unpin(cx).map(|()| Err(WebRtcError::Closed))
    }
}

async fn open(connection: Arc<RTCPeerConnection>) -> Result<Channel, WebRtcError> {
    // The specification wants an empty label.
    let channel = connection.create_data_channel("", None).await?;
    opened(&channel).map_err(|_| WebRtcError::Closed).await
}

/// Returns a channel when it is open; the channel holds the handler, so not the other way round.
fn opened(channel: &Arc<RTCDataChannel>) -> oneshot::Receiver<Channel> {
    let (sender, receiver) = oneshot::channel();
    let weak = Arc::downgrade(channel);
    channel.on_open(Box::new(move || {
        Box::pin(async move {
            let Some(channel) = weak.upgrade() else { return };
            if let Ok(detached) = channel.detach().await {
                // Nobody waits any more if the connection has ended.
                drop(sender.send(Channel::new(detached)));
            }
        })
    }));
    receiver
}

/// The most data in one message: with what stands around it, that is 8 KiB, which native clients of
/// libp2p take (rust-libp2p issue 4049).
const WRITTEN_BYTES: usize = 8 * 1024 - 7;

/// A stream that counts as long as its channel is open.
pub(crate) struct Stream {
    inner: libp2p_webrtc_utils::Stream<Compat<Channel>>,
    end: Option<BoxFuture<'static, ()>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Stream {
    /// The channel, and the place, are free when both sides have closed it.
    fn drop(&mut self) {
        let (end, permit) = (self.end.take(), self.permit.take());
        if let (Some(end), Ok(runtime)) = (end, Handle::try_current()) {
            runtime.spawn(end.map(|()| drop(permit)));
        }
    }
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
        let part = bytes.get(..WRITTEN_BYTES).unwrap_or(bytes);
        Pin::new(&mut self.inner).poll_write(cx, part)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
