//! What the page's relay says of itself in `node.json` (ARCHITECTURE.md, "The relay's one port").

use std::{collections::BTreeMap, time::Duration};

use futures::future::{Either, select};
use libp2p::{Multiaddr, PeerId};
use serde::Deserialize;

use super::{Candidate, Origin};
use crate::{addresses, platform, protocols};

/// How long a relay may take to describe itself.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Addresses that one relay may have, and relays that it may name.
const ADDRESSES: usize = 8;
const RELAYS: usize = 16;

/// STUN servers that a relay may name, which is itself.
const STUN_SERVERS: usize = 2;

/// What `node.json` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// The relays in it, the page's own first.
    pub(crate) relays: Vec<Candidate>,
    /// Where the page's own relay answers STUN: `stun:HOST:PORT`.
    pub(crate) stun: Vec<String>,
}

/// Fetches and reads `node.json`.
pub(crate) async fn fetch(origin: Origin) -> Result<Description, NodeError> {
    let url = format!("{}{}", origin.as_str(), protocols::NODE_JSON_PATH);
    let bytes = platform::fetch(&url, protocols::NODE_JSON_BYTES);
    let timeout = platform::sleep(FETCH_TIMEOUT);
    futures::pin_mut!(bytes, timeout);
    match select(bytes, timeout).await {
        Either::Left((bytes, _)) => read(&origin, &bytes.map_err(NodeError::Fetch)?),
        Either::Right(((), _)) => Err(NodeError::TimedOut),
    }
}

/// Reads a `node.json`: addresses that make no sense are left out, a relay without peer id is an
/// error.
fn read(origin: &Origin, bytes: &[u8]) -> Result<Description, NodeError> {
    if bytes.len() > protocols::NODE_JSON_BYTES {
        return Err(NodeError::TooLong { found: bytes.len() });
    }
    let node: Node = serde_json::from_slice(bytes).map_err(|_| NodeError::Malformed)?;
    let own: PeerId = node.peer_id.parse().map_err(|_| NodeError::PeerId)?;

    // The page's own address works behind any proxy, so it comes first.
    let mut first = vec![origin.address().clone()];
    for (peer, address) in dialable(&node.addresses, ADDRESSES) {
        if peer == own && !first.contains(&address) {
            first.push(address);
        }
    }
    let mut others: BTreeMap<PeerId, Vec<Multiaddr>> = BTreeMap::new();
    let mut order = Vec::new();
    for (peer, address) in dialable(&node.relays, RELAYS) {
        if peer != own {
            if !others.contains_key(&peer) {
                order.push(peer);
            }
            others.entry(peer).or_default().push(address);
        }
    }
    let others = order.into_iter().map(|peer| Candidate {
        peer,
        addresses: others.remove(&peer).unwrap_or_default(),
        home: false,
    });
    let page = Candidate { peer: own, addresses: first, home: true };
    Ok(Description {
        relays: std::iter::once(page).chain(others).collect(),
        stun: stun_servers(origin, &node.stun),
    })
}

/// Those of the first servers that are well formed and at the page's own host: a third party must
/// not learn who asks.
fn stun_servers(origin: &Origin, texts: &[String]) -> Vec<String> {
    let own = origin.host();
    let is_own = |text: &&String| {
        let server = text.strip_prefix("stun:").and_then(|rest| rest.rsplit_once(':'));
        server.is_some_and(|(host, port)| {
            let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
            host.eq_ignore_ascii_case(&own) && is_port && matches!(port.parse(), Ok(1..=u16::MAX))
        })
    };
    texts.iter().filter(is_own).take(STUN_SERVERS).cloned().collect()
}

/// The addresses that this platform can dial, of the first `limit` that are named.
fn dialable(texts: &[String], limit: usize) -> impl Iterator<Item = (PeerId, Multiaddr)> {
    texts
        .iter()
        .take(limit)
        .filter_map(|text| text.parse().ok())
        .filter(platform::can_dial)
        .filter_map(addresses::split_peer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    peer_id: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    relays: Vec<String>,
    #[serde(default)]
    stun: Vec<String>,
}

/// Why a relay's `node.json` told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeError {
    /// It did not come.
    #[error("node.json could not be fetched: {0}")]
    Fetch(platform::FetchError),
    /// It did not come in time.
    #[error("node.json did not come within 10 seconds")]
    TimedOut,
    /// It is too long.
    #[error("node.json of {found} bytes is over the limit of 16384")]
    TooLong { found: usize },
    /// It is not what a relay writes.
    #[error("node.json is malformed")]
    Malformed,
    /// Its peer id is none.
    #[error("the peer id in node.json is malformed")]
    PeerId,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEER: &str = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
    const OTHER: &str = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X";

    fn origin() -> Origin {
        Origin::parse("https://relay.example").unwrap()
    }

    #[test]
    fn the_pages_own_address_comes_first() {
        let json = format!(
            r#"{{"name":"n","peerId":"{PEER}","time":1,"addresses":["nonsense",
            "/dns/other.example/tcp/443/tls/ws/p2p/{PEER}","/dns/liar.example/tcp/443/wss/p2p/{OTHER}"],
            "relays":["/dns/b.example/tcp/443/wss/p2p/{OTHER}","/dns/c.example/tcp/443/wss"]}}"#
        );
        let found = read(&origin(), json.as_bytes()).unwrap().relays;
        let [own, other] = found.as_slice() else { panic!("{found:?}") };
        assert!(own.home && !other.home);
        let texts: Vec<_> = own.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["/dns/relay.example/tcp/443/tls/ws", "/dns/other.example/tcp/443/tls/ws"]
        );
        assert_eq!(other.peer.to_string(), OTHER);
    }

    #[test]
    fn nonsense_is_named() {
        let long = vec![b' '; protocols::NODE_JSON_BYTES + 1];
        for (bytes, error) in [
            (&b""[..], NodeError::Malformed),
            (b"<html>", NodeError::Malformed),
            (br#"{"peerId":7}"#, NodeError::Malformed),
            (br#"{"peerId":"me"}"#, NodeError::PeerId),
            (&long, NodeError::TooLong { found: long.len() }),
        ] {
            assert_eq!(read(&origin(), bytes), Err(error));
        }
    }

    #[test]
    fn only_the_pages_own_relay_is_asked_for_our_address() {
        let check = |origin: &str, servers: &[&str], expected: &[&str]| {
            let json = serde_json::json!({ "peerId": PEER, "stun": servers }).to_string();
            let origin = Origin::parse(origin).unwrap();
            assert_eq!(read(&origin, json.as_bytes()).unwrap().stun, expected, "{servers:?}");
        };
        let page = "https://relay.example:8443";
        check(page, &["stun:relay.example:3478"], &["stun:relay.example:3478"]);
        check("http://[::1]:8470", &["stun:[::1]:3478"], &["stun:[::1]:3478"]);
        check("http://192.0.2.1", &["stun:192.0.2.1:1"], &["stun:192.0.2.1:1"]);
        for wrong in [
            "stun:stun.other.example:3478",
            "stun:relay.example.evil.example:3478",
            "stun:evil@relay.example:3478",
            "stun:relay.example",
            "stun:relay.example:0",
            "stun:relay.example:+1",
            "stun:relay.example:99999",
            "stun:relay.example:3478?transport=tcp",
            "stuns:relay.example:5349",
            "turn:relay.example:3478",
            " stun:relay.example:3478",
            "",
        ] {
            check(page, &[wrong], &[]);
        }
        let many: Vec<_> = (1..9).map(|port| format!("stun:relay.example:{port}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(page, &many, &many[..STUN_SERVERS]);
        // A relay with many addresses names the page's own among the others.
        let others = ["stun:192.0.2.1:1", "stun:192.0.2.2:1", "stun:192.0.2.3:1"];
        check("http://192.0.2.3", &others, &others[2..]);
    }

    #[test]
    fn a_long_list_is_cut() {
        let many: Vec<_> = (0..1_000)
            .map(|port| format!("/ip4/127.0.0.1/tcp/{port}/ws/p2p/{}", PeerId::random()))
            .collect();
        assert_eq!(dialable(&many, RELAYS).count(), RELAYS);
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in ".{0,80}") {
            let _ = read(&origin(), text.as_bytes());
        }
    }
}
