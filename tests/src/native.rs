//! Real relays and real peers on loopback, and those who disturb them.
//!
//! - [`Node`] is a relay, [`Person`] a peer with a screen in front of it.
//! - [`listener`] is a relay that writes down everything it can read.
//! - [`vandal`] speaks no protocol as it should.

mod node;
mod person;

pub mod listener;
pub mod tapped;
pub mod vandal;

pub use node::{Dead, Node};
pub use person::{PATIENCE, Person, View};
