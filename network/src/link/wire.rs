//! Frames on one stream: reads whole ones, writes a bounded queue of them.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use lowkey_protocol::wire::frame::frame_length;

use super::LinkEnd;

/// Bytes that may wait on one link: all unacknowledged messages of a contact at their largest, and
/// room for answers.
pub(super) const QUEUE_BYTES: usize = 5 * 1024 * 1024;

/// Bytes of a frame's length prefix.
const PREFIX: usize = 4;

/// Turns a stream into frames.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    frame: Vec<u8>,
    filled: usize,
    queue: VecDeque<Vec<u8>>,
    queued_bytes: usize,
    written: usize,
    unflushed: bool,
    closing: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            frame: vec![0; PREFIX],
            filled: 0,
            queue: VecDeque::new(),
            queued_bytes: 0,
            written: 0,
            unflushed: false,
            closing: false,
        }
    }

    /// Queues a frame; a queue that would grow over its bound ends the link.
    pub(super) fn send(&mut self, frame: Vec<u8>) -> Result<(), LinkEnd> {
        if self.closing {
            return Ok(());
        }
        let queued = self.queued_bytes.saturating_add(frame.len());
        if queued > QUEUE_BYTES {
            return Err(LinkEnd::QueueFull);
        }
        self.queued_bytes = queued;
        self.queue.push_back(frame);
        Ok(())
    }

    /// Writes what is queued, closes the stream, and reads no more.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// Returns the next whole frame, or how the link ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, LinkEnd>> {
        match self.poll_write(cx) {
            Poll::Ready(Err(_)) => return Poll::Ready(Err(LinkEnd::Broken)),
            Poll::Ready(Ok(())) if self.closing => {
                let closed = ready!(Pin::new(&mut self.stream).poll_close(cx));
                return Poll::Ready(Err(closed.map_or(LinkEnd::Broken, |()| LinkEnd::Ours)));
            }
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        if self.closing { Poll::Pending } else { self.poll_read(cx) }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, LinkEnd>> {
        loop {
            let room = self.frame.get_mut(self.filled..).unwrap_or_default();
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, room));
            match read {
                Err(_) => return Poll::Ready(Err(LinkEnd::Broken)),
                Ok(0) => return Poll::Ready(Err(LinkEnd::Theirs)),
                Ok(read) => self.filled = self.filled.saturating_add(read),
            }
            if self.filled < self.frame.len() {
                continue;
            }
            if let Ok(prefix) = <[u8; PREFIX]>::try_from(self.frame.as_slice()) {
                match frame_length(prefix) {
                    Ok(whole) => self.frame.resize(whole, 0),
                    Err(rule) => return Poll::Ready(Err(LinkEnd::Misbehaviour(rule))),
                }
            } else {
                self.filled = 0;
                return Poll::Ready(Ok(std::mem::replace(&mut self.frame, vec![0; PREFIX])));
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(frame) = self.queue.front() {
            let rest = frame.get(self.written..).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unflushed = true;
            self.written = self.written.saturating_add(written);
            if self.written >= frame.len() {
                self.queued_bytes = self.queued_bytes.saturating_sub(frame.len());
                self.written = 0;
                self.queue.pop_front();
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use futures::{
        AsyncReadExt, executor::block_on, future::poll_fn, io::Cursor, task::noop_waker_ref,
    };
    use lowkey_protocol::Misbehaviour;
    use proptest::prelude::*;

    use super::*;

    fn frame(length: u16) -> Vec<u8> {
        let mut frame = u32::from(length - 4).to_le_bytes().to_vec();
        frame.resize(usize::from(length), 7);
        frame
    }

    fn read_all(bytes: Vec<u8>) -> (Vec<Vec<u8>>, LinkEnd) {
        let mut wire = Wire::new(Cursor::new(bytes));
        let mut frames = Vec::new();
        loop {
            match block_on(poll_fn(|cx| wire.poll(cx))) {
                Ok(frame) => frames.push(frame),
                Err(end) => return (frames, end),
            }
        }
    }

    #[test]
    fn frames_come_whole_and_in_order() {
        let sent = [frame(256), frame(1_024), frame(16_384), frame(256)];
        let (frames, end) = read_all(sent.concat());
        assert_eq!(frames, sent);
        assert_eq!(end, LinkEnd::Theirs);
    }

    #[test]
    fn an_unknown_length_is_named() {
        let (frames, end) = read_all([frame(256), vec![9, 9, 9, 9, 1]].concat());
        assert_eq!(frames.len(), 1);
        assert_eq!(end, LinkEnd::Misbehaviour(Misbehaviour::FrameLength));
    }

    #[test]
    fn a_queue_over_its_bound_ends_the_link() {
        let mut wire = Wire::new(Cursor::new(Vec::new()));
        let mut sent = 0;
        while wire.send(frame(16_384)).is_ok() {
            sent += 16_384;
        }
        assert_eq!(sent, QUEUE_BYTES);
    }

    #[test]
    fn what_was_queued_is_written_before_the_close() {
        let mut wire = Wire::new(Cursor::new(Vec::new()));
        wire.send(frame(256)).unwrap();
        wire.send(frame(1_024)).unwrap();
        wire.close();
        assert_eq!(block_on(poll_fn(|cx| wire.poll(cx))), Err(LinkEnd::Ours));
        assert_eq!(wire.stream.into_inner(), [frame(256), frame(1_024)].concat());
    }

    #[test]
    fn nothing_is_read_after_a_close() {
        let mut wire = Wire::new(Cursor::new(frame(256)));
        wire.close();
        let mut cx = Context::from_waker(noop_waker_ref());
        assert_eq!(wire.poll(&mut cx), Poll::Ready(Err(LinkEnd::Ours)));
        let mut left = Vec::new();
        block_on(wire.stream.read_to_end(&mut left)).unwrap();
        assert_eq!(left.len(), 256);
    }

    proptest! {
        #[test]
        fn any_bytes_end_the_link_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let (frames, _) = read_all(bytes.clone());
            let read: usize = frames.iter().map(Vec::len).sum();
            prop_assert!(read <= bytes.len());
        }
    }
}
