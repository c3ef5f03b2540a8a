//! X25519 keys, and the certificate that ties one of them to an identity.

use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::Signature;
use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{IdentityKey, IdentityKeyPair};
use crate::{bytes::Reader, time::Timestamp};

/// The only slot of v1; others are reserved for more devices of one person.
pub(crate) const SLOT: u8 = 0;

/// A public X25519 key, unchecked: a bad one is met by `DhKeyPair::agree`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DhPublicKey(pub [u8; 32]);

impl fmt::Debug for DhPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DhPublicKey").finish_non_exhaustive()
    }
}

/// An X25519 key pair.
#[derive(ZeroizeOnDrop)]
pub struct DhKeyPair {
    secret: StaticSecret,
    #[zeroize(skip)]
    public: DhPublicKey,
}

impl DhKeyPair {
    /// Draws a pair: 32 bytes of randomness.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut_slice());
        Self::from_secret(&secret)
    }

    /// Makes the pair of a stored secret.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let secret = StaticSecret::from(*secret);
        let public = DhPublicKey(PublicKey::from(&secret).to_bytes());
        Self { secret, public }
    }

    /// Returns the secret bytes, for the vault.
    pub fn secret(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    /// Returns the public key.
    pub const fn public(&self) -> DhPublicKey {
        self.public
    }

    /// Returns what both sides can compute; refuses keys that force it to zero.
    pub fn agree(&self, theirs: &DhPublicKey) -> Result<DhSharedSecret, DhAgreementError> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(theirs.0));
        if shared.was_contributory() { Ok(DhSharedSecret(shared)) } else { Err(DhAgreementError) }
    }
}

impl fmt::Debug for DhKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DhKeyPair").finish_non_exhaustive()
    }
}

/// What two X25519 keys have in common.
#[derive(ZeroizeOnDrop)]
pub struct DhSharedSecret(SharedSecret);

impl DhSharedSecret {
    /// Returns the secret bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for DhSharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DhSharedSecret").finish_non_exhaustive()
    }
}

/// The other side's key is one of those that make every shared secret zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the DH key forces the shared secret to zero")]
pub struct DhAgreementError;

/// When an install made its DH key, in minutes of protocol time: the greatest one is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u32);

impl Generation {
    /// Returns the generation of a key made now, after all that was found of ours.
    pub fn new(now: Timestamp, found: Option<Self>) -> Self {
        let after = found.map_or(0, |found| found.0.saturating_add(1));
        Self(now.as_minutes().max(after))
    }
}

/// An identity's signature over a DH key and its generation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Certificate(pub [u8; 64]);

impl Certificate {
    /// Checks the signature.
    pub fn verify(
        &self,
        identity: &IdentityKey,
        generation: Generation,
        key: &DhPublicKey,
    ) -> Result<(), CertificateError> {
        let signed = certified_bytes(generation, key);
        let identity = identity.verifying().ok_or(CertificateError)?;
        identity
            .verify_strict(&signed, &Signature::from_bytes(&self.0))
            .map_err(|_| CertificateError)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

/// A certificate was not made by this identity for this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate does not fit the identity and the key")]
pub struct CertificateError;

/// Returns what a certificate signs.
pub(super) fn certified_bytes(generation: Generation, key: &DhPublicKey) -> Vec<u8> {
    [b"lowkey/1/dh-cert\0".as_slice(), &[SLOT], &generation.0.to_be_bytes(), &key.0].concat()
}

/// This install's own DH key with its certificate.
#[derive(ZeroizeOnDrop)]
pub struct DhIdentity {
    pair: DhKeyPair,
    #[zeroize(skip)]
    generation: Generation,
    #[zeroize(skip)]
    certificate: Certificate,
}

impl DhIdentity {
    /// Draws a key and certifies it.
    pub fn generate(
        identity: &IdentityKeyPair,
        generation: Generation,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        Self::new(identity, generation, DhKeyPair::generate(rng))
    }

    /// Certifies a key.
    pub fn new(identity: &IdentityKeyPair, generation: Generation, pair: DhKeyPair) -> Self {
        let certificate = identity.certify(generation, &pair.public());
        Self { pair, generation, certificate }
    }

    /// Returns the bytes for the vault; they are secret.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(
            [self.pair.secret().as_slice(), &self.generation.0.to_le_bytes(), &self.certificate.0]
                .concat(),
        )
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let secret = Zeroizing::new(reader.array::<32>()?);
        let generation = Generation(reader.le32()?);
        let certificate = Certificate(reader.array()?);
        reader.end()?;
        Some(Self { pair: DhKeyPair::from_secret(&secret), generation, certificate })
    }

    /// Returns the key pair.
    pub const fn pair(&self) -> &DhKeyPair {
        &self.pair
    }

    /// Returns when it was made.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// Returns the certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl fmt::Debug for DhIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DhIdentity").finish_non_exhaustive()
    }
}
