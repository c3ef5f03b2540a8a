//! A WebSocket as a stream and sink of binary messages, which is what libp2p needs of it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures::{Sink, Stream};

use crate::clients::Place;

/// The binary messages of one WebSocket. Text is a protocol error and ends it.
#[derive(Debug)]
pub(crate) struct Frames {
    socket: WebSocket,
    // Gives the client's place back when the connection ends.
    _place: Place,
}

impl Frames {
    pub(crate) fn new(socket: WebSocket, place: Place) -> Self {
        Self { socket, _place: place }
    }
}

/// The bytes of one message: read without a copy.
#[derive(Debug)]
pub(crate) struct Payload(Bytes);

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

impl Stream for Frames {
    type Item = io::Result<Payload>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let message = match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => return Poll::Ready(None),
            };
            match message {
                Message::Binary(bytes) => return Poll::Ready(Some(Ok(Payload(bytes)))),
                Message::Text(_) => {
                    return Poll::Ready(Some(Err(io::ErrorKind::InvalidData.into())));
                }
                Message::Close(_) => return Poll::Ready(None),
                // The WebSocket layer has queued the pong already.
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }
}

impl Sink<Payload> for Frames {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_ready(cx).map_err(io::Error::other)
    }

    fn start_send(mut self: Pin<&mut Self>, payload: Payload) -> io::Result<()> {
        let message = Message::Binary(payload.0);
        Pin::new(&mut self.socket).start_send(message).map_err(io::Error::other)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(io::Error::other)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(io::Error::other)
    }
}
