//! Runs what the engine asks for, in its order.

use std::time::Duration;

use futures::SinkExt;
use libp2p::Multiaddr;
use lowkey_protocol::{Input, Output, OwnAddresses, RelayAddress};

use super::{Driver, LAST_REOPEN_SECS};
use crate::{
    addresses, bootstrap,
    dht::{Put, Server},
    fail_point,
    peer::{PeerError, PeerEvent},
    platform,
    status::NetworkStatus,
    storage::{Storage, StorageError},
};

impl<S: Storage> Driver<S> {
    /// Brings everything that has happened to the engine, and the network where the engine and the
    /// relays want it, until nothing is left to do.
    pub(super) async fn settle(&mut self) {
        loop {
            self.inputs.extend(self.dht.take_inputs());
            if let Some(input) = self.inputs.pop_front() {
                let cause = fail_point::cause(&input);
                let outputs = self.core.handle(input);
                self.run_outputs(fail_point::refine(cause, &outputs), outputs).await;
                continue;
            }
            self.drive_network();
            if !self.tell_addresses() {
                break;
            }
        }
        self.tell_status().await;
    }

    /// Does what a step asks for; a step that cannot be saved has not happened.
    pub(super) async fn run_outputs(&mut self, cause: &str, outputs: Vec<Output>) {
        for output in outputs {
            let what = fail_point::what(&output);
            fail_point::reach(cause, "before", what);
            match output {
                Output::Persist(changes) => {
                    if let Err(error) = self.core.save(changes).await {
                        tracing::warn!(%error, "a step could not be saved");
                        self.lose_engine(error).await;
                        return;
                    }
                    self.storage_works().await;
                }
                Output::Emit(event) => self.emit(PeerEvent::Core(event)).await,
                other => self.run_output(other),
            }
            fail_point::reach(cause, "after", what);
        }
    }

    fn run_output(&mut self, output: Output) {
        let now = platform::now();
        match output {
            // Both are awaited by `run_outputs`.
            Output::Persist(_) | Output::Emit(_) => {}
            Output::Reply(id, result) => {
                if let Some(answer) = self.replies.remove(&id) {
                    let _ = answer.send(result.map_err(PeerError::Command));
                }
            }
            Output::Send(link, frame) => self.swarm.behaviour_mut().link.send(link, frame),
            Output::Dial(dial, addresses) => {
                let net = &mut self.swarm.behaviour_mut().link;
                self.inputs.extend(self.links.dial(dial, addresses, net));
            }
            Output::DialDirect(dial, link) => {
                let net = &mut self.swarm.behaviour_mut().link;
                self.inputs.extend(self.links.dial_direct(dial, link, net));
            }
            Output::AllowDirect(link) => {
                self.links.set_meets(link, true, &mut self.swarm.behaviour_mut().rtc);
            }
            Output::ForbidDirect(link) => {
                self.links.set_meets(link, false, &mut self.swarm.behaviour_mut().rtc);
            }
            Output::Close(link, reason) => {
                self.links.close(link, reason, &mut self.swarm.behaviour_mut().link, now);
            }
            Output::FindRecord(id, key, hints) => {
                let hints = hints.iter().filter_map(server).collect();
                self.dht.find(id, &key, hints, self.swarm.behaviour_mut(), now);
            }
            Output::PublishRecord(id, key, value, ends) => {
                let put = Put { key, value, expires: now + self.core.clock.until(ends) };
                self.dht.publish(id, put, self.swarm.behaviour_mut(), now);
            }
            Output::FindStamp(id, puzzle) => self.stamps.search(id, puzzle),
            Output::Cancel(id) => {
                self.dht.cancel(id, self.swarm.behaviour_mut());
                self.stamps.cancel(id);
            }
        }
    }

    /// Opens a new engine after storage failed, or looks whether it works again; on failure both
    /// are tried again later.
    pub(super) async fn reopen(&mut self) {
        self.reopen_at = None;
        if self.core.is_open() {
            match self.core.probe().await {
                Ok(()) => self.storage_works().await,
                Err(_) => self.reopen_later(),
            }
            return;
        }
        match self.core.reopen().await {
            Ok(outputs) => {
                // The new engine knows nothing of where we are.
                self.told_addresses = OwnAddresses::default();
                self.run_outputs("reopen", outputs).await;
                // Until something is saved, nobody knows whether that works.
                if self.storage_failures > 0 && self.reopen_at.is_none() {
                    self.reopen_later();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "storage cannot be opened yet");
                self.reopen_later();
            }
        }
    }

    async fn storage_works(&mut self) {
        if self.storage_failures > 0 {
            self.storage_failures = 0;
            self.told_failure = None;
            self.reopen_at = None;
            self.emit(PeerEvent::StorageWorks).await;
        }
    }

    /// Ends the engine, whose state may be ahead of what is stored, and all that it had begun.
    async fn lose_engine(&mut self, error: StorageError) {
        self.core.close(error);
        self.links.abort_all(&mut self.swarm.behaviour_mut().link);
        self.dht.cancel_all(self.swarm.behaviour_mut());
        self.stamps.cancel_all();
        self.inputs.clear();
        for (_, answer) in std::mem::take(&mut self.replies) {
            let _ = answer.send(Err(error.into()));
        }
        if self.told_failure.replace(error) != Some(error) {
            self.emit(PeerEvent::StorageFailed(error)).await;
        }
        self.reopen_later();
    }

    fn reopen_later(&mut self) {
        let wait = match self.storage_failures.checked_sub(1) {
            None => 0,
            Some(shift) => 1_u64.checked_shl(shift).unwrap_or(0).clamp(1, LAST_REOPEN_SECS),
        };
        self.reopen_at = Some(platform::now() + Duration::from_secs(wait));
        self.storage_failures = self.storage_failures.saturating_add(1).min(32);
    }

    fn drive_network(&mut self) {
        let now = platform::now();
        if self.relays.all_lost() {
            self.bootstrap.handle_all_lost(now);
        }
        if let Some(origin) = self.bootstrap.ask(now) {
            self.questions.push(Box::pin(bootstrap::fetch(origin)));
        }
        let random = self.core.random();
        self.relays.drive(&mut self.swarm, random, now);
        self.dht.set_home(self.relays.home());
        for connection in self.links.take_unused() {
            self.swarm.close_connection(connection);
        }
    }

    /// Tells the engine where we are, if that has changed.
    fn tell_addresses(&mut self) -> bool {
        let addresses = self.relays.own_addresses();
        let is_new = self.core.is_open() && addresses != self.told_addresses;
        if is_new {
            self.told_addresses = addresses.clone();
            self.inputs.push_back(Input::OwnAddresses(addresses));
        }
        is_new
    }

    async fn tell_status(&mut self) {
        let relays = self.bootstrap.status().into_iter().chain(self.relays.status()).collect();
        let status =
            NetworkStatus { online: platform::is_online(), relays, direct: self.links.status() };
        if status != self.told_status {
            self.told_status = status.clone();
            self.emit(PeerEvent::Network(status)).await;
        }
    }

    async fn emit(&mut self, event: PeerEvent) {
        // A screen that is gone needs no events; the handles decide how long the peer lives.
        let _ = self.events.send(event).await;
    }
}

/// A relay that an invite or a record names, if it can be dialled.
fn server(relay: &RelayAddress) -> Option<Server> {
    let address = Multiaddr::try_from(relay.as_bytes().to_vec()).ok()?;
    let (peer, address) = addresses::split_peer(address)?;
    platform::can_dial(&address).then(|| Server { peer, addresses: vec![address] })
}
