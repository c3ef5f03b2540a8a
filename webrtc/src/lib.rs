//! libp2p's `/webrtc`: direct connections between two private peers, such as two browsers.
//!
//! Where to begin reading: [`new`] makes the two halves; `signalling` holds the behaviour, and
//! `signalling/exchange.rs` one exchange from offer to open connection; `connection` and `stream`
//! are what comes of it; `framing` is the machine in a stream; `backend` is what differs between
//! a browser and a native program.
#![doc = include_str!("../README.md")]

mod address;
mod backend;
mod config;
mod connection;
mod delimited;
mod direct;
mod error;
mod framing;
mod path;
mod progress;
mod signalling;
mod stream;
#[cfg(test)]
mod testing;
mod transport;

pub use address::{direct_address, is_direct, listen_address};
pub use config::{Admission, Config};
pub use connection::Connection;
pub use delimited::DelimitError;
pub use direct::DirectTransport;
pub use error::Error;
pub use framing::FramingError;
pub use path::{CandidateKind, CandidatePair, PathProtocol};
pub use signalling::{Behaviour, Event, new};
pub use stream::Stream;
pub use transport::Transport;
