//! Browsers: `RTCPeerConnection` by web-sys.
//!
//! Objects of the page cannot move between threads; there is only one, so `SendWrapper` lets them
//! be part of types that ask for it. Every handler that is set on such an object is removed before
//! its closure is dropped, or the browser would call into nothing.

mod channel;
mod peer_connection;
mod statistics;

use std::{future::Future, time::Duration};

use gloo_timers::future::TimeoutFuture;
use send_wrapper::SendWrapper;

use super::Task;
pub(crate) use channel::Channel;
pub(crate) use peer_connection::PeerConnection;

/// Makes a future of the page's one thread a task.
pub(crate) fn task<T>(future: impl Future<Output = T> + 'static) -> Task<T> {
    Box::pin(SendWrapper::new(future))
}

/// Runs a future in the background until it ends.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// Does nothing more: a page has no other place to run a future.
pub(crate) fn contain<T: 'static>(future: Task<T>) -> Task<Option<T>> {
    task(async move { Some(future.await) })
}

/// Waits.
pub(crate) fn sleep(duration: Duration) -> Task<()> {
    let millis = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
    // A longer wait than a timer of the browser can hold ends at once there.
    task(TimeoutFuture::new(millis.min(MAX_TIMER_MILLIS)))
}

const MAX_TIMER_MILLIS: u32 = 0x7fff_ffff;
