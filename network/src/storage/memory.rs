//! Storage that forgets everything at the end: for tests, and where a browser keeps nothing.

use std::{collections::BTreeMap, ops::Bound};

use lowkey_protocol::{Change, Changes, RowKey, Stored, Table};

use super::{CONTACT_TAG, Row, Storage, StorageError, after_prefix};
use crate::platform::BoxFuture;

/// Keeps rows as long as it lives.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    rows: BTreeMap<Table, BTreeMap<RowKey, Vec<u8>>>,
}

impl MemoryStorage {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(table, key, value) => {
                self.rows.entry(table).or_default().insert(key, value);
            }
            Change::Delete(table, key) => {
                self.rows.entry(table).or_default().remove(&key);
            }
            Change::DeleteAll(table, prefix) => {
                let rows = self.rows.entry(table).or_default();
                rows.retain(|key, _| !key.0.starts_with(&prefix.0));
            }
        }
    }

    fn between(
        &self,
        first: Bound<RowKey>,
        end: Bound<RowKey>,
    ) -> impl DoubleEndedIterator<Item = Row> {
        let is_empty = match (&first, &end) {
            (Bound::Included(first) | Bound::Excluded(first), Bound::Excluded(end)) => first >= end,
            _ => false,
        };
        let history = self.rows.get(&Table::History).filter(|_| !is_empty);
        let rows = history.map(|history| history.range((first, end)));
        rows.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()))
    }
}

impl Storage for MemoryStorage {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        let tables = self.rows.iter().filter(|(table, _)| **table != Table::History);
        let rows = tables.flat_map(|(table, rows)| {
            rows.iter().map(|(key, value)| (*table, key.clone(), value.clone()))
        });
        ready(Ok(Stored(rows.collect())))
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        for change in changes.0 {
            self.apply(change);
        }
        ready(Ok(()))
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let end = before.or_else(|| after_prefix(&prefix));
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rows: Vec<Row> =
            self.between(Bound::Included(prefix), end).rev().take(limit).collect();
        rows.reverse();
        ready(Ok(rows))
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let mut last: BTreeMap<Vec<u8>, Row> = BTreeMap::new();
        for (key, value) in self.rows.get(&Table::History).into_iter().flatten() {
            let tag = key.0.iter().copied().take(CONTACT_TAG).collect();
            last.insert(tag, (key.clone(), value.clone()));
        }
        ready(Ok(last.into_values().collect()))
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        ready(Ok(self.between(first, Bound::Unbounded).take(limit).collect()))
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let history = self.rows.get(&Table::History);
        let row = |key: RowKey| Some((key.clone(), history?.get(&key)?.clone()));
        ready(Ok(keys.into_iter().filter_map(row).collect()))
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

#[cfg(all(test, feature = "test-support"))]
mod tests {
    use super::*;
    use crate::storage::contract;

    #[test]
    fn memory_passes_the_contract() {
        futures::executor::block_on(contract::check(|| async { MemoryStorage::new() }));
    }
}
