//! The handle of a running peer: commands in, events out.

use futures::{
    SinkExt,
    channel::{mpsc, oneshot},
};
use libp2p::Multiaddr;
use lowkey_protocol::{
    Address, ArchiveError, Command, CommandError, Event, MessageOrder, MessageView, Params, Phrase,
    Reply, VaultKey,
};

use crate::{
    Origin, Timing,
    backup::Ask,
    driver, platform,
    status::NetworkStatus,
    storage::{Storage, StorageError},
    streams::{ByteStream, StreamError},
};

/// Commands that may wait for the driver.
const REQUESTS: usize = 32;

/// Events that may wait for the screen; then the driver waits.
const EVENTS: usize = 256;

/// How a peer is set up.
#[derive(Debug, Default)]
pub struct PeerConfig {
    /// The page whose relay names the first addresses.
    pub origin: Option<Origin>,
    /// Relays to use in any case: multiaddrs with a peer id at their end.
    pub relays: Vec<Multiaddr>,
    /// What tests set lower.
    pub params: Params,
    /// How the network behaves, which tests hurry.
    pub timing: Timing,
    /// Whether direct paths may go over the loopback interface: only between programs of one
    /// machine, as in tests.
    pub loopback: bool,
    /// Where byte streams go that contacts open; without it none are taken.
    pub streams: Option<mpsc::Sender<(Address, ByteStream)>>,
    /// The key that rows are sealed with; a new one if there is none, for storage that is new too.
    pub vault_key: Option<VaultKey>,
}

impl PeerConfig {
    /// Returns the set-up of a peer in a page.
    pub fn for_page(origin: Origin) -> Self {
        Self { origin: Some(origin), ..Self::default() }
    }

    /// Returns the set-up of a peer that knows these relays.
    pub fn with_relays(relays: Vec<Multiaddr>) -> Self {
        Self { relays, ..Self::default() }
    }
}

/// What a peer tells; the stream must be read, or the peer waits.
#[derive(Debug)]
pub enum PeerEvent {
    /// Of people and messages.
    Core(Event),
    /// Of relays.
    Network(NetworkStatus),
    /// Nothing could be saved: what was not confirmed has not happened. It is tried again.
    StorageFailed(StorageError),
    /// Saving works again.
    StorageWorks,
    /// The peer has ended; nothing follows.
    Stopped,
}

/// The events of one peer.
pub type PeerEvents = mpsc::Receiver<PeerEvent>;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The messages, newest first.
    pub messages: Vec<MessageView>,
    /// Whether the whole history was searched: it is read after the start, and the oldest part of a
    /// very large one is left out.
    pub complete: bool,
}

/// Starts a peer. Without a phrase it has the identity that is stored, or a new one if nothing is.
///
/// Natively this needs a running tokio.
pub async fn spawn(
    config: PeerConfig,
    phrase: Option<Phrase>,
    storage: impl Storage + 'static,
) -> Result<(PeerHandle, PeerEvents), PeerError> {
    let (requests, requests_receiver) = mpsc::channel(REQUESTS);
    let (events, events_receiver) = mpsc::channel(EVENTS);
    let driver = driver::open(config, phrase, storage, requests_receiver, events).await?;
    platform::spawn(driver.run());
    Ok((PeerHandle { requests }, events_receiver))
}

/// Talks to a running peer; when the last handle is dropped, the peer ends.
#[derive(Clone, Debug)]
pub struct PeerHandle {
    requests: mpsc::Sender<Request>,
}

/// What a handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Request {
    Command(Command, oneshot::Sender<Result<Reply, PeerError>>),
    History {
        contact: Address,
        before: Option<MessageOrder>,
        limit: u32,
        answer: oneshot::Sender<Result<Vec<MessageView>, PeerError>>,
    },
    Later {
        contact: Address,
        after: MessageOrder,
        limit: u32,
        answer: oneshot::Sender<Result<Vec<MessageView>, PeerError>>,
    },
    LastMessages(oneshot::Sender<Result<Vec<MessageView>, PeerError>>),
    Search {
        text: String,
        limit: u32,
        answer: oneshot::Sender<Result<Found, PeerError>>,
    },
    Backup(Ask),
    OpenStream(Address, oneshot::Sender<Result<ByteStream, StreamError>>),
    Reconnect(oneshot::Sender<Result<(), PeerError>>),
    Shutdown(oneshot::Sender<Result<(), PeerError>>),
}

impl PeerHandle {
    /// Carries a command out.
    pub async fn command(&self, command: Command) -> Result<Reply, PeerError> {
        self.ask(|answer| Request::Command(command, answer)).await
    }

    /// Returns the last messages of a conversation before a place in it, ascending.
    pub async fn history(
        &self,
        contact: Address,
        before: Option<MessageOrder>,
        limit: u32,
    ) -> Result<Vec<MessageView>, PeerError> {
        self.ask(|answer| Request::History { contact, before, limit, answer }).await
    }

    /// Returns the first messages of a conversation after a place in it, ascending.
    pub async fn later(
        &self,
        contact: Address,
        after: MessageOrder,
        limit: u32,
    ) -> Result<Vec<MessageView>, PeerError> {
        self.ask(|answer| Request::Later { contact, after, limit, answer }).await
    }

    /// Returns the last message of each conversation.
    pub async fn last_messages(&self) -> Result<Vec<MessageView>, PeerError> {
        self.ask(Request::LastMessages).await
    }

    /// Returns the newest messages of all conversations in which every word occurs.
    pub async fn search(&self, text: String, limit: u32) -> Result<Found, PeerError> {
        self.ask(|answer| Request::Search { text, limit, answer }).await
    }

    /// Opens a stream of bytes to a contact on the link that speaks to them now. It ends with that
    /// link: a conversation that moves to another path takes no streams along.
    pub async fn open_stream(&self, contact: Address) -> Result<ByteStream, StreamError> {
        let (sender, answer) = oneshot::channel();
        let mut requests = self.requests.clone();
        let request = Request::OpenStream(contact, sender);
        requests.send(request).await.map_err(|_| StreamError::Stopped)?;
        // The connection may end before the stream is open.
        answer.await.unwrap_or(Err(StreamError::NotConnected))
    }

    /// Tries all relays now, whatever failed before.
    pub async fn reconnect(&self) -> Result<(), PeerError> {
        self.ask(Request::Reconnect).await
    }

    /// Ends the peer; returns when its connections are gone.
    pub async fn shutdown(&self) -> Result<(), PeerError> {
        self.ask(Request::Shutdown).await
    }

    pub(crate) async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, PeerError>>) -> Request,
    ) -> Result<T, PeerError> {
        let (sender, answer) = oneshot::channel();
        let mut requests = self.requests.clone();
        requests.send(request(sender)).await.map_err(|_| PeerError::Stopped)?;
        answer.await.map_err(|_| PeerError::Stopped)?
    }
}

/// Why a peer did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The command was refused; nothing has changed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The backup was refused; nothing has changed.
    #[error(transparent)]
    Backup(#[from] ArchiveError),
    /// Storage failed; what was asked has not happened.
    #[error("storage failed")]
    Storage,
    /// There is no room left; what was asked has not happened.
    #[error("there is no room left in the storage")]
    StorageFull,
    /// What is stored cannot be understood, or not with this key; nothing of it was changed.
    #[error("what is stored cannot be read")]
    StorageDamaged,
    /// A newer program has written what is stored; nothing of it was changed.
    #[error("stored in the newer format {found}")]
    StorageNewer {
        /// The format found.
        found: u32,
    },
    /// Another identity than that of the phrase is stored.
    #[error("another identity is stored")]
    OtherIdentity,
    /// The system gives no randomness, or no network at all.
    #[error("this system cannot run a peer")]
    Platform,
    /// The peer has ended.
    #[error("the peer has ended")]
    Stopped,
}

impl From<StorageError> for PeerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full => Self::StorageFull,
            StorageError::Unavailable => Self::Storage,
            StorageError::Damaged => Self::StorageDamaged,
            StorageError::Newer { found, .. } => Self::StorageNewer { found },
        }
    }
}
