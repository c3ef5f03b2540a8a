//! Why a direct connection could not be made, or ended.

use crate::{delimited::DelimitError, framing::FramingError};

/// Why a dial, an answer or a connection failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer is not on the list of those that may learn our addresses.
    #[error("the peer is not on the list of those that may be dialled")]
    NotAllowed,
    /// As many dials as allowed are under way.
    #[error("{limit} dials are under way already")]
    TooManyDials {
        /// How many are allowed.
        limit: usize,
    },
    /// The relayed connection could not be made, or ended before the signalling began.
    #[error("there is no relayed connection to the peer")]
    NoCircuit,
    /// The peer takes no signalling from us.
    #[error("the peer does not take part in the signalling")]
    Unsupported,
    /// The dial was given up, for the peer was forbidden meanwhile.
    #[error("the dial was cancelled")]
    Cancelled,
    /// The behaviour is gone, so nobody does the signalling.
    #[error("the behaviour of this transport is gone")]
    BehaviourGone,
    /// The signalling or the connection took too long.
    #[error("no connection within the time allowed")]
    Timeout,
    /// The signalling stream ended too early.
    #[error("the signalling stream ended too early")]
    SignallingEnded,
    /// A signalling message is not cut from the stream as it should be.
    #[error(transparent)]
    Delimit(#[from] DelimitError),
    /// A signalling message is no protobuf of the specification.
    #[error("a signalling message is malformed")]
    Malformed,
    /// A signalling message came at the wrong moment.
    #[error("a signalling message came at the wrong moment")]
    WrongOrder,
    /// More candidates came than are taken.
    #[error("more than {limit} candidates came")]
    TooManyCandidates {
        /// How many are taken.
        limit: usize,
    },
    /// The remote broke the framing of a stream.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// This place has no WebRTC: a worker, or no asynchronous runtime.
    #[error("WebRTC is not available here")]
    Unavailable,
    /// The WebRTC implementation refused an operation.
    #[error("the WebRTC implementation refused to {operation}")]
    Refused {
        /// What it was asked to do.
        operation: &'static str,
    },
    /// No path between the two peers was found, or the one that was there is lost.
    #[error("there is no path to the peer")]
    NoPath,
    /// The server of a direct dial did not prove who it is.
    #[error("the server did not prove who it is")]
    Unproven,
    /// The server of a direct dial is another peer than its address says.
    #[error("the server is another peer than its address says")]
    WrongPeer,
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
}
