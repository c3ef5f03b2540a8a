//! The libp2p driver of a LowKey peer, for browsers and for native programs.
//!
//! [`spawn`] starts a peer and returns its handle and its events.
//! One task owns everything (`driver`): it brings what happens to the engine of
//! `lowkey-protocol`, and does what the engine asks for, in its order.
//! Each start has a new libp2p peer id, so that the network learns nothing of who the person is.

mod addresses;
mod backup;
mod behaviour;
mod bootstrap;
pub mod clock;
pub mod dht;
mod driver;
pub mod fail_point;
mod link;
mod peer;
pub mod platform;
pub mod protocols;
mod relays;
mod status;
pub mod storage;
mod streams;
pub mod time;

pub use backup::Imported;
pub use bootstrap::{Origin, OriginError};
pub use driver::Timing;
pub use peer::{Found, PeerConfig, PeerError, PeerEvent, PeerEvents, PeerHandle, spawn};
pub use status::{CandidateKind, DirectStatus, NetworkStatus, RelayState, RelayStatus};
pub use storage::{MemoryStorage, Storage, StorageError};
pub use streams::{ByteStream, StreamError};
