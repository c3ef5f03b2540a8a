//! Sealing what is stored (PROTOCOL.md, "What is stored"; ARCHITECTURE.md, I6).
//!
//! Storage sees pseudonymous row keys and ciphertexts bound to their place, nothing else.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

#[cfg(feature = "test-support")]
use crate::engine::{ContactKeys, output::Stored};
use crate::{
    aead,
    bytes::Reader,
    engine::output::{RowKey, Table},
    kdf::{Prk, hmac},
};

/// The first byte of each sealed value.
const VERSION: u8 = 1;

/// The random key of one browser's storage; WebCrypto or a passphrase wraps it.
#[derive(ZeroizeOnDrop)]
pub struct VaultKey {
    root: [u8; 32],
    seal: SealingKey,
    rows: [u8; 32],
}

impl VaultKey {
    /// Takes 32 random bytes.
    pub fn from_bytes(mut root: [u8; 32]) -> Self {
        let prk = Prk::extract(b"lowkey/1/vault", &[&root]);
        let seal = SealingKey(*prk.expand(&[b"lowkey/1/vault/seal"]));
        let rows = *prk.expand(&[b"lowkey/1/vault/row"]);
        let key = Self { root, seal, rows };
        root.zeroize();
        key
    }

    /// Draws a key.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut root = [0; 32];
        rng.fill_bytes(&mut root);
        let key = Self::from_bytes(root);
        root.zeroize();
        key
    }

    /// Returns the 32 bytes, to wrap them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.root
    }

    /// Encrypts a value for one row of one table.
    pub fn seal(
        &self,
        table: Table,
        row: &RowKey,
        plaintext: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        self.seal.seal(table, row, plaintext, rng)
    }

    /// Decrypts the value of one row of one table.
    pub fn open(
        &self,
        table: Table,
        row: &RowKey,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.seal.open(table, row, sealed)
    }

    /// Returns a pseudonym of what a row is about; `label` keeps two uses apart.
    pub fn tag(&self, label: &[u8], data: &[u8]) -> [u8; 16] {
        let length = u64::try_from(label.len()).unwrap_or(u64::MAX).to_le_bytes();
        let mac = hmac(&self.rows, &[&length, label, data]);
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(mac.iter()) {
            *to = *from;
        }
        key
    }
}

/// Seals rows: the vault's own, or one of a contact's.
#[derive(ZeroizeOnDrop)]
pub(crate) struct SealingKey(pub(crate) [u8; 32]);

impl SealingKey {
    /// Draws a key.
    pub(crate) fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Encrypts a value for one row of one table.
    pub(crate) fn seal(
        &self,
        table: Table,
        row: &RowKey,
        plaintext: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let ciphertext = aead::seal(&self.0, &nonce, &place(table, row), plaintext);
        [[VERSION].as_slice(), &nonce, &ciphertext].concat()
    }

    /// Decrypts the value of one row of one table.
    pub(crate) fn open(
        &self,
        table: Table,
        row: &RowKey,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut reader = Reader::new(sealed);
        match reader.u8() {
            Some(VERSION) => {}
            Some(found) => return Err(VaultError::Version { found }),
            None => return Err(VaultError::Open),
        }
        let nonce = reader.array().ok_or(VaultError::Open)?;
        aead::open(&self.0, &nonce, &place(table, row), reader.rest()).ok_or(VaultError::Open)
    }
}

/// Opens rows as their engine would, those of contacts with the keys that are among them; nothing
/// where a row does not open.
#[cfg(feature = "test-support")]
pub fn open_rows(vault: &VaultKey, rows: &Stored) -> Vec<Option<Zeroizing<Vec<u8>>>> {
    let keys = |tag: &[u8]| {
        let of =
            |(table, key, _): &&(Table, RowKey, Vec<u8>)| *table == Table::Keys && key.0 == tag;
        let (table, key, sealed) = rows.0.iter().find(of)?;
        ContactKeys::decode(&vault.open(*table, key, sealed).ok()?)
    };
    let open = |(table, key, sealed): &(Table, RowKey, Vec<u8>)| match table {
        Table::Sessions | Table::Outbox | Table::History => {
            keys(key.0.get(..16)?)?.open(*table, key, sealed).ok()
        }
        _ => vault.open(*table, key, sealed).ok(),
    };
    rows.0.iter().map(open).collect()
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKey").finish_non_exhaustive()
    }
}

/// Returns what a ciphertext is bound to. The table has one byte, so no two places are alike.
fn place(table: Table, row: &RowKey) -> Vec<u8> {
    let table: u8 = match table {
        Table::Own => 1,
        Table::Contacts => 2,
        Table::Sessions => 3,
        Table::Prekeys => 4,
        Table::Replays => 5,
        Table::Outbox => 6,
        Table::History => 7,
        Table::Keys => 8,
    };
    [[table].as_slice(), &row.0].concat()
}

/// Why a stored value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Written by a newer program.
    #[error("stored value of unknown version {found}")]
    Version {
        /// Its version.
        found: u8,
    },
    /// Another key, another place, or changed.
    #[error("the stored value does not open")]
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn values_open_at_their_place_only(
            root: [u8; 32], row in vec(any::<u8>(), 0..64), text in vec(any::<u8>(), 0..200),
            seed: u64, flip: prop::sample::Index,
        ) {
            let vault = VaultKey::from_bytes(root);
            let row = RowKey(row);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let sealed = vault.seal(Table::Own, &row, &text, &mut rng);
            prop_assert_eq!(vault.open(Table::Own, &row, &sealed).unwrap().to_vec(), text.clone());
            prop_assert_ne!(&vault.seal(Table::Own, &row, &text, &mut rng), &sealed);
            prop_assert!(vault.open(Table::Outbox, &row, &sealed).is_err());
            let other = RowKey([&row.0[..], &[0]].concat());
            prop_assert!(vault.open(Table::Own, &other, &sealed).is_err());
            prop_assert!(VaultKey::generate(&mut rng).open(Table::Own, &row, &sealed).is_err());
            let mut bad = sealed.clone();
            bad[flip.index(sealed.len())] ^= 1;
            prop_assert!(vault.open(Table::Own, &row, &bad).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..100)) {
            prop_assert!(VaultKey::from_bytes([1; 32]).open(Table::Own, &RowKey(Vec::new()), &bytes).is_err());
        }
    }

    #[test]
    fn row_keys_keep_labels_and_vaults_apart() {
        let vault = VaultKey::from_bytes([1; 32]);
        assert_eq!(vault.tag(b"ab", b"c"), vault.tag(b"ab", b"c"));
        assert_ne!(vault.tag(b"ab", b"c"), vault.tag(b"a", b"bc"));
        assert_ne!(vault.tag(b"ab", b"c"), VaultKey::from_bytes([2; 32]).tag(b"ab", b"c"));
    }
}
