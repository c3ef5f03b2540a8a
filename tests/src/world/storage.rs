//! A model of a machine's storage: rows in memory, whole transactions, failures on demand.

use std::collections::{BTreeMap, VecDeque};

use lowkey_protocol::engine::output::{Change, Changes, RowKey, Stored, Table};

/// The rows of one machine, and what they were some transactions ago.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: BTreeMap<(Table, RowKey), Vec<u8>>,
    /// What each of the last transactions replaced.
    past: VecDeque<Replaced>,
}

/// The values that a transaction replaced, the last one first.
type Replaced = Vec<((Table, RowKey), Option<Vec<u8>>)>;

/// Transactions that can be undone.
const PAST: usize = 64;

impl Rows {
    /// Saves a transaction whole.
    pub fn save(&mut self, changes: Changes) {
        let mut replaced = Replaced::new();
        for change in changes.0 {
            match change {
                Change::Put(table, key, value) => {
                    let old = self.rows.insert((table, key.clone()), value);
                    replaced.push(((table, key), old));
                }
                Change::Delete(table, key) => {
                    let old = self.rows.remove(&(table, key.clone()));
                    replaced.push(((table, key), old));
                }
                Change::DeleteAll(table, prefix) => {
                    let of = |place: &(Table, RowKey), _: &mut Vec<u8>| {
                        place.0 == table && place.1.0.starts_with(&prefix.0)
                    };
                    let gone = self.rows.extract_if(.., of);
                    replaced.extend(gone.map(|(place, old)| (place, Some(old))));
                }
            }
        }
        replaced.reverse();
        self.past.push_back(replaced);
        if self.past.len() > PAST {
            self.past.pop_front();
        }
    }

    /// Undoes the last transactions, as a disk does that had not written them; returns how many.
    pub fn roll_back(&mut self, count: usize) -> usize {
        let count = count.min(self.past.len());
        for replaced in self.past.drain(self.past.len() - count..).rev() {
            for (place, old) in replaced {
                match old {
                    Some(value) => self.rows.insert(place, value),
                    None => self.rows.remove(&place),
                };
            }
        }
        count
    }

    /// Returns every row.
    pub fn all(&self) -> Stored {
        Stored(self.rows.iter().map(|((t, key), value)| (*t, key.clone(), value.clone())).collect())
    }

    /// Returns all rows but the history.
    pub fn load(&self) -> Stored {
        let rows = self.rows.iter().filter(|((table, _), _)| *table != Table::History);
        Stored(rows.map(|((table, key), value)| (*table, key.clone(), value.clone())).collect())
    }

    /// Returns the sealed rows of the history whose keys begin so, in the order of their keys.
    pub fn history(&self, prefix: &RowKey) -> Vec<(&RowKey, &[u8])> {
        let rows = self
            .rows
            .iter()
            .filter(|((table, key), _)| *table == Table::History && key.0.starts_with(&prefix.0));
        rows.map(|((_, key), value)| (key, value.as_slice())).collect()
    }

    /// Returns how many rows these tables hold.
    pub fn count(&self, tables: &[Table]) -> usize {
        self.rows.keys().filter(|(table, _)| tables.contains(table)).count()
    }

    /// Returns every byte that is stored, for searches.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().flat_map(|((_, key), value)| [key.0.as_slice(), value.as_slice()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_undone_from_the_last_one_on() {
        let mut rows = Rows::default();
        let put = |bytes: &[u8], value| Change::Put(Table::Outbox, key(bytes), vec![value]);
        rows.save(Changes(vec![put(&[1], 1), put(&[2], 2)]));
        let first = rows.load();
        rows.save(Changes(vec![
            put(&[1], 3),
            put(&[1], 4),
            Change::Delete(Table::Outbox, key(&[1])),
        ]));
        rows.save(Changes(vec![Change::DeleteAll(Table::Outbox, key(&[])), put(&[2], 5)]));
        assert_eq!(rows.roll_back(2), 2);
        assert_eq!(rows.load(), first);
        assert_eq!(rows.roll_back(2), 1);
        assert_eq!(rows.load(), Stored(vec![]));
    }

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
