//! Our prekeys: what strangers and contacts begin sessions with while we are away.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::kem::KemKeyPair;
use crate::{bytes::Reader, identity::DhKeyPair, time::Timestamp};

/// A DH and a KEM prekey with one number. Forward secrecy of first messages begins when the
/// private halves are deleted.
#[derive(ZeroizeOnDrop)]
pub struct PrekeyPair {
    #[zeroize(skip)]
    id: u32,
    #[zeroize(skip)]
    made: Timestamp,
    dh: DhKeyPair,
    #[zeroize(skip)] // It wipes itself.
    kem: KemKeyPair,
}

impl PrekeyPair {
    /// Draws a pair with a random number.
    pub fn generate(now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let id = rng.next_u32();
        Self { id, made: now, dh: DhKeyPair::generate(rng), kem: KemKeyPair::generate(rng) }
    }

    /// Puts a pair together.
    pub const fn new(id: u32, made: Timestamp, dh: DhKeyPair, kem: KemKeyPair) -> Self {
        Self { id, made, dh, kem }
    }

    /// Returns the bytes for the vault; they are secret.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let parts: [&[u8]; 4] = [
            &self.id.to_le_bytes(),
            &self.made.as_millis().to_le_bytes(),
            self.dh.secret(),
            self.kem.seed(),
        ];
        Zeroizing::new(parts.concat())
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let id = reader.le32()?;
        let made = Timestamp::from_millis(reader.le64()?);
        let dh = Zeroizing::new(reader.array()?);
        let seed = Zeroizing::new(reader.array()?);
        reader.end()?;
        let (dh, kem) = (DhKeyPair::from_secret(&dh), KemKeyPair::from_seed(&seed));
        Some(Self { id, made, dh, kem })
    }

    /// Returns the random number by which a handshake names this pair.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Returns when it was made.
    pub const fn made(&self) -> Timestamp {
        self.made
    }

    /// Returns the DH pair.
    pub const fn dh(&self) -> &DhKeyPair {
        &self.dh
    }

    /// Returns the KEM pair.
    pub const fn kem(&self) -> &KemKeyPair {
        &self.kem
    }
}

impl fmt::Debug for PrekeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrekeyPair").finish_non_exhaustive()
    }
}
