//! Counts the streams that are closed and wait for the acknowledgement, so that their connection
//! waits for them before it closes.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use futures::task::AtomicWaker;

#[derive(Debug, Default)]
pub(super) struct Unfinished {
    count: AtomicUsize,
    waker: AtomicWaker,
}

/// One such stream, as long as this lives.
#[derive(Debug)]
pub(super) struct Finishing(Arc<Unfinished>);

impl Unfinished {
    pub(super) fn begin(self: &Arc<Self>) -> Finishing {
        self.count.fetch_add(1, Ordering::AcqRel);
        Finishing(Arc::clone(self))
    }

    /// Waits until there is none.
    pub(super) async fn none(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            if self.count.load(Ordering::Acquire) == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
        self.0.waker.wake();
    }
}
