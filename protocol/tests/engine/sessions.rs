//! Several sessions: both start at once, one side loses its state or goes back.

use lowkey_protocol::{DeliveryState::Delivered, Standing};

use crate::net::Net;

/// Runs two people who begin at the same moment; `choices` says whose input comes next wherever
/// both have one. Returns how many such moments there were.
fn start_at_once(mut choices: u64) -> u32 {
    let given = choices;
    let mut net = Net::with(2, 30);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.add(0, 1);
    net.add(1, 0);
    net.send(0, 1, "from a");
    net.send(1, 0, "from b");
    let mut moments = 0;
    while !net.inputs.is_empty() {
        let first = |who| net.inputs.iter().position(|(to, _)| *to == who);
        let at = match (first(0), first(1)) {
            (Some(zero), Some(one)) => {
                moments += 1;
                let one_next = choices & 1 == 1;
                choices >>= 1;
                if one_next { one } else { zero }
            }
            (zero, one) => zero.or(one).unwrap(),
        };
        let (who, input) = net.inputs.remove(at).unwrap();
        net.input(who, input);
    }
    net.run();
    assert_eq!(net.people[0].states(&b), [Delivered]);
    assert_eq!(net.people[1].states(&a), [Delivered]);
    // One side is silent for one delivery: then both speak on one session.
    net.send(0, 1, "more");
    net.run();
    net.send(1, 0, "and more");
    net.run();
    net.frames.clear();
    net.send(0, 1, "last");
    net.run();
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 5);
    assert!(["from a", "more", "last"].iter().all(|text| net.people[1].shown(text) == 1));
    assert!(["from b", "and more"].iter().all(|text| net.people[0].shown(text) == 1));
    for (person, other) in [(0, b), (1, a)] {
        assert_eq!(net.people[person].view(&other).unwrap().standing, Standing::Contact);
        assert_eq!(net.people[person].misbehaviours(), [], "choices {given:b}");
    }
    moments
}

#[test]
fn both_start_at_once_in_every_order() {
    let moments = start_at_once(0).max(start_at_once(u64::MAX));
    assert!(moments >= 6);
    for choices in 0..1 << 6 {
        start_at_once(choices);
        // The same choices later in the run, after one side or the other came first.
        start_at_once(choices << 6);
        start_at_once(choices << 6 | 0b11_1111);
    }
}

#[test]
fn somebody_who_lost_all_but_the_words_is_a_new_install_and_gets_what_waits() {
    let mut net = Net::with(2, 31);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.people[1].rows.clear();
    net.cut_all(1);
    net.now = net.now.plus_millis(120_000);
    net.restart(1);
    net.send(0, 1, "still there?");
    net.run_for(60_000);
    assert!(net.people[0].view(&b).unwrap().new_install);
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Request);
    assert_eq!(net.people[1].shown("still there?"), 1);
    net.accept(1, 0);
    net.run();
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
    assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
}

#[test]
fn storage_that_goes_back_is_repaired() {
    let mut net = Net::with(2, 32);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    let old = net.people[1].rows.clone();
    for number in 0..3 {
        net.send(0, 1, &format!("a{number}"));
        net.send(1, 0, &format!("b{number}"));
        net.run();
    }
    net.people[1].rows = old;
    net.restart(1);
    net.run();
    net.send(1, 0, "after");
    net.send(0, 1, "after that");
    net.run_for(3 * 60 * 60_000);
    assert_eq!(net.people[0].shown("after"), 1);
    assert_eq!(net.people[1].shown("after that"), 1);
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert_eq!(net.people[1].states(&a).last(), Some(&Delivered));
}

#[test]
fn removed_and_added_again() {
    let mut net = Net::with(2, 33);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    let remove = lowkey_protocol::Command::Remove(b);
    assert!(net.command(0, remove).is_ok());
    assert!(net.people[0].texts(&b).is_empty());
    net.run_for(60_000);
    net.add(0, 1);
    net.send(0, 1, "again");
    net.run_for(60_000);
    assert_eq!(net.people[1].shown("again"), 1);
    assert_eq!(net.people[0].states(&b), [Delivered]);
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Contact);
}
