//! The only file of this crate that knows what it runs on: a browser's WebRTC, or webrtc-rs.
//!
//! Both give a peer connection, data channels, a timer and tasks under the same names.
//! `Progress` and `Inlet` are what they report to.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::*;
#[cfg(target_family = "wasm")]
pub(crate) use web::*;

use std::{future::Future, pin::Pin};

/// A future that may be part of a swarm, which asks for `Send`.
pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Which of the two descriptions of a connection a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Description {
    /// That of the side that dials.
    Offer,
    /// That of the other side.
    Answer,
}

/// Bytes that may wait in a data channel until writing waits.
const HIGH_WATER: usize = 1024 * 1024;

/// Bytes in a data channel below which writing goes on.
const LOW_WATER: usize = 256 * 1024;
