//! A run can be had again: the same seed gives the same events, byte for byte.

use lowkey_tests::world::{Talk, talk};

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..3 {
        let [one, other] = [0, 1].map(|_| talk(seed, &Talk::default()).0.trace());
        assert_eq!(one, other, "seed {seed}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let [one, other] = [1, 2].map(|seed| talk(seed, &Talk::default()).0.trace());
    assert_ne!(one, other);
}
