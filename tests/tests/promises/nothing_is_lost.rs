//! What is shown as sent is shown to the other side exactly once, in its writer's order, and
//! ends as Delivered once the network heals; and the judge who says so can say no.

use std::time::Instant;

use lowkey_tests::world::{BUGS, Counts, Talk, talk};

use crate::seeds::{play, seeds};

#[test]
#[expect(clippy::disallowed_methods, reason = "the wall time of the run is reported")]
fn a_thousand_bad_networks_lose_nothing_and_show_nothing_twice() {
    let seeds = seeds(1_000);
    let many = seeds.end - seeds.start > 100;
    let begin = Instant::now();
    let results = play(seeds, |seed| talk(seed, &Talk::default()).1);
    let mut total = Counts::default();
    let mut failed = Vec::new();
    for (seed, result) in &results {
        match result {
            Ok(counts) => total += *counts,
            Err(broken) => failed.push((*seed, broken.clone())),
        }
    }
    println!("{} worlds in {:.1?}: {total:#?}", results.len(), begin.elapsed());
    for (seed, broken) in failed.iter().take(10) {
        println!("LOWKEY_SEED={seed}: {broken:#?}");
    }
    let numbers: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
    assert!(failed.is_empty(), "{} seeds failed: {numbers:?}", failed.len());
    if many {
        for (what, count) in [
            ("texts", total.texts),
            ("lost", total.lost),
            ("delayed", total.delayed),
            ("reordered", total.reordered),
            ("duplicated", total.duplicated),
            ("replayed", total.replayed),
            ("garbage", total.garbage),
            ("direct links", total.direct),
            ("cuts", total.cuts),
            ("dials failed", total.dials_failed),
            ("crashes", total.crashes),
            ("saves failed", total.saves_failed),
            ("records lost", total.records_lost),
            ("records forged", total.records_forged),
            ("misbehaviours", total.misbehaviours),
        ] {
            assert!(count > 0, "no world had any of: {what}");
        }
    }
}

#[test]
fn every_planted_bug_is_caught() {
    for bug in BUGS {
        let script = Talk { bug: Some(bug), ..Talk::default() };
        let results = play(0..8, |seed| talk(seed, &script).1);
        let caught = results.iter().filter(|(_, verdict)| verdict.is_err()).count();
        println!("{bug:?}: caught in {caught} of {} worlds", results.len());
        assert!(caught > 0, "nobody noticed {bug:?}");
    }
}
