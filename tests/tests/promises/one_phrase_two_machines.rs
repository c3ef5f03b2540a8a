//! The same twelve words on a second machine are noticed, said, and stop the first one from
//! sending; "use here" takes the conversation back.

use lowkey_protocol::engine::{
    input::Command,
    output::{CommandError, Findable},
};
use lowkey_tests::world::{Conditions, World};

const MINUTE: u64 = 60_000;

fn findable(world: &World, id: usize) -> Option<Findable> {
    world.machines[id].screen.own.as_ref().map(|own| own.findable)
}

#[test]
fn the_older_machine_stops_and_can_take_over_again() {
    let mut world = World::new(1, Conditions::good());
    let [friend, old] = [world.add(), world.add()];
    world.add_contact(friend, old);
    world.add_contact(old, friend);
    let [friend_address, own] = [friend, old].map(|id| world.machines[id].address);
    assert!(world.write(old, friend_address, "from the old machine"));
    assert!(world.verdict(60 * MINUTE).is_ok());
    assert_eq!(findable(&world, old), Some(Findable::Yes));

    // A day later the words are typed in elsewhere.
    world.run_for(24 * 60 * MINUTE);
    let words = world.machines[old].words().to_owned();
    let new = world.add_switched_off(Some(&words));
    world.switch_on(new);
    assert_eq!(world.machines[new].address, own);
    let noticed = world.run_until(24 * 60 * MINUTE, |world| {
        findable(world, old) == Some(Findable::InUseElsewhere)
    });
    assert!(noticed, "the old machine does not notice");
    let command = Command::SendText {
        contact: friend_address,
        text: "from the old one".into(),
        numbered: None,
    };
    let reply = world.ask(old, command);
    assert!(matches!(reply, Some(Err(CommandError::InUseElsewhere))), "{reply:?}");

    // The friend sees a new install once the new machine speaks.
    world.add_contact(new, friend);
    assert!(world.write(new, friend_address, "from the new machine"));
    let seen = world.run_until(24 * 60 * MINUTE, |world| {
        let shown = world.machines[friend].screen.conversation(own);
        shown.iter().any(|view| view.text == "from the new machine")
    });
    assert!(seen, "the friend does not get the new machine's text");
    let view = &world.machines[friend].screen.contacts[&own];
    assert!(view.new_install, "the friend is not told of the new install");

    // And back.
    assert!(world.ask(old, Command::UseHere).is_some_and(|reply| reply.is_ok()));
    let back = world.run_until(24 * 60 * MINUTE, |world| {
        findable(world, old) == Some(Findable::Yes)
            && findable(world, new) == Some(Findable::InUseElsewhere)
    });
    assert!(back, "use here does not take over");
    assert!(world.write(old, friend_address, "back on the old machine"));
    let seen = world.run_until(24 * 60 * MINUTE, |world| {
        let shown = world.machines[friend].screen.conversation(own);
        shown.iter().any(|view| view.text == "back on the old machine")
    });
    assert!(seen, "the friend does not get the text from the old machine");
}

#[test]
fn a_copied_profile_is_noticed() {
    let mut world = World::new(2, Conditions::good());
    let [friend, one] = [world.add(), world.add()];
    world.add_contact(one, friend);
    world.add_contact(friend, one);
    let friend_address = world.machines[friend].address;
    assert!(world.write(one, friend_address, "from the first"));
    assert!(world.verdict(60 * MINUTE).is_ok());

    // The whole profile is copied and both run.
    let words = world.machines[one].words().to_owned();
    let copy = world.add_switched_off(Some(&words));
    world.machines[copy].rows = world.machines[one].rows.clone();
    world.switch_on(copy);
    let noticed = world.run_until(48 * 60 * MINUTE, |world| {
        [one, copy].iter().any(|id| findable(world, *id) == Some(Findable::InUseElsewhere))
    });
    assert!(noticed, "neither of the two says that the phrase is in use elsewhere");
}
