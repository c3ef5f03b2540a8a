//! A person: a peer, and what its screen has shown.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, channel::mpsc};
use libp2p::Multiaddr;
use lowkey_network::{
    ByteStream, MemoryStorage, NetworkStatus, PeerConfig, PeerEvent, PeerEvents, PeerHandle,
    RelayState, Storage, StorageError, Timing, spawn,
};
use lowkey_protocol::{
    Address, Author, Command, ContactView, Event, Findable, MessageId, MessageView, Params,
    Standing, VaultKey,
};

use crate::relay::TestRelay;

/// How long a state may take to come: far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A peer and its screen.
pub(crate) struct Person {
    pub(crate) handle: PeerHandle,
    pub(crate) seen: Seen,
    /// Byte streams that contacts have opened.
    pub(crate) incoming: mpsc::Receiver<(Address, ByteStream)>,
    events: PeerEvents,
}

/// What a screen has been shown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) address: Option<Address>,
    pub(crate) findable: Option<Findable>,
    /// How often our own side was shown.
    pub(crate) owns: u32,
    pub(crate) network: NetworkStatus,
    pub(crate) contacts: BTreeMap<Address, ContactView>,
    pub(crate) messages: BTreeMap<MessageId, MessageView>,
    /// The texts of others in the order of their coming, with repetitions.
    pub(crate) arrivals: Vec<String>,
    /// What is wrong with the storage now.
    pub(crate) storage_failed: Option<StorageError>,
    pub(crate) stopped: bool,
}

impl Person {
    /// Starts with these relays.
    pub(crate) async fn start(relays: &[&TestRelay]) -> Self {
        Self::start_at(relays.iter().flat_map(|relay| relay.addresses()).collect()).await
    }

    /// Starts with relays at these addresses.
    pub(crate) async fn start_at(relays: Vec<Multiaddr>) -> Self {
        Self::start_with(relays, MemoryStorage::new()).await
    }

    /// Starts with this storage.
    pub(crate) async fn start_with(
        relays: Vec<Multiaddr>,
        storage: impl Storage + 'static,
    ) -> Self {
        Self::start_in(&tokio::runtime::Handle::current(), relays, storage).await
    }

    /// Starts in this runtime: when it ends, the peer is killed. Storage that is used again must be
    /// opened with the same key, so there is one for all.
    pub(crate) async fn start_in(
        runtime: &tokio::runtime::Handle,
        relays: Vec<Multiaddr>,
        storage: impl Storage + 'static,
    ) -> Self {
        Self::try_start_in(runtime, relays, storage).await.expect("the peer goes on")
    }

    /// The same; nothing if the peer died before it said who it is.
    pub(crate) async fn try_start_in(
        runtime: &tokio::runtime::Handle,
        relays: Vec<Multiaddr>,
        storage: impl Storage + 'static,
    ) -> Option<Self> {
        let timing = Timing {
            read_back_after: Duration::from_millis(50),
            ping_every: Duration::from_millis(200),
            ping_timeout: Duration::from_millis(500),
            ..Timing::default()
        };
        let (streams, incoming) = mpsc::channel(16);
        let config = PeerConfig {
            params: Params { stamp_bits: 4 },
            timing,
            loopback: true,
            streams: Some(streams),
            vault_key: Some(VaultKey::from_bytes([7; 32])),
            ..PeerConfig::with_relays(relays)
        };
        let started = runtime.spawn(spawn(config, None, storage)).await.unwrap();
        let (handle, events) = started.unwrap();
        let mut person = Self { handle, seen: Seen::default(), incoming, events };
        while person.seen.address.is_none() {
            if !person.goes_on().await {
                return None;
            }
        }
        Some(person)
    }

    pub(crate) fn address(&self) -> Address {
        self.seen.address.unwrap()
    }

    /// Reads events until the screen shows what is awaited.
    pub(crate) async fn wait(&mut self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        let reading = async {
            while !is_so(&self.seen) {
                let event = self.events.next().await.expect("the peer goes on");
                self.seen.show(event);
            }
        };
        if tokio::time::timeout(PATIENCE, reading).await.is_err() {
            panic!("{what} did not come: {:#?}", self.seen);
        }
    }

    /// Reads one event; false if the peer has ended.
    pub(crate) async fn goes_on(&mut self) -> bool {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
        let next = next.unwrap_or_else(|_| panic!("nothing happens: {:#?}", self.seen));
        let goes_on = next.is_some();
        next.into_iter().for_each(|event| self.seen.show(event));
        goes_on
    }

    /// Reads one event.
    pub(crate) async fn next_event(&mut self) {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
        self.seen.show(next.expect("something happens").expect("the peer goes on"));
    }

    pub(crate) async fn add(&self, address: Address) {
        let add = Command::AddContact { address, relays: Vec::new(), name: None };
        self.handle.command(add).await.unwrap();
    }

    pub(crate) async fn say(&self, contact: Address, text: &str) {
        let text = text.to_owned();
        self.handle.command(Command::SendText { contact, text, numbered: None }).await.unwrap();
    }

    /// Ends the peer, and reads what it still says.
    pub(crate) async fn stop(mut self) -> (PeerHandle, Seen) {
        self.handle.shutdown().await.unwrap();
        while let Some(event) = self.events.next().await {
            self.seen.show(event);
        }
        (self.handle, self.seen)
    }
}

impl Seen {
    fn show(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Core(Event::Own(own)) => {
                self.address = Some(own.address);
                self.findable = Some(own.findable);
                self.owns += 1;
            }
            PeerEvent::Core(Event::Contact(contact)) => {
                self.contacts.insert(contact.address, contact);
            }
            PeerEvent::Core(Event::ContactRemoved(address)) => {
                self.contacts.remove(&address);
            }
            PeerEvent::Core(Event::Message(message)) => {
                let known = self.messages.insert(message.id, message.clone());
                // A message comes again when the one before it has filled the gap.
                if message.author == Author::Them && known.is_none_or(|known| !known.gap_before) {
                    self.arrivals.push(message.text);
                }
            }
            PeerEvent::Core(Event::Delivery { message, state, .. }) => {
                if let Some(message) = self.messages.get_mut(&message) {
                    message.state = state;
                }
            }
            PeerEvent::Core(Event::HistoryDeleted(address)) => {
                self.messages.retain(|_, message| message.contact != address);
            }
            PeerEvent::Core(Event::ClockWrong(_)) => {}
            PeerEvent::Network(network) => self.network = network,
            PeerEvent::StorageFailed(error) => self.storage_failed = Some(error),
            PeerEvent::StorageWorks => self.storage_failed = None,
            PeerEvent::Stopped => self.stopped = true,
        }
    }

    pub(crate) fn with(&self, contact: Address) -> Vec<&MessageView> {
        self.messages.values().filter(|message| message.contact == contact).collect()
    }

    pub(crate) fn standing(&self, contact: Address) -> Option<Standing> {
        self.contacts.get(&contact).map(|contact| contact.standing)
    }

    pub(crate) fn relay_state(&self) -> Option<RelayState> {
        self.network.relays.first().map(|relay| relay.state)
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.network.relays.iter().any(|relay| relay.reserved)
    }
}

/// The first asks, the second accepts.
pub(crate) async fn become_contacts(one: &mut Person, two: &mut Person) {
    two.wait("findable", |seen| seen.findable == Some(Findable::Yes)).await;
    let (first, second) = (one.address(), two.address());
    one.add(second).await;
    one.say(second, "hello").await;
    two.wait("a request", |seen| seen.standing(first) == Some(Standing::Request)).await;
    two.handle.command(Command::AcceptRequest(first)).await.unwrap();
    one.wait("an answer", |seen| seen.standing(second) == Some(Standing::Contact)).await;
}
