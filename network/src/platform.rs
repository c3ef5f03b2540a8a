//! The only file of this crate that knows what it runs on: native or a browser.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;

#[cfg(not(target_family = "wasm"))]
pub use native::*;
#[cfg(target_family = "wasm")]
pub use web::*;

/// Returns the monotonic clock's time.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub fn now() -> web_time::Instant {
    web_time::Instant::now()
}
