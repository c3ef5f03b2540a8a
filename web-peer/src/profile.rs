//! The profile: what this browser keeps of an identity, and how it is opened.
//!
//! There is never quietly a new identity where one was: a mark outside of the database says that
//! there was one, and rows without a key, or a key without rows, are damage and stay as they are.

use std::rc::Rc;

use lowkey_network::{MemoryStorage, StorageError};
use lowkey_protocol::VaultKey;
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage as LocalStorage;
use zeroize::Zeroizing;

pub use crate::keys::Pass;
use crate::{
    keys::{self, KeyError, Wrap},
    slow::Slow,
    storage::{AnyStorage, Database, Field, IndexedStorage, OpenDatabaseError},
    types::Profile,
};

/// The name of the database.
const DATABASE: &str = "lowkey";

/// The entry of `localStorage` that says that an identity is or was here.
const MARK: &str = "lowkey:identity";

/// How a profile is opened.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// What opens a locked one.
    pub passphrase: Option<&'a str>,
    /// The same, stretched before.
    pub pass: Option<Pass>,
    /// Deletes what is kept, and begins anew.
    pub replace: bool,
}

/// A profile that is open.
#[derive(Debug)]
pub struct Opened {
    /// Its rows.
    pub storage: AnyStorage,
    /// What seals them.
    pub vault_key: VaultKey,
    /// What opens it again, if it has a lock.
    pub pass: Option<Pass>,
    /// What the browser keeps; without it, all is gone with the tab.
    pub kept: Option<Kept>,
    /// Whether it has a lock.
    pub locks: bool,
    /// Whether there is no identity in it yet.
    pub is_new: bool,
    /// How often it was opened: who opened it before can save nothing more.
    pub epoch: u32,
}

/// Looks what is kept, and changes nothing.
pub async fn look() -> Profile {
    let state = match find().await {
        Ok(found) => found.state().await,
        Err(error) => Err(error),
    };
    match state {
        Ok(State::None) => Profile::None,
        Ok(State::Here(wrap)) => Profile::Here { locked: wrap.is_locked() },
        Ok(State::Memory) => Profile::Denied,
        Err(OpenError::Gone) => Profile::Gone,
        Err(OpenError::Newer { found }) => Profile::Newer { found },
        Err(_) => Profile::Damaged,
    }
}

/// Opens what is kept, or begins where nothing was.
pub async fn open(options: Options<'_>, slow: &Slow) -> Result<Opened, OpenError> {
    if options.replace {
        remove().await?;
    }
    let found = find().await?;
    match found.state().await? {
        State::Memory => in_memory(),
        State::None => match found.begin().await {
            // Some browsers open a database in which they keep no keys.
            Err(OpenError::Failed) => in_memory(),
            begun => begun,
        },
        State::Here(wrap) => {
            let (key, pass) = unwrap(&wrap, &options, slow).await?;
            let database = found.into_database()?;
            let epoch = next_epoch(&database).await?;
            database.set(&[(Field::Epoch, epoch.into())]).await?;
            mark();
            Ok(opened(database, epoch, &key, (pass, wrap.is_locked())))
        }
    }
}

/// What the browser keeps of a profile that is open.
#[derive(Debug)]
pub struct Kept {
    // That of the rows: a second connection would stand in the way of whoever deletes them.
    database: Rc<Database>,
    epoch: u32,
}

impl Kept {
    /// Sets the passphrase without which the profile cannot be opened, or none; `current` is the
    /// one before. Asked again after it was done, it is done.
    pub async fn set_lock(
        &self,
        new: Option<&str>,
        current: Option<&str>,
        slow: &Slow,
    ) -> Result<Option<Pass>, OpenError> {
        let wrap = self.database.get(Field::Wrap).await?;
        let wrap = Wrap::from_js(&wrap).ok_or(OpenError::Damaged)?;
        let by = |passphrase| Options { passphrase, ..Options::default() };
        let key = match unwrap(&wrap, &by(current), slow).await {
            Ok((key, _)) => key,
            Err(refused @ (OpenError::PassphraseWrong | OpenError::Locked)) => {
                return match unwrap(&wrap, &by(new), slow).await {
                    Ok((_, pass)) => Ok(pass),
                    Err(_) => Err(refused),
                };
            }
            Err(error) => return Err(error),
        };
        let (wrap, pass) = match new {
            None => (Wrap::by_device(&key).await?, None),
            Some(passphrase) => {
                let (wrap, pass) = Wrap::by_passphrase(&key, passphrase, slow).await?;
                (wrap, Some(pass))
            }
        };
        // One transaction overwrites what opened it before.
        self.database.set_in(self.epoch, &[(Field::Wrap, wrap.to_js())]).await?;
        Ok(pass)
    }
}

/// Asks the browser not to clear what is kept by itself. Some browsers ask the person.
pub async fn persist() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let Ok(asked) = window.navigator().storage().persist() else { return false };
    JsFuture::from(asked).await.is_ok_and(|answer| answer.is_truthy())
}

/// Whether the browser clears nothing by itself, if it says.
pub async fn persisted() -> Option<bool> {
    let asked = web_sys::window()?.navigator().storage().persisted().ok()?;
    JsFuture::from(asked).await.ok()?.as_bool()
}

/// What was found.
enum Found {
    Database(Database),
    /// The browser keeps nothing.
    Nothing,
}

/// What is in it.
enum State {
    None,
    Here(Wrap),
    Memory,
}

impl Found {
    async fn state(&self) -> Result<State, OpenError> {
        let Self::Database(database) = self else { return Ok(State::Memory) };
        let wrap = database.get(Field::Wrap).await?;
        match (database.has_rows().await?, Wrap::from_js(&wrap)) {
            (true, Some(wrap)) => Ok(State::Here(wrap)),
            (true, None) => Err(OpenError::Damaged),
            // A key and nothing else: it was killed before it saved anything.
            (false, _) if is_marked() => Err(OpenError::Gone),
            (false, _) => Ok(State::None),
        }
    }

    async fn begin(self) -> Result<Opened, OpenError> {
        let database = self.into_database()?;
        let key = keys::random::<32>()?;
        let wrap = Wrap::by_device(&key).await?;
        let epoch = next_epoch(&database).await?;
        database.set(&[(Field::Wrap, wrap.to_js()), (Field::Epoch, epoch.into())]).await?;
        Ok(Opened { is_new: true, ..opened(database, epoch, &key, (None, false)) })
    }

    fn into_database(self) -> Result<Database, OpenError> {
        match self {
            Self::Database(database) => Ok(database),
            Self::Nothing => Err(OpenError::Failed),
        }
    }
}

async fn find() -> Result<Found, OpenError> {
    if !keys::has_web_crypto() {
        return nothing_kept();
    }
    match Database::open(DATABASE).await {
        Ok(database) => Ok(Found::Database(database)),
        Err(OpenDatabaseError::Denied) => nothing_kept(),
        Err(OpenDatabaseError::Newer { found }) => Err(OpenError::Newer { found }),
        Err(OpenDatabaseError::Damaged) => Err(OpenError::Damaged),
        Err(OpenDatabaseError::Full) => Err(OpenError::Full),
        Err(OpenDatabaseError::Busy) => Err(OpenError::Busy),
        Err(OpenDatabaseError::Failed) if is_marked() => Err(OpenError::Damaged),
        Err(OpenDatabaseError::Failed) => Err(OpenError::Failed),
    }
}

/// Where an identity was and nothing can be read, nothing begins.
fn nothing_kept() -> Result<Found, OpenError> {
    if is_marked() { Err(OpenError::Damaged) } else { Ok(Found::Nothing) }
}

/// Deletes what is kept. Its rows go in one transaction, for which no tab has to close the database;
/// only where that fails, as with a newer format, the database itself goes.
async fn remove() -> Result<(), OpenError> {
    let is_cleared = match Database::open(DATABASE).await {
        Ok(database) => database.clear().await.is_ok(),
        Err(error) => error == OpenDatabaseError::Denied,
    };
    if !is_cleared {
        match Database::delete(DATABASE).await {
            Ok(()) | Err(OpenDatabaseError::Denied) => {}
            Err(OpenDatabaseError::Busy) => return Err(OpenError::Busy),
            Err(_) => return Err(OpenError::Failed),
        }
    }
    if let Some(marks) = marks() {
        // A mark that stays says "gone" at worst.
        let _ = marks.remove_item(MARK);
    }
    Ok(())
}

async fn unwrap(
    wrap: &Wrap,
    options: &Options<'_>,
    slow: &Slow,
) -> Result<(Zeroizing<[u8; 32]>, Option<Pass>), OpenError> {
    if !wrap.is_locked() {
        // Its own key does not open it: one of the two is not what was written.
        let key = wrap.open().await.map_err(|error| match error {
            KeyError::Wrong | KeyError::Locked => OpenError::Damaged,
            KeyError::Failed => OpenError::Failed,
        })?;
        return Ok((key, None));
    }
    if let Some(pass) = &options.pass
        && let Ok(key) = wrap.open_by(pass).await
    {
        return Ok((key, Some(pass.clone())));
    }
    let passphrase = options.passphrase.ok_or(OpenError::Locked)?;
    let (key, pass) = wrap.open_locked(passphrase, slow).await?;
    Ok((key, Some(pass)))
}

fn opened(
    database: Database,
    epoch: u32,
    key: &Zeroizing<[u8; 32]>,
    (pass, locks): (Option<Pass>, bool),
) -> Opened {
    let database = Rc::new(database);
    Opened {
        storage: AnyStorage::Kept(IndexedStorage::new(database.clone(), epoch, mark)),
        vault_key: VaultKey::from_bytes(**key),
        pass,
        kept: Some(Kept { database, epoch }),
        locks,
        is_new: false,
        epoch,
    }
}

fn in_memory() -> Result<Opened, OpenError> {
    Ok(Opened {
        storage: AnyStorage::Memory(MemoryStorage::new()),
        vault_key: VaultKey::from_bytes(*keys::random::<32>()?),
        pass: None,
        kept: None,
        locks: false,
        is_new: true,
        epoch: 1,
    })
}

async fn next_epoch(database: &Database) -> Result<u32, OpenError> {
    let found = database.get(Field::Epoch).await?.as_f64().unwrap_or(0.0);
    let next = keys::to_u32(found).and_then(|epoch| epoch.checked_add(1));
    next.ok_or(OpenError::Damaged)
}

fn marks() -> Option<LocalStorage> {
    web_sys::window()?.local_storage().ok()?
}

fn is_marked() -> bool {
    marks().is_some_and(|marks| marks.get_item(MARK).is_ok_and(|mark| mark.is_some()))
}

fn mark() {
    if let Some(marks) = marks() {
        // Without a mark, what the browser clears looks as if it had never been.
        let _ = marks.set_item(MARK, "1");
    }
}

/// Why a profile was not opened; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A passphrase is needed.
    #[error("the profile is locked")]
    Locked,
    /// It is not this one.
    #[error("the passphrase is wrong")]
    PassphraseWrong,
    /// An identity was here, and the browser has cleared it.
    #[error("an identity was here, and the browser has cleared it")]
    Gone,
    /// A newer page wrote it.
    #[error("the profile has format {found}, which this page does not know yet")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It cannot be read.
    #[error("the profile cannot be read")]
    Damaged,
    /// There is no room left.
    #[error("there is no room left")]
    Full,
    /// A tab that does not answer keeps it from being deleted.
    #[error("a tab that does not answer has the profile open")]
    Busy,
    /// The browser or its worker failed.
    #[error("the browser failed")]
    Failed,
}

impl From<StorageError> for OpenError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full => Self::Full,
            StorageError::Unavailable => Self::Failed,
            StorageError::Damaged => Self::Damaged,
            StorageError::Newer { found, .. } => Self::Newer { found },
        }
    }
}

impl From<KeyError> for OpenError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Locked => Self::Locked,
            KeyError::Wrong => Self::PassphraseWrong,
            KeyError::Failed => Self::Failed,
        }
    }
}
