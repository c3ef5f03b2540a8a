//! Storage in a browser: IndexedDB, or memory where the browser keeps nothing.
//!
//! What comes here is sealed already. Each `Changes` is one transaction of strict durability: when
//! it is saved, it is on the disk, not only with the system.

mod database;
mod indexed;

use lowkey_network::{MemoryStorage, Storage, StorageError, platform::BoxFuture, storage::Row};
use lowkey_protocol::{Changes, RowKey, Stored};

pub use self::{
    database::{Database, Field, OpenDatabaseError},
    indexed::IndexedStorage,
};

/// The storage of a profile.
#[derive(Debug)]
pub enum AnyStorage {
    /// Kept by the browser.
    Kept(IndexedStorage),
    /// Gone with the tab.
    Memory(MemoryStorage),
}

impl AnyStorage {
    fn inner(&mut self) -> &mut dyn Storage {
        match self {
            Self::Kept(storage) => storage,
            Self::Memory(storage) => storage,
        }
    }
}

impl Storage for AnyStorage {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        self.inner().load()
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        self.inner().save(changes)
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.inner().history(prefix, before, limit)
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.inner().last_messages()
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.inner().scan(after, limit)
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.inner().pick(keys)
    }
}
