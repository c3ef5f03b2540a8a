//! Who is at the other end of a connection, and how many connections they have.
//!
//! Behind a reverse proxy of ours the client is the last address in `X-Forwarded-For` that is not
//! a proxy of ours. From anybody else that header means nothing.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderName, header};

use crate::{
    addresses::Subnet,
    config::{Config, ProxyNetwork, PublicUrl},
};

/// Counts connections, in all and of each client.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    counts: Arc<Mutex<Counts>>,
    total: usize,
    per_client: usize,
    proxies: Arc<[ProxyNetwork]>,
    public_url: Option<Arc<PublicUrl>>,
}

#[derive(Debug, Default)]
struct Counts {
    connections: usize,
    of: HashMap<Subnet, usize>,
}

impl Clients {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            counts: Arc::default(),
            total: config.limits.connections.get(),
            per_client: config.limits.connections_per_ip.get(),
            proxies: config.trusted_proxies.as_slice().into(),
            public_url: config.public_url.clone().map(Arc::new),
        }
    }

    /// Gives a place to a connection that was just accepted, unless all are taken.
    ///
    /// A proxy's own connections count in the total alone: see [`Self::enter_behind_proxy`].
    pub(crate) fn enter(&self, socket: IpAddr) -> Option<Place> {
        let client = (!self.is_proxy(&socket)).then(|| Subnet::customer(socket));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.connections >= self.total {
            return None;
        }
        if let Some(client) = client {
            let of = counts.of.entry(client).or_default();
            if *of >= self.per_client {
                return None;
            }
            *of += 1;
        }
        counts.connections += 1;
        Some(Place { counts: Arc::clone(&self.counts), connections: 1, client })
    }

    /// Gives a place to a client behind a proxy of ours, whose connection has one already.
    ///
    /// Returns an empty place for clients that came without a proxy.
    pub(crate) fn enter_behind_proxy(&self, socket: IpAddr, client: IpAddr) -> Option<Place> {
        let client = self.is_proxy(&socket).then(|| Subnet::customer(client));
        if let Some(client) = client {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let of = counts.of.entry(client).or_default();
            if *of >= self.per_client {
                return None;
            }
            *of += 1;
        }
        Some(Place { counts: Arc::clone(&self.counts), connections: 0, client })
    }

    /// Returns the client's address: the socket's, or what trusted proxies say of it.
    pub(crate) fn address(&self, socket: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = socket.ip();
        for hop in headers.get_all(FORWARDED_FOR).iter().rev() {
            for text in hop.to_str().unwrap_or_default().rsplit(',') {
                if !self.is_proxy(&client) {
                    return SocketAddr::new(client, socket.port());
                }
                let Some(ip) = parse_hop(text.trim()) else {
                    return SocketAddr::new(client, socket.port());
                };
                client = ip;
            }
        }
        SocketAddr::new(client, socket.port())
    }

    /// Tells whether the page was asked for over https, as far as we can know.
    pub(crate) fn is_https(&self, socket: SocketAddr, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if self.is_proxy(&socket.ip())
            && let Some(scheme) = text(FORWARDED_PROTO)
        {
            return scheme.eq_ignore_ascii_case("https");
        }
        match (&self.public_url, text(header::HOST)) {
            (Some(url), Some(host)) => url.is_host(host),
            _ => false,
        }
    }

    fn is_proxy(&self, ip: &IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.proxies.iter().any(|network| network.contains(&ip))
    }
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Reads `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.trim_matches(['[', ']']).parse().ok();
    bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// A counted connection: the count goes down when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    counts: Arc<Mutex<Counts>>,
    connections: usize,
    client: Option<Subnet>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.connections = counts.connections.saturating_sub(self.connections);
        if let Some(client) = self.client {
            let left = counts.of.get(&client).map_or(0, |of| of.saturating_sub(1));
            if left == 0 {
                counts.of.remove(&client);
            } else {
                counts.of.insert(client, left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::limits::Limits;

    fn clients(proxies: &[&str]) -> Clients {
        Clients::new(&Config {
            trusted_proxies: proxies.iter().map(|text| text.parse().unwrap()).collect(),
            public_url: Some("https://chat.example".parse().unwrap()),
            limits: Limits {
                connections: NonZeroUsize::new(3).unwrap(),
                connections_per_ip: NonZeroUsize::new(2).unwrap(),
                ..Limits::default()
            },
            ..Config::default()
        })
    }

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(k, v)| (HeaderName::from_static(k), v.parse().unwrap())).collect()
    }

    #[test]
    fn x_forwarded_for_counts_from_trusted_proxies_only() {
        let check = |proxies: &[&str], socket: &str, lines: &[&'static str], expected: &str| {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            let mut map = HeaderMap::new();
            for (name, value) in &lines {
                map.append(*name, value.parse().unwrap());
            }
            let socket: IpAddr = socket.parse().unwrap();
            let found = clients(proxies).address(SocketAddr::new(socket, 7), &map).ip();
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{lines:?} from {socket}");
        };
        check(&[], "192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &[], "10.0.0.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        // What a client wrote itself stands on the left, and is not believed.
        check(&["10.0.0.0/8"], "10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7");
        check(
            &["10.0.0.0/8"],
            "10.0.0.1",
            &["203.0.113.9, 198.51.100.7, 10.0.0.2"],
            "198.51.100.7",
        );
        check(&["10.0.0.0/8"], "10.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7");
        check(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.7, rubbish"], "10.0.0.1");
        check(&["10.0.0.0/8"], "::ffff:10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1");
        check(&["::1"], "::1", &["198.51.100.7:4711"], "198.51.100.7");
    }

    #[test]
    fn https_is_told_by_a_trusted_proxy_or_by_the_public_host() {
        let check = |socket: &str, lines: &[(&'static str, &'static str)], expected: bool| {
            let socket = SocketAddr::new(socket.parse().unwrap(), 7);
            let found = clients(&["10.0.0.0/8"]).is_https(socket, &headers(lines));
            assert_eq!(found, expected, "{lines:?} from {socket}");
        };
        check("10.0.0.1", &[("x-forwarded-proto", "https")], true);
        check("10.0.0.1", &[("x-forwarded-proto", "http"), ("host", "chat.example")], false);
        check("192.0.2.1", &[("x-forwarded-proto", "https")], false);
        check("192.0.2.1", &[("host", "chat.example")], true);
        check("192.0.2.1", &[("host", "127.0.0.1:8470")], false);
    }

    #[test]
    fn places_are_limited_for_each_client_and_in_all() {
        let clients = clients(&[]);
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = clients.enter(a);
        let second = clients.enter(a);
        assert!(first.is_some() && second.is_some());
        assert!(clients.enter(a).is_none(), "two of one client are the limit");
        let third = clients.enter(b);
        assert!(third.is_some());
        assert!(clients.enter(b).is_none(), "three in all are the limit");
        drop(first);
        assert!(clients.enter(b).is_some());
        drop((second, third));
        assert!(clients.counts.lock().unwrap().of.is_empty());
    }

    #[test]
    fn behind_a_proxy_the_client_is_counted_instead_of_the_proxy() {
        let clients = clients(&["10.0.0.0/8"]);
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let sockets: Vec<_> = (0..3).map(|_| clients.enter(proxy)).collect();
        assert!(sockets.iter().all(Option::is_some), "a proxy is not one client");
        let first = clients.enter_behind_proxy(proxy, client);
        let second = clients.enter_behind_proxy(proxy, client);
        assert!(first.is_some() && second.is_some());
        assert!(clients.enter_behind_proxy(proxy, client).is_none());
        let other: IpAddr = "192.0.2.9".parse().unwrap();
        assert!(clients.enter_behind_proxy(client, other).is_some(), "no proxy: nothing to count");
    }
}
