//! A peer in a page that has the WebRTC transport, circuits and WebSockets, and nothing of chat:
//! tests dial, write and cut with it, and measure it.

mod peer;
mod proof;
mod streams;

pub use peer::Peer;
