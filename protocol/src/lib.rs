//! The LowKey protocol: identity, records, handshake, ratchet, frames, and the engine over them.
//!
//! PROTOCOL.md is the specification; every module names its part.
//! The crate is pure: time and randomness are arguments, bytes go in and come out.
//! Nothing here can name a clock, a file, a socket or a thread.
//!
//! - Who: [`identity`], its text [`address`], the link [`invite`], what two people compare
//!   ([`safety_number()`]).
//! - Where: [`record`], sealed for those who know the address, stamped ([`pow`]).
//! - What they say: [`handshake`] begins a [`session`]; [`wire`] puts its messages into frames.
//! - What to do when: [`engine`]. One value in, a list of values out; [`Engine`] is the door.
//! - What is kept: [`vault`]. What a backup holds: [`archive`].
//! - Every number: [`limits`]. Every moment: [`time`].
//!
//! `tests/two_people.rs` shows the parts without the engine, `tests/engine` the engine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod aead;
mod bytes;
mod kdf;

pub mod address;
pub mod archive;
pub mod engine;
pub mod handshake;
pub mod identity;
pub mod invite;
pub mod limits;
mod pattern;
pub mod pow;
pub mod record;
pub mod safety_number;
pub mod session;
pub mod time;
pub mod vault;
pub mod wire;

pub use address::{Address, AddressError};
pub use archive::ArchiveError;
pub use engine::{Engine, OpenError, Params, input::*, output::*};
pub use handshake::{HandshakeError, HandshakeId, HandshakePrefix};
pub use identity::{Identity, IdentityKey, Phrase, PhraseError};
pub use invite::{Invite, InviteError, RelayAddress, RelayAddressError};
pub use pattern::KeyPattern;
pub use record::{RecordKey, Reject};
pub use safety_number::safety_number;
pub use session::{DecryptError, EncryptError, Session, SessionId, StoredSessionError};
pub use time::{MillisOffset, Timestamp};
pub use vault::{VaultError, VaultKey};
