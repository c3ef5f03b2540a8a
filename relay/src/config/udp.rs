//! Where a service over UDP listens.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ValueError;

/// Where a service over UDP listens: nowhere, at its usual place, or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum UdpPort {
    /// There is no such service.
    Off,
    /// At the address of `listen`, on the usual port.
    On,
    /// Here; port 0 takes a free one.
    At(SocketAddr),
}

impl UdpPort {
    /// Returns where to listen, given the usual place.
    pub(crate) fn address(self, usual: SocketAddr) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::On => Some(usual),
            Self::At(address) => Some(address),
        }
    }
}

impl FromStr for UdpPort {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            _ => text.parse().map(Self::At).map_err(|_| ValueError::UdpPort),
        }
    }
}

impl fmt::Display for UdpPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On => f.write_str("on"),
            Self::At(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_udp_port_is_on_off_or_an_address() {
        for text in ["on", "off", "192.0.2.1:3478", "[2001:db8::1]:0"] {
            assert_eq!(text.parse::<UdpPort>().unwrap().to_string(), text);
        }
        for text in ["", "3478", "localhost:3478", "On", "192.0.2.1"] {
            assert_eq!(text.parse::<UdpPort>(), Err(ValueError::UdpPort), "{text}");
        }
    }
}
