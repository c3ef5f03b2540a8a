//! The texts of a configuration as types: parsed once, valid ever after.

use std::{fmt, net::IpAddr, str::FromStr};

use axum::http::Uri;
use ipnet::IpNet;
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use serde::{Deserialize, Serialize};

use super::UdpPort;
use crate::addresses;

/// Where the world finds a relay: `https://HOST[:PORT]`, nothing behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    host: String,
    port: u16,
}

impl PublicUrl {
    /// Returns the host, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the address that libp2p peers dial: `/dns/HOST/tcp/PORT/tls/ws`.
    pub fn multiaddr(&self) -> Multiaddr {
        let host = match self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => Protocol::from(ip),
            Err(_) => Protocol::Dns(self.host.as_str().into()),
        };
        Multiaddr::empty()
            .with(host)
            .with(Protocol::Tcp(self.port))
            .with(Protocol::Tls)
            .with(Protocol::Ws("/".into()))
    }

    /// Tells whether a `Host` header names this place.
    pub fn is_host(&self, header: &str) -> bool {
        header.eq_ignore_ascii_case(&self.host)
            || header.rsplit_once(':').is_some_and(|(host, port)| {
                host.eq_ignore_ascii_case(&self.host) && port == self.port.to_string()
            })
    }
}

impl FromStr for PublicUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let uri: Uri = text.parse().map_err(|_| ValueError::PublicUrl)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.contains('#');
        match (uri.scheme_str(), uri.authority()) {
            (Some("https"), Some(authority)) if bare && !authority.as_str().contains('@') => {
                let port = match authority.as_str().strip_prefix(authority.host()) {
                    Some("") => 443,
                    _ => authority.port_u16().ok_or(ValueError::PublicUrl)?,
                };
                Ok(Self { host: authority.host().to_ascii_lowercase(), port })
            }
            _ => Err(ValueError::PublicUrl),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            443 => write!(f, "https://{}", self.host),
            port => write!(f, "https://{}:{port}", self.host),
        }
    }
}

/// Another relay to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bootstrap {
    /// By its address, which ends in `/p2p/PEER`.
    Address(PeerId, Multiaddr),
    /// By its page: its `node.json` tells the rest.
    Url(NodeUrl),
}

impl FromStr for Bootstrap {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if !text.starts_with('/') {
            return text.parse().map(Self::Url);
        }
        let address: Multiaddr = text.parse().map_err(|_| ValueError::Bootstrap)?;
        match addresses::split_peer(&address) {
            Some((peer, bare)) if addresses::is_browser_dialable(&bare) => {
                Ok(Self::Address(peer, bare))
            }
            _ => Err(ValueError::Bootstrap),
        }
    }
}

impl fmt::Display for Bootstrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(peer, address) => write!(f, "{address}/p2p/{peer}"),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// The page of another relay: https anywhere, http on this machine only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUrl {
    secure: bool,
    host: String,
    port: u16,
}

impl NodeUrl {
    /// Returns where its `node.json` lies.
    pub fn node_json(&self) -> String {
        format!("{self}{}", lowkey_network::protocols::NODE_JSON_PATH)
    }

    /// Returns the address that this URL itself stands for, without a peer id.
    pub fn multiaddr(&self) -> Multiaddr {
        let url = PublicUrl { host: self.host.clone(), port: self.port };
        let secure = url.multiaddr();
        if self.secure {
            secure
        } else {
            secure.into_iter().filter(|protocol| *protocol != Protocol::Tls).collect()
        }
    }
}

impl FromStr for NodeUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (secure, rest) = match (text.strip_prefix("http://"), text.starts_with("https://")) {
            (Some(rest), _) => (false, format!("https://{rest}")),
            (None, true) => (true, text.to_owned()),
            (None, false) => return Err(ValueError::Bootstrap),
        };
        let url: PublicUrl = rest.parse().map_err(|_| ValueError::Bootstrap)?;
        let explicit = rest.trim_end_matches('/').ends_with(&format!(":{}", url.port));
        let port = if secure || explicit { url.port } else { 80 };
        let host = url.host;
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        if secure || here { Ok(Self { secure, host, port }) } else { Err(ValueError::PlainHttp) }
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// A network in which reverse proxies of ours stand: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyNetwork(IpNet);

impl ProxyNetwork {
    /// Tells whether an address lies inside.
    pub fn contains(&self, ip: &IpAddr) -> bool {
        self.0.contains(ip)
    }
}

impl FromStr for ProxyNetwork {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse().ok().or_else(one).map(Self).ok_or(ValueError::ProxyNetwork)
    }
}

impl fmt::Display for ProxyNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is wrong with a value of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a public URL.
    #[error("the public url must be https://HOST or https://HOST:PORT, with nothing behind it")]
    PublicUrl,
    /// Not another relay.
    #[error(
        "another relay is given as https://HOST or as a WebSocket address that ends in /p2p/PEER"
    )]
    Bootstrap,
    /// A page over plain http on another machine.
    #[error("plain http is for this machine only: use https")]
    PlainHttp,
    /// Not a network.
    #[error("a trusted proxy is an address or a network such as 10.0.0.0/8")]
    ProxyNetwork,
    /// Not where a service over UDP listens.
    #[error("a service over UDP is on, off, or at IP:PORT")]
    UdpPort,
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl TryFrom<String> for $type {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}

as_text!(PublicUrl, Bootstrap, ProxyNetwork, UdpPort);

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWHk3TGvMGnT6yAWdPjQSnBpZKJGhuWHvZcsLTwTTBBiwF";

    #[test]
    fn a_public_url_gives_a_wss_address() {
        let check = |text: &str, expected: &str| {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!(url.multiaddr().to_string(), expected, "{text}");
        };
        check("https://chat.example.org", "/dns/chat.example.org/tcp/443/tls/ws");
        check("https://Chat.Example.org:8443/", "/dns/chat.example.org/tcp/8443/tls/ws");
        check("https://192.0.2.1", "/ip4/192.0.2.1/tcp/443/tls/ws");
        check("https://[2001:db8::1]:9", "/ip6/2001:db8::1/tcp/9/tls/ws");
    }

    #[test]
    fn what_is_not_a_public_url_is_refused() {
        for text in [
            "",
            "chat.example.org",
            "http://chat.example.org",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://me@a",
            "https://a:0x10",
            "https://a:99999",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(ValueError::PublicUrl), "{text}");
        }
    }

    #[test]
    fn a_host_header_is_compared_with_and_without_port() {
        let url: PublicUrl = "https://chat.example.org".parse().unwrap();
        assert!(url.is_host("CHAT.example.org"));
        assert!(url.is_host("chat.example.org:443"));
        assert!(!url.is_host("chat.example.org:80"));
        assert!(!url.is_host("127.0.0.1:8470"));
    }

    #[test]
    fn bootstraps_are_addresses_or_pages() {
        let address = format!("/ip4/127.0.0.1/tcp/8470/ws/p2p/{PEER}");
        assert!(matches!(address.parse(), Ok(Bootstrap::Address(..))));
        assert_eq!(address.parse::<Bootstrap>().unwrap().to_string(), address);
        let page: NodeUrl = "https://a.example".parse().unwrap();
        assert_eq!(page.node_json(), "https://a.example:443/.well-known/lowkey/node.json");
        assert_eq!(page.multiaddr().to_string(), "/dns/a.example/tcp/443/tls/ws");
        let local: NodeUrl = "http://127.0.0.1:8471/".parse().unwrap();
        assert_eq!(local.multiaddr().to_string(), "/ip4/127.0.0.1/tcp/8471/ws");
        let port80: NodeUrl = "http://localhost".parse().unwrap();
        assert_eq!(port80.multiaddr().to_string(), "/dns/localhost/tcp/80/ws");
    }

    #[test]
    fn what_is_not_a_bootstrap_is_refused() {
        assert_eq!("http://a.example".parse::<Bootstrap>(), Err(ValueError::PlainHttp));
        for text in [
            "",
            "a.example",
            "/ip4/127.0.0.1/tcp/8470/ws",
            "ftp://a.example",
            &format!("/ip4/127.0.0.1/udp/8470/quic-v1/p2p/{PEER}"),
            &format!("/ip4/127.0.0.1/tcp/8470/p2p/{PEER}"),
        ] {
            assert_eq!(text.parse::<Bootstrap>(), Err(ValueError::Bootstrap), "{text}");
        }
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        let network: ProxyNetwork = "10.0.0.0/8".parse().unwrap();
        assert!(network.contains(&"10.2.3.4".parse().unwrap()));
        assert!(!network.contains(&"11.2.3.4".parse().unwrap()));
        let one: ProxyNetwork = "::1".parse().unwrap();
        assert!(one.contains(&"::1".parse().unwrap()));
        assert!(!one.contains(&"::2".parse().unwrap()));
        assert_eq!("10.0.0.0/99".parse::<ProxyNetwork>(), Err(ValueError::ProxyNetwork));
    }
}
