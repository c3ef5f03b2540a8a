//! The LowKey peer in a web page: a typed JavaScript API over the whole client.
//!
//! [`api`] is a border and nothing more: every method parses what came in, sends one command to
//! the driver of `lowkey-network`, and converts the answer (ARCHITECTURE.md, I12).
//! The generated declarations stand in `api.d.ts`, so that a change of the API shows in review.
#![cfg(target_family = "wasm")]

pub mod api;
