//! A clock that is a day or ten years off: messages flow, nothing panics, and the person is told.

use lowkey_tests::world::{Act, Conditions, World};

const MINUTE: u64 = 60_000;
const DAY: i64 = 86_400_000;

/// One of two has a clock that is off from the start; a relay corrects it.
fn check(seed: u64, skew: i64) {
    let mut world = World::new(seed, Conditions::good());
    let right = world.add();
    let wrong = world.add_switched_off(None);
    world.machines[wrong].wall_clock = skew;
    world.switch_on(wrong);
    world.add_contact(right, wrong);
    world.add_contact(wrong, right);
    let addresses = [right, wrong].map(|id| world.machines[id].address);
    assert!(world.write(right, addresses[1], "from the right clock"));
    assert!(world.write(wrong, addresses[0], "from the wrong clock"));
    let verdict = world.verdict(120 * MINUTE);
    assert!(verdict.is_ok(), "seed {seed}, {skew} ms: {verdict:?}");
    let told = world.machines[wrong].screen.clock_wrong;
    assert!(told.is_some_and(|offset| offset != 0), "seed {seed}: the person is not told");
    assert_eq!(world.machines[right].screen.clock_wrong.unwrap_or(0), 0);
}

#[test]
fn a_day_off() {
    check(1, DAY);
    check(2, -DAY);
}

#[test]
fn ten_years_off() {
    check(3, 3_652 * DAY);
    check(4, -3_652 * DAY);
}

#[test]
fn at_the_beginning_of_time() {
    check(5, i64::MIN / 2);
}

#[test]
fn relays_that_tell_wrong_times_in_a_session() {
    let mut world = World::new(6, Conditions::good());
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [one, other].map(|id| world.machines[id].address);
    let jumps = [-DAY, 2 * DAY, -3_652 * DAY, 7_304 * DAY, -DAY];
    for (number, by) in jumps.into_iter().enumerate() {
        let at = 1_000 + number as u64 * 10 * MINUTE;
        world.plan(at, Act::Misinform(one, by));
        world.plan(at + 5_000, Act::Write(one, addresses[1], format!("one {number}")));
        world.plan(at + 6_000, Act::Write(other, addresses[0], format!("other {number}")));
        // The network measures the time again when it comes back.
        world.plan(at + 20_000, Act::GoOffline(one, 5_000));
    }
    world.run_for(60 * MINUTE);
    let verdict = world.verdict(12 * 60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn a_wall_clock_that_is_another_at_each_start() {
    let mut world = World::new(7, Conditions::good());
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [one, other].map(|id| world.machines[id].address);
    for (number, by) in [-DAY, 2 * DAY, -3_652 * DAY, 7_304 * DAY, -DAY].into_iter().enumerate() {
        world.plan(1_000, Act::MoveClock(one, by));
        world.plan(2_000, Act::Restart(one, 1_000));
        world.plan(5_000, Act::Write(one, addresses[1], format!("one {number}")));
        world.plan(6_000, Act::Write(other, addresses[0], format!("other {number}")));
        world.run_for(10 * MINUTE);
    }
    let verdict = world.verdict(12 * 60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
}
