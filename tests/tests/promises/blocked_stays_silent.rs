//! Who is blocked learns nothing and reaches nobody; unblocking brings the conversation back.

use lowkey_protocol::engine::{
    input::Command,
    output::{CommandError, DeliveryState, Standing},
};
use lowkey_tests::world::{Conditions, World};

const MINUTE: u64 = 60_000;

/// Two contacts who have talked.
fn friends(seed: u64) -> World {
    let mut world = World::new(seed, Conditions::good());
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [world.machines[one].address, world.machines[other].address];
    assert!(world.write(one, addresses[1], "before, from one"));
    assert!(world.write(other, addresses[0], "before, from the other"));
    let verdict = world.verdict(60 * MINUTE);
    assert!(verdict.is_ok(), "seed {seed}: {verdict:?}");
    world
}

#[test]
fn a_blocked_contact_reaches_nobody_and_gets_nothing() {
    let mut world = friends(1);
    let addresses = [world.machines[0].address, world.machines[1].address];
    let reply = world.ask(0, Command::Block(addresses[1]));
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    world.wire = Some(Vec::new());
    let command =
        Command::SendText { contact: addresses[0], text: "hello?".into(), numbered: None };
    let reply = world.ask(1, command);
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    world.run_for(180 * MINUTE);

    assert_eq!(world.machines[0].screen.standing(addresses[1]), Some(Standing::Blocked));
    assert_eq!(world.machines[0].screen.conversation(addresses[1]).len(), 2, "history is kept");
    let wire = world.wire.as_deref().unwrap_or_default();
    let answers = wire.iter().filter(|(id, bytes)| *id == 0 && matches!(bytes[4], 2 | 4 | 5));
    assert_eq!(answers.count(), 0, "the blocker has sent something");
    let theirs = world.machines[1].screen.conversation(addresses[0]);
    assert!(theirs.last().is_some_and(|view| view.state < DeliveryState::Delivered));

    let command = Command::SendText { contact: addresses[1], text: "no".into(), numbered: None };
    let reply = world.ask(0, command);
    assert!(matches!(reply, Some(Err(CommandError::Blocked))), "{reply:?}");
}

#[test]
fn unblocking_brings_the_conversation_back() {
    let mut world = friends(2);
    let addresses = [world.machines[0].address, world.machines[1].address];
    assert!(world.ask(0, Command::Block(addresses[1])).is_some_and(|reply| reply.is_ok()));
    assert!(world.write(1, addresses[0], "written while blocked"));
    world.run_for(30 * MINUTE);
    assert!(world.ask(0, Command::Unblock(addresses[1])).is_some_and(|reply| reply.is_ok()));
    assert!(world.write(0, addresses[1], "written after"));
    assert!(world.write(1, addresses[0], "written after as well"));
    let verdict = world.verdict(30 * 60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
}
