//! The task beside each stream: sends its flags and closes its data channel.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{Shared, select},
};

use super::inlet::{Inlet, Task};
use crate::{
    backend::{self, Channel},
    framing,
};

/// Runs until the stream is over or its connection is closed; then closes the data channel.
pub(super) async fn drive(
    channel: Arc<Channel>,
    inlet: Arc<Inlet>,
    mut closed: Shared<oneshot::Receiver<()>>,
    finish_timeout: Duration,
) {
    let mut timer = None;
    let whole = poll_fn(|cx| {
        if closed.poll_unpin(cx).is_ready() {
            inlet.closed();
            return Poll::Ready(false);
        }
        poll_tasks(cx, &channel, &inlet, finish_timeout, &mut timer).map(|()| true)
    })
    .await;
    if whole {
        // What was sent must leave before the channel closes, or the last flag is lost.
        let drained = poll_fn(|cx| channel.poll_drained(cx, &inlet));
        let bound = backend::sleep(DRAIN_TIMEOUT);
        select(select(drained, bound), closed.clone()).await;
        let patience = if channel.is_left_to_remote() {
            Some(REMOTE_CLOSES)
        } else {
            (!inlet.is_answered()).then_some(REMOTE_ACCEPTS)
        };
        if let Some(patience) = patience {
            let closing = poll_fn(|cx| inlet.poll_closed(cx));
            select(select(closing, backend::sleep(patience)), closed).await;
        }
    }
    channel.close();
    inlet.closed();
}

fn poll_tasks(
    cx: &mut Context<'_>,
    channel: &Channel,
    inlet: &Inlet,
    finish_timeout: Duration,
    timer: &mut Option<backend::Task<()>>,
) -> Poll<()> {
    loop {
        match inlet.task(cx) {
            Task::Send(flag) => {
                if channel.send(framing::flag_frame(flag)).is_err() {
                    inlet.closed();
                }
            }
            Task::Wait => {
                *timer = None;
                return Poll::Pending;
            }
            Task::WaitForAcknowledgement => {
                let timer = timer.get_or_insert_with(|| backend::sleep(finish_timeout));
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                inlet.overdue();
            }
            Task::Close => return Poll::Ready(()),
        }
    }
}

/// How long a channel stays open for a remote that has not used it yet: webrtc-rs takes no channels
/// any more after one that was closed before it was taken.
const REMOTE_ACCEPTS: Duration = Duration::from_secs(1);

/// How long a channel of the remote stays open for it to close.
const REMOTE_CLOSES: Duration = Duration::from_secs(10);

/// How long the last messages may take to leave.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
