//! The libp2p driver of a LowKey peer, for browsers and for native programs.

pub mod clock;
pub mod dht;
pub mod platform;
pub mod protocols;
pub mod time;
mod upgrade;
