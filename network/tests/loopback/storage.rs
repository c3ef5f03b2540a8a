//! Storage that fails when a test says so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lowkey_network::{MemoryStorage, Storage, StorageError, platform::BoxFuture, storage::Row};
use lowkey_protocol::{Changes, RowKey, Stored};

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
