//! The body of a presence record: where the owner can be dialled now.

use alloc::vec::Vec;

use prost::Message;

use crate::{
    identity::Generation,
    limits::{ADDRESS_BYTES, PEER_ID_BYTES, PRESENCE_ADDRESSES, RECORD_VERSIONS},
};

/// Where somebody can be dialled. All empty: "I publish no presence".
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Presence {
    /// The throw-away libp2p peer id, as bytes.
    pub peer_id: Vec<u8>,
    /// Binary multiaddrs without the final `/p2p`, best first.
    pub addresses: Vec<Vec<u8>>,
    /// The protocol versions that the owner speaks.
    pub versions: Vec<u32>,
    /// Whether nobody is at the screen.
    pub away: bool,
    /// The generation of the install that published it.
    pub generation: Generation,
}

impl Presence {
    /// Checks the limits and writes the body.
    pub fn encode(&self) -> Result<Vec<u8>, PresenceError> {
        self.check()?;
        let Self { peer_id, addresses, versions, away, generation } = self.clone();
        let wire = Wire { peer_id, addresses, versions, away, generation: generation.0 };
        Ok(wire.encode_to_vec())
    }

    /// Reads a body; unknown fields are ignored.
    pub fn decode(body: &[u8]) -> Result<Self, PresenceError> {
        let wire = Wire::decode(body).map_err(|_| PresenceError::Malformed)?;
        let Wire { peer_id, addresses, versions, away, generation } = wire;
        let generation = Generation(generation);
        let presence = Self { peer_id, addresses, versions, away, generation };
        presence.check()?;
        Ok(presence)
    }

    /// Returns whether the owner said that no presence is published.
    pub const fn is_hidden(&self) -> bool {
        self.addresses.is_empty()
    }

    fn check(&self) -> Result<(), PresenceError> {
        check_addresses(&self.peer_id, &self.addresses)?;
        if self.versions.len() > RECORD_VERSIONS {
            return Err(PresenceError::TooManyVersions);
        }
        Ok(())
    }
}

/// Checks what a presence record and an `addrs` message have in common.
pub(crate) fn check_addresses(peer_id: &[u8], addresses: &[Vec<u8>]) -> Result<(), PresenceError> {
    if peer_id.len() > PEER_ID_BYTES {
        return Err(PresenceError::PeerIdTooLong);
    }
    if peer_id.is_empty() && !addresses.is_empty() {
        return Err(PresenceError::NoPeerId);
    }
    if addresses.len() > PRESENCE_ADDRESSES {
        return Err(PresenceError::TooManyAddresses);
    }
    if addresses.iter().any(|address| address.is_empty() || address.len() > ADDRESS_BYTES) {
        return Err(PresenceError::AddressLength);
    }
    Ok(())
}

/// Why a presence body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// Not protobuf.
    #[error("the body is not protobuf of its kind")]
    Malformed,
    /// The peer id is too long.
    #[error("the peer id is over the limit of {PEER_ID_BYTES} bytes")]
    PeerIdTooLong,
    /// Addresses of nobody.
    #[error("addresses without a peer id")]
    NoPeerId,
    /// Too many addresses.
    #[error("more than {PRESENCE_ADDRESSES} addresses")]
    TooManyAddresses,
    /// An address is empty or too long.
    #[error("an address is empty or over the limit of {ADDRESS_BYTES} bytes")]
    AddressLength,
    /// Too many versions.
    #[error("more than {RECORD_VERSIONS} versions")]
    TooManyVersions,
}

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    peer_id: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    addresses: Vec<Vec<u8>>,
    #[prost(uint32, repeated, tag = "3")]
    versions: Vec<u32>,
    #[prost(bool, tag = "4")]
    away: bool,
    #[prost(uint32, tag = "5")]
    generation: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;
    use proptest::{collection::vec, prelude::*};
    use std::vec;

    prop_compose! {
        fn presence()(
            peer_id in vec(any::<u8>(), 1..=PEER_ID_BYTES),
            addresses in vec(vec(any::<u8>(), 1..=ADDRESS_BYTES), 0..=PRESENCE_ADDRESSES),
            versions in vec(any::<u32>(), 0..=RECORD_VERSIONS),
            away: bool,
            generation: u32,
        ) -> Presence {
            Presence { peer_id, addresses, versions, away, generation: Generation(generation) }
        }
    }

    proptest! {
        #[test]
        fn bodies_round_trip_and_fit(presence in presence()) {
            let body = presence.encode().unwrap();
            prop_assert!(body.len() <= Kind::Presence.body_bytes());
            prop_assert_eq!(Presence::decode(&body), Ok(presence));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..300)) {
            if let Ok(presence) = Presence::decode(&bytes) {
                prop_assert!(presence.encode().is_ok());
            }
        }
    }

    #[test]
    fn limits_are_kept_both_ways() {
        let good = Presence { peer_id: vec![1], addresses: vec![vec![2]], ..Presence::default() };
        let check = |change: &dyn Fn(&mut Presence), error| {
            let mut bad = good.clone();
            change(&mut bad);
            assert_eq!(bad.encode(), Err(error));
        };
        check(&|bad| bad.peer_id = vec![0; 65], PresenceError::PeerIdTooLong);
        check(&|bad| bad.peer_id.clear(), PresenceError::NoPeerId);
        check(&|bad| bad.addresses = vec![vec![1]; 5], PresenceError::TooManyAddresses);
        check(&|bad| bad.addresses = vec![vec![1; 161]], PresenceError::AddressLength);
        check(&|bad| bad.addresses = vec![vec![]], PresenceError::AddressLength);
        check(&|bad| bad.versions = vec![1; 17], PresenceError::TooManyVersions);
        assert!(Presence::decode(&[]).unwrap().is_hidden());
        assert_eq!(Presence::decode(&[0xff]), Err(PresenceError::Malformed));
    }
}
