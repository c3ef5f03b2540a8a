//! ML-KEM-768 behind a small border, so that another implementation can take its place.

use alloc::boxed::Box;
use core::fmt;

use ml_kem::{
    kem::{Decapsulate, Encapsulate, KeyExport},
    ml_kem_768::{DecapsulationKey, EncapsulationKey},
};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a public key.
pub const PUBLIC_KEY_BYTES: usize = 1_184;
/// Bytes of a ciphertext.
pub const CIPHERTEXT_BYTES: usize = 1_088;
/// Bytes of the seed (`d || z`) that a key pair is made from.
pub const SEED_BYTES: usize = 64;

/// Makes shared secrets for a public key: [`MlKem`], or the golden vectors' fixed one.
pub trait Kem {
    /// Draws a secret, and returns it with what its owner needs to get it.
    fn encapsulate(
        &self,
        key: &KemPublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<(KemCiphertext, KemSecret), KemError>;
}

/// ML-KEM-768 (FIPS 203).
#[derive(Clone, Copy, Debug, Default)]
pub struct MlKem;

impl Kem for MlKem {
    fn encapsulate(
        &self,
        key: &KemPublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<(KemCiphertext, KemSecret), KemError> {
        let key = EncapsulationKey::new((&*key.0).into()).map_err(|_| KemError)?;
        let (ciphertext, secret) = key.encapsulate_with_rng(rng);
        Ok((KemCiphertext(Box::new(ciphertext.into())), KemSecret(secret.into())))
    }
}

/// A public key, checked only when it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct KemPublicKey(pub Box<[u8; PUBLIC_KEY_BYTES]>);

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KemPublicKey").finish_non_exhaustive()
    }
}

/// What carries a secret to the owner of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KemCiphertext(pub Box<[u8; CIPHERTEXT_BYTES]>);

/// The shared secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct KemSecret([u8; 32]);

impl KemSecret {
    /// Takes the bytes of a secret.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the secret bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KemSecret").finish_non_exhaustive()
    }
}

/// A key pair, expanded from its seed once.
pub struct KemKeyPair {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    secret: DecapsulationKey,
    public: KemPublicKey,
}

impl KemKeyPair {
    /// Draws a seed.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(&seed)
    }

    /// Makes the pair of a seed.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        let secret = DecapsulationKey::from_seed((*seed).into());
        let public = KemPublicKey(Box::new(secret.encapsulation_key().to_bytes().into()));
        Self { seed: Zeroizing::new(*seed), secret, public }
    }

    /// Returns the seed, for the vault.
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// Returns the public key.
    pub const fn public(&self) -> &KemPublicKey {
        &self.public
    }

    /// Returns the secret in a ciphertext; a false ciphertext gives a secret that nobody has.
    pub fn decapsulate(&self, ciphertext: &KemCiphertext) -> KemSecret {
        KemSecret(self.secret.decapsulate((&*ciphertext.0).into()).into())
    }
}

impl fmt::Debug for KemKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KemKeyPair").finish_non_exhaustive()
    }
}

/// A KEM key fails its own check (FIPS 203, 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the KEM key is not valid")]
pub struct KemError;

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    #[test]
    fn both_sides_have_the_secret() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let pair = KemKeyPair::generate(&mut rng);
        let (ciphertext, secret) = MlKem.encapsulate(pair.public(), &mut rng).unwrap();
        assert_eq!(pair.decapsulate(&ciphertext).as_bytes(), secret.as_bytes());
        let again = KemKeyPair::from_seed(pair.seed());
        assert_eq!(again.public(), pair.public());
        assert_eq!(again.decapsulate(&ciphertext).as_bytes(), secret.as_bytes());
        let mut bad = ciphertext;
        bad.0[0] ^= 1;
        assert_ne!(pair.decapsulate(&bad).as_bytes(), secret.as_bytes());
    }

    #[test]
    fn a_key_beyond_the_modulus_is_refused() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut key = KemKeyPair::generate(&mut rng).public().clone();
        key.0[0] = 0xff;
        key.0[1] |= 0x0f;
        assert!(MlKem.encapsulate(&key, &mut rng).is_err());
    }
}
