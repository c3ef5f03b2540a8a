//! The keys that seal one contact's rows (PROTOCOL.md, "What is stored").
//!
//! Storage cannot be told to forget what a row held before. So a contact's rows are sealed by keys
//! of its own, and those stand in one row: whoever overwrites it has erased them all, as far as
//! the disk really overwrites.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    VaultKey,
    engine::{
        output::{RowKey, Table},
        step::Step,
    },
    vault::{SealingKey, VaultError},
};

/// Both keys of one contact.
pub(crate) struct ContactKeys {
    /// Seals what is needed to talk: sessions and outbox.
    talk: SealingKey,
    history: SealingKey,
    /// They must be saved.
    dirty: bool,
}

impl ContactKeys {
    /// Draws both keys.
    pub(crate) fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self { talk: SealingKey::generate(rng), history: SealingKey::generate(rng), dirty: true }
    }

    /// Replaces the key of sessions and outbox; their rows must be saved again.
    pub(crate) fn renew_talk(&mut self, rng: &mut dyn CryptoRng) {
        (self.talk, self.dirty) = (SealingKey::generate(rng), true);
    }

    /// Replaces the key of the history, whose rows are gone.
    pub(crate) fn renew_history(&mut self, rng: &mut dyn CryptoRng) {
        (self.history, self.dirty) = (SealingKey::generate(rng), true);
    }

    /// Encrypts and saves a row of the contact.
    pub(crate) fn put(&self, table: Table, row: RowKey, plain: &[u8], step: &mut Step<'_>) {
        let sealed = self.of(table).seal(table, &row, plain, step.rng);
        step.put(table, row, sealed);
    }

    /// Decrypts a row of the contact.
    pub(crate) fn open(
        &self,
        table: Table,
        row: &RowKey,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.of(table).open(table, row, sealed)
    }

    /// Saves the keys if they are new; the row's key is the contact's tag.
    pub(crate) fn save(&mut self, tag: &[u8; 16], vault: &VaultKey, step: &mut Step<'_>) {
        if core::mem::take(&mut self.dirty) {
            let plain = Zeroizing::new([self.talk.0, self.history.0].concat());
            let row = RowKey(tag.to_vec());
            let sealed = vault.seal(Table::Keys, &row, &plain, step.rng);
            step.put(Table::Keys, row, sealed);
        }
    }

    /// Reads what `save` wrote.
    pub(crate) fn decode(plain: &[u8]) -> Option<Self> {
        let (talk, history) = plain.split_first_chunk()?;
        let history = SealingKey(history.try_into().ok()?);
        Some(Self { talk: SealingKey(*talk), history, dirty: false })
    }

    const fn of(&self, table: Table) -> &SealingKey {
        match table {
            Table::History => &self.history,
            _ => &self.talk,
        }
    }
}
