//! `/lowkey/chat/1`: length-prefixed frames on one stream, which is one link (PROTOCOL.md,
//! "Streams").
//!
//! The behaviour dials, opens the stream on the connection that its own dial made, and takes the
//! streams of others within bounds.
//! It moves frames and understands none of them: what ends a link here is a length that no frame
//! has, a full queue, or the end of the stream.

mod behaviour;
mod handler;
mod wire;

use lowkey_protocol::Misbehaviour;

pub(crate) use behaviour::{Behaviour, Event};
pub(crate) use handler::Opener;

/// How a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkEnd {
    /// This side closed it.
    Ours,
    /// The other side ended the stream.
    Theirs,
    /// The stream or its connection failed.
    Broken,
    /// The other side reads too slowly.
    QueueFull,
    /// The other side broke a rule of framing.
    Misbehaviour(Misbehaviour),
}

#[cfg(test)]
mod tests;
