//! Storage that forgets what was written last, on either side, after a crash: what it forgot may be
//! lost, since nobody can know; nothing is shown twice, the order is kept, no key and nonce are used
//! twice, what was not forgotten is not lost, and all that is written afterwards arrives.

use lowkey_tests::world::{Conditions, Counts, Talk, talk};

use crate::seeds::{play, report, seeds};

#[test]
fn a_thousand_worlds_whose_storage_goes_back_lose_only_what_was_forgotten() {
    let script = Talk { people: 2, conditions: Conditions::forgetful(), ..Talk::default() };
    let results = play(seeds(1_000), |seed| talk(seed, &script).1);
    let total: Counts = report(&results);
    assert!(results.len() < 100 || (total.roll_backs > 0 && total.undone > 0));
}

#[test]
fn conversations_end_although_storage_goes_back() {
    let conditions = Conditions::forgetful();
    let script = Talk { people: 2, ends: true, conditions, ..Talk::default() };
    let results = play(seeds(300), |seed| talk(seed, &script).1);
    let total: Counts = report(&results);
    assert!(results.len() < 100 || (total.roll_backs > 0 && total.ends > 0));
}
