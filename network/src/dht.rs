//! Finds and publishes records over Kademlia.

pub mod record;
