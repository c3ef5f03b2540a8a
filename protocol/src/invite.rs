//! The link that brings two people together (PROTOCOL.md, "Invite link").
//!
//! The payload is behind `#`, so browsers send it to no server.

use alloc::{string::String, vec::Vec};
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use prost::Message;

use crate::{
    address::Address,
    identity::{IdentityKey, IdentityKeyError},
    kdf::sha512,
    limits::{ADDRESS_BYTES, INVITE_BYTES, INVITE_RELAYS, NAME_BYTES},
};

/// What a fragment begins with.
const FRAGMENT: &str = "#i/";
/// The first byte of the body.
const VERSION: u8 = 1;
/// Bytes of the checksum.
const CHECK_BYTES: usize = 4;

/// Whom to add, and where to look first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Whom to add.
    pub address: Address,
    /// The relays to ask first; at most `limits::INVITE_RELAYS`.
    pub relays: Vec<RelayAddress>,
    /// When the inviter no longer honours it, in minutes since 1970.
    pub expires: Option<u32>,
    /// What they call themselves, unproven; at most `limits::NAME_BYTES` bytes.
    pub name: Option<String>,
}

impl Invite {
    /// Checks the limits, and returns the link's fragment, from `#i/` on.
    pub fn encode(&self) -> Result<String, InviteError> {
        self.check()?;
        let wire = Wire {
            key: self.address.key().as_bytes().to_vec(),
            relays: self.relays.iter().map(|relay| relay.0.clone()).collect(),
            expires: self.expires,
            name: self.name.clone(),
        };
        let mut body = Vec::from([VERSION]);
        body.extend_from_slice(&wire.encode_to_vec());
        let [a, b, c, d, ..] = checksum(&body);
        body.extend_from_slice(&[a, b, c, d]);
        let mut fragment = String::from(FRAGMENT);
        fragment.push_str(&Base64UrlUnpadded::encode_string(&body));
        Ok(fragment)
    }

    /// Reads a whole link or its fragment; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text = text.trim();
        let (_, payload) = text.split_once(FRAGMENT).ok_or(InviteError::NoInvite)?;
        let limit = INVITE_BYTES.saturating_add(CHECK_BYTES);
        // Four characters are three bytes.
        if payload.len().saturating_mul(3) / 4 > limit {
            return Err(InviteError::TooLong { limit: INVITE_BYTES });
        }
        let bytes = Base64UrlUnpadded::decode_vec(payload).map_err(|_| InviteError::Damaged)?;
        let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(InviteError::Damaged)?;
        if !checksum(body).starts_with(check) {
            return Err(InviteError::Damaged);
        }
        let (version, body) = body.split_first().ok_or(InviteError::Damaged)?;
        if *version != VERSION {
            return Err(InviteError::Version { found: *version });
        }
        let wire = Wire::decode(body).map_err(|_| InviteError::Malformed)?;
        let key: [u8; 32] = wire.key.as_slice().try_into().map_err(|_| InviteError::Malformed)?;
        let address = Address::new(IdentityKey::from_bytes(&key)?);
        let relays = wire.relays.into_iter().map(RelayAddress::new).collect::<Result<_, _>>()?;
        let invite = Self { address, relays, expires: wire.expires, name: wire.name };
        invite.check()?;
        Ok(invite)
    }

    fn check(&self) -> Result<(), InviteError> {
        let (found, limit) = (self.relays.len(), INVITE_RELAYS);
        if found > limit {
            return Err(InviteError::TooManyRelays { found, limit });
        }
        let (found, limit) = (self.name.as_ref().map_or(0, String::len), NAME_BYTES);
        if found > limit {
            return Err(InviteError::NameTooLong { found, limit });
        }
        Ok(())
    }
}

fn checksum(body: &[u8]) -> [u8; 64] {
    sha512(&[b"lowkey/1/invite", body])
}

/// A relay's binary multiaddr, with its peer id at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayAddress(Vec<u8>);

impl RelayAddress {
    /// Checks the length and that a peer id stands at the end.
    pub fn new(bytes: Vec<u8>) -> Result<Self, RelayAddressError> {
        let found = bytes.len();
        if found > ADDRESS_BYTES {
            return Err(RelayAddressError::TooLong { found, limit: ADDRESS_BYTES });
        }
        if peer_id_at_end(&bytes).is_none() {
            return Err(RelayAddressError::NoPeerId);
        }
        Ok(Self(bytes))
    }

    /// Returns the binary multiaddr.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the relay's peer id, as bytes.
    pub fn peer_id(&self) -> &[u8] {
        peer_id_at_end(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayAddress").finish_non_exhaustive()
    }
}

/// Returns the peer id after the last `/p2p` (code 421 as a varint, then the length).
///
/// A peer id is an identity multihash of a key (38 bytes for Ed25519) or its SHA-256 (34).
fn peer_id_at_end(bytes: &[u8]) -> Option<&[u8]> {
    let end = |length: usize, head: &[u8]| {
        let (address, id) = bytes.split_at_checked(bytes.len().checked_sub(length)?)?;
        (!address.strip_suffix(head)?.is_empty()).then_some(id)
    };
    end(38, &[0xa5, 0x03, 38]).or_else(|| end(34, &[0xa5, 0x03, 34]))
}

/// Why bytes are not a relay's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayAddressError {
    /// Too long.
    #[error("relay address of {found} bytes is over the limit of {limit}")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// No `/p2p/…` at the end.
    #[error("the relay address does not end with a peer id")]
    NoPeerId,
}

/// Why a text is not an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// No `#i/` in it.
    #[error("this is no invite link")]
    NoInvite,
    /// Too long.
    #[error("the invite is over the limit of {limit} bytes")]
    TooLong {
        /// The allowed bytes.
        limit: usize,
    },
    /// Cut off or changed on its way.
    #[error("the invite link is incomplete or was changed")]
    Damaged,
    /// Made by a newer program.
    #[error("invite of version {found} needs a newer program")]
    Version {
        /// Its version.
        found: u8,
    },
    /// The checksum is right and the rest is not.
    #[error("the invite is malformed")]
    Malformed,
    /// The key in it is no identity key.
    #[error("the invite holds no valid key: {0}")]
    Key(#[from] IdentityKeyError),
    /// A relay in it is no relay.
    #[error(transparent)]
    Relay(#[from] RelayAddressError),
    /// Too many relays.
    #[error("{found} relays are over the limit of {limit}")]
    TooManyRelays {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The name is too long.
    #[error("name of {found} bytes is over the limit of {limit}")]
    NameTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
}

/// Fields 2 and 3 are reserved for secret invites.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    relays: Vec<Vec<u8>>,
    #[prost(uint32, optional, tag = "5")]
    expires: Option<u32>,
    #[prost(string, optional, tag = "6")]
    name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityKeyPair;
    use proptest::{collection::vec, prelude::*};
    use std::{format, string::ToString};

    fn relay(host: u8) -> RelayAddress {
        let mut bytes = Vec::from([4, 127, 0, 0, host, 6, 0, 80, 0xa5, 0x03, 38]);
        bytes.extend([0, 36, 8, 1, 18, 32]);
        bytes.extend([host; 32]);
        RelayAddress::new(bytes).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn invites_round_trip(
            seed: [u8; 32],
            relays in vec(any::<u8>().prop_map(relay), 0..=INVITE_RELAYS),
            expires: Option<u32>,
            name in proptest::option::of("[a-zA-Zäöü ]{1,32}"),
        ) {
            let address = Address::new(IdentityKeyPair::from_seed(&seed).key());
            let invite = Invite { address, relays, expires, name };
            let fragment = invite.encode().unwrap();
            prop_assert_eq!(Invite::parse(&fragment), Ok(invite.clone()));
            prop_assert_eq!(Invite::parse(&format!(" https://host:1/page{fragment}\n")), Ok(invite));
            for end in 0..fragment.len() {
                prop_assert!(Invite::parse(&fragment[..end]).is_err());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(#i/)?[A-Za-z0-9_-]{0,80}") {
            let _ = Invite::parse(&text);
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let address = Address::new(IdentityKeyPair::from_seed(&[1; 32]).key());
        let invite = Invite { address, relays: Vec::new(), expires: None, name: None };
        let good = invite.encode().unwrap();
        let check = |text: &str, error| assert_eq!(Invite::parse(text), Err(error));
        check("", InviteError::NoInvite);
        check(&address.to_string(), InviteError::NoInvite);
        check(&good[..good.len() - 1], InviteError::Damaged);
        check(&good.replacen("#i/A", "#i/B", 1), InviteError::Damaged);
        check(&format!("#i/{}", "A".repeat(900)), InviteError::TooLong { limit: INVITE_BYTES });
        let sealed = |body: &[u8]| {
            let whole = [body, &checksum(body)[..4]].concat();
            format!("#i/{}", Base64UrlUnpadded::encode_string(&whole))
        };
        check(&sealed(&[2, 1]), InviteError::Version { found: 2 });
        check(&sealed(&[1, 0xff]), InviteError::Malformed);
        check(&sealed(&[1]), InviteError::Malformed);
        let relays = [relay(1), relay(2), relay(3)].to_vec();
        let error = InviteError::TooManyRelays { found: 3, limit: 2 };
        assert_eq!(Invite { relays, ..invite.clone() }.encode(), Err(error));
        let error = InviteError::NameTooLong { found: 65, limit: 64 };
        assert_eq!(Invite { name: Some("n".repeat(65)), ..invite }.encode(), Err(error));
    }

    #[test]
    fn relay_addresses_end_with_a_peer_id() {
        assert_eq!(relay(7).peer_id().len(), 38);
        let error = RelayAddressError::NoPeerId;
        assert_eq!(RelayAddress::new(Vec::new()), Err(error));
        assert_eq!(RelayAddress::new([4, 127, 0, 0, 1, 6, 0, 80].to_vec()), Err(error));
        assert_eq!(RelayAddress::new(relay(1).as_bytes()[8..].to_vec()), Err(error));
        let long = [&[1; 120][..], relay(1).as_bytes()].concat();
        let error = RelayAddressError::TooLong { found: 169, limit: 160 };
        assert_eq!(RelayAddress::new(long), Err(error));
    }
}
