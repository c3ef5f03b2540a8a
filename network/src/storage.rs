//! Where a peer keeps its rows: sealed by the engine, so that storage sees no secret.

#[cfg(feature = "test-support")]
pub mod contract;

use std::{collections::BTreeMap, ops::Bound};

use lowkey_protocol::{Change, Changes, RowKey, Stored, Table};

use crate::platform::{BoxFuture, MaybeSend};

/// Keeps rows. Every implementation passes the tests of `storage::contract`.
pub trait Storage: MaybeSend {
    /// Returns all rows but the history.
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>>;

    /// Saves all changes in their order, or none.
    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>>;

    /// Returns the last `limit` rows of the history whose key begins with `prefix` and is smaller
    /// than `before`, ascending.
    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;

    /// Returns the last row of the history of each contact: keys that agree in their first
    /// [`CONTACT_TAG`] bytes are those of one.
    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;
}

/// Bytes of a contact's tag at the beginning of a history key.
pub const CONTACT_TAG: usize = 16;

/// A key and its sealed value.
pub type Row = (RowKey, Vec<u8>);

/// Storage did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// There is no room left.
    #[error("there is no room left")]
    Full,
    /// It cannot be read or written.
    #[error("storage cannot be used")]
    Unavailable,
}

/// Keeps rows as long as it lives.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    rows: BTreeMap<(Table, RowKey), Vec<u8>>,
}

impl MemoryStorage {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(table, key, value) => {
                self.rows.insert((table, key), value);
            }
            Change::Delete(table, key) => {
                self.rows.remove(&(table, key));
            }
            Change::DeleteAll(table, prefix) => {
                self.rows.retain(|(of, key), _| *of != table || !key.0.starts_with(&prefix.0));
            }
        }
    }

    fn history_rows(&self) -> impl DoubleEndedIterator<Item = (&RowKey, &Vec<u8>)> {
        let first = Bound::Included((Table::History, RowKey(Vec::new())));
        self.rows
            .range((first, Bound::Unbounded))
            .take_while(|((table, _), _)| *table == Table::History)
            .map(|((_, key), value)| (key, value))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

impl Storage for MemoryStorage {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        let rows = self.rows.iter().filter(|((table, _), _)| *table != Table::History);
        let stored = Stored(
            rows.map(|((table, key), value)| (*table, key.clone(), value.clone())).collect(),
        );
        Box::pin(std::future::ready(Ok(stored)))
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        for change in changes.0 {
            self.apply(change);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let mut rows: Vec<Row> = self
            .history_rows()
            .rev()
            .filter(|(key, _)| key.0.starts_with(&prefix.0))
            .filter(|(key, _)| before.as_ref().is_none_or(|before| *key < before))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        rows.reverse();
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let mut last: BTreeMap<Vec<u8>, Row> = BTreeMap::new();
        for (key, value) in self.history_rows() {
            let tag = key.0.iter().copied().take(CONTACT_TAG).collect();
            last.insert(tag, (key.clone(), value.clone()));
        }
        Box::pin(std::future::ready(Ok(last.into_values().collect())))
    }
}

#[cfg(all(test, feature = "test-support"))]
mod tests {
    use super::*;

    #[test]
    fn memory_passes_the_contract() {
        futures::executor::block_on(contract::check(|| async { MemoryStorage::new() }));
    }
}
