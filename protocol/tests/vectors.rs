//! The golden vectors, natively; `tests/vectors-wasm` runs the same checks in wasm.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a failed test may panic")]

#[path = "../../tests/vectors-wasm/src/checks.rs"]
mod checks;

#[test]
fn every_value_of_the_golden_vectors_is_met() {
    let lines = checks::run().lines();
    let (good, bad): (Vec<_>, Vec<_>) = lines.lines().partition(|line| line.starts_with("ok "));
    assert_eq!(bad, Vec::<&str>::new());
    // Both files were read whole: fewer checks would mean that a list in them is empty.
    assert_eq!(good.len(), 60);
}
