//! A model of a machine's storage: rows in memory, whole transactions, failures on demand.

use std::collections::BTreeMap;

use lowkey_protocol::engine::output::{Change, Changes, RowKey, Stored, Table};

/// The rows of one machine.
#[derive(Clone, Debug, Default)]
pub struct Rows(BTreeMap<(Table, RowKey), Vec<u8>>);

impl Rows {
    /// Saves a transaction whole.
    pub fn save(&mut self, changes: Changes) {
        for change in changes.0 {
            match change {
                Change::Put(table, key, value) => {
                    self.0.insert((table, key), value);
                }
                Change::Delete(table, key) => {
                    self.0.remove(&(table, key));
                }
                Change::DeleteAll(table, prefix) => {
                    self.0.retain(|(t, key), _| *t != table || !key.0.starts_with(&prefix.0));
                }
            }
        }
    }

    /// Returns all rows but the history.
    pub fn load(&self) -> Stored {
        let rows = self.0.iter().filter(|((table, _), _)| *table != Table::History);
        Stored(rows.map(|((table, key), value)| (*table, key.clone(), value.clone())).collect())
    }

    /// Returns the sealed rows of the history whose keys begin so, in the order of their keys.
    pub fn history(&self, prefix: &RowKey) -> Vec<(&RowKey, &[u8])> {
        let rows = self
            .0
            .iter()
            .filter(|((table, key), _)| *table == Table::History && key.0.starts_with(&prefix.0));
        rows.map(|((_, key), value)| (key, value.as_slice())).collect()
    }

    /// Returns how many rows these tables hold.
    pub fn count(&self, tables: &[Table]) -> usize {
        self.0.keys().filter(|(table, _)| tables.contains(table)).count()
    }

    /// Returns every byte that is stored, for searches.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().flat_map(|((_, key), value)| [key.0.as_slice(), value.as_slice()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bytes: &[u8]) -> RowKey {
        RowKey(bytes.to_vec())
    }

    #[test]
    fn a_prefix_deletes_its_rows_only() {
        let mut rows = Rows::default();
        rows.save(Changes(vec![
            Change::Put(Table::History, key(&[1, 1]), vec![1]),
            Change::Put(Table::Outbox, key(&[1, 2]), vec![2]),
            Change::Put(Table::Outbox, key(&[2, 1]), vec![3]),
            Change::DeleteAll(Table::Outbox, key(&[1])),
        ]));
        assert_eq!(rows.load(), Stored(vec![(Table::Outbox, key(&[2, 1]), vec![3])]));
        assert_eq!(rows.history(&key(&[1])), vec![(&key(&[1, 1]), [1].as_slice())]);
        rows.save(Changes(vec![Change::Delete(Table::History, key(&[1, 1]))]));
        assert!(rows.history(&key(&[])).is_empty());
    }
}
