//! Before a request is accepted nothing goes to the stranger: no acknowledgement, no name, no
//! sign of life; and what a stranger can store here is bounded.

use lowkey_protocol::engine::{
    input::Command,
    output::{CommandError, DeliveryState, Standing},
};
use lowkey_tests::world::{Conditions, World};

const MINUTE: u64 = 60_000;

/// A stranger has written `texts` texts to somebody who has not answered.
fn asked(seed: u64, texts: usize) -> World {
    let mut world = World::new(seed, Conditions::good());
    world.people_accept = false;
    let [asks, asked] = [world.add(), world.add()];
    world.add_contact(asks, asked);
    let address = world.machines[asked].address;
    for text in 0..texts {
        assert!(world.write(asks, address, &format!("text {text}")), "seed {seed}");
    }
    let asks = world.machines[asks].address;
    let came = world.run_until(30 * MINUTE, |world| {
        world.machines[asked].screen.conversation(asks).len() == texts
    });
    assert!(came, "seed {seed}: the request does not come: {:?}", world.oracle.violations());
    world
}

#[test]
fn a_request_is_answered_by_nothing() {
    let mut world = asked(1, 3);
    world.wire = Some(Vec::new());
    world.run_for(60 * MINUTE);
    let [asks, asked] = [world.machines[0].address, world.machines[1].address];
    assert_eq!(world.machines[1].screen.standing(asks), Some(Standing::Request));
    // Messages are frames of type 4 and 5.
    let wire = world.wire.as_deref().unwrap_or_default();
    let answers = wire.iter().filter(|(id, bytes)| *id == 1 && matches!(bytes[4], 4 | 5)).count();
    assert_eq!(answers, 0, "the asked one has sent messages");
    let shown = world.machines[0].screen.conversation(asked);
    let states: Vec<_> = shown.iter().map(|view| view.state).collect();
    assert_eq!(states, [DeliveryState::SentAwaitingAnswer; 3]);
    assert_eq!(world.machines[0].screen.standing(asked), Some(Standing::Invited));
}

#[test]
fn accepting_delivers_everything() {
    let mut world = asked(2, 5);
    let asks = world.machines[0].address;
    let reply = world.ask(1, Command::AcceptRequest(asks));
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    let verdict = world.verdict(60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
    let asked = world.machines[1].address;
    assert_eq!(world.machines[0].screen.standing(asked), Some(Standing::Contact));
    assert_eq!(world.machines[1].screen.standing(asks), Some(Standing::Contact));
}

#[test]
fn a_stranger_may_write_five_texts() {
    let mut world = asked(3, 5);
    let asked = world.machines[1].address;
    let command = Command::SendText { contact: asked, text: "one more".into(), numbered: None };
    let reply = world.ask(0, command);
    assert!(matches!(reply, Some(Err(CommandError::RequestFull { limit: 5 }))), "{reply:?}");
}

#[test]
fn nothing_can_be_written_to_a_request() {
    let mut world = asked(4, 1);
    let asks = world.machines[0].address;
    let command = Command::SendText { contact: asks, text: "who are you?".into(), numbered: None };
    let reply = world.ask(1, command);
    assert!(matches!(reply, Some(Err(CommandError::NotAccepted))), "{reply:?}");
}

#[test]
fn a_deleted_request_is_gone_and_stays_silent() {
    let mut world = asked(5, 2);
    let asks = world.machines[0].address;
    world.wire = Some(Vec::new());
    let reply = world.ask(1, Command::DeleteRequest(asks));
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    world.run_for(120 * MINUTE);
    assert_eq!(world.machines[1].screen.standing(asks), None, "it may ask again after a day only");
    let wire = world.wire.as_deref().unwrap_or_default();
    let answers = wire.iter().filter(|(id, bytes)| *id == 1 && matches!(bytes[4], 4 | 5)).count();
    assert_eq!(answers, 0);
}
