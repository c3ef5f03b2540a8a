//! Key blinding as in Tor's onion services, version 3 (PROTOCOL.md, "Blinding and keys").
//!
//! `A' = h·A`, and its owner alone knows `a' = h·a`. Whoever knows A and `a'` knows `a` as well:
//! the blinded secret is made for one signature and wiped.
//! The nonce prefix depends on A', because one nonce under two blinded keys gives the identity
//! secret away.

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
use ed25519_dalek::{
    VerifyingKey,
    hazmat::{ExpandedSecretKey, raw_sign},
};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{BlindingError, Epoch, Kind, RecordKey, SealError};
use crate::{
    identity::{IdentityKey, IdentityKeyPair},
    kdf::{Prk, sha512},
};
use core::fmt;

/// The only slot of v1.
const SLOT: u8 = 0;

/// What one has to know to find and read somebody's records.
#[derive(ZeroizeOnDrop)]
pub struct Credential {
    #[zeroize(skip)]
    identity: IdentityKey,
    prk: Prk,
}

impl Credential {
    /// Returns the credential that everyone who knows the identity key has.
    pub fn public(identity: &IdentityKey) -> Self {
        Self::new(identity, &[])
    }

    /// Returns the credential of those who were given a visibility key as well.
    pub fn contacts(identity: &IdentityKey, visibility: &[u8; 32]) -> Self {
        Self::new(identity, visibility)
    }

    fn new(identity: &IdentityKey, secret: &[u8]) -> Self {
        let prk = Prk::extract(b"lowkey/1/blind", &[identity.as_bytes(), secret]);
        Self { identity: *identity, prk }
    }

    /// Returns where a record of this kind and epoch is.
    pub fn blinded_key(&self, kind: Kind, epoch: Epoch) -> Result<RecordKey, BlindingError> {
        let identity = self.identity.verifying().ok_or(BlindingError)?;
        let mut scalar = self.scalar(kind, epoch)?;
        let point = blind_point(identity.to_edwards(), &scalar);
        scalar.zeroize();
        Ok(RecordKey(point.compress().0))
    }

    /// Returns the key that encrypts the record at this place.
    pub(super) fn record_key(
        &self,
        kind: Kind,
        epoch: Epoch,
        key: &RecordKey,
    ) -> zeroize::Zeroizing<[u8; 32]> {
        self.prk.expand(&[b"lowkey/1/blind/key", &context(kind, epoch), &key.0])
    }

    /// Returns the owner's blinded key pair.
    pub(super) fn blind(
        &self,
        owner: &IdentityKeyPair,
        kind: Kind,
        epoch: Epoch,
    ) -> Result<BlindedKeyPair, SealError> {
        if owner.key() != self.identity {
            return Err(SealError::OtherOwner);
        }
        let mut scalar = self.scalar(kind, epoch)?;
        let pair = BlindedKeyPair::new(owner.expanded(), &scalar);
        scalar.zeroize();
        Ok(pair)
    }

    fn scalar(&self, kind: Kind, epoch: Epoch) -> Result<Scalar, BlindingError> {
        let wide = self.prk.expand(&[b"lowkey/1/blind/scalar", &context(kind, epoch)]);
        let scalar = Scalar::from_bytes_mod_order_wide(&wide);
        if scalar == Scalar::ZERO { Err(BlindingError) } else { Ok(scalar) }
    }

    /// Returns credential, scalar and encryption key, for the golden vectors.
    #[cfg(feature = "test-support")]
    pub fn secrets_for_vectors(
        &self,
        kind: Kind,
        epoch: Epoch,
    ) -> Option<[alloc::vec::Vec<u8>; 3]> {
        let key = self.blinded_key(kind, epoch).ok()?;
        Some([
            self.prk.as_bytes().to_vec(),
            self.scalar(kind, epoch).ok()?.to_bytes().to_vec(),
            self.record_key(kind, epoch, &key).to_vec(),
        ])
    }

    /// Signs with the blinded key and no hedge, for the golden vectors.
    #[cfg(feature = "test-support")]
    pub fn sign_for_vectors(
        &self,
        owner: &IdentityKeyPair,
        kind: Kind,
        epoch: Epoch,
        message: &[u8],
    ) -> Option<[u8; 64]> {
        Some(self.blind(owner, kind, epoch).ok()?.sign(message, &[]))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").finish_non_exhaustive()
    }
}

/// Returns `h·A`.
fn blind_point(identity: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
    identity * scalar
}

/// Returns what tells one location of a credential from another.
fn context(kind: Kind, epoch: Epoch) -> [u8; 10] {
    let [a, b, c, d, e, f, g, h] = epoch.0.to_le_bytes();
    [kind.as_byte(), SLOT, a, b, c, d, e, f, g, h]
}

/// The secret half of a record key: as secret as the identity itself.
pub(super) struct BlindedKeyPair {
    scalar: Scalar,
    prefix: [u8; 32],
    key: VerifyingKey,
}

impl BlindedKeyPair {
    fn new(identity: &ExpandedSecretKey, blind: &Scalar) -> Self {
        let scalar = identity.scalar * blind;
        let key = VerifyingKey::from(EdwardsPoint::mul_base(&scalar));
        Self { scalar, prefix: identity.hash_prefix, key }
    }

    /// Returns the public half.
    pub(super) fn key(&self) -> RecordKey {
        RecordKey(self.key.to_bytes())
    }

    /// Signs; `hedge` is fresh randomness, so that a fault in one hash gives nothing away.
    pub(super) fn sign(&self, message: &[u8], hedge: &[u8]) -> [u8; 64] {
        let mut hash = sha512(&[b"lowkey/1/blind/nonce", &self.prefix, self.key.as_bytes(), hedge]);
        let mut hash_prefix = [0; 32];
        for (to, from) in hash_prefix.iter_mut().zip(hash) {
            *to = from;
        }
        hash.zeroize();
        // Wipes itself.
        let secret = ExpandedSecretKey { scalar: self.scalar, hash_prefix };
        let signature = raw_sign::<Sha512>(&secret, message, &self.key).to_bytes();
        hash_prefix.zeroize();
        signature
    }
}

impl Drop for BlindedKeyPair {
    fn drop(&mut self) {
        self.scalar.zeroize();
        self.prefix.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::edwards::CompressedEdwardsY;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn array(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// Tor, src/test/ed25519_vectors.inc, the first three; `h` is the clamped hash that stands
    /// behind the parameter there, so this tests `h·A` and `h·a` with `h` given.
    #[test]
    fn blinding_agrees_with_tor() {
        for [secret, public, parameter, blinded_secret, blinded_public] in [
            [
                "c0a4de23cc64392d85aa1da82b3defddbea946d13bb053bf8489fa9296281f49",
                "c2247870536a192d142d056abefca68d6193158e7c1a59c1654c954eccaff894",
                "54a513898b471d1d448a2f3c55c1de2c0ef718c447b04497eeb999ed32027823",
                "014e83abadb2ca9a27e0ffe23920333d817729f48700e97656ec2823d694050e",
                "722d6da6348e618967ef782e71061e27163a8b35f21856475d9d2023f65b6495",
            ],
            [
                "18a8a69a06790dac778e882f7e868baacfa12521a5c058f5194f3a729184514a",
                "1519a3b15816a1aafab0b213892026ebf5c0dc232c58b21088d88cb90e9b940d",
                "831e9b5325b5d31b7ae6197e9c7a7baf2ec361e08248bce055908971047a2347",
                "fad8cca0b4335847795288b1452508752b253e64e6c7c78d4a02dbbd7d46aa0e",
                "1dffa0586da6cbfcff2024eedf4fc6c818242d9a82dbbe635d6da1b975a1160d",
            ],
            [
                "58d84f8862d2ecfa30eb491a81c36d05b574310ea69dae18ecb57e992a896656",
                "081faa81992e360ea22c06af1aba096e7a73f1c665bc8b3e4e531c46455fd1dd",
                "ac78a1d46faf3bfbbdc5af5f053dc6dc9023ed78236bec1760dadfd0b2603760",
                "116eb0ae0a4a91763365bdf86db427b00862db448487808788cc339ac10e5e08",
                "5ed81f98fed5a6acda4ea6da2c34fab0ab359d950c510c256473f1f33ff438b4",
            ],
        ] {
            let hash = sha512(&[b"Derive temporary signing key", &array(parameter)]);
            let mut clamped: [u8; 32] = hash[..32].try_into().unwrap();
            clamped[0] &= 248;
            clamped[31] &= 63;
            clamped[31] |= 64;
            let h = Scalar::from_bytes_mod_order(clamped);
            let secret = Scalar::from_bytes_mod_order(array(secret));
            assert_eq!(EdwardsPoint::mul_base(&secret).compress().0, array(public));
            assert_eq!((secret * h).to_bytes(), array(blinded_secret));
            let identity = CompressedEdwardsY(array(public)).decompress().unwrap();
            assert_eq!(blind_point(identity, &h).compress().0, array(blinded_public));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn everybody_finds_the_key_that_the_owner_signs_with(
            seed: [u8; 32], visibility: Option<[u8; 32]>, epoch: u64, inbox: bool,
        ) {
            let owner = IdentityKeyPair::from_seed(&seed);
            let credential = visibility.map_or_else(
                || Credential::public(&owner.key()),
                |visibility| Credential::contacts(&owner.key(), &visibility),
            );
            let kind = if inbox { Kind::Inbox } else { Kind::Presence };
            let pair = credential.blind(&owner, kind, Epoch(epoch)).unwrap();
            prop_assert_eq!(credential.blinded_key(kind, Epoch(epoch)), Ok(pair.key()));
            let signature = ed25519_dalek::Signature::from_bytes(&pair.sign(b"text", &[1; 32]));
            prop_assert!(pair.key.verify_strict(b"text", &signature).is_ok());
        }
    }

    #[test]
    fn every_location_is_another_key() {
        let owner = IdentityKeyPair::from_seed(&[1; 32]).key();
        let other = IdentityKeyPair::from_seed(&[2; 32]).key();
        let mut keys = Vec::new();
        for credential in [
            Credential::public(&owner),
            Credential::contacts(&owner, &[0; 32]),
            Credential::contacts(&owner, &[1; 32]),
            Credential::public(&other),
        ] {
            for kind in Kind::ALL {
                for epoch in [0, 1, 256, u64::MAX] {
                    keys.push(credential.blinded_key(kind, Epoch(epoch)).unwrap());
                }
            }
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    /// PROTOCOL.md names the attack: one nonce under two blinded keys gives the secret away.
    #[test]
    fn no_nonce_is_shared_by_two_blinded_keys() {
        let owner = IdentityKeyPair::from_seed(&[1; 32]);
        let credential = Credential::public(&owner.key());
        let sign = |epoch, hedge: &[u8]| {
            credential.blind(&owner, Kind::Inbox, Epoch(epoch)).unwrap().sign(b"same", hedge)
        };
        assert_ne!(sign(1, &[])[..32], sign(2, &[])[..32]);
        assert_ne!(sign(1, &[1; 32])[..32], sign(1, &[2; 32])[..32]);
        assert_eq!(sign(1, &[1; 32]), sign(1, &[1; 32]));
    }
}
