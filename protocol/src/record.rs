//! Sealed records in the DHT (PROTOCOL.md, "Records in the DHT").
//!
//! A storing node can check a record and cannot read it; who knows the owner's identity key
//! can do both. Location, encryption key and signing key are new in every epoch.
//! A record's whole length depends on its kind alone.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{aead, bytes::Reader, identity::IdentityKeyPair, pow::Stamp, time::Timestamp};

pub mod blinding;
pub mod epoch;
pub mod inbox;
pub mod presence;
pub mod select;
pub mod validate;

pub use blinding::Credential;
pub use epoch::Epoch;
pub use inbox::{Inbox, InboxError};
pub use presence::{Presence, PresenceError};
pub use select::{Selection, select};
pub use validate::{Meta, Publisher, Reject, validate};

/// The version of the layout.
pub(crate) const VERSION: u8 = 1;
/// Bytes before the ciphertext.
pub(crate) const HEAD_BYTES: usize = 82;
/// Bytes of the signature.
const SIGNATURE_BYTES: usize = 64;
/// What a signature covers begins with this, then the record up to the signature.
const SIGNED_LABEL: &[u8; 16] = b"lowkey/1/record\0";
/// What a Kademlia key begins with.
const KAD_PREFIX: &[u8; 10] = b"/lowkey/1/";

/// The two kinds of record; their keys have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where the owner can be dialled now.
    Presence,
    /// How to begin a conversation while the owner is away.
    Inbox,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Presence, Self::Inbox];

    /// Returns the kind of a byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Presence),
            2 => Some(Self::Inbox),
            _ => None,
        }
    }

    /// Returns the byte of this kind.
    pub const fn as_byte(self) -> u8 {
        match self {
            Self::Presence => 1,
            Self::Inbox => 2,
        }
    }

    /// Returns the bytes of the ciphertext.
    pub const fn ciphertext_bytes(self) -> u16 {
        match self {
            Self::Presence => 1_024,
            Self::Inbox => 3_072,
        }
    }

    /// Returns the bytes of a whole record.
    pub const fn record_bytes(self) -> usize {
        match self {
            Self::Presence => 1_170,
            Self::Inbox => 3_218,
        }
    }

    /// Returns the most bytes of a body: the ciphertext without tag and length.
    pub const fn body_bytes(self) -> usize {
        match self {
            Self::Presence => 1_006,
            Self::Inbox => 3_054,
        }
    }
}

/// A record's blinded key: its place in the DHT, and what its signature is checked with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(pub [u8; 32]);

impl RecordKey {
    /// Returns the key under which Kademlia stores the record.
    pub fn to_kad_key(&self) -> Vec<u8> {
        [KAD_PREFIX.as_slice(), &self.0].concat()
    }

    /// Returns the record key in a Kademlia key, if it is one of ours.
    pub fn from_kad_key(key: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(key.strip_prefix(KAD_PREFIX)?);
        let key = Self(reader.array()?);
        reader.end()?;
        Some(key)
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, ..] = self.0;
        write!(f, "RecordKey({first:02x}{second:02x}…)")
    }
}

/// What the owner puts into a record beside the body.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// Which kind.
    pub kind: Kind,
    /// Of which epoch.
    pub epoch: Epoch,
    /// The sequence number: [`epoch::next_seq`].
    pub seq: u64,
    /// When it ends, in whole minutes: [`epoch::expires`].
    pub expires: Timestamp,
    /// The work.
    pub stamp: Stamp,
}

/// Makes a record: pads, encrypts and signs under the blinded key.
pub fn seal(
    owner: &IdentityKeyPair,
    credential: &Credential,
    draft: &Draft,
    body: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    let mut hedge = Zeroizing::new([0; 32]);
    rng.fill_bytes(hedge.as_mut_slice());
    seal_with(owner, credential, draft, body, &nonce, hedge.as_slice())
}

/// Seals with a chosen nonce and hedge, for the golden vectors.
#[cfg(feature = "test-support")]
pub fn seal_for_vectors(
    owner: &IdentityKeyPair,
    credential: &Credential,
    draft: &Draft,
    body: &[u8],
    nonce: &[u8; 24],
) -> Result<Vec<u8>, SealError> {
    seal_with(owner, credential, draft, body, nonce, &[])
}

fn seal_with(
    owner: &IdentityKeyPair,
    credential: &Credential,
    draft: &Draft,
    body: &[u8],
    nonce: &aead::Nonce,
    hedge: &[u8],
) -> Result<Vec<u8>, SealError> {
    let Draft { kind, epoch, seq, expires, stamp } = *draft;
    let limit = kind.body_bytes();
    let too_long = SealError::BodyTooLong { found: body.len(), limit };
    let (Ok(length), true) = (u16::try_from(body.len()), body.len() <= limit) else {
        return Err(too_long);
    };
    let blinded = credential.blind(owner, kind, epoch)?;
    let mut record = Vec::with_capacity(kind.record_bytes());
    record.extend_from_slice(&[VERSION, kind.as_byte(), 0, 0]);
    record.extend_from_slice(&blinded.key().0);
    record.extend_from_slice(&seq.to_be_bytes());
    record.extend_from_slice(&expires.as_minutes().to_be_bytes());
    record.extend_from_slice(&stamp.0);
    record.extend_from_slice(nonce);
    record.extend_from_slice(&kind.ciphertext_bytes().to_be_bytes());

    let mut padded = Zeroizing::new(Vec::with_capacity(limit.saturating_add(2)));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(body);
    padded.resize(limit.saturating_add(2), 0);
    let key = credential.record_key(kind, epoch, &blinded.key());
    let ciphertext = aead::seal(&key, nonce, &record, &padded);
    record.extend_from_slice(&ciphertext);

    let signature = blinded.sign(&[SIGNED_LABEL.as_slice(), &record].concat(), hedge);
    record.extend_from_slice(&signature);
    Ok(record)
}

/// A record that its reader has checked and decrypted.
pub struct OpenedRecord {
    /// Its sequence number.
    pub seq: u64,
    /// When it ends.
    pub expires: Timestamp,
    /// The decoded kinds read this: [`Presence::decode`], [`Inbox::decode`].
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for OpenedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedRecord").field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// Checks what a look-up for this kind and epoch brought, and decrypts it.
///
/// A presence record is still taken for two hours after its end: at worst a dial is in vain.
pub fn open(
    credential: &Credential,
    kind: Kind,
    epoch: Epoch,
    value: &[u8],
    now: Timestamp,
    stamp_bits: u8,
) -> Result<OpenedRecord, OpenError> {
    let key = credential.blinded_key(kind, epoch)?;
    let layout = validate::Layout::parse(value)?;
    if layout.kind != kind || layout.key != key {
        return Err(OpenError::Reject(Reject::Key));
    }
    let meta = layout.check(epoch::read_until(kind, layout.expires), now, stamp_bits)?;
    let secret = credential.record_key(kind, epoch, &key);
    let padded = aead::open(&secret, &layout.nonce, layout.head, layout.ciphertext)
        .ok_or(OpenError::Decrypt)?;
    let mut reader = Reader::new(&padded);
    let length = reader.be16().ok_or(OpenError::Padding)?;
    let body = reader.slice(usize::from(length)).ok_or(OpenError::Padding)?;
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(OpenError::Padding);
    }
    let body = Zeroizing::new(body.to_vec());
    Ok(OpenedRecord { seq: meta.seq, expires: meta.expires, body })
}

/// The scalar of an epoch is zero: this happens once in 2^252 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the blinding scalar is zero")]
pub struct BlindingError;

/// Why a record could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The body does not fit.
    #[error("record body of {found} bytes is over the limit of {limit}")]
    BodyTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// No key for this epoch.
    #[error(transparent)]
    Blinding(#[from] BlindingError),
    /// The credential is of another identity.
    #[error("the credential belongs to another identity")]
    OtherOwner,
}

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No storing node should have accepted it.
    #[error("not a valid record: {0}")]
    Reject(#[from] Reject),
    /// No key for this epoch.
    #[error(transparent)]
    Blinding(#[from] BlindingError),
    /// The signature fits and the ciphertext does not open.
    #[error("the record does not open")]
    Decrypt,
    /// The length or the zeros after the body are wrong.
    #[error("the record is not padded right")]
    Padding,
}

#[cfg(test)]
mod tests;
