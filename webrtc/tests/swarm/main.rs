//! Swarms that connect directly through a real circuit relay, all on one machine.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests measure, and fail by panicking"
)]

mod admission;
mod dialling;
mod hostile;
mod world;
