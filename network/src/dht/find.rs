//! One look-up.

use std::collections::BTreeSet;

use libp2p::kad;
use lowkey_protocol::{Input, Progress, QueryId, RecordKey};
use web_time::Instant;

use super::{ask::AskId, record};

/// Different values that one look-up passes on; liars could send a new one from every node.
const VALUES: usize = 64;

/// Passes each new value on, until walk and questions have ended.
#[derive(Debug)]
pub(super) struct Find {
    pub(super) key: kad::RecordKey,
    pub(super) walk: Walk,
    pub(super) asks: BTreeSet<AskId>,
    pub(super) ends: Instant,
    seen: BTreeSet<Vec<u8>>,
}

/// Where Kademlia's own walk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// No server is known yet.
    Waiting,
    /// It runs.
    Running,
    /// It has ended.
    Ended,
}

impl Find {
    pub(super) fn new(key: &RecordKey, ends: Instant) -> Self {
        Self {
            key: kad::RecordKey::new(&key.to_kad_key()),
            walk: Walk::Waiting,
            asks: BTreeSet::new(),
            ends,
            seen: BTreeSet::new(),
        }
    }

    /// Takes a record that the walk found.
    pub(super) fn found(&mut self, id: QueryId, found: kad::Record) -> Option<Input> {
        if found.key != self.key || record::check_form(&found).is_err() {
            return None;
        }
        self.value(id, found.value)
    }

    /// Takes a value; gives it to the engine if it is new.
    pub(super) fn value(&mut self, id: QueryId, value: Vec<u8>) -> Option<Input> {
        let fits = record::VALUE_LENGTHS.contains(&value.len()) && self.seen.len() < VALUES;
        if !fits || !self.seen.insert(value.clone()) {
            return None;
        }
        Some(Input::RecordsFound(id, vec![value], Progress::More))
    }

    pub(super) fn is_done(&self) -> bool {
        self.walk == Walk::Ended && self.asks.is_empty()
    }
}
