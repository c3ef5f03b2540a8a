//! The LowKey peer in a web page: a typed JavaScript API over the whole client.
//!
//! `api` is a border and nothing more: every method parses what came in, asks, and converts the
//! answer (ARCHITECTURE.md, I12). Whom it asks stands in [`tabs`]: one tab of the profile runs the
//! peer, and the others use it. `live` is such a tab in a real browser.
//! The generated declarations stand in `api.d.ts`, so that a change of the API shows in review.
//!
//! What needs no browser is compiled and tested natively as well.

#[cfg(target_family = "wasm")]
pub mod api;
pub mod commands;
pub mod convert;
pub mod error;
#[cfg(target_family = "wasm")]
pub mod keys;
#[cfg(target_family = "wasm")]
mod live;
#[cfg(target_family = "wasm")]
pub mod profile;
#[cfg(target_family = "wasm")]
pub mod slow;
#[cfg(target_family = "wasm")]
pub mod storage;
pub mod tabs;
#[cfg(all(target_family = "wasm", feature = "test-support"))]
pub mod testing;
pub mod types;
