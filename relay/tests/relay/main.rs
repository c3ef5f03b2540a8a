//! What a relay promises, on loopback, with real peers.
#![allow(missing_docs, unreachable_pub, clippy::print_stdout, reason = "a test")]

mod host;
mod hostile;
mod joining;
mod page;
mod peer;
mod peers;
mod person;
mod program;
mod records;
