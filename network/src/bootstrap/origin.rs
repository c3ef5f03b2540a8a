//! The origin of a page, and the address that its relay has then.

use libp2p::{Multiaddr, multiaddr::Protocol};

use crate::platform;

/// The origin of a page, which is that of its relay: `https://host` or `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    address: Multiaddr,
}

impl Origin {
    /// Parses an origin; a path behind it is not allowed.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let text = text.trim().trim_end_matches('/');
        let (rest, port, tls) = if let Some(rest) = text.strip_prefix("https://") {
            (rest, 443, true)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (rest, 80, false)
        } else {
            return Err(OriginError::Scheme);
        };
        let (host, port) = match rest.rsplit_once(':') {
            // The last colon of a bare IPv6 host stands inside its brackets.
            Some((host, digits)) if !digits.ends_with(']') => {
                (host, digits.parse().map_err(|_| OriginError::Port)?)
            }
            _ => (rest, port),
        };
        let mut address = Multiaddr::empty().with(parse_host(host)?).with(Protocol::Tcp(port));
        if tls {
            address.push(Protocol::Tls);
        }
        address.push(Protocol::Ws("/".into()));
        Ok(Self { text: text.to_owned(), address })
    }

    /// Returns the origin of the page that this program runs in.
    pub fn of_page() -> Result<Self, OriginError> {
        Self::parse(&platform::page_origin().ok_or(OriginError::NoPage)?)
    }

    /// Returns the text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the host as a URL has it: an IPv6 address stands in brackets.
    pub(crate) fn host(&self) -> String {
        match self.address.iter().next() {
            Some(Protocol::Ip4(ip)) => ip.to_string(),
            Some(Protocol::Ip6(ip)) => format!("[{ip}]"),
            Some(Protocol::Dns(name)) => name.into_owned(),
            _ => String::new(),
        }
    }

    pub(crate) fn address(&self) -> &Multiaddr {
        &self.address
    }
}

fn parse_host(host: &str) -> Result<Protocol<'_>, OriginError> {
    if let Some(ip) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return ip.parse().map(Protocol::Ip6).map_err(|_| OriginError::Host);
    }
    if let Ok(ip) = host.parse() {
        return Ok(Protocol::Ip4(ip));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.len() > 253 || !host.bytes().all(fits) {
        return Err(OriginError::Host);
    }
    Ok(Protocol::Dns(host.into()))
}

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It begins with neither http:// nor https://.
    #[error("an origin begins with http:// or https://")]
    Scheme,
    /// The host is no name and no IP address.
    #[error("the host is neither a name nor an IP address")]
    Host,
    /// The port is no number up to 65,535.
    #[error("the port is not a number up to 65535")]
    Port,
    /// The program does not run in a page.
    #[error("there is no page")]
    NoPage,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn origins_are_parsed() {
        for (text, address) in [
            ("https://relay.example", "/dns/relay.example/tcp/443/tls/ws"),
            ("https://relay.example:8443/", "/dns/relay.example/tcp/8443/tls/ws"),
            ("http://127.0.0.1:8080", "/ip4/127.0.0.1/tcp/8080/ws"),
            ("http://[::1]:8080", "/ip6/::1/tcp/8080/ws"),
            ("http://[::1]", "/ip6/::1/tcp/80/ws"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().address.to_string(), address);
        }
        for (text, error) in [
            ("relay.example", OriginError::Scheme),
            ("https://", OriginError::Scheme),
            ("https://a b", OriginError::Host),
            ("https://relay.example/path", OriginError::Host),
            ("https://relay.example:99999", OriginError::Port),
            ("http://[zz]", OriginError::Host),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in ".{0,80}") {
            let _ = Origin::parse(&text);
        }
    }
}
