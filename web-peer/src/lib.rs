//! Web peer.
