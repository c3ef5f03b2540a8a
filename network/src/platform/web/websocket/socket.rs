//! One WebSocket and the events that it tells.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

/// Bytes that may wait to be read: a relay that sends faster than we read loses us.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that the browser may hold for sending before writers wait.
const WRITE_BYTES: u32 = 512 * 1024;

/// How often a waiting writer looks again: a browser does not say when it has sent.
const LOOK_AGAIN_MILLIS: u32 = 10;

/// A socket; closed when dropped.
#[derive(Debug)]
pub(super) struct Socket {
    socket: WebSocket,
    shared: Rc<RefCell<Shared>>,
    look_again: Option<Timeout>,
    // The browser calls them; they live as long as the socket.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_change: Closure<dyn FnMut(Event)>,
}

/// What events leave behind.
#[derive(Debug, Default)]
struct Shared {
    incoming: VecDeque<Uint8Array>,
    // Of the first of `incoming`.
    read: u32,
    bytes: usize,
    broken: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Socket {
    /// Begins to open a socket.
    pub(super) fn open(url: &str) -> io::Result<Self> {
        let socket = WebSocket::new(url).map_err(|_| io::ErrorKind::InvalidInput)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let shared = Rc::new(RefCell::new(Shared::default()));

        let to = Rc::clone(&shared);
        let on_message = Closure::new(move |event: MessageEvent| {
            let mut shared = to.borrow_mut();
            match event.data().dyn_into::<ArrayBuffer>() {
                Ok(data) => shared.push(Uint8Array::new(&data)),
                // No libp2p speaks text.
                Err(_) => shared.broken = true,
            }
            shared.wake();
        });
        let to = Rc::clone(&shared);
        let on_change = Closure::new(move |_: Event| to.borrow_mut().wake());

        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let changed = Some(on_change.as_ref().unchecked_ref());
        socket.set_onopen(changed);
        socket.set_onclose(changed);
        socket.set_onerror(changed);
        let (_on_message, _on_change) = (on_message, on_change);
        Ok(Self { socket, shared, look_again: None, _on_message, _on_change })
    }

    pub(super) fn poll_open(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        match self.socket.ready_state() {
            WebSocket::OPEN => Poll::Ready(Ok(())),
            WebSocket::CONNECTING => {
                self.shared.borrow_mut().writer = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
        }
    }

    pub(super) fn poll_read(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut shared = self.shared.borrow_mut();
        if shared.broken {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let read = shared.pop(buffer);
        if read > 0 || buffer.is_empty() {
            return Poll::Ready(Ok(read));
        }
        match self.socket.ready_state() {
            WebSocket::CLOSING | WebSocket::CLOSED => Poll::Ready(Ok(0)),
            _ => {
                shared.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(super) fn poll_write(&mut self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.socket.ready_state() != WebSocket::OPEN {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.socket.buffered_amount() > WRITE_BYTES {
            self.shared.borrow_mut().writer = Some(cx.waker().clone());
            let to = Rc::clone(&self.shared);
            self.look_again = Some(Timeout::new(LOOK_AGAIN_MILLIS, move || to.borrow_mut().wake()));
            return Poll::Pending;
        }
        let sent = self.socket.send_with_u8_array(bytes);
        Poll::Ready(sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into()))
    }

    pub(super) fn close(&self) {
        // A socket that is closed already has nothing to say.
        let _ = self.socket.close();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The closures die with us: the browser must not call them any more.
        self.socket.set_onmessage(None);
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        self.socket.set_onerror(None);
        self.close();
    }
}

impl Shared {
    fn push(&mut self, data: Uint8Array) {
        let length = usize::try_from(data.length()).unwrap_or(usize::MAX);
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > READ_BYTES {
            tracing::debug!("a relay sends faster than this page reads");
            self.broken = true;
        } else if length > 0 {
            self.incoming.push_back(data);
        }
    }

    /// Moves what is there into the buffer; returns how much.
    fn pop(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(first) = self.incoming.front() {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            let left = first.length().saturating_sub(self.read);
            let take = left.min(u32::try_from(room.len()).unwrap_or(u32::MAX));
            let part = first.subarray(self.read, self.read.saturating_add(take));
            let taken = usize::try_from(take).unwrap_or(0);
            let Some(room) = room.get_mut(..taken) else { break };
            part.copy_to(room);
            filled = filled.saturating_add(taken);
            self.bytes = self.bytes.saturating_sub(taken);
            if take == left {
                self.incoming.pop_front();
                self.read = 0;
            } else {
                self.read = self.read.saturating_add(take);
            }
        }
        filled
    }

    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}
