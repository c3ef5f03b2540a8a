//! Several tabs, one peer: which tab runs it, and how the others use it.
//!
//! The browser's storage holds one identity, and one engine may use its keys at a time.
//! So one tab *leads*: whoever holds the lock.
//! The others *follow*: what they are asked for crosses a channel to the leader, under a number
//! that stays the same when it must be asked again, because the leader went before it answered.
//! What the leader's peer tells goes to all tabs.
//!
//! [`Tab`] is one tab as a machine without a browser: [`Input`] in, [`Output`]s out, so that every
//! interleaving of tabs that come, go, freeze and lead is tried natively.
//! What makes asking again harmless: texts are numbered by the tab ([`lines`]), one after another
//! for each contact; the leader remembers what it answered ([`memory`]); what has happened already
//! is no failure when it is asked for again ([`again`]).

pub mod again;
pub mod ask;
pub mod lines;
pub mod memory;
pub mod message;
mod tab;
#[cfg(test)]
mod world;

pub use ask::{Answer, Ask, Numbered};
pub use message::{Heard, LeaderId, Message, RequestId, TabId, VERSION};
pub use tab::{Input, Job, Output, Sight, Start, Tab, Ticket};
