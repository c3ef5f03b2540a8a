//! What a multiaddr says: who can dial it, how its host is called, which relay a circuit goes over.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

/// Whether a browser can dial this relay: host, TCP, WebSocket, and nothing else but its peer id.
///
/// A page that came over TLS may use WebSockets without TLS to loopback only.
pub(crate) fn browser_can_dial(address: &Multiaddr, plain_allowed: bool) -> bool {
    let mut parts = address.iter();
    let Some(host) = parts.next() else { return false };
    let local = is_loopback(&host);
    let named = matches!(
        host,
        Protocol::Ip4(_)
            | Protocol::Ip6(_)
            | Protocol::Dns(_)
            | Protocol::Dns4(_)
            | Protocol::Dns6(_)
    );
    if !named || !matches!(parts.next(), Some(Protocol::Tcp(_))) {
        return false;
    }
    let tls = match parts.next() {
        Some(Protocol::Ws(_)) => false,
        Some(Protocol::Wss(_)) => true,
        Some(Protocol::Tls) => match parts.next() {
            Some(Protocol::Ws(_)) => true,
            _ => return false,
        },
        _ => return false,
    };
    let ends = match parts.next() {
        None => true,
        Some(Protocol::P2p(_)) => parts.next().is_none(),
        Some(_) => false,
    };
    ends && (tls || plain_allowed || local)
}

/// Whether this is a relay's address for WebRTC-direct: IP address, UDP, and the hash of its
/// certificate, with or without its peer id.
pub(crate) fn is_webrtc_direct(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    matches!(parts.next(), Some(Protocol::Ip4(_) | Protocol::Ip6(_)))
        && matches!(parts.next(), Some(Protocol::Udp(_)))
        && matches!(parts.next(), Some(Protocol::WebRTCDirect))
        && matches!(parts.next(), Some(Protocol::Certhash(_)))
        && match parts.next() {
            None => true,
            Some(Protocol::P2p(_)) => parts.next().is_none(),
            Some(_) => false,
        }
}

/// Splits a relay's address from its peer id, which must come last.
pub(crate) fn split_peer(mut address: Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let Some(Protocol::P2p(peer)) = address.pop() else { return None };
    let plain = !address.iter().any(|part| matches!(part, Protocol::P2p(_) | Protocol::P2pCircuit));
    (plain && !address.is_empty()).then_some((peer, address))
}

/// Returns the address of a relay, peer id and all, if this is one end of a circuit over it.
pub(crate) fn circuit_relay(address: &Multiaddr) -> Option<Multiaddr> {
    let is_circuit = |part: &Protocol<'_>| matches!(part, Protocol::P2pCircuit);
    address
        .iter()
        .any(|part| is_circuit(&part))
        .then(|| address.iter().take_while(|part| !is_circuit(part)).collect())
}

/// Returns what people call a relay: its host, with the port if it is an unusual one, or its peer
/// id.
pub(crate) fn name(address: &Multiaddr) -> String {
    let mut host = None;
    let mut port = None;
    for part in address {
        match part {
            Protocol::Ip4(ip) => host = Some(ip.to_string()),
            Protocol::Ip6(ip) => host = Some(format!("[{ip}]")),
            Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
                host = Some(name.into_owned());
            }
            Protocol::Tcp(number) | Protocol::Udp(number) => port = Some(number),
            Protocol::P2p(peer) if host.is_none() => host = Some(peer.to_string()),
            _ => {}
        }
    }
    match (host, port) {
        (Some(host), None | Some(80 | 443)) => host,
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (None, _) => String::new(),
    }
}

fn is_loopback(host: &Protocol<'_>) -> bool {
    match host {
        Protocol::Ip4(ip) => ip.is_loopback(),
        Protocol::Ip6(ip) => ip.is_loopback(),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => name == "localhost",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_browser_dials_websockets_only() {
        for (text, on_http, on_https) in [
            ("/dns/relay.example/tcp/443/tls/ws", true, true),
            ("/dns4/relay.example/tcp/443/wss", true, true),
            ("/dns/relay.example/tcp/80/ws", true, false),
            ("/ip4/127.0.0.1/tcp/8080/ws", true, true),
            ("/dns/localhost/tcp/8080/ws", true, true),
            ("/ip4/192.0.2.1/tcp/8080", false, false),
            ("/ip4/192.0.2.1/udp/8080/quic-v1", false, false),
            ("/dnsaddr/relay.example/tcp/443/wss", false, false),
            ("/dns/relay.example/tcp/443/wss/p2p-circuit", false, false),
        ] {
            assert_eq!(browser_can_dial(&address(text), true), on_http, "{text}");
            assert_eq!(browser_can_dial(&address(text), false), on_https, "{text}");
        }
    }

    #[test]
    fn webrtc_direct_needs_an_ip_address_and_a_hash() {
        let hash = "certhash/uEiDikp5KVUgkLta1EjUN-IKbHk-dUBg8VzKgf5nXxLK46w";
        let peer = PeerId::random();
        for (text, expected) in [
            (format!("/ip4/192.0.2.1/udp/8470/webrtc-direct/{hash}"), true),
            (format!("/ip6/::1/udp/8470/webrtc-direct/{hash}/p2p/{peer}"), true),
            (format!("/dns/relay.example/udp/8470/webrtc-direct/{hash}"), false),
            (format!("/ip4/192.0.2.1/tcp/8470/webrtc-direct/{hash}"), false),
            (format!("/ip4/192.0.2.1/udp/8470/webrtc-direct/{hash}/p2p/{peer}/p2p-circuit"), false),
            ("/ip4/192.0.2.1/udp/8470/webrtc-direct".to_owned(), false),
            ("/ip4/192.0.2.1/tcp/8470/ws".to_owned(), false),
        ] {
            assert_eq!(is_webrtc_direct(&address(&text)), expected, "{text}");
            assert!(!expected || !browser_can_dial(&address(&text), true), "{text}");
        }
    }

    #[test]
    fn a_peer_id_is_split_off() {
        let peer = PeerId::random();
        let plain = address("/dns/relay.example/tcp/443/wss");
        let whole = plain.clone().with(Protocol::P2p(peer));
        assert_eq!(split_peer(whole.clone()), Some((peer, plain.clone())));
        assert_eq!(split_peer(plain), None);
        assert_eq!(split_peer(Multiaddr::empty().with(Protocol::P2p(peer))), None);
        let circuit = whole.clone().with(Protocol::P2pCircuit).with(Protocol::P2p(peer));
        assert_eq!(split_peer(circuit.clone()), None);
        assert_eq!(circuit_relay(&circuit), Some(whole.clone()));
        assert_eq!(circuit_relay(&whole), None);
    }

    #[test]
    fn a_relay_is_called_by_its_host() {
        assert_eq!(name(&address("/dns/relay.example/tcp/443/tls/ws")), "relay.example");
        assert_eq!(name(&address("/ip4/127.0.0.1/tcp/8080/ws")), "127.0.0.1:8080");
        assert_eq!(name(&address("/ip6/::1/tcp/80/ws")), "[::1]");
        let peer = PeerId::random();
        assert_eq!(name(&Multiaddr::empty().with(Protocol::P2p(peer))), peer.to_string());
    }
}
