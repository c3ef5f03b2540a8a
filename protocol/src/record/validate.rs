//! What a node checks before it stores a record (PROTOCOL.md, "Validation by a storing node").
//!
//! Pure: the same bytes at the same time have the same answer everywhere.
//! Cheap checks come first and the signature last.

use ed25519_dalek::{Signature, VerifyingKey};

use super::{HEAD_BYTES, Kind, RecordKey, SIGNATURE_BYTES, SIGNED_LABEL, VERSION, epoch};
use crate::{
    aead::Nonce,
    bytes::Reader,
    limits::EXPIRES_SLACK_MINUTES,
    pow::{Puzzle, Stamp},
    time::Timestamp,
};

/// Whether a record came with a publisher; that would link a blinded key to a peer for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publisher {
    /// The field is empty, as it must be.
    Absent,
    /// The field names a peer.
    Set,
}

/// What a storing node knows of a valid record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its kind.
    pub kind: Kind,
    /// Its blinded key.
    pub key: RecordKey,
    /// Its sequence number.
    pub seq: u64,
    /// When it must be dropped.
    pub expires: Timestamp,
}

/// Why a record is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Reject {
    /// The publisher is named.
    #[error("the publisher is named")]
    Publisher,
    /// Not the length of its kind.
    #[error("record of {found} bytes; {expected} were expected")]
    Length {
        /// Its bytes.
        found: usize,
        /// The bytes of its kind, or of the smallest one.
        expected: usize,
    },
    /// An unknown version.
    #[error("record of unknown version {found}")]
    Version {
        /// Its version.
        found: u8,
    },
    /// An unknown kind.
    #[error("record of unknown kind {found}")]
    Kind {
        /// Its kind.
        found: u8,
    },
    /// Unknown flags.
    #[error("record with unknown flags")]
    Flags,
    /// It is stored under another key than its own.
    #[error("record under a key that is not its own")]
    Key,
    /// It has ended.
    #[error("the record has ended")]
    Expired,
    /// It ends later than its kind may.
    #[error("the record ends too late")]
    TooFarAhead,
    /// The stamp does not fit.
    #[error("the stamp does not fit")]
    Stamp,
    /// The blinded key is not a canonical point of large order.
    #[error("the blinded key is not valid")]
    BlindedKey,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
}

/// Checks a record that came under a Kademlia key at this moment.
pub fn validate(
    key: &[u8],
    value: &[u8],
    publisher: Publisher,
    now: Timestamp,
    stamp_bits: u8,
) -> Result<Meta, Reject> {
    if publisher == Publisher::Set {
        return Err(Reject::Publisher);
    }
    let layout = Layout::parse(value)?;
    if RecordKey::from_kad_key(key) != Some(layout.key) {
        return Err(Reject::Key);
    }
    layout.check(layout.expires, now, stamp_bits)
}

/// A record's fields, by place only.
pub(super) struct Layout<'a> {
    pub(super) kind: Kind,
    pub(super) key: RecordKey,
    pub(super) seq: u64,
    pub(super) expires: Timestamp,
    pub(super) stamp: Stamp,
    pub(super) nonce: Nonce,
    /// Bytes 0 to 82.
    pub(super) head: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    /// All but the signature.
    signed: &'a [u8],
    signature: [u8; SIGNATURE_BYTES],
}

impl<'a> Layout<'a> {
    /// Reads the fields and checks those that have one value only.
    pub(super) fn parse(value: &'a [u8]) -> Result<Self, Reject> {
        let smallest = Kind::Presence.record_bytes();
        let short = Reject::Length { found: value.len(), expected: smallest };
        let mut reader = Reader::new(value);
        let [version, kind, flags @ ..] = reader.array::<4>().ok_or(short)?;
        if version != VERSION {
            return Err(Reject::Version { found: version });
        }
        let kind = Kind::from_byte(kind).ok_or(Reject::Kind { found: kind })?;
        let expected = kind.record_bytes();
        let length = Reject::Length { found: value.len(), expected };
        if value.len() != expected {
            return Err(length);
        }
        if flags != [0, 0] {
            return Err(Reject::Flags);
        }
        let key = RecordKey(reader.array().ok_or(length)?);
        let seq = reader.be64().ok_or(length)?;
        let expires = Timestamp::from_minutes(reader.be32().ok_or(length)?);
        let stamp = Stamp(reader.array().ok_or(length)?);
        let nonce = reader.array().ok_or(length)?;
        if reader.be16() != Some(kind.ciphertext_bytes()) {
            return Err(length);
        }
        let head = value.get(..HEAD_BYTES).ok_or(length)?;
        let ciphertext = reader.slice(usize::from(kind.ciphertext_bytes())).ok_or(length)?;
        let signature = reader.array().ok_or(length)?;
        reader.end().ok_or(length)?;
        let (signed, _) = value.split_last_chunk::<SIGNATURE_BYTES>().ok_or(length)?;
        Ok(Self { kind, key, seq, expires, stamp, nonce, head, ciphertext, signed, signature })
    }

    /// Checks the rest: times, stamp, key and signature.
    pub(super) fn check(
        &self,
        until: Timestamp,
        now: Timestamp,
        stamp_bits: u8,
    ) -> Result<Meta, Reject> {
        if until <= now {
            return Err(Reject::Expired);
        }
        let life = epoch::life_minutes(self.kind).saturating_add(EXPIRES_SLACK_MINUTES);
        if self.expires > now.plus_millis(Timestamp::from_minutes(life).as_millis()) {
            return Err(Reject::TooFarAhead);
        }
        let puzzle = Puzzle::record(self.kind, &self.key, self.expires, stamp_bits);
        if !puzzle.check(&self.stamp) {
            return Err(Reject::Stamp);
        }
        let key = VerifyingKey::from_bytes(&self.key.0).map_err(|_| Reject::BlindedKey)?;
        // Neither `from_bytes` nor `verify_strict` refuses a second encoding of one point.
        if key.is_weak() || key.to_edwards().compress().0 != self.key.0 {
            return Err(Reject::BlindedKey);
        }
        let signature = Signature::from_bytes(&self.signature);
        let signed = [SIGNED_LABEL.as_slice(), self.signed].concat();
        key.verify_strict(&signed, &signature).map_err(|_| Reject::Signature)?;
        Ok(Meta { kind: self.kind, key: self.key, seq: self.seq, expires: self.expires })
    }
}
