//! Engines that talk to each other over a perfect network in virtual time.
//!
//! Every list of outputs that runs here is checked: one `Persist` at most, before everything else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod backup;
mod chaos;
mod direct;
mod end;
mod hostile;
mod machines;
mod net;
mod numbered;
mod requests;
mod restart;
mod rogue;
mod sessions;
mod talk;
