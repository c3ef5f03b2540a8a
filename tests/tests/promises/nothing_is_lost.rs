//! What is shown as sent is shown to the other side exactly once, in its writer's order, and
//! ends as Delivered once the network heals; and the judge who says so can say no.

use std::time::Instant;

use lowkey_tests::world::{BUGS, Talk, talk};

use crate::seeds::{play, report, seeds};

#[test]
#[expect(clippy::disallowed_methods, reason = "the wall time of the run is reported")]
fn a_thousand_bad_networks_lose_nothing_and_show_nothing_twice() {
    let seeds = seeds(1_000);
    let many = seeds.end - seeds.start > 100;
    let begin = Instant::now();
    let results = play(seeds, |seed| talk(seed, &Talk::default()).1);
    println!("{} worlds in {:.1?}", results.len(), begin.elapsed());
    let total = report(&results);
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
