//! Garbage on every link ends that link with the name of the rule that was broken; nothing else
//! suffers.

use lowkey_tests::world::{Act, Conditions, World};

const MINUTE: u64 = 60_000;

#[test]
fn garbage_closes_its_link_and_loses_nothing() {
    let mut world = World::new(1, Conditions::good());
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [one, other].map(|id| world.machines[id].address);
    for number in 0..60_u64 {
        let at = number * MINUTE / 2;
        world.plan(at, Act::Write(one, addresses[1], format!("one {number}")));
        world.plan(at + 700, Act::Write(other, addresses[0], format!("other {number}")));
    }
    for number in 0..40 {
        world.run_for(MINUTE * 3 / 4);
        world.spoil_link(number % 2);
        let garbage: Vec<_> = (0..5).map(|_| world.garbage(number % 2)).collect();
        for frame in garbage {
            world.attack_with(number % 2, vec![frame]);
        }
    }
    let verdict = world.verdict(12 * 60 * MINUTE);
    println!("{:#?}", world.closed);
    assert!(verdict.is_ok(), "{verdict:?}");
    for rule in ["FrameLength", "FrameType", "UnexpectedFrame"] {
        let named = world.closed.keys().any(|reason| reason.contains(rule));
        assert!(named, "no link was closed for {rule}: {:?}", world.closed);
    }
}

#[test]
fn replays_on_new_links_change_nothing() {
    let mut world = World::new(2, Conditions { replay: 500, ..Conditions::good() });
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [one, other].map(|id| world.machines[id].address);
    for number in 0..40_u64 {
        let at = number * MINUTE / 3;
        world.plan(at, Act::Write(one, addresses[1], format!("one {number}")));
        world.plan(at + 900, Act::Write(other, addresses[0], format!("other {number}")));
    }
    // The attacker goes on, and keeps its links open.
    let verdict = world.verdict(12 * 60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
    assert!(world.counts.replayed > 20, "{:?}", world.counts);
}
