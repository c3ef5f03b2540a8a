//! Dials whose signalling stream is not open yet.

use std::collections::BTreeMap;

use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};

use super::{
    exchanges::{Attempt, Reply},
    handler::DialId,
};
use crate::Error;

/// All of them, by their number.
#[derive(Debug, Default)]
pub(super) struct Dials {
    waiting: BTreeMap<DialId, Dial>,
    next: u64,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) peer: PeerId,
    /// The relayed connection: one that is up, or one that is dialled.
    pub(super) connection: ConnectionId,
    /// What to dial if a connection that was up proves to be dead.
    pub(super) circuit: Option<Multiaddr>,
    pub(super) attempt: Attempt,
    pub(super) reply: Reply,
}

impl Dials {
    pub(super) fn insert(&mut self, dial: Dial) -> DialId {
        let id = DialId(self.next);
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(id, dial);
        id
    }

    pub(super) fn remove(&mut self, id: DialId) -> Option<Dial> {
        self.waiting.remove(&id)
    }

    /// Ends a dial.
    pub(super) fn fail(&mut self, id: DialId, error: Error) {
        if let Some(dial) = self.waiting.remove(&id) {
            // Nobody may wait for the answer any more.
            let _ = dial.reply.send(Err(error));
        }
    }

    /// Forgets those for whose end nobody waits, and returns how many are left.
    pub(super) fn count(&mut self) -> usize {
        self.waiting.retain(|_, dial| !dial.reply.is_canceled());
        self.waiting.len()
    }

    /// Returns those of which `pick` says so.
    pub(super) fn select(&self, pick: impl Fn(&Dial) -> bool) -> Vec<DialId> {
        self.waiting.iter().filter(|(_, dial)| pick(dial)).map(|(id, _)| *id).collect()
    }

    /// Takes what a dial may still try: its peer and the circuit to it.
    pub(super) fn take_circuit(&mut self, id: DialId) -> Option<(PeerId, Multiaddr)> {
        let dial = self.waiting.get_mut(&id)?;
        Some((dial.peer, dial.circuit.take()?))
    }

    /// Lets a dial wait for another relayed connection.
    pub(super) fn move_to(&mut self, id: DialId, connection: ConnectionId) {
        if let Some(dial) = self.waiting.get_mut(&id) {
            dial.connection = connection;
        }
    }
}
