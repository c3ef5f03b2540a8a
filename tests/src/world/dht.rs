//! A model DHT: a few storing nodes with the real `validate` and `select`.

use std::collections::BTreeMap;

use lowkey_protocol::{
    record::{self, Publisher, RecordKey, Selection},
    time::Timestamp,
};

use super::dice::Dice;

/// How many nodes store records.
pub const NODES: usize = 3;

/// All storing nodes, and what a hostile one answers with.
#[derive(Debug, Default)]
pub struct Dht {
    nodes: [BTreeMap<RecordKey, (Timestamp, Vec<u8>)>; NODES],
    /// Every value that was ever stored, for hostile answers.
    past: Vec<(RecordKey, Vec<u8>)>,
    /// How many values the nodes refused.
    pub refused: u64,
}

impl Dht {
    /// Gives a node a value, as a put does.
    pub fn put(&mut self, node: usize, key: RecordKey, value: &[u8], now: Timestamp, bits: u8) {
        let kad_key = key.to_kad_key();
        let Ok(meta) = record::validate(&kad_key, value, Publisher::Absent, now, bits) else {
            self.refused += 1;
            return;
        };
        let stored = self.nodes[node].get(&key).filter(|(expires, _)| *expires > now);
        if stored.is_none_or(|(_, old)| record::select(old, value) == Selection::Replace) {
            self.past.push((key, value.to_vec()));
            self.nodes[node].insert(key, (meta.expires, value.to_vec()));
        }
    }

    /// Returns what an honest node answers.
    pub fn get(&self, node: usize, key: &RecordKey, now: Timestamp) -> Option<Vec<u8>> {
        let stored = self.nodes[node].get(key).filter(|(expires, _)| *expires > now);
        stored.map(|(_, value)| value.clone())
    }

    /// Returns what a hostile node answers: an old value, another key's, a changed one, or noise.
    pub fn nonsense(&self, key: &RecordKey, dice: &mut Dice) -> Vec<u8> {
        let of_key: Vec<_> = self.past.iter().filter(|(k, _)| k == key).collect();
        match dice.below(4) {
            0 if !of_key.is_empty() => of_key[dice.index(of_key.len())].1.clone(),
            1 if !self.past.is_empty() => self.past[dice.index(self.past.len())].1.clone(),
            2 if !of_key.is_empty() => {
                let mut value = of_key[of_key.len() - 1].1.clone();
                let at = dice.index(value.len());
                value[at] ^= 1 << dice.below(8);
                value
            }
            _ => {
                let len = dice.between(0, 4_000) as usize;
                dice.bytes(len)
            }
        }
    }

    /// Forgets everything, as nodes do whose disks are wiped.
    pub fn wipe(&mut self) {
        self.nodes = Default::default();
    }

    /// Returns every value that any node stores.
    pub fn values(&self) -> impl Iterator<Item = (&RecordKey, &[u8])> {
        self.nodes.iter().flatten().map(|(key, (_, value))| (key, value.as_slice()))
    }
}
