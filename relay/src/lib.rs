//! The LowKey relay: one TCP port that serves the page, `node.json` and libp2p over WebSocket, and
//! one UDP port for libp2p over WebRTC.
//!
//! It brings peers together and sees nothing of what they say: it answers DHT look-ups, holds
//! sealed records that `protocol::record::validate` accepts, and forwards circuits.
//!
//! - [`config`]: file < environment < flags, into one [`Config`]; every bound is in [`limits`].
//! - [`Relay`]: binds, then runs until its shutdown.
//! - `http`: the page and `node.json`; hands WebSocket upgrades to `upgraded`.
//! - `upgraded`: those WebSockets as a libp2p transport; `webrtc`: WebRTC-direct, on a UDP port.
//! - `stun`: tells pages their own address, on another UDP port, if it is wanted.
//! - `swarm`: behaviours and the loop that owns them.
//! - `records`: what is held for the DHT, and on which terms; `relays`: the other relays.
//!
//! PROTOCOL.md, "Records in the DHT" and "Names on the wire", is what it follows.

mod addresses;
mod assets;
mod certificate;
mod clients;
pub mod config;
mod http;
mod identity;
pub mod limits;
mod reachable;
mod records;
mod relay;
mod relays;
mod status;
mod stun;
mod swarm;
mod upgraded;
mod webrtc;

pub use certificate::CertificateError;
pub use config::Config;
pub use identity::IdentityError;
pub use limits::Limits;
pub use relay::{Relay, StartError};
pub use status::{Refused, Status};
pub use swarm::SwarmError;
