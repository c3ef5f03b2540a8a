//! libp2p's `/webrtc`: direct connections between two private peers, such as two browsers.

mod address;
mod backend;
mod config;
mod connection;
mod delimited;
mod error;
mod framing;
mod path;
mod progress;
mod signalling;
mod stream;
mod transport;

pub use address::{direct_address, is_direct, listen_address};
pub use config::{Admission, Config};
pub use connection::Connection;
pub use delimited::DelimitError;
pub use error::Error;
pub use framing::FramingError;
pub use path::{CandidateKind, CandidatePair, PathProtocol};
pub use signalling::{Behaviour, Event, new};
pub use stream::Stream;
pub use transport::Transport;
