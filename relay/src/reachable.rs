//! Where others find what a relay listens on: the addresses that it tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use libp2p::{Multiaddr, multiaddr::Protocol};
use libp2p_webrtc_utils::Fingerprint;

use crate::{addresses, config::Config, upgraded};

/// Returns the addresses for WebSockets: the public one, or those of this machine.
pub(crate) fn websocket_addresses(config: &Config, local: SocketAddr) -> Vec<Multiaddr> {
    match &config.public_url {
        Some(url) => vec![url.multiaddr()],
        None => reachable(local).into_iter().map(upgraded::websocket_address).collect(),
    }
}

/// Returns the addresses for WebRTC-direct, which has no names: those of `public_ips`, or those of
/// this machine; a relay with a public URL tells no private ones.
pub(crate) fn webrtc_addresses(
    config: &Config,
    local: SocketAddr,
    certificate: Fingerprint,
) -> Vec<Multiaddr> {
    public_sockets(config, local)
        .into_iter()
        .take(TOLD)
        .map(|socket| webrtc_address(socket).with(Protocol::Certhash(certificate.to_multihash())))
        .collect()
}

/// Returns `/ip…/udp/PORT/webrtc-direct`.
pub(crate) fn webrtc_address(socket: SocketAddr) -> Multiaddr {
    Multiaddr::empty()
        .with(Protocol::from(socket.ip().to_canonical()))
        .with(Protocol::Udp(socket.port()))
        .with(Protocol::WebRTCDirect)
}

/// Returns `stun:HOST:PORT`, for each host that pages may know this relay by.
pub(crate) fn stun_servers(config: &Config, local: SocketAddr) -> Vec<String> {
    let mut hosts: Vec<String> = match &config.public_url {
        Some(url) => vec![url.host().to_owned()],
        None => public_sockets(config, local)
            .into_iter()
            .map(|socket| match socket.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            })
            .collect(),
    };
    hosts.truncate(TOLD);
    hosts.into_iter().map(|host| format!("stun:{host}:{}", local.port())).collect()
}

/// Addresses of one service that are told: `node.json` has room for eight in all.
const TOLD: usize = 4;

fn public_sockets(config: &Config, local: SocketAddr) -> Vec<SocketAddr> {
    if !config.public_ips.is_empty() {
        return config.public_ips.iter().map(|ip| SocketAddr::new(*ip, local.port())).collect();
    }
    let mut sockets = reachable(local);
    sockets.retain(|socket| config.public_url.is_none() || addresses::is_public_ip(&socket.ip()));
    sockets
}

/// Returns where a listener can be dialled: an unspecified address stands for this machine's.
fn reachable(local: SocketAddr) -> Vec<SocketAddr> {
    let (loopback, any, elsewhere): (IpAddr, IpAddr, IpAddr) = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            (Ipv4Addr::LOCALHOST.into(), ip.into(), Ipv4Addr::new(192, 0, 2, 1).into())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            let documentation = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
            (Ipv6Addr::LOCALHOST.into(), ip.into(), documentation.into())
        }
        _ => return vec![local],
    };
    // Connecting a UDP socket sends nothing; it only asks which card would be used.
    let card = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((elsewhere, 9))?;
        socket.local_addr()
    });
    card.into_iter()
        .map(|card| card.ip())
        .chain([loopback])
        .map(|ip| SocketAddr::new(ip, local.port()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_told_as_one_that_can_be_dialled() {
        let told = reachable(([0, 0, 0, 0], 8470).into());
        assert!(told.contains(&SocketAddr::from(([127, 0, 0, 1], 8470))));
        assert!(told.iter().all(|address| !address.ip().is_unspecified()));
        let only = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(reachable(only), [only]);
    }

    #[test]
    fn a_public_relay_tells_public_addresses_only() {
        let certificate = Fingerprint::raw([7; 32]);
        let local: SocketAddr = ([127, 0, 0, 1], 8470).into();
        let mut config = Config::default();
        let told = |config: &Config| -> Vec<String> {
            let told = webrtc_addresses(config, local, certificate);
            told.iter().map(|address| address.to_string()).collect()
        };
        let [own] = &told(&config)[..] else { panic!() };
        assert!(own.starts_with("/ip4/127.0.0.1/udp/8470/webrtc-direct/certhash/uEi"), "{own}");
        assert_eq!(stun_servers(&config, local), ["stun:127.0.0.1:8470"]);
        config.public_url = Some("https://chat.example".parse().unwrap());
        assert!(told(&config).is_empty());
        assert_eq!(stun_servers(&config, local), ["stun:chat.example:8470"]);
        config.public_ips = ["203.0.113.7", "2001:db8::7"].map(|ip| ip.parse().unwrap()).to_vec();
        let [v4, v6] = &told(&config)[..] else { panic!() };
        assert!(
            v4.starts_with("/ip4/203.0.113.7/udp/8470/") && v6.starts_with("/ip6/2001:db8::7/")
        );
    }
}
