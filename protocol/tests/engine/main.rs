//! Engines that talk to each other over a perfect network in virtual time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod net;
mod talk;
