//! Who somebody is: the identity key, the twelve words behind it, and the certified key for
//! handshakes (PROTOCOL.md, "Identity").
//!
//! An [`IdentityKey`] exists only if it is a canonical point of the prime-order group.
//! The private half signs three things only: DH certificates and, blinded, records.

use core::fmt;

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{
    VerifyingKey,
    hazmat::{ExpandedSecretKey, raw_sign},
};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{address::Address, kdf::Prk};

mod dh;
mod phrase;

pub use dh::{
    Certificate, CertificateError, DhAgreementError, DhIdentity, DhKeyPair, DhPublicKey,
    DhSharedSecret, Generation,
};
pub use phrase::{Phrase, PhraseError};

/// A public identity key: whoever holds it knows whom they talk to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey([u8; 32]);

impl IdentityKey {
    /// Checks 32 bytes: canonical encoding, not of small order, without a torsion component.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, IdentityKeyError> {
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(IdentityKeyError::NotOnCurve)?;
        if point.is_small_order() {
            return Err(IdentityKeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(IdentityKeyError::Torsion);
        }
        if point.compress().0 != *bytes {
            return Err(IdentityKeyError::NotCanonical);
        }
        Ok(Self(*bytes))
    }

    /// Returns the encoding.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the point, for checking signatures and for blinding. It was one when this key was
    /// made; only its encoding is kept, because keys are held and copied in great numbers.
    pub(crate) fn verifying(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.0).ok()
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Address::new(*self).fmt(f)
    }
}

/// Why 32 bytes are not an identity key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityKeyError {
    /// No point has this encoding.
    #[error("the key is no point of the curve")]
    NotOnCurve,
    /// The point has a shorter encoding.
    #[error("the key is not encoded canonically")]
    NotCanonical,
    /// The point has one of the eight small orders.
    #[error("the key is a point of small order")]
    SmallOrder,
    /// The point is outside the prime-order group.
    #[error("the key has a torsion component")]
    Torsion,
}

/// The private half of an identity key.
#[derive(ZeroizeOnDrop)]
pub struct IdentityKeyPair {
    secret: ExpandedSecretKey,
    #[zeroize(skip)]
    key: VerifyingKey,
}

impl IdentityKeyPair {
    /// Makes the pair of an RFC 8032 seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = ExpandedSecretKey::from(seed);
        let key = VerifyingKey::from(&secret);
        Self { secret, key }
    }

    /// Returns the public key.
    pub fn key(&self) -> IdentityKey {
        // A multiple of the base point by a clamped scalar: never of small order or torsion.
        IdentityKey(self.key.to_bytes())
    }

    /// Signs that a DH key of ours belongs to this identity.
    pub fn certify(&self, generation: Generation, key: &DhPublicKey) -> Certificate {
        let signed = dh::certified_bytes(generation, key);
        let signature = raw_sign::<Sha512>(&self.secret, &signed, &self.key);
        Certificate(signature.to_bytes())
    }

    /// Returns the secret scalar and hash prefix, for blinding.
    pub(crate) const fn expanded(&self) -> &ExpandedSecretKey {
        &self.secret
    }
}

impl fmt::Debug for IdentityKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityKeyPair").finish_non_exhaustive()
    }
}

/// All that comes from twelve words.
pub struct Identity {
    phrase: Phrase,
    keys: IdentityKeyPair,
    backup_key: BackupKey,
}

impl Identity {
    /// Derives the keys; takes some milliseconds, because BIP-39 stretches the phrase.
    pub fn from_phrase(phrase: Phrase) -> Self {
        let prk = Prk::extract(b"lowkey/1/root", &[phrase.seed().as_slice()]);
        let keys = IdentityKeyPair::from_seed(&prk.expand(&[b"lowkey/1/id/ed25519"]));
        let backup_key = BackupKey(*prk.expand(&[b"lowkey/1/backup"]));
        Self { phrase, keys, backup_key }
    }

    /// Returns the public key.
    pub fn key(&self) -> IdentityKey {
        self.keys.key()
    }

    /// Returns the text form of the public key.
    pub fn address(&self) -> Address {
        Address::new(self.keys.key())
    }

    /// Returns the key pair, for records and certificates.
    pub const fn keys(&self) -> &IdentityKeyPair {
        &self.keys
    }

    /// Returns the twelve words.
    pub const fn phrase(&self) -> &Phrase {
        &self.phrase
    }

    /// Returns the key for exports.
    pub const fn backup_key(&self) -> &BackupKey {
        &self.backup_key
    }

    /// Signs that a DH key of ours belongs to this identity.
    pub fn certify(&self, generation: Generation, key: &DhPublicKey) -> Certificate {
        self.keys.certify(generation, key)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// The key that encrypts exports; anyone with the twelve words has it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BackupKey([u8; 32]);

impl BackupKey {
    /// Returns the secret bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
