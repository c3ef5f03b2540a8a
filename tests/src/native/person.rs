//! A real peer and the screen in front of it.

use std::time::Duration;

use futures::StreamExt;
use libp2p::Multiaddr;
use lowkey_network::{
    MemoryStorage, NetworkStatus, PeerConfig, PeerError, PeerEvent, PeerHandle, RelayState,
    RelayStatus, Timing,
};
use lowkey_protocol::{
    Address, Author, Command, DeliveryState, Findable, Identity, MessageId, Phrase, Reach, Reply,
    Standing,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use tokio::{sync::watch, task::JoinHandle};

use crate::world::Screen;

/// How long any state may take to come, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// On loopback a record has reached everybody sooner than in the world.
const READ_BACK_AFTER: Duration = Duration::from_millis(200);

/// What a person sees.
#[derive(Debug, Default)]
pub struct View {
    /// Contacts and messages.
    pub screen: Screen,
    /// The state of the network.
    pub network: Option<NetworkStatus>,
    /// Rules of a screen that were broken.
    pub broken: Vec<String>,
}

impl View {
    /// Returns how many relays are connected.
    pub fn connected(&self) -> usize {
        let relays = self.network.as_ref().map(|network| network.relays.as_slice());
        let connected = |relay: &&RelayStatus| relay.state == RelayState::Connected;
        relays.unwrap_or_default().iter().filter(connected).count()
    }
}

/// A person with a peer of their own.
#[derive(Debug)]
pub struct Person {
    /// Who they are.
    pub address: Address,
    handle: PeerHandle,
    view: watch::Receiver<View>,
    task: JoinHandle<()>,
}

impl Person {
    /// Starts a peer that knows these relays; the seed gives the identity.
    pub async fn start(seed: u64, relays: Vec<Multiaddr>) -> Self {
        Self::with(seed, PeerConfig::with_relays(relays)).await
    }

    /// Starts a peer that also meets others on the loopback interface.
    pub async fn neighbour(seed: u64, relays: Vec<Multiaddr>) -> Self {
        Self::with(seed, PeerConfig { loopback: true, ..PeerConfig::with_relays(relays) }).await
    }

    async fn with(seed: u64, config: PeerConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let phrase = Phrase::generate(&mut rng);
        let copy = Phrase::parse(&phrase.words()).expect("words of a phrase");
        let address = Identity::from_phrase(copy).address();
        let timing = Timing { read_back_after: READ_BACK_AFTER, ..Timing::default() };
        let config = PeerConfig { timing, ..config };
        let (handle, mut events) =
            lowkey_network::spawn(config, Some(phrase), MemoryStorage::default())
                .await
                .expect("a peer starts");
        let (sender, view) = watch::channel(View::default());
        let task = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                sender.send_modify(|view| show(view, event));
            }
        });
        Self { address, handle, view, task }
    }

    /// Gives a command.
    pub async fn ask(&self, command: Command) -> Result<Reply, PeerError> {
        self.handle.command(command).await
    }

    /// Adds a contact by the bare address.
    pub async fn add(&self, address: Address) {
        let command = Command::AddContact { address, relays: vec![], name: None };
        self.ask(command).await.expect("a new contact");
    }

    /// Writes a text; returns its name.
    pub async fn write(&self, contact: Address, text: &str) -> MessageId {
        let command = Command::SendText { contact, text: text.to_owned(), numbered: None };
        match self.ask(command).await {
            Ok(Reply::Queued(id)) => id,
            other => panic!("SendText answered {other:?}"),
        }
    }

    /// Waits until the screen shows something; panics with `what` if it never does.
    pub async fn until(&self, what: &str, mut shown: impl FnMut(&View) -> bool) {
        let mut view = self.view.clone();
        let waited = tokio::time::timeout(PATIENCE, view.wait_for(|view| shown(view))).await;
        match waited {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => panic!("{what}: the peer has ended"),
            Err(_) => {
                let View { screen, network, broken } = &*self.view.borrow();
                let (own, clock) = (&screen.own, screen.clock_wrong);
                panic!("{what}: never came; {own:?}, clock {clock:?}, {network:#?}, {broken:?}")
            }
        }
    }

    /// Waits until others can find this person.
    pub async fn until_findable(&self) {
        self.until("findable", |view| {
            view.screen.own.as_ref().is_some_and(|own| own.findable == Findable::Yes)
        })
        .await;
    }

    /// Waits for a request and accepts it.
    pub async fn accept(&self, contact: Address) {
        self.until("a request", |view| view.screen.standing(contact) == Some(Standing::Request))
            .await;
        self.ask(Command::AcceptRequest(contact)).await.expect("a request that is there");
    }

    /// Returns the requests that wait for an answer.
    pub fn requests(&self) -> Vec<Address> {
        self.view.borrow().screen.requests()
    }

    /// Waits until a contact has answered.
    pub async fn until_contact(&self, contact: Address) {
        self.until("a contact", |view| view.screen.standing(contact) == Some(Standing::Contact))
            .await;
    }

    /// Waits until a text is shown.
    pub async fn until_shown(&self, contact: Address, text: &str) {
        self.until(text, |view| {
            view.screen.conversation(contact).last().is_some_and(|view| view.text == text)
        })
        .await;
    }

    /// Waits until a message of ours is delivered.
    pub async fn until_delivered(&self, contact: Address, id: MessageId) {
        self.until("delivered", |view| {
            view.screen.state(contact, id) == Some(DeliveryState::Delivered)
        })
        .await;
    }

    /// Waits until a contact is reached in this way.
    pub async fn until_reach(&self, contact: Address, what: &str, way: fn(&Reach) -> bool) {
        let reach = |view: &View| view.screen.contacts.get(&contact).map(|view| way(&view.reach));
        self.until(what, |view| reach(view) == Some(true)).await;
    }

    /// Waits until all messages of ours to a contact have come so far.
    pub async fn until_all_are(&self, contact: Address, state: DeliveryState) {
        self.until("all of ours came so far", |view| {
            let list = view.screen.conversation(contact);
            list.iter().all(|message| message.author == Author::Them || message.state == state)
        })
        .await;
    }

    /// Returns the texts of one side of a conversation in their order.
    pub fn texts_by(&self, contact: Address, author: Author) -> Vec<String> {
        let view = self.view.borrow();
        let list = view.screen.conversation(contact).into_iter();
        list.filter(|message| message.author == author).map(|view| view.text.clone()).collect()
    }

    /// Returns the texts of a conversation in their order.
    pub fn texts(&self, contact: Address) -> Vec<String> {
        let view = self.view.borrow();
        view.screen.conversation(contact).iter().map(|message| message.text.clone()).collect()
    }

    /// Returns the rules that this person's screen saw broken.
    pub fn broken(&self) -> Vec<String> {
        self.view.borrow().broken.clone()
    }

    /// Returns how many messages of a contact are on the screen.
    pub fn shown(&self, contact: Address) -> usize {
        self.view.borrow().screen.conversation(contact).len()
    }

    /// Ends the peer.
    pub async fn stop(self) {
        // A peer that has ended already is ended.
        self.handle.shutdown().await.or(Err(())).unwrap_or_default();
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn show(view: &mut View, event: PeerEvent) {
    match event {
        PeerEvent::Core(event) => {
            if let Err(rule) = view.screen.show(event) {
                view.broken.push(rule);
            }
        }
        PeerEvent::Network(network) => view.network = Some(network),
        PeerEvent::StorageFailed(error) => view.broken.push(error.to_string()),
        PeerEvent::StorageWorks => {}
        PeerEvent::Stopped => {}
    }
}
