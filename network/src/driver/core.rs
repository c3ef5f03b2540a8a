//! The engine with what it needs of this side: storage, a clock, randomness, and the keys to open
//! it anew.

mod backup;

use lowkey_protocol::{
    Address, Change, Changes, Engine, Identity, Input, LinkId, MessageOrder, MessageView,
    MillisOffset, OpenError, Output, Params, Phrase, RowKey, Stored, Table, Timestamp, VaultError,
    VaultKey,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::search::{self, Index};
use crate::{
    clock::Clock,
    peer::{Found, PeerError},
    platform,
    storage::{Row, Storage, StorageError},
};

/// The row of `Table::Own` that holds the entropy of the phrase: whose storage this is.
const PHRASE: &[u8] = b"phrase";

/// Runs the engine. Without one, storage has failed, and `reopen` is due.
pub(super) struct Core<S> {
    // Or why there is none.
    engine: Result<Engine, PeerError>,
    index: Index,
    storage: S,
    keys: Keys,
    params: Params,
    rng: StdRng,
    pub(super) clock: Clock,
}

/// What an engine is opened with.
struct Keys {
    /// The phrase's, as soon as it is known.
    entropy: Option<Zeroizing<[u8; 16]>>,
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
        let vault = vault.unwrap_or_else(|| VaultKey::generate(&mut rng));
        let entropy = phrase.map(|phrase| phrase.entropy());
        let keys = Keys { entropy, vault: Zeroizing::new(*vault.as_bytes()) };
        let (engine, index, clock) = (Err(PeerError::Storage), Index::default(), Clock::start());
        Ok(Self { engine, index, storage, keys, params, rng, clock })
    }

    /// Opens an engine from storage, and returns what it asks for first.
    pub(super) async fn reopen(&mut self) -> Result<Vec<Output>, PeerError> {
        let (engine, outputs) = match self.open().await {
            Ok(opened) => opened,
            Err(why) => {
                self.engine = Err(why);
                return Err(why);
            }
        };
        self.engine = Ok(engine);
        self.index.resume();
        Ok(outputs)
    }

    async fn open(&mut self) -> Result<(Engine, Vec<Output>), PeerError> {
        let stored = self.storage.load().await?;
        let vault = VaultKey::from_bytes(*self.keys.vault);
        let (phrase, is_new) = self.phrase(&stored, &vault)?;
        let first = is_new.then(|| self.phrase_row(&phrase, &vault));
        let identity = Identity::from_phrase(phrase);
        let now = self.clock.now();
        let opened = Engine::open(identity, stored, vault, self.params, now, &mut self.rng);
        let (engine, mut outputs) = opened.map_err(unreadable)?;
        if let Some(first) = first {
            save_with(first, &mut outputs);
        }
        Ok((engine, outputs))
    }

    /// Saves what is stored already, to see whether that works.
    pub(super) async fn probe(&mut self) -> Result<(), StorageError> {
        let Some(entropy) = &self.keys.entropy else { return Ok(()) };
        let Ok(phrase) = Phrase::from_entropy(entropy) else { return Ok(()) };
        let row = self.phrase_row(&phrase, &VaultKey::from_bytes(*self.keys.vault));
        self.storage.save(Changes(vec![row])).await
    }

    /// Ends the engine: what it has not saved has not happened. Until there is another one, this is
    /// why nothing can be done.
    pub(super) fn close(&mut self, why: StorageError) {
        self.engine = Err(why.into());
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
        let of_history = search::of_history(&changes);
        self.storage.save(changes).await?;
        if let Ok(engine) = &self.engine {
            self.index.follow(engine, &of_history);
        }
        Ok(())
    }

    /// Whether the index of the history is being built.
    pub(super) fn is_indexing(&self) -> bool {
        self.is_open() && self.index.is_busy()
    }

    /// Builds the index of the history for one slice of time.
    pub(super) async fn index_slice(&mut self) {
        let Ok(engine) = &self.engine else { return };
        if let Some(after) = self.index.wants() {
            let rows = self.storage.scan(after, search::ROWS).await;
            self.index.take(rows.ok());
        } else {
            self.index.slice(engine, platform::now);
        }
    }

    /// Returns the newest messages in which every word occurs.
    pub(super) async fn search(&mut self, text: &str, limit: u32) -> Result<Found, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let limit = count(limit).min(search::FOUND);
        let keys = self.index.search(text, limit);
        let rows = self.storage.pick(keys).await?;
        Ok(Found { messages: open_rows(engine, &rows), complete: self.index.is_complete() })
    }

    /// Returns the last message of each conversation.
    pub(super) async fn last_messages(&mut self) -> Result<Vec<MessageView>, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let rows = self.storage.last_messages().await?;
        Ok(open_rows(engine, &rows))
    }

    /// Returns a page of a conversation, ascending; rows that do not open are left out.
    pub(super) async fn history(
        &mut self,
        contact: Address,
        before: Option<MessageOrder>,
        limit: u32,
    ) -> Result<Vec<MessageView>, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let tag = engine.contact_tag(&contact);
        let before = before.map(|order| place(&tag, order));
        let rows = self.storage.history(tag, before, count(limit)).await?;
        Ok(open_rows_of(engine, &contact, &rows))
    }

    /// Returns what follows a place in a conversation, ascending.
    pub(super) async fn later(
        &mut self,
        contact: Address,
        after: MessageOrder,
        limit: u32,
    ) -> Result<Vec<MessageView>, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let tag = engine.contact_tag(&contact);
        let mut rows = self.storage.scan(Some(place(&tag, after)), count(limit)).await?;
        rows.retain(|(key, _)| key.0.starts_with(&tag.0));
        Ok(open_rows_of(engine, &contact, &rows))
    }

    /// Returns the link that speaks to a contact with whom we talk.
    pub(super) fn link_to(&self, contact: &Address) -> Option<LinkId> {
        self.engine.as_ref().ok()?.link_to(contact)
    }

    /// Returns the contact behind a link, if we talk with them.
    pub(super) fn contact_behind(&self, link: LinkId) -> Option<Address> {
        self.engine.as_ref().ok()?.contact_behind(link)
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
        self.engine.as_ref().ok().and_then(Engine::deadline)
    }

    pub(super) fn is_open(&self) -> bool {
        self.engine.is_ok()
    }

    /// Returns why there is no engine.
    pub(super) fn refusal(&self) -> Option<PeerError> {
        self.engine.as_ref().err().copied()
    }

    /// Returns the phrase whose storage this is, and whether it is stored for the first time.
    fn phrase(&mut self, stored: &Stored, vault: &VaultKey) -> Result<(Phrase, bool), PeerError> {
        let row = stored.0.iter().find(|(table, key, _)| *table == Table::Own && key.0 == PHRASE);
        let entropy = match row {
            Some((table, key, sealed)) => {
                let plain =
                    vault.open(*table, key, sealed).map_err(|error| unreadable(error.into()))?;
                let entropy = plain.as_slice().try_into();
                Some(Zeroizing::new(entropy.map_err(|_| PeerError::StorageDamaged)?))
            }
            None if stored.0.is_empty() => None,
            // Rows without their owner: never another identity where one was.
            None => return Err(PeerError::StorageDamaged),
        };
        let is_new = entropy.is_none();
        let entropy = match (entropy, self.keys.entropy.take()) {
            (Some(stored), Some(given)) if stored != given => return Err(PeerError::OtherIdentity),
            (Some(entropy), _) | (None, Some(entropy)) => entropy,
            (None, None) => Phrase::generate(&mut self.rng).entropy(),
        };
        let phrase = Phrase::from_entropy(&entropy).map_err(|_| PeerError::Platform)?;
        self.keys.entropy = Some(entropy);
        Ok((phrase, is_new))
    }

    fn phrase_row(&mut self, phrase: &Phrase, vault: &VaultKey) -> Change {
        let key = RowKey(PHRASE.to_vec());
        let sealed = vault.seal(Table::Own, &key, phrase.entropy().as_slice(), &mut self.rng);
        Change::Put(Table::Own, key, sealed)
    }
}

/// Makes a change part of the first transaction.
fn save_with(change: Change, outputs: &mut Vec<Output>) {
    if let Some(Output::Persist(changes)) = outputs.first_mut() {
        changes.0.push(change);
    } else {
        outputs.insert(0, Output::Persist(Changes(vec![change])));
    }
}

/// Returns the key of a message in a conversation with this tag.
fn place(tag: &RowKey, order: MessageOrder) -> RowKey {
    RowKey([tag.0.as_slice(), &order.0].concat())
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Opens rows of one conversation; those that do not open are left out.
fn open_rows_of(engine: &Engine, contact: &Address, rows: &[Row]) -> Vec<MessageView> {
    rows.iter().filter_map(|(key, row)| engine.open_message(contact, key, row).ok()).collect()
}

/// Opens rows of any conversations; those that do not open are left out.
fn open_rows(engine: &Engine, rows: &[Row]) -> Vec<MessageView> {
    let open = |(key, row): &Row| engine.open_message(&engine.contact_of(key)?, key, row).ok();
    rows.iter().filter_map(open).collect()
}

fn unreadable(error: OpenError) -> PeerError {
    tracing::debug!(?error, "storage holds no state of this engine");
    match error {
        OpenError::Vault(VaultError::Version { found }) => {
            PeerError::StorageNewer { found: found.into() }
        }
        OpenError::Vault(VaultError::Open) | OpenError::Row(_) => PeerError::StorageDamaged,
    }
}

impl<S> std::fmt::Debug for Core<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}
