//! Runs the golden vectors in wasm: the same checks that `protocol/tests/vectors.rs` runs natively.

use wasm_bindgen::prelude::*;

mod checks;

/// Runs all vectors, and returns one line for each: `ok NAME` or `FAILED NAME: why`.
#[wasm_bindgen]
pub fn run() -> String {
    checks::run().lines()
}
