//! The body of an inbox record: the keys to begin a session with somebody who is away.

use alloc::{boxed::Box, vec::Vec};

use prost::Message;

use crate::{
    handshake::{Bundle, kem::KemPublicKey, prekeys::PrekeyPair},
    identity::{Certificate, DhIdentity, DhPublicKey, Generation, IdentityKey},
    limits::RECORD_VERSIONS,
};

/// What an inbox record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The keys for a handshake, with the certificate checked.
    pub bundle: Bundle,
    /// The protocol versions that the owner speaks.
    pub versions: Vec<u32>,
}

impl Inbox {
    /// Returns the body for these keys of ours.
    pub fn encode(
        own: &DhIdentity,
        prekeys: &PrekeyPair,
        versions: &[u32],
    ) -> Result<Vec<u8>, InboxError> {
        if versions.len() > RECORD_VERSIONS {
            return Err(InboxError::TooManyVersions);
        }
        let wire = Wire {
            ikd: own.pair().public().0.to_vec(),
            generation: own.generation().0,
            certificate: own.certificate().0.to_vec(),
            spk_id: prekeys.id(),
            spk: prekeys.dh().public().0.to_vec(),
            kem_ek: prekeys.kem().public().0.to_vec(),
            versions: versions.to_vec(),
        };
        Ok(wire.encode_to_vec())
    }

    /// Reads the body of a record of this identity; unknown fields are ignored.
    pub fn decode(identity: &IdentityKey, body: &[u8]) -> Result<Self, InboxError> {
        let wire = Wire::decode(body).map_err(|_| InboxError::Malformed)?;
        let ikd = DhPublicKey(array(&wire.ikd)?);
        let generation = Generation(wire.generation);
        let certificate = Certificate(array(&wire.certificate)?);
        let spk = DhPublicKey(array(&wire.spk)?);
        let kem_key = KemPublicKey(Box::new(array(&wire.kem_ek)?));
        if wire.versions.len() > RECORD_VERSIONS {
            return Err(InboxError::TooManyVersions);
        }
        certificate.verify(identity, generation, &ikd).map_err(|_| InboxError::Certificate)?;
        let bundle =
            Bundle { identity: *identity, ikd, generation, spk_id: wire.spk_id, spk, kem_key };
        Ok(Self { bundle, versions: wire.versions })
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], InboxError> {
    bytes.try_into().map_err(|_| InboxError::KeyLength)
}

/// Why an inbox body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// Not protobuf.
    #[error("the body is not protobuf of its kind")]
    Malformed,
    /// A key or the certificate has a wrong length.
    #[error("a key of a wrong length")]
    KeyLength,
    /// The certificate is not by this identity.
    #[error("the certificate does not fit the identity")]
    Certificate,
    /// Too many versions.
    #[error("more than {RECORD_VERSIONS} versions")]
    TooManyVersions,
}

/// Field 7, the intake queues, comes with the mailboxes; until then it is unknown here.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    ikd: Vec<u8>,
    #[prost(uint32, tag = "2")]
    generation: u32,
    #[prost(bytes = "vec", tag = "3")]
    certificate: Vec<u8>,
    #[prost(fixed32, tag = "4")]
    spk_id: u32,
    #[prost(bytes = "vec", tag = "5")]
    spk: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    kem_ek: Vec<u8>,
    #[prost(uint32, repeated, tag = "8")]
    versions: Vec<u32>,
}
