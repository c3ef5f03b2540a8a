//! What a multiaddr tells: who, whether a browser can dial it, and from which network it comes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

/// The longest address that goes into the routing table or `node.json`, in bytes: twenty peers of
/// four such addresses and an inbox record fit into one Kademlia message of 16 KiB.
const ADDRESS_BYTES: usize = 128;

/// Splits `/…/p2p/PEER` into the peer and the address before it.
pub(crate) fn split_peer(address: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let mut bare = address.clone();
    match bare.pop() {
        Some(Protocol::P2p(peer)) => Some((peer, bare)),
        _ => None,
    }
}

/// Returns an address without `/p2p/PEER` at its end.
pub(crate) fn without_peer(address: &Multiaddr) -> Multiaddr {
    split_peer(address).map_or_else(|| address.clone(), |(_, bare)| bare)
}

/// Tells whether a browser's WebSocket can dial an address (given without `/p2p`).
pub(crate) fn is_browser_dialable(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    let host = matches!(
        parts.next(),
        Some(
            Protocol::Ip4(_)
                | Protocol::Ip6(_)
                | Protocol::Dns(_)
                | Protocol::Dns4(_)
                | Protocol::Dns6(_)
        )
    );
    let tcp = matches!(parts.next(), Some(Protocol::Tcp(_)));
    let websocket = match (parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Ws(path) | Protocol::Wss(path)), None, None)
        | (Some(Protocol::Tls), Some(Protocol::Ws(path)), None) => path == "/",
        _ => false,
    };
    host && tcp && websocket && address.len() <= ADDRESS_BYTES
}

/// Returns the IP address at the head of an address.
pub(crate) fn ip(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

/// Tells whether everybody can reach an address, as far as it tells: names are taken to be public.
pub(crate) fn is_public(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Dns(host) | Protocol::Dns4(host) | Protocol::Dns6(host)) => {
            host != "localhost" && !host.ends_with(".localhost") && !host.ends_with(".local")
        }
        _ => ip(address).is_some_and(|ip| is_public_ip(&ip)),
    }
}

/// Tells whether an IP address is neither of this machine nor of a private network.
pub(crate) fn is_public_ip(ip: &IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let carrier_nat = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            !(ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || ip.is_documentation()
                || carrier_nat)
        }
        IpAddr::V6(ip) => {
            let [first, ..] = ip.segments();
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80)
        }
    }
}

/// Where something comes from, coarse enough that one machine cannot make many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Subnet(IpAddr);

impl Subnet {
    /// Returns the IPv4 /24 or IPv6 /48 of an address.
    pub(crate) fn of(ip: IpAddr) -> Self {
        Self::masked(ip, 24, 48)
    }

    /// Returns the IPv4 address itself or the IPv6 /64: what one customer has.
    pub(crate) fn customer(ip: IpAddr) -> Self {
        Self::masked(ip, 32, 64)
    }

    fn masked(ip: IpAddr, v4_bits: u32, v6_bits: u32) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(32 - v4_bits).unwrap_or(0);
                Ipv4Addr::from_bits(ip.to_bits() & mask).into()
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(128 - v6_bits).unwrap_or(0);
                Ipv6Addr::from_bits(ip.to_bits() & mask).into()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_can_dial_passes() {
        let check = |text: &str, expected: bool| {
            let address: Multiaddr = text.parse().unwrap();
            assert_eq!(is_browser_dialable(&address), expected, "{text}");
        };
        check("/ip4/192.0.2.1/tcp/80/ws", true);
        check("/ip6/2001:db8::1/tcp/80/ws", true);
        check("/dns/a.example/tcp/443/tls/ws", true);
        check("/dns4/a.example/tcp/443/wss", true);
        check("/dnsaddr/a.example/tcp/443/wss", false);
        check("/dns/a.example/tcp/443/tls/sni/a.example/ws", false);
        check("/ip4/192.0.2.1/tcp/80", false);
        check("/ip4/192.0.2.1/udp/80/quic-v1", false);
        check("/ip4/192.0.2.1/tcp/80/x-parity-ws/%2fdeep", false);
        check(&format!("/dns/{}.example/tcp/443/tls/ws", "a".repeat(120)), false);
    }

    #[test]
    fn private_addresses_are_not_public() {
        let check = |text: &str, expected: bool| {
            let address: Multiaddr = text.parse().unwrap();
            assert_eq!(is_public(&address), expected, "{text}");
        };
        check("/ip4/8.8.8.8/tcp/80/ws", true);
        check("/dns/a.example/tcp/443/tls/ws", true);
        for ip in
            ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.1.1", "100.64.0.1"]
        {
            check(&format!("/ip4/{ip}/tcp/80/ws"), false);
        }
        for ip in ["::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "::"] {
            check(&format!("/ip6/{ip}/tcp/80/ws"), false);
        }
        check("/dns/localhost/tcp/80/ws", false);
    }

    #[test]
    fn a_subnet_is_a_24_or_a_48() {
        let of = |text: &str| Subnet::of(text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.9"));
        let customer = |text: &str| Subnet::customer(text.parse().unwrap());
        assert_ne!(customer("192.0.2.1"), customer("192.0.2.2"));
        assert_eq!(customer("2001:db8:1:2::1"), customer("2001:db8:1:2::2"));
    }
}
