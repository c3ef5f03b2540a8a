//! A conversation that ends is over on both sides, whatever goes wrong meanwhile: each text before
//! it is delivered, or its writer is told that it was not sent; what is written after it arrives.

use lowkey_tests::world::{Counts, Talk, talk};

use crate::seeds::{play, report, seeds};

#[test]
fn three_hundred_worlds_end_their_conversations_and_know_what_was_sent() {
    let script = Talk { ends: true, ..Talk::default() };
    let results = play(seeds(300), |seed| talk(seed, &script).1);
    let total: Counts = report(&results);
    assert!(results.len() < 100 || total.ends > 0);
}
