//! Storage that fails when a test says so, and storage that outlives its peer.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use futures::executor::block_on;
use lowkey_network::{MemoryStorage, Storage, StorageError, platform::BoxFuture, storage::Row};
use lowkey_protocol::{Change, Changes, RowKey, Stored};

/// A memory whose saves can be made to fail.
#[derive(Default)]
pub(crate) struct Failing {
    rows: MemoryStorage,
    fails: Arc<AtomicBool>,
}

impl Failing {
    /// Returns the switch: `true` makes each save fail.
    pub(crate) fn switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.fails)
    }
}

impl Storage for Failing {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        self.rows.load()
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        if self.fails.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(StorageError::Full)));
        }
        self.rows.save(changes)
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.rows.history(prefix, before, limit)
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.rows.last_messages()
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.rows.scan(after, limit)
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.rows.pick(keys)
    }
}

/// A memory that a test and peers after each other share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<MemoryStorage>>);

impl Shared {
    /// Returns all rows but the history.
    pub(crate) fn rows(&self) -> Stored {
        block_on(self.rows_now().load()).unwrap()
    }

    /// Holds these rows, and no history.
    pub(crate) fn set(&self, rows: Stored) {
        *self.rows_now() = MemoryStorage::new();
        let puts = rows.0.into_iter().map(|(table, key, row)| Change::Put(table, key, row));
        block_on(self.rows_now().save(Changes(puts.collect()))).unwrap();
    }

    pub(crate) fn change(&self, change: Change) {
        block_on(self.rows_now().save(Changes(vec![change]))).unwrap();
    }

    fn rows_now(&self) -> std::sync::MutexGuard<'_, MemoryStorage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut MemoryStorage) -> T,
    ) -> BoxFuture<'static, T> {
        Box::pin(std::future::ready(act(&mut self.rows_now())))
    }
}

impl Storage for Shared {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        self.now(|rows| block_on(rows.load()))
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        self.now(|rows| block_on(rows.save(changes)))
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.now(|rows| block_on(rows.history(prefix, before, limit)))
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.now(|rows| block_on(rows.last_messages()))
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.now(|rows| block_on(rows.scan(after, limit)))
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        self.now(|rows| block_on(rows.pick(keys)))
    }
}
