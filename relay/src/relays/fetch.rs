//! Reads another relay's `node.json`. Only relays do that; pages read their own relay's alone.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use lowkey_network::protocols::NODE_JSON_BYTES;
use serde::Deserialize;
use ureq::Agent;

use crate::{addresses, config::NodeUrl};

/// What a relay says of itself and of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Introduction {
    pub(crate) peer: PeerId,
    /// Its own addresses, without `/p2p`.
    pub(crate) addresses: Vec<Multiaddr>,
    /// Others, not yet proven.
    pub(crate) relays: Vec<(PeerId, Multiaddr)>,
}

/// Fetches and parses; blocks for [`PATIENCE`] at most.
pub(crate) fn fetch(url: &NodeUrl) -> Result<Introduction, FetchError> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        // A redirect could lead to a place that the configuration would have refused.
        .max_redirects(0)
        .proxy(None)
        .build()
        .into();
    let mut response =
        agent.get(url.node_json()).call().map_err(|error| FetchError::Http(Box::new(error)))?;
    let limit = u64::try_from(NODE_JSON_BYTES).unwrap_or(u64::MAX);
    let bytes = response
        .body_mut()
        .with_config()
        .limit(limit)
        .read_to_vec()
        .map_err(|error| FetchError::Http(Box::new(error)))?;
    parse(&bytes)
}

/// Why another relay's `node.json` is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// It did not come, or was too long.
    #[error("node.json did not come")]
    Http(Box<ureq::Error>),
    /// It is not what it should be.
    #[error("node.json is malformed")]
    Malformed(#[from] serde_json::Error),
    /// Its peer id is not one.
    #[error("node.json names no peer id")]
    PeerId,
}

/// The time for name, connection, TLS and answer together.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeJson {
    peer_id: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    relays: Vec<String>,
}

fn parse(bytes: &[u8]) -> Result<Introduction, FetchError> {
    let node: NodeJson = serde_json::from_slice(bytes)?;
    let peer: PeerId = node.peer_id.parse().map_err(|_| FetchError::PeerId)?;
    // One malformed address spoils only itself.
    let parsed = |texts: Vec<String>, most: usize| -> Vec<(PeerId, Multiaddr)> {
        texts
            .iter()
            .take(most)
            .filter_map(|text| addresses::split_peer(&text.parse().ok()?))
            .filter(|(_, address)| addresses::is_browser_dialable(address))
            .collect()
    };
    let own = parsed(node.addresses, crate::http::OWN_ADDRESSES);
    Ok(Introduction {
        peer,
        addresses: own.into_iter().filter(|(of, _)| *of == peer).map(|(_, a)| a).collect(),
        relays: parsed(node.relays, crate::http::OTHER_RELAYS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWHk3TGvMGnT6yAWdPjQSnBpZKJGhuWHvZcsLTwTTBBiwF";
    const OTHER: &str = "12D3KooWRBy97UB99e3J6hiPesre1MZeuNQvfan4gBziswrRJsNK";

    #[test]
    fn what_is_usable_is_taken_and_the_rest_left() {
        let text = serde_json::json!({
            "name": "somebody", "unknown": [1, 2], "peerId": PEER,
            "addresses": [
                format!("/ip4/192.0.2.1/tcp/80/ws/p2p/{PEER}"),
                format!("/ip4/192.0.2.1/tcp/80/ws/p2p/{OTHER}"),
                format!("/ip4/192.0.2.1/udp/80/quic-v1/p2p/{PEER}"),
                "/ip4/192.0.2.1/tcp/80/ws",
                "rubbish",
            ],
            "relays": [format!("/dns/b.example/tcp/443/tls/ws/p2p/{OTHER}"), ""],
        });
        let introduction = parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(introduction.peer.to_string(), PEER);
        assert_eq!(introduction.addresses, ["/ip4/192.0.2.1/tcp/80/ws".parse().unwrap()]);
        let (peer, address) = &introduction.relays[0];
        assert_eq!(peer.to_string(), OTHER);
        assert_eq!(address.to_string(), "/dns/b.example/tcp/443/tls/ws");
        assert_eq!(introduction.relays.len(), 1);
    }

    #[test]
    fn nonsense_has_its_error() {
        assert!(matches!(parse(b"<html>"), Err(FetchError::Malformed(_))));
        assert!(matches!(parse(b"{}"), Err(FetchError::Malformed(_))));
        assert!(matches!(parse(br#"{"peerId":"me"}"#), Err(FetchError::PeerId)));
    }
}
