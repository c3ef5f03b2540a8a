//! Native programs: webrtc-rs, on tokio.

mod channel;
mod peer_connection;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::FutureExt;
use tokio::task::JoinHandle;

use super::Task;
pub(crate) use channel::Channel;
pub(crate) use peer_connection::PeerConnection;

/// Makes a future a task.
pub(crate) fn task<T>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    Box::pin(future)
}

/// Runs a future in the background until it ends. Needs a running tokio.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future);
}

/// Runs a future as a task of its own as long as the returned one lives.
///
/// webrtc-rs parses what a stranger sends; a panic of it must not end the swarm, and gives nothing.
pub(crate) fn contain<T: Send + 'static>(future: Task<T>) -> Task<Option<T>> {
    Box::pin(Contained(tokio::spawn(future)))
}

/// Waits.
pub(crate) fn sleep(duration: Duration) -> Task<()> {
    task(tokio::time::sleep(duration))
}

struct Contained<T>(JoinHandle<T>);

impl<T> Future for Contained<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_unpin(cx).map(Result::ok)
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
