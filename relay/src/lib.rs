//! The LowKey relay: one TCP port that serves the page, `node.json` and libp2p over WebSocket.
//!
//! It brings peers together and sees nothing of what they say: it answers DHT look-ups, holds
//! sealed records that `protocol::record::validate` accepts, and forwards circuits.
//!
//! - [`config`]: file < environment < flags, into one [`Config`]; every bound is in [`limits`].
//! - [`Relay`]: binds, then runs until its shutdown.
//! - `http`: the page and `node.json`; hands WebSocket upgrades to `upgraded`.
//! - `upgraded`: those WebSockets as a libp2p transport.
//! - `swarm`: behaviours and the loop that owns them.
//! - `records`: what is held for the DHT, and on which terms; `relays`: the other relays.
//!
//! PROTOCOL.md, "Records in the DHT" and "Names on the wire", is what it follows.

mod addresses;
mod assets;
mod clients;
pub mod config;
mod http;
mod identity;
pub mod limits;
mod records;
mod relay;
mod relays;
mod status;
mod swarm;
mod upgraded;

pub use config::Config;
pub use identity::IdentityError;
pub use limits::Limits;
pub use relay::{Relay, StartError};
pub use status::{Refused, Status};
pub use swarm::SwarmError;
