//! The engine with what it needs of this side: storage, a clock, randomness, and the keys to open
//! it anew.

mod backup;

use lowkey_protocol::{
    Address, Changes, Engine, Identity, Input, LinkId, MessageOrder, MessageView, MillisOffset,
    OpenError, Output, Params, Phrase, RowKey, Timestamp, VaultKey,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use crate::{
    clock::Clock,
    peer::PeerError,
    storage::{Storage, StorageError},
};

/// Runs the engine. Without one, storage has failed, and `reopen` is due.
pub(super) struct Core<S> {
    engine: Option<Engine>,
    storage: S,
    keys: Keys,
    params: Params,
    rng: StdRng,
    pub(super) clock: Clock,
}

/// What an engine is opened with.
struct Keys {
    entropy: Zeroizing<[u8; 16]>,
    vault: Zeroizing<[u8; 32]>,
}

impl<S: Storage> Core<S> {
    /// Makes a core without an engine; `reopen` comes next.
    pub(super) fn new(
        phrase: Option<Phrase>,
        vault: Option<VaultKey>,
        params: Params,
        storage: S,
    ) -> Result<Self, PeerError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| PeerError::Platform)?;
        let mut rng = StdRng::from_seed(*seed);
        let phrase = phrase.unwrap_or_else(|| Phrase::generate(&mut rng));
        let vault = vault.unwrap_or_else(|| VaultKey::generate(&mut rng));
        let keys = Keys { entropy: phrase.entropy(), vault: Zeroizing::new(*vault.as_bytes()) };
        Ok(Self { engine: None, storage, keys, params, rng, clock: Clock::start() })
    }

    /// Opens an engine from storage, and returns what it asks for first.
    pub(super) async fn reopen(&mut self) -> Result<Vec<Output>, PeerError> {
        self.engine = None;
        let stored = self.storage.load().await.map_err(|_| PeerError::Storage)?;
        let phrase = Phrase::from_entropy(&self.keys.entropy).map_err(|_| PeerError::Platform)?;
        let identity = Identity::from_phrase(phrase);
        let vault = VaultKey::from_bytes(*self.keys.vault);
        let now = self.clock.now();
        let opened = Engine::open(identity, stored, vault, self.params, now, &mut self.rng);
        let (engine, outputs) = opened.map_err(|error: OpenError| {
            tracing::debug!(?error, "storage holds no state of this engine");
            PeerError::Storage
        })?;
        self.engine = Some(engine);
        Ok(outputs)
    }

    /// Ends the engine: what it has not saved has not happened.
    pub(super) fn close(&mut self) {
        self.engine = None;
    }

    /// Takes one step; without an engine nothing happens.
    pub(super) fn handle(&mut self, input: Input) -> Vec<Output> {
        let now = self.clock.now();
        self.engine
            .as_mut()
            .map(|engine| engine.handle(input, now, &mut self.rng))
            .unwrap_or_default()
    }

    /// Saves a step.
    pub(super) async fn save(&mut self, changes: Changes) -> Result<(), StorageError> {
        self.storage.save(changes).await
    }

    /// Returns a page of a conversation, ascending; rows that do not open are left out.
    pub(super) async fn history(
        &mut self,
        contact: Address,
        before: Option<MessageOrder>,
        limit: u32,
    ) -> Result<Vec<MessageView>, PeerError> {
        let engine = self.engine.as_ref().ok_or(PeerError::Storage)?;
        let tag = engine.contact_tag(&contact);
        let before = before.map(|order| RowKey([tag.0.as_slice(), &order.0].concat()));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let rows = self.storage.history(tag, before, limit).await;
        let rows = rows.map_err(|_| PeerError::Storage)?;
        let messages =
            rows.iter().filter_map(|(key, row)| engine.open_message(&contact, key, row).ok());
        Ok(messages.collect())
    }

    /// Returns the link that speaks to a contact with whom we talk.
    pub(super) fn link_to(&self, contact: &Address) -> Option<LinkId> {
        self.engine.as_ref()?.link_to(contact)
    }

    /// Returns the contact behind a link, if we talk with them.
    pub(super) fn contact_behind(&self, link: LinkId) -> Option<Address> {
        self.engine.as_ref()?.contact_behind(link)
    }

    /// Moves the clock by what a relay says; returns by how much.
    pub(super) fn learn_time(&mut self, sample: &crate::time::Sample) -> Option<MillisOffset> {
        self.clock.learn(sample.relay, sample.theirs, sample.round_trip)
    }

    /// Returns a random number, for jitter.
    pub(super) fn random(&mut self) -> u32 {
        self.rng.next_u32()
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.engine.as_ref().and_then(Engine::deadline)
    }

    pub(super) fn is_open(&self) -> bool {
        self.engine.is_some()
    }
}

impl<S> std::fmt::Debug for Core<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}
