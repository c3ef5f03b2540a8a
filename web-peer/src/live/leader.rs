//! The tab that leads: opens the peer, passes on what it tells, and ends it.

use std::{cell::Cell, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    channel::oneshot,
    future::{LocalBoxFuture, Shared},
};
use lowkey_network::{PeerEvent as DriverEvent, PeerEvents, PeerHandle, StorageError};
use lowkey_protocol::Command;
use wasm_bindgen::JsValue;

use super::{
    Live,
    lock::Lock,
    opening::{self, Fresh, Profile, Why},
};
use crate::{
    error::Coded,
    tabs::{Input, Message},
    types::{PeerEvent, Stopped, StorageProblem, StorageView},
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
            let options = live.0.options.borrow().clone();
            let why = match live.0.has_joined.get() {
                false => Why::First,
                true => Why::TakesOver(live.0.pass.borrow().clone()),
            };
            let opened = opening::open(&options, why, &live.0.slow).await;
            let is_late = live.0.opening.get() != opening;
            match opened {
                Ok(fresh) if is_late => {
                    // Somebody stopped this tab meanwhile; there is nothing to tell.
                    let _ = fresh.handle.shutdown().await;
                }
                Ok(fresh) => live.lead(fresh, lock).await,
                Err(_) if is_late => {}
                Err(error) => {
                    drop(lock);
                    live.fail_to_open(error);
                }
            }
        });
    }

    fn fail_to_open(&self, error: Coded) {
        tracing::warn!("the peer could not be opened");
        let is_first = !self.0.has_joined.get();
        if is_first {
            self.tell_joined(Err(error));
            self.handle(Input::OpenFailed);
        } else if error.is("locked") || error.is("passphraseWrong") {
            self.handle(Input::heard(Message::Stop(Stopped::Locked)));
        } else if error.is("identityGone") {
            self.handle(Input::Leave);
        } else {
            self.handle(Input::OpenFailed);
        }
    }

    async fn lead(&self, fresh: Fresh, lock: Lock) {
        let Fresh { handle, events, profile, pass, epoch } = fresh;
        let opening = self.0.opening.get();
        let storage = profile.view().await;
        let (end, ended) = oneshot::channel::<()>();
        let ended = ended.map(|_| ()).boxed_local().shared();
        let leader = Rc::new(Leader {
            handle,
            profile,
            storage: Cell::new(storage),
            lock: Cell::new(Some(lock)),
            ended,
            end: Cell::new(Some(end)),
        });
        *self.0.leader.borrow_mut() = Some(leader.clone());
        if self.0.opening.get() != opening {
            self.release();
            return;
        }
        *self.0.pass.borrow_mut() = pass;
        self.0.options.borrow_mut().forget_secrets();
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
        match &*self.0.pass.borrow() {
            Some(pass) => self.0.channel.post_pass(pass.as_js()),
            None => self.0.channel.post_pass(&JsValue::NULL),
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
            drop(leader.lock.take());
            if let Some(end) = leader.end.take() {
                // Nobody may wait for it.
                let _ = end.send(());
            }
        });
    }
}
