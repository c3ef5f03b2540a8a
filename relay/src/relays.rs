//! The other relays: those we were told to join, those that we met, and which of them we reached.
//!
//! A state machine without a socket: the swarm tells what happened, [`Relays::due`] says what to
//! do. Only a relay that we reached ourselves, by dialling, is told to pages or enters the routing
//! table: what a stranger claims as its address proves nothing.

mod fetch;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use crate::{
    addresses::{self, Subnet},
    config::{Bootstrap, Config, NodeUrl},
    http::{OTHER_RELAYS, REACHED_WITHIN},
};

pub(crate) use fetch::{FetchError, Introduction, fetch};

/// What this relay knows of the others.
#[derive(Debug)]
pub(crate) struct Relays {
    own: PeerId,
    /// A relay that the world reaches never dials or tells an address that the world does not.
    public: bool,
    known: HashMap<PeerId, Known>,
    pages: Vec<Page>,
    /// Of every peer, since any may turn out to be a relay.
    connections: HashMap<PeerId, Connections>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Connections {
    all: usize,
    dialled: usize,
}

/// One other relay.
#[derive(Debug)]
struct Known {
    standing: Standing,
    /// Where it may be, without `/p2p`.
    addresses: Vec<Multiaddr>,
    subnet: Option<Subnet>,
    serves_kad: bool,
    reached: Option<(Multiaddr, Instant)>,
    retry: Retry,
}

/// Why we know a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is in our configuration: never forgotten, dialled again whenever it is lost.
    Pinned,
    /// It came to us, or another relay named it.
    Met,
}

#[derive(Debug)]
struct Page {
    url: NodeUrl,
    peer: Option<PeerId>,
    retry: Retry,
}

/// What the swarm has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Dial a relay, even if it is connected: by its own dialling, perhaps.
    Dial(PeerId, Vec<Multiaddr>),
    /// Fetch this page's `node.json` and answer with [`Relays::handle_page`].
    Fetch(NodeUrl),
}

impl Relays {
    pub(crate) fn new(own: PeerId, config: &Config, now: Instant) -> Self {
        let mut relays = Self {
            own,
            public: config.public_url.is_some(),
            known: HashMap::new(),
            pages: Vec::new(),
            connections: HashMap::new(),
        };
        for bootstrap in &config.bootstrap {
            match bootstrap {
                Bootstrap::Address(peer, address) => {
                    relays.pin(*peer, std::slice::from_ref(address), now);
                }
                Bootstrap::Url(url) => {
                    relays.pages.push(Page { url: url.clone(), peer: None, retry: Retry::at(now) });
                }
            }
        }
        relays
    }

    /// Returns what is to be done now; each thing is asked for once until its answer came.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Action> {
        let connections = |peer: &PeerId| self.connections.get(peer).copied().unwrap_or_default();
        self.known.retain(|peer, known| !known.is_given_up(connections(peer)));
        let mut actions = Vec::new();
        for (peer, known) in &mut self.known {
            if known.wants_dial(connections(peer), now) && known.retry.begin(now) {
                actions.push(Action::Dial(*peer, known.addresses.clone()));
            }
        }
        for page in &mut self.pages {
            let lost = page.peer.is_none_or(|peer| {
                let failures = self.known.get(&peer).map_or(0, |known| known.retry.failures);
                // Perhaps it came back with another key.
                connections(&peer).all == 0 && failures >= FAILURES_BEFORE_FETCH
            });
            if lost && page.retry.begin(now) {
                actions.push(Action::Fetch(page.url.clone()));
            }
        }
        actions
    }

    /// A page answered, or not.
    pub(crate) fn handle_page(
        &mut self,
        url: &NodeUrl,
        answer: Result<Introduction, FetchError>,
        now: Instant,
    ) {
        let Some(page) = self.pages.iter_mut().find(|page| page.url == *url) else { return };
        let Ok(introduction) = answer else { return page.retry.failed(now, LONGEST_PAUSE) };
        page.retry.succeeded(now, PAGE_AGAIN);
        let before = page.peer.replace(introduction.peer);
        if let Some(known) = before
            .filter(|before| *before != introduction.peer)
            .and_then(|before| self.known.get_mut(&before))
        {
            known.standing = Standing::Met;
        }
        let mut addresses = vec![url.multiaddr()];
        addresses.extend(introduction.addresses);
        self.pin(introduction.peer, &addresses, now);
        for (peer, address) in introduction.relays {
            self.meet(peer, vec![address], now);
        }
    }

    /// A connection came up: `dialled` is the address if we dialled.
    pub(crate) fn handle_connected(
        &mut self,
        peer: PeerId,
        dialled: Option<&Multiaddr>,
        now: Instant,
    ) {
        let connections = self.connections.entry(peer).or_default();
        connections.all += 1;
        connections.dialled += usize::from(dialled.is_some());
        if let (Some(address), Some(known)) = (dialled, self.known.get_mut(&peer)) {
            known.reached = Some((addresses::without_peer(address), now));
            known.retry.succeeded(now, REACH_AGAIN);
        }
    }

    /// A connection went down.
    pub(crate) fn handle_disconnected(&mut self, peer: &PeerId, dialled: bool, now: Instant) {
        let Some(connections) = self.connections.get_mut(peer) else { return };
        connections.all = connections.all.saturating_sub(1);
        connections.dialled = connections.dialled.saturating_sub(usize::from(dialled));
        let left = connections.all;
        if left == 0 {
            self.connections.remove(peer);
        }
        let Some(known) = self.known.get_mut(peer) else { return };
        if let Some((_, at)) = known.reached.as_mut().filter(|_| dialled) {
            *at = now;
        }
        if left == 0 {
            known.failed(now);
        }
    }

    /// Dialling a relay failed. Returns whether it has to be taken for gone.
    pub(crate) fn handle_unreachable(&mut self, peer: &PeerId, now: Instant) -> Presence {
        let Some(known) = self.known.get_mut(peer) else { return Presence::Gone };
        known.failed(now);
        if known.retry.failures >= FAILURES_BEFORE_GONE && !self.connections.contains_key(peer) {
            Presence::Gone
        } else {
            Presence::Uncertain
        }
    }

    /// A connected peer said that it serves our DHT, so it is a relay.
    pub(crate) fn handle_relay(&mut self, peer: PeerId, told: Told<'_>, now: Instant) {
        self.meet(peer, told.addresses.to_vec(), now);
        let Some(known) = self.known.get_mut(&peer) else { return };
        known.serves_kad = true;
        known.subnet = told.subnet.or(known.subnet);
        if let Some(address) = told.dialled {
            known.reached = Some((addresses::without_peer(address), now));
            known.retry.succeeded(now, REACH_AGAIN);
        }
    }

    /// Returns how many others are connected.
    pub(crate) fn connected(&self) -> usize {
        self.known.keys().filter(|peer| self.connections.contains_key(*peer)).count()
    }

    /// Tells whether a peer is a relay that we reached.
    pub(crate) fn is_reached(&self, peer: &PeerId) -> bool {
        self.known.get(peer).is_some_and(|known| known.serves_kad && known.reached.is_some())
    }

    /// Tells whether a peer was named in our configuration.
    pub(crate) fn is_pinned(&self, peer: &PeerId) -> bool {
        self.known.get(peer).is_some_and(|known| known.standing == Standing::Pinned)
    }

    /// Returns the subnet from which a relay connected.
    pub(crate) fn subnet(&self, peer: &PeerId) -> Option<Subnet> {
        self.known.get(peer).and_then(|known| known.subnet)
    }

    /// Returns the addresses for the routing table if a relay may be in it: the one at which we
    /// reached it first.
    pub(crate) fn table_addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        let Some(known) = self.known.get(peer).filter(|known| known.serves_kad) else {
            return Vec::new();
        };
        let Some((reached, _)) = &known.reached else { return Vec::new() };
        let others = known.addresses.iter().filter(|address| *address != reached);
        std::iter::once(reached)
            .chain(others)
            .filter(|address| self.may_tell(address))
            .take(ADDRESSES)
            .cloned()
            .collect()
    }

    /// Returns where pages find other relays: addresses with `/p2p`, reached in the last hour.
    pub(crate) fn for_pages(&self, now: Instant) -> Vec<Multiaddr> {
        let mut reached: Vec<(Instant, Multiaddr)> = self
            .known
            .iter()
            .filter_map(|(peer, known)| {
                let (address, at) = known.reached.as_ref()?;
                let live = self.connections.get(peer).is_some_and(|of| of.dialled > 0);
                let at = if live { now } else { *at };
                let recent = now.saturating_duration_since(at) < REACHED_WITHIN;
                (known.serves_kad && recent && self.may_tell(address))
                    .then(|| (at, address.clone().with(Protocol::P2p(*peer))))
            })
            .collect();
        reached.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        reached.into_iter().take(OTHER_RELAYS).map(|(_, address)| address).collect()
    }

    fn pin(&mut self, peer: PeerId, addresses: &[Multiaddr], now: Instant) {
        if peer == self.own {
            return;
        }
        let known = self.known.entry(peer).or_insert_with(|| Known::new(Standing::Pinned, now));
        known.standing = Standing::Pinned;
        known.learn(addresses);
    }

    fn meet(&mut self, peer: PeerId, mut addresses: Vec<Multiaddr>, now: Instant) {
        addresses.retain(|address| self.may_tell(address));
        let full = self.known.len() >= KNOWN_RELAYS && !self.known.contains_key(&peer);
        if peer == self.own || full {
            return;
        }
        let known = self.known.entry(peer).or_insert_with(|| Known::new(Standing::Met, now));
        known.learn(&addresses);
    }

    fn may_tell(&self, address: &Multiaddr) -> bool {
        addresses::is_browser_dialable(address) && (!self.public || addresses::is_public(address))
    }
}

/// Whether a relay that could not be dialled is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is connected, or has not failed often.
    Uncertain,
    /// It failed too often, or is no relay that we know.
    Gone,
}

/// What identify and the connection told of a relay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// Where it says that it listens, without `/p2p`.
    pub(crate) addresses: &'a [Multiaddr],
    /// From where it connected.
    pub(crate) subnet: Option<Subnet>,
    /// The address, if we dialled it.
    pub(crate) dialled: Option<&'a Multiaddr>,
}

/// Addresses of one relay, in the routing table and in answers: 20 peers must fit 16 KiB.
pub(crate) const ADDRESSES: usize = 4;

/// Relays that are kept in mind; the routing table has its own bounds.
const KNOWN_RELAYS: usize = 256;

/// A relay that came to us is dialled this often, to see that pages could.
const REACH_AGAIN: Duration = Duration::from_secs(1_800);

/// A page that answered is asked again after this, if the relay that it named is lost.
const PAGE_AGAIN: Duration = Duration::from_secs(10);

/// A page is asked again when the relay that it named failed so often.
const FAILURES_BEFORE_FETCH: u32 = 2;

/// A relay that cannot be dialled so often leaves the routing table: it would cost each look-up
/// of each peer a time-out. When it is back, identify brings it in again.
const FAILURES_BEFORE_GONE: u32 = 3;

/// A relay that nobody told us to join is forgotten after so many failures: about half an hour.
const FAILURES_BEFORE_GIVING_UP: u32 = 12;

/// The longest pause before a relay or page of our configuration is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The same for strangers: what they claim as their address may be somebody else's.
const LONGEST_PAUSE_FOR_STRANGERS: Duration = Duration::from_secs(600);

/// How long an answer may take before the question counts as lost.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

impl Known {
    fn new(standing: Standing, now: Instant) -> Self {
        Self {
            standing,
            addresses: Vec::new(),
            subnet: None,
            serves_kad: false,
            reached: None,
            retry: Retry::at(now),
        }
    }

    /// Puts what is said now before what was said earlier.
    fn learn(&mut self, addresses: &[Multiaddr]) {
        if addresses.is_empty() {
            return;
        }
        let mut learned: Vec<Multiaddr> = Vec::new();
        for address in addresses.iter().chain(&self.addresses) {
            if !learned.contains(address) && learned.len() < ADDRESSES {
                learned.push(address.clone());
            }
        }
        self.addresses = learned;
    }

    fn failed(&mut self, now: Instant) {
        self.retry.failed(
            now,
            match self.standing {
                Standing::Pinned => LONGEST_PAUSE,
                Standing::Met => LONGEST_PAUSE_FOR_STRANGERS,
            },
        );
    }

    fn wants_dial(&self, connections: Connections, now: Instant) -> bool {
        let lost = self.standing == Standing::Pinned && connections.all == 0;
        let reached = self.reached.as_ref().map(|(_, at)| *at);
        let unproven = connections.dialled == 0
            && reached.is_none_or(|at| now.saturating_duration_since(at) >= REACH_AGAIN);
        !self.addresses.is_empty() && (lost || unproven)
    }

    fn is_given_up(&self, connections: Connections) -> bool {
        self.standing == Standing::Met
            && connections.all == 0
            && (self.addresses.is_empty() || self.retry.failures >= FAILURES_BEFORE_GIVING_UP)
    }
}

/// When to try something again: at once, then after 1, 2, 4 … seconds.
#[derive(Debug)]
struct Retry {
    failures: u32,
    next: Instant,
    /// An answer must come by then; else the question counts as lost.
    asked: Option<Instant>,
}

impl Retry {
    fn at(now: Instant) -> Self {
        Self { failures: 0, next: now, asked: None }
    }

    /// Tells whether to try now, and takes note of it.
    fn begin(&mut self, now: Instant) -> bool {
        let waiting =
            self.asked.is_some_and(|at| now.saturating_duration_since(at) < ANSWER_WITHIN);
        let begins = now >= self.next && !waiting;
        if begins {
            self.asked = Some(now);
        }
        begins
    }

    fn succeeded(&mut self, now: Instant, again: Duration) {
        *self = Self { failures: 0, next: now + again, asked: None };
    }

    fn failed(&mut self, now: Instant, longest: Duration) {
        let pause = 1u64.checked_shl(self.failures).unwrap_or(u64::MAX);
        self.next = now + Duration::from_secs(pause).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.asked = None;
    }
}

#[cfg(test)]
mod tests;
