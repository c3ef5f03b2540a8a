//! `/.well-known/lowkey/node.json`: what pages and other relays need to know of this one.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId, StreamProtocol, multiaddr::Protocol, relay};
use lowkey_network::{clock, protocols};
use serde::Serialize;
use tokio::sync::watch;

use crate::{limits::Limits, status::Status};

/// The parts of `node.json` that stay, and where the others come from.
#[derive(Clone, Debug)]
pub(crate) struct NodeDescription {
    pub(crate) name: String,
    pub(crate) peer: PeerId,
    /// Own addresses, without `/p2p`.
    pub(crate) addresses: Vec<Multiaddr>,
    /// `stun:HOST:PORT`, if it answers.
    pub(crate) stun: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) status: watch::Receiver<Status>,
}

impl NodeDescription {
    /// Returns the file of this moment.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let with_peer = |address: &Multiaddr| address.clone().with(Protocol::P2p(self.peer));
        let text = NodeJson {
            name: self.name.chars().take(NAME_CHARACTERS).collect(),
            version: env!("CARGO_PKG_VERSION"),
            peer_id: self.peer.to_string(),
            protocols: PROTOCOLS.map(|protocol| protocol.to_string()),
            addresses: self.addresses.iter().take(OWN_ADDRESSES).map(with_peer).collect(),
            stun: self.stun.clone(),
            relays: self.status.borrow().relays.iter().take(OTHER_RELAYS).cloned().collect(),
            limits: NodeLimits::from(&self.limits),
            time: clock::wall_clock().as_secs(),
        };
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_vec(&text).unwrap_or_default()
    }
}

/// How many of its own addresses a relay tells.
pub(crate) const OWN_ADDRESSES: usize = 8;

/// How many other relays a relay tells.
pub(crate) const OTHER_RELAYS: usize = 16;

/// Those reached within this time count as other relays.
pub(crate) const REACHED_WITHIN: Duration = Duration::from_secs(3_600);

const NAME_CHARACTERS: usize = 64;

const PROTOCOLS: [StreamProtocol; 3] = [protocols::KAD, protocols::TIME, relay::HOP_PROTOCOL_NAME];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeJson {
    name: String,
    version: &'static str,
    peer_id: String,
    protocols: [String; 3],
    addresses: Vec<Multiaddr>,
    stun: Vec<String>,
    relays: Vec<Multiaddr>,
    limits: NodeLimits,
    time: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeLimits {
    reservations: usize,
    reservation_seconds: u64,
    circuits: usize,
    circuits_per_peer: usize,
    circuit_seconds: u32,
    circuit_bytes: u64,
    records: usize,
}

impl From<&Limits> for NodeLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            reservations: limits.reservations.get(),
            reservation_seconds: limits.reservation_seconds.get(),
            circuits: limits.circuits.get(),
            circuits_per_peer: limits.circuits_per_peer.get(),
            circuit_seconds: limits.circuit_seconds.get(),
            circuit_bytes: limits.circuit_bytes.get(),
            records: limits.records.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_address(n: usize) -> Multiaddr {
        format!("/dns/{}{n:03}.example/tcp/65535/tls/ws", "a".repeat(60)).parse().unwrap()
    }

    #[test]
    fn the_largest_file_fits_its_limit() {
        let peer = PeerId::random();
        let relays = (0..40).map(|n| long_address(n).with(Protocol::P2p(peer))).collect();
        let (_sender, status) = watch::channel(Status { relays, ..Status::default() });
        let node = NodeDescription {
            name: "\u{7f}\"ä".repeat(500),
            peer,
            addresses: (0..20).map(long_address).collect(),
            stun: vec![format!("stun:{}:65535", "a".repeat(253)); 4],
            limits: Limits::default(),
            status,
        };
        let json = node.to_json();
        assert!(json.len() <= protocols::NODE_JSON_BYTES, "{} bytes", json.len());
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["addresses"].as_array().unwrap().len(), OWN_ADDRESSES);
        assert_eq!(value["relays"].as_array().unwrap().len(), OTHER_RELAYS);
        assert_eq!(value["peerId"], peer.to_string());
        assert!(value["addresses"][0].as_str().unwrap().ends_with(&format!("/p2p/{peer}")));
        assert!(value["time"].as_u64().unwrap() > 1_700_000_000);
    }
}
