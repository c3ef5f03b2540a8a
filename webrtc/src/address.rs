//! Addresses of direct connections: `<relay>/p2p-circuit/webrtc/p2p/PEER`.

use libp2p::{
    Multiaddr, PeerId,
    core::ConnectedPoint,
    multiaddr::{self, Protocol},
};

/// Returns the address under which a peer is dialled directly, from that of its circuit:
/// `<relay>/p2p-circuit`, with the peer's id behind or without.
///
/// ```
/// use libp2p::{Multiaddr, PeerId};
///
/// let (relay, peer) = (PeerId::random(), PeerId::random());
/// let circuit: Multiaddr =
///     format!("/dns/relay.example/tcp/443/wss/p2p/{relay}/p2p-circuit").parse()?;
/// let direct = lowkey_webrtc::direct_address(&circuit, peer);
/// assert_eq!(direct.to_string(), format!("{circuit}/webrtc/p2p/{peer}"));
/// # Ok::<(), libp2p::multiaddr::Error>(())
/// ```
pub fn direct_address(circuit: &Multiaddr, peer: PeerId) -> Multiaddr {
    let mut address = Multiaddr::empty();
    for part in circuit {
        let is_circuit = part == Protocol::P2pCircuit;
        address.push(part);
        if is_circuit {
            break;
        }
    }
    address.with(Protocol::WebRTC).with(Protocol::P2p(peer))
}

/// Returns the address to listen on: `/webrtc`. What a peer is dialled at is its
/// [`direct_address`].
pub fn listen_address() -> Multiaddr {
    Multiaddr::empty().with(Protocol::WebRTC)
}

/// Whether a connection is one of this transport.
///
/// `ConnectedPoint::is_relayed` is true for those that we dialled as well, since their address
/// names the circuit that carried the signalling.
pub fn is_direct(endpoint: &ConnectedPoint) -> bool {
    is_webrtc(own_side(endpoint))
}

/// Returns the address that tells of which transport a connection is.
pub(crate) fn own_side(endpoint: &ConnectedPoint) -> &Multiaddr {
    match endpoint {
        ConnectedPoint::Dialer { address, .. } => address,
        ConnectedPoint::Listener { local_addr, .. } => local_addr,
    }
}

/// Whether a connection with this address is one of this transport.
pub(crate) fn is_webrtc(address: &Multiaddr) -> bool {
    holds(address, &Protocol::WebRTC)
}

/// Whether a connection with this address goes through a relay, and so may carry signalling.
pub(crate) fn is_circuit(address: &Multiaddr) -> bool {
    holds(address, &Protocol::P2pCircuit) && !is_webrtc(address)
}

/// Whether this is the address to listen on.
pub(crate) fn is_listen_address(address: &Multiaddr) -> bool {
    address.iter().eq([Protocol::WebRTC])
}

/// Returns the peer of a direct address and the circuit to it.
pub(crate) fn parse_direct(address: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let mut parts = address.iter();
    let mut circuit = Multiaddr::empty();
    loop {
        let part = parts.next()?;
        let is_circuit = part == Protocol::P2pCircuit;
        circuit.push(part);
        if is_circuit {
            break;
        }
    }
    let rest: multiaddr::Result<Vec<_>> = parts.map(Ok).collect();
    let peer = match rest.ok()?.as_slice() {
        [Protocol::WebRTC, Protocol::P2p(peer)] | [Protocol::P2p(peer), Protocol::WebRTC] => *peer,
        [Protocol::P2p(peer), Protocol::WebRTC, Protocol::P2p(again)] if peer == again => *peer,
        _ => return None,
    };
    Some((peer, circuit.with(Protocol::P2p(peer))))
}

fn holds(address: &Multiaddr, protocol: &Protocol<'_>) -> bool {
    address.iter().any(|part| part == *protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_direct_address_is_read_as_it_is_written() {
        let (relay, peer) = (PeerId::random(), PeerId::random());
        let relay = address(&format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{relay}"));
        let circuit = relay.with(Protocol::P2pCircuit);
        let whole = circuit.clone().with(Protocol::P2p(peer));
        let direct = direct_address(&circuit, peer);
        assert_eq!(direct, direct_address(&whole, peer));
        assert_eq!(parse_direct(&direct), Some((peer, whole.clone())));
        assert_eq!(parse_direct(&whole.clone().with(Protocol::WebRTC)), Some((peer, whole)));
    }

    #[test]
    fn other_addresses_are_left_to_other_transports() {
        let (relay, peer) = (PeerId::random(), PeerId::random());
        for other in [
            "/ip4/127.0.0.1/tcp/1/ws".to_owned(),
            format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{relay}/p2p-circuit/p2p/{peer}"),
            format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{relay}/p2p-circuit/webrtc"),
            format!("/ip4/127.0.0.1/udp/1/webrtc-direct/p2p/{peer}"),
            format!("/webrtc/p2p/{peer}"),
            format!("/ip4/1.2.3.4/tcp/1/p2p/{relay}/p2p-circuit/p2p/{relay}/webrtc/p2p/{peer}"),
        ] {
            assert_eq!(parse_direct(&address(&other)), None, "{other}");
        }
    }

    #[test]
    fn only_circuits_carry_signalling() {
        let (relay, peer) = (PeerId::random(), PeerId::random());
        let circuit = address(&format!("/ip4/127.0.0.1/tcp/1/p2p/{relay}/p2p-circuit"));
        assert!(is_circuit(&circuit));
        assert!(!is_circuit(&direct_address(&circuit, peer)));
        assert!(!is_circuit(&address("/ip4/127.0.0.1/tcp/1")));
        assert!(is_listen_address(&address("/webrtc")));
    }
}
