//! One publication: the closest nodes, the put, a rest, the reading back.
//!
//! A node says that it has stored a record whether or not it has: only what comes back over a
//! fresh query counts.

use std::collections::BTreeSet;

use libp2p::{PeerId, kad};
use lowkey_protocol::Holders;
use web_time::Instant;

use super::{Put, record};

/// Other values that are shown to the engine.
const OTHERS: usize = 16;

/// Goes through the stages of a publication.
#[derive(Debug)]
pub(super) struct Publication {
    put: Put,
    stage: Stage,
    // Servers that answered on the way to the closest ones; who never answers cannot hold either.
    answered: u32,
}

#[derive(Debug)]
enum Stage {
    // For a first server, at most until then.
    Waiting(Instant),
    FindingClosest,
    Putting,
    Resting(Instant),
    ReadingBack { holders: BTreeSet<PeerId>, others: BTreeSet<Vec<u8>> },
}

/// What the machine must do next.
#[derive(Debug)]
pub(super) enum Step {
    Wait,
    FindClosest(Vec<u8>),
    PutTo(kad::Record, Vec<PeerId>),
    ReadBack(kad::RecordKey),
    Done(Holders),
}

impl Publication {
    pub(super) fn new(put: Put, wait_until: Instant) -> Self {
        Self { put, stage: Stage::Waiting(wait_until), answered: 0 }
    }

    /// Begins, now that a server is known.
    pub(super) fn start(&mut self) -> Step {
        if !matches!(self.stage, Stage::Waiting(_)) {
            return Step::Wait;
        }
        self.stage = Stage::FindingClosest;
        Step::FindClosest(self.put.key.to_kad_key())
    }

    /// Takes the progress of the query that the last step asked for.
    pub(super) fn handle(
        &mut self,
        result: kad::QueryResult,
        last: bool,
        read_back_at: Instant,
    ) -> Step {
        match (&mut self.stage, result) {
            (Stage::FindingClosest, kad::QueryResult::GetClosestPeers(closest)) if last => {
                let peers = match closest {
                    Ok(found) => found.peers,
                    Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
                };
                self.answered = u32::try_from(peers.len()).unwrap_or(u32::MAX);
                self.stage = Stage::Putting;
                let key = self.put.key.to_kad_key();
                let record = record::to_put(&key, self.put.value.clone(), self.put.expires);
                Step::PutTo(record, peers.into_iter().map(|peer| peer.peer_id).collect())
            }
            (Stage::Putting, kad::QueryResult::PutRecord(_)) if last => {
                self.stage = Stage::Resting(read_back_at);
                Step::Wait
            }
            (Stage::ReadingBack { holders, others }, kad::QueryResult::GetRecord(result)) => {
                if let Ok(kad::GetRecordOk::FoundRecord(found)) = result {
                    if found.record.value == self.put.value {
                        holders.extend(found.peer);
                    } else if others.len() < OTHERS && record::check_form(&found.record).is_ok() {
                        others.insert(found.record.value);
                    }
                }
                if last { self.done() } else { Step::Wait }
            }
            _ => Step::Wait,
        }
    }

    /// Goes on when a wait is over.
    pub(super) fn handle_deadline(&mut self) -> Step {
        match self.stage {
            Stage::Waiting(_) => Step::Done(Holders::default()),
            Stage::Resting(_) => {
                self.stage =
                    Stage::ReadingBack { holders: BTreeSet::new(), others: BTreeSet::new() };
                Step::ReadBack(kad::RecordKey::new(&self.put.key.to_kad_key()))
            }
            Stage::FindingClosest | Stage::Putting | Stage::ReadingBack { .. } => Step::Wait,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Waiting(until) | Stage::Resting(until) => Some(until),
            // Kademlia ends its queries by itself.
            Stage::FindingClosest | Stage::Putting | Stage::ReadingBack { .. } => None,
        }
    }

    fn done(&mut self) -> Step {
        let Stage::ReadingBack { holders, others } = &mut self.stage else { return Step::Wait };
        Step::Done(Holders {
            same: u32::try_from(holders.len()).unwrap_or(u32::MAX),
            servers: self.answered,
            others: std::mem::take(others).into_iter().collect(),
        })
    }
}
