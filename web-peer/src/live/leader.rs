//! The tab that leads: opens the peer, passes on what it tells, and ends it.

use std::{cell::Cell, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    channel::oneshot,
    future::{LocalBoxFuture, Shared},
};
use lowkey_network::{PeerEvent as DriverEvent, PeerEvents, PeerHandle, StorageError};
use lowkey_protocol::Command;

use super::{
    Live,
    lock::Lock,
    opening::{self, Profile},
};
use crate::{
    error::Coded,
    tabs::Input,
    types::{PeerEvent, StorageProblem, StorageView},
};

/// The peer of this profile, in this tab.
pub(super) struct Leader {
    pub(super) handle: PeerHandle,
    pub(super) profile: Profile,
    pub(super) storage: Cell<StorageView>,
    // Dropped when the peer has ended and its storage is quiet.
    lock: Cell<Option<Lock>>,
    ended: Shared<LocalBoxFuture<'static, ()>>,
    end: Cell<Option<oneshot::Sender<()>>>,
}

impl Leader {
    /// Waits until the peer has ended.
    pub(super) async fn has_ended(&self) {
        self.ended.clone().await;
    }
}

impl std::fmt::Debug for Leader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leader").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl Live {
    /// Opens the profile and the peer: the lock has come to this tab.
    pub(super) fn open_peer(&self) {
        let inner = &self.0;
        let Some(lock) = inner.lock.borrow_mut().take() else { return };
        inner.opening.set(inner.opening.get().wrapping_add(1));
        let opening = inner.opening.get();
        let live = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let opened = live.try_open().await;
            let is_late = live.0.opening.get() != opening;
            match opened {
                Ok((profile, handle, _)) if is_late => {
                    // Somebody stopped this tab meanwhile; there is nothing to tell.
                    let _ = handle.shutdown().await;
                    profile.close().await;
                }
                Ok((profile, handle, events)) => live.lead(profile, handle, events, lock).await,
                Err(_) if is_late => {}
                Err(error) => {
                    drop(lock);
                    tracing::warn!("the peer could not be opened");
                    live.tell_joined(Err(error));
                    live.handle(Input::OpenFailed);
                }
            }
        });
    }

    async fn try_open(&self) -> Result<(Profile, PeerHandle, PeerEvents), Coded> {
        let inner = &self.0;
        let pass = inner.pass.borrow().clone();
        let profile = if inner.has_joined.get() {
            Profile::take_over(pass, &inner.slow).await?
        } else {
            Profile::open(&inner.options, &inner.slow).await?
        };
        let first = (!inner.has_joined.get()).then_some(&inner.options);
        match opening::spawn(&profile, &inner.options, first).await {
            Ok((handle, events)) => Ok((profile, handle, events)),
            Err(error) => {
                profile.close().await;
                Err(error)
            }
        }
    }

    async fn lead(&self, profile: Profile, handle: PeerHandle, events: PeerEvents, lock: Lock) {
        let epoch = profile.epoch();
        let storage = profile.view().await;
        let (end, ended) = oneshot::channel::<()>();
        let ended = ended.map(|_| ()).boxed_local().shared();
        *self.0.pass.borrow_mut() = profile.pass();
        let leader = Rc::new(Leader {
            handle,
            profile,
            storage: Cell::new(storage),
            lock: Cell::new(Some(lock)),
            ended,
            end: Cell::new(Some(end)),
        });
        *self.0.leader.borrow_mut() = Some(leader.clone());
        self.handle(Input::Opened(epoch));
        self.post_pass();
        self.tell(PeerEvent::Storage { storage });
        let live = self.clone();
        wasm_bindgen_futures::spawn_local(async move { live.pass_on(&leader, events).await });
    }

    /// Passes on what the peer tells, until it ends.
    async fn pass_on(&self, leader: &Leader, mut events: PeerEvents) {
        while let Some(event) = events.next().await {
            match event {
                DriverEvent::Core(event) => self.tell(event.into()),
                DriverEvent::Network(status) => {
                    self.tell(PeerEvent::Network { network: status.into() })
                }
                DriverEvent::StorageFailed(error) => {
                    let full = error == StorageError::Full;
                    let problem = if full { StorageProblem::Full } else { StorageProblem::Failed };
                    self.tell_problem(leader, Some(problem));
                }
                DriverEvent::StorageWorks => self.tell_problem(leader, None),
                // The machine says why.
                DriverEvent::Stopped => break,
            }
        }
    }

    fn tell_problem(&self, leader: &Leader, problem: Option<StorageProblem>) {
        let storage = StorageView { problem, ..leader.storage.get() };
        leader.storage.set(storage);
        self.tell(PeerEvent::Storage { storage });
    }

    pub(super) fn tell(&self, event: PeerEvent) {
        self.handle(Input::Told(Box::new(event)));
    }

    /// Lets the peer tell everything anew, and hands out what opens the profile: a tab has come.
    pub(super) fn refresh(&self) {
        self.post_pass();
        let Some(leader) = self.0.leader.borrow().clone() else { return };
        wasm_bindgen_futures::spawn_local(async move {
            // A peer whose storage failed tells everything when it works again.
            let _ = leader.handle.command(Command::ShowAll).await;
        });
    }

    pub(super) fn post_pass(&self) {
        if let Some(pass) = &*self.0.pass.borrow() {
            self.0.channel.post_pass(pass.as_js());
        }
    }

    /// Ends the peer if there is one, and only then gives the lock on.
    pub(super) fn release(&self) {
        let inner = &self.0;
        inner.opening.set(inner.opening.get().wrapping_add(1));
        inner.lock.borrow_mut().take();
        let Some(leader) = inner.leader.borrow_mut().take() else { return };
        wasm_bindgen_futures::spawn_local(async move {
            // It may have ended by itself.
            let _ = leader.handle.shutdown().await;
            leader.profile.close().await;
            drop(leader.lock.take());
            if let Some(end) = leader.end.take() {
                // Nobody may wait for it.
                let _ = end.send(());
            }
        });
    }
}
