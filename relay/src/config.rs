//! What a relay is told: file < environment (`LOWKEY_…`) < flags.
//!
//! Every text becomes a type here; the rest of the crate never sees an unchecked address.

mod layers;
mod udp;
mod values;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

pub use layers::{ConfigError, Flags, Origin, load};
pub use udp::UdpPort;
pub use values::{Bootstrap, NodeUrl, ProxyNetwork, PublicUrl, ValueError};

/// The configuration of one relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to listen for WebRTC-direct, by UDP: `on` takes address and port number of `listen`.
    pub webrtc: UdpPort,
    /// Where to answer STUN, by UDP: `on` takes the address of `listen` and port 3478.
    pub stun: UdpPort,
    /// IP addresses by which the world reaches this machine; they are told for WebRTC-direct,
    /// which knows no names. None: those of the network cards.
    pub public_ips: Vec<IpAddr>,
    /// The folder of the identity key; none: the usual place for a program's data.
    pub data: Option<PathBuf>,
    /// What pages show as the name of this relay; none: the public host.
    pub name: Option<String>,
    /// Where the world finds this relay: `https://HOST[:PORT]`.
    pub public_url: Option<PublicUrl>,
    /// Other relays to join.
    pub bootstrap: Vec<Bootstrap>,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ProxyNetwork>,
    /// A folder to read the page from, instead of the one inside the program.
    pub assets: Option<PathBuf>,
    /// What to log, as `tracing` filters: `info`, `debug`, `lowkey_relay=trace,libp2p=debug`.
    pub log: String,
    /// The bounds.
    pub limits: Limits,
    /// Zero bits that a record's stamp must show. A constant of the protocol: no text can set it,
    /// only tests do, because work takes time.
    #[serde(skip, default = "stamp_bits")]
    pub stamp_bits: u8,
}

fn stamp_bits() -> u8 {
    lowkey_protocol::limits::STAMP_BITS
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8470)),
            webrtc: UdpPort::On,
            stun: UdpPort::Off,
            public_ips: Vec::new(),
            data: None,
            name: None,
            public_url: None,
            bootstrap: Vec::new(),
            trusted_proxies: Vec::new(),
            assets: None,
            // Foreign crates put addresses into their lines, so they stay silent.
            log: "off,lowkey_relay=info".to_owned(),
            limits: Limits::default(),
            stamp_bits: stamp_bits(),
        }
    }
}

impl Config {
    /// Returns the folder of the identity key: `data`, or the usual place.
    pub fn data_folder(&self) -> Result<PathBuf, NoDataFolder> {
        let from = |name: &str, below: &str| {
            std::env::var_os(name).filter(|v| !v.is_empty()).map(|v| PathBuf::from(v).join(below))
        };
        self.data
            .clone()
            .or_else(|| from("STATE_DIRECTORY", ""))
            .or_else(|| from("XDG_DATA_HOME", "lowkey-relay"))
            .or_else(|| from("HOME", ".local/share/lowkey-relay"))
            .ok_or(NoDataFolder)
    }

    /// Returns the name that pages show.
    pub fn display_name(&self) -> String {
        match (&self.name, &self.public_url) {
            (Some(name), _) => name.clone(),
            (None, Some(url)) => url.host().to_owned(),
            (None, None) => "local relay".to_owned(),
        }
    }
}

/// There is no usual place for data on this system.
#[derive(Debug, thiserror::Error)]
#[error("no place for data is known here: give one with --data DIR")]
pub struct NoDataFolder;
