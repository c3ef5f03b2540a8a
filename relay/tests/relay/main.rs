//! What a relay promises, on loopback, with real peers.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says by a panic what is wrong"
)]

mod direct;
mod host;
mod hostile;
mod joining;
mod page;
mod peer;
mod peers;
mod person;
mod program;
mod records;
mod stun;
mod webrtc;
