//! Machine: finds and publishes records over Kademlia (PROTOCOL.md, "Publish, read, replicate").
//!
//! Kademlia believes whom it asks, so nothing here does: values go to the engine unchecked, and a
//! record counts as published only when other nodes give it back.
//! Each method may leave inputs for the engine in `Dht::take_inputs`.

pub(crate) mod ask;
mod find;
mod publication;
pub mod record;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, kad};
use lowkey_protocol::{Holders, Input, Progress, QueryId, RecordKey};
use web_time::Instant;

use self::{
    ask::{Answer, AskId},
    find::Find,
    publication::{Publication, Step},
};
use crate::behaviour::{Behaviour, QUERY_TIMEOUT};

/// Look-ups and publications under way at once; the engine asks for far fewer.
const QUERIES: usize = 256;

/// A server that is asked beside the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// Its peer id.
    pub(crate) peer: PeerId,
    /// Where to dial it, if it is not connected.
    pub(crate) addresses: Vec<Multiaddr>,
}

/// A record to put.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) key: RecordKey,
    pub(crate) value: Vec<u8>,
    pub(crate) expires: Instant,
}

/// All look-ups and publications of a peer.
#[derive(Debug)]
pub(crate) struct Dht {
    read_back_after: Duration,
    home: Vec<Server>,
    finds: BTreeMap<QueryId, Find>,
    publications: BTreeMap<QueryId, Publication>,
    walks: HashMap<kad::QueryId, QueryId>,
    asks: BTreeMap<AskId, QueryId>,
    inputs: VecDeque<Input>,
}

impl Dht {
    /// Makes the machine; a published record is read back so long after it was put.
    pub(crate) fn new(read_back_after: Duration) -> Self {
        Self {
            read_back_after,
            home: Vec::new(),
            finds: BTreeMap::new(),
            publications: BTreeMap::new(),
            walks: HashMap::new(),
            asks: BTreeMap::new(),
            inputs: VecDeque::new(),
        }
    }

    /// Says which relays are asked beside every walk and are given every record.
    pub(crate) fn set_home(&mut self, home: Vec<Server>) {
        self.home = home;
    }

    /// Looks a record up, asking these servers as well.
    pub(crate) fn find(
        &mut self,
        id: QueryId,
        key: &RecordKey,
        hints: Vec<Server>,
        net: &mut Behaviour,
        now: Instant,
    ) {
        if self.is_full() {
            self.inputs.push_back(Input::RecordsFound(id, Vec::new(), Progress::Done));
            return;
        }
        let mut find = Find::new(key, now + QUERY_TIMEOUT);
        let mut asked: Vec<PeerId> = Vec::new();
        for server in self.home.iter().cloned().chain(hints) {
            if !asked.contains(&server.peer) {
                asked.push(server.peer);
                let ask = net.ask.get(server.peer, server.addresses, key.to_kad_key());
                self.asks.insert(ask, id);
                find.asks.insert(ask);
            }
        }
        self.finds.insert(id, find);
        self.start_waiting(net);
    }

    /// Puts a record, and reads it back later.
    pub(crate) fn publish(&mut self, id: QueryId, put: Put, net: &mut Behaviour, now: Instant) {
        if self.is_full() {
            self.inputs.push_back(Input::RecordPublished(id, Holders::default()));
            return;
        }
        self.publications.insert(id, Publication::new(put, now + QUERY_TIMEOUT));
        self.start_waiting(net);
    }

    /// Forgets a query.
    pub(crate) fn cancel(&mut self, id: QueryId, net: &mut Behaviour) {
        self.finds.remove(&id);
        self.publications.remove(&id);
        self.forget(id, net);
    }

    /// Forgets all queries.
    pub(crate) fn cancel_all(&mut self, net: &mut Behaviour) {
        let ids: Vec<_> = self.finds.keys().chain(self.publications.keys()).copied().collect();
        for id in ids {
            self.cancel(id, net);
        }
        self.inputs.clear();
    }

    /// Takes an event of Kademlia.
    pub(crate) fn handle_kad(&mut self, event: kad::Event, net: &mut Behaviour, now: Instant) {
        match event {
            kad::Event::RoutingUpdated { .. } => self.start_waiting(net),
            kad::Event::OutboundQueryProgressed { id: walk, result, step, .. } => {
                let Some(id) = self.walks.get(&walk).copied() else { return };
                if step.last {
                    self.walks.remove(&walk);
                }
                if let Some(find) = self.finds.get_mut(&id) {
                    if let kad::QueryResult::GetRecord(Ok(kad::GetRecordOk::FoundRecord(found))) =
                        result
                    {
                        let input = find.found(id, found.record);
                        self.inputs.extend(input);
                    }
                    if step.last {
                        find.walk = find::Walk::Ended;
                        self.end_find_if_done(id, net);
                    }
                } else if let Some(publication) = self.publications.get_mut(&id) {
                    let step = publication.handle(result, step.last, now + self.read_back_after);
                    self.advance(id, step, net);
                }
            }
            _ => {}
        }
    }

    /// Takes the answer of a server that was asked beside the walk.
    pub(crate) fn handle_answer(&mut self, answer: Answer, net: &mut Behaviour) {
        let Some(id) = self.asks.remove(&answer.id) else { return };
        let Some(find) = self.finds.get_mut(&id) else { return };
        find.asks.remove(&answer.id);
        if let Some(value) = answer.value {
            let input = find.value(id, value);
            self.inputs.extend(input);
        }
        self.end_find_if_done(id, net);
    }

    /// Ends what has waited long enough, and reads back what has rested long enough.
    pub(crate) fn handle_deadline(&mut self, net: &mut Behaviour, now: Instant) {
        let late: Vec<_> =
            self.finds.iter().filter(|(_, find)| find.ends <= now).map(|(id, _)| *id).collect();
        for id in late {
            self.end_find(id, net);
        }
        let due: Vec<_> = self
            .publications
            .iter()
            .filter(|(_, publication)| publication.deadline().is_some_and(|due| due <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(publication) = self.publications.get_mut(&id) else { continue };
            let step = publication.handle_deadline();
            self.advance(id, step, net);
        }
    }

    /// Returns what there is to tell the engine.
    pub(crate) fn take_inputs(&mut self) -> VecDeque<Input> {
        std::mem::take(&mut self.inputs)
    }

    /// Returns the next moment at which `handle_deadline` has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let finds = self.finds.values().map(|find| find.ends);
        finds.chain(self.publications.values().filter_map(Publication::deadline)).min()
    }

    fn is_full(&self) -> bool {
        self.finds.len().saturating_add(self.publications.len()) >= QUERIES
    }

    /// Starts the walks that waited for a first server to walk from.
    fn start_waiting(&mut self, net: &mut Behaviour) {
        if servers(net) == 0 {
            return;
        }
        for (id, find) in &mut self.finds {
            if find.walk == find::Walk::Waiting {
                let walk = net.kad.get_record(find.key.clone());
                find.walk = find::Walk::Running;
                self.walks.insert(walk, *id);
            }
        }
        let ids: Vec<_> = self.publications.keys().copied().collect();
        for id in ids {
            let Some(publication) = self.publications.get_mut(&id) else { continue };
            let step = publication.start();
            self.advance(id, step, net);
        }
    }

    fn advance(&mut self, id: QueryId, step: Step, net: &mut Behaviour) {
        let walk = match step {
            Step::Wait => return,
            Step::FindClosest(key) => net.kad.get_n_closest_peers(key, kad::K_VALUE),
            Step::PutTo(record, mut peers) => {
                for server in &self.home {
                    if !peers.contains(&server.peer) {
                        peers.push(server.peer);
                    }
                }
                net.kad.put_record_to(record, peers.into_iter(), kad::Quorum::All)
            }
            Step::ReadBack(key) => net.kad.get_record(key),
            Step::Done(holders) => {
                self.publications.remove(&id);
                self.forget(id, net);
                self.inputs.push_back(Input::RecordPublished(id, holders));
                return;
            }
        };
        self.walks.insert(walk, id);
    }

    fn end_find_if_done(&mut self, id: QueryId, net: &mut Behaviour) {
        if self.finds.get(&id).is_some_and(Find::is_done) {
            self.end_find(id, net);
        }
    }

    fn end_find(&mut self, id: QueryId, net: &mut Behaviour) {
        if self.finds.remove(&id).is_some() {
            self.forget(id, net);
            self.inputs.push_back(Input::RecordsFound(id, Vec::new(), Progress::Done));
        }
    }

    /// Stops the walks and questions of a query.
    fn forget(&mut self, id: QueryId, net: &mut Behaviour) {
        self.walks.retain(|walk, query| {
            if *query == id
                && let Some(mut walk) = net.kad.query_mut(walk)
            {
                walk.finish();
            }
            *query != id
        });
        self.asks.retain(|ask, query| {
            if *query == id {
                net.ask.forget(*ask);
            }
            *query != id
        });
    }
}

/// Counts the DHT servers in the table.
fn servers(net: &mut Behaviour) -> u32 {
    let servers: usize = net.kad.kbuckets().map(|bucket| bucket.num_entries()).sum();
    u32::try_from(servers).unwrap_or(u32::MAX)
}
