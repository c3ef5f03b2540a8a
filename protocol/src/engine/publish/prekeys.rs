//! Our prekeys and the handshakes made to them (PROTOCOL.md, "Handshake", *Rotation*).

use alloc::{collections::BTreeMap, vec::Vec};

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    HandshakeId, Timestamp, VaultKey,
    engine::{
        OpenError,
        output::{RowKey, Table},
        rows::{PrekeyRow, ReplayRow},
        step::Step,
    },
    handshake::prekeys::PrekeyPair,
    limits,
};

/// All prekey pairs whose private halves are still here, and the ids of ended handshakes to them.
#[derive(Default)]
pub(crate) struct Prekeys {
    /// The newest pair last.
    pairs: Vec<Held>,
    replays: BTreeMap<HandshakeId, u32>,
}

struct Held {
    pair: PrekeyPair,
    /// When a record with a newer pair was read back from enough nodes.
    replaced: Option<Timestamp>,
    /// How many handshakes used it in this start; those of earlier ones are counted by the replays.
    uses: usize,
}

impl Prekeys {
    /// Returns the pair that records name.
    pub(crate) fn current(&self) -> Option<&PrekeyPair> {
        self.pairs.last().map(|held| &held.pair)
    }

    /// Returns the pair with this number.
    pub(crate) fn get(&self, id: u32) -> Option<&PrekeyPair> {
        self.pairs.iter().map(|held| &held.pair).find(|pair| pair.id() == id)
    }

    /// Counts a handshake to a pair.
    pub(crate) fn count_use(&mut self, id: u32) {
        if let Some(held) = self.pairs.iter_mut().find(|held| held.pair.id() == id) {
            held.uses = held.uses.saturating_add(1);
        }
    }

    /// Tells whether a handshake was used by a session that has ended.
    pub(crate) fn is_replay(&self, id: &HandshakeId) -> bool {
        self.replays.contains_key(id)
    }

    /// Remembers the handshake of a session that ends, as long as its prekeys are here.
    pub(crate) fn remember(
        &mut self,
        id: HandshakeId,
        spk_id: u32,
        vault: &VaultKey,
        step: &mut Step<'_>,
    ) {
        if self.get(spk_id).is_none() {
            return;
        }
        self.replays.insert(id, spk_id);
        let plain = ReplayRow { id: id.0.to_vec(), spk_id }.encode_to_vec();
        let key = replay_key(vault, &id);
        let sealed = vault.seal(Table::Replays, &key, &plain, step.rng);
        step.put(Table::Replays, key, sealed);
    }

    /// Makes a new pair if there is none, the newest is old, or it was used too often; tells
    /// whether it did.
    pub(crate) fn rotate(&mut self, vault: &VaultKey, step: &mut Step<'_>) -> bool {
        let life = u64::from(limits::PREKEY_ROTATION_MINUTES) * 60_000;
        let good = self.pairs.last().is_some_and(|held| {
            let spk_id = held.pair.id();
            let ended = self.replays.values().filter(|id| **id == spk_id).count();
            // One of the future was made by a clock that was wrong.
            held.pair.made().millis_since(step.now) < life
                && step.now.millis_since(held.pair.made()) < life
                && held.uses.saturating_add(ended) < limits::REPLAYS_PER_PREKEY
        });
        if !good {
            let pair = PrekeyPair::generate(step.now, step.rng);
            self.pairs.push(Held { pair, replaced: None, uses: 0 });
            self.save_last(vault, step);
        }
        !good
    }

    /// Drops all pairs and makes a new one: they belong to an install that is no more.
    pub(crate) fn renew(&mut self, vault: &VaultKey, step: &mut Step<'_>) {
        for held in core::mem::take(&mut self.pairs) {
            self.forget(&held, vault, step);
        }
        self.rotate(vault, step);
    }

    /// A record that names this pair was read back from enough nodes: older pairs are replaced.
    pub(crate) fn read_back(&mut self, id: u32, vault: &VaultKey, step: &mut Step<'_>) {
        let Some(at) = self.pairs.iter().position(|held| held.pair.id() == id) else { return };
        for older in self.pairs.iter_mut().take(at).filter(|older| older.replaced.is_none()) {
            older.replaced = Some(step.now);
            older.save(vault, step);
        }
    }

    /// Drops private halves that nobody should use any more.
    pub(crate) fn expire(&mut self, vault: &VaultKey, step: &mut Step<'_>) {
        let grace = u64::from(limits::PREKEY_GRACE_MINUTES) * 60_000;
        let life = u64::from(limits::PREKEY_LIFE_MINUTES) * 60_000;
        let now = step.now;
        let Some(current) = self.current().map(PrekeyPair::id) else { return };
        let over = |held: &mut Held| {
            let replaced = held.replaced.is_some_and(|at| now.millis_since(at) >= grace);
            let old = now.millis_since(held.pair.made()) >= life;
            held.pair.id() != current && (replaced || old)
        };
        let gone: Vec<Held> = self.pairs.extract_if(.., over).collect();
        for held in gone {
            self.forget(&held, vault, step);
        }
    }

    fn save_last(&self, vault: &VaultKey, step: &mut Step<'_>) {
        if let Some(held) = self.pairs.last() {
            held.save(vault, step);
        }
    }

    fn forget(&mut self, held: &Held, vault: &VaultKey, step: &mut Step<'_>) {
        let id = held.pair.id();
        step.delete(Table::Prekeys, prekey_key(vault, id));
        for (handshake, _) in self.replays.extract_if(.., |_, spk_id| *spk_id == id) {
            step.delete(Table::Replays, replay_key(vault, &handshake));
        }
    }

    /// Puts a pair back that the storage had.
    pub(crate) fn restore_pair(&mut self, plain: &[u8]) -> Result<(), OpenError> {
        let wrong = OpenError::Row(Table::Prekeys);
        let row = PrekeyRow::decode(plain).map_err(|_| wrong)?;
        let secret = Zeroizing::new(row.pair);
        let pair = PrekeyPair::decode(&secret).ok_or(wrong)?;
        let replaced = (row.replaced_ms > 0).then(|| Timestamp::from_millis(row.replaced_ms));
        self.pairs.push(Held { pair, replaced, uses: 0 });
        self.pairs.sort_by_key(|held| held.pair.made());
        Ok(())
    }

    /// Puts a handshake back that the storage had.
    pub(crate) fn restore_replay(&mut self, plain: &[u8]) -> Result<(), OpenError> {
        let wrong = OpenError::Row(Table::Replays);
        let row = ReplayRow::decode(plain).map_err(|_| wrong)?;
        let id = HandshakeId(row.id.as_slice().try_into().map_err(|_| wrong)?);
        self.replays.insert(id, row.spk_id);
        Ok(())
    }
}

impl Held {
    fn save(&self, vault: &VaultKey, step: &mut Step<'_>) {
        let row = PrekeyRow {
            pair: self.pair.encode().to_vec(),
            replaced_ms: self.replaced.map_or(0, Timestamp::as_millis),
            made_ms: self.pair.made().as_millis(),
        };
        let plain = Zeroizing::new(row.encode_to_vec());
        let _wiped = Zeroizing::new(row.pair);
        let key = prekey_key(vault, self.pair.id());
        let sealed = vault.seal(Table::Prekeys, &key, &plain, step.rng);
        step.put(Table::Prekeys, key, sealed);
    }
}

fn prekey_key(vault: &VaultKey, id: u32) -> RowKey {
    RowKey(vault.tag(b"prekey", &id.to_le_bytes()).to_vec())
}

fn replay_key(vault: &VaultKey, id: &HandshakeId) -> RowKey {
    RowKey(vault.tag(b"replay", &id.0).to_vec())
}
