//! One phrase on two machines, and presence that is hidden.

use lowkey_protocol::{
    Command, CommandError, DeliveryState::Delivered, Event, Findable, PresenceMode, Reply,
};

use crate::net::{Net, Who};

fn findable(net: &Net, who: Who) -> Findable {
    let own = |event: &Event| match event {
        Event::Own(own) => Some(own.findable),
        _ => None,
    };
    net.people[who].events.iter().rev().find_map(own).unwrap()
}

#[test]
fn the_older_machine_stops_and_can_be_used_again() {
    let mut net = Net::with(2, 40);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.run_for(60_000);
    let second = net.join(1, Default::default());
    assert_eq!(net.people[second].address, b);
    net.run_for(30 * 60_000);
    assert_eq!(findable(&net, second), Findable::Yes);
    assert_eq!(findable(&net, 1), Findable::InUseElsewhere);
    let send = |text: &str| Command::SendText { contact: a, text: text.into(), numbered: None };
    assert!(matches!(net.command(1, send("x")), Err(CommandError::InUseElsewhere)));
    net.send(0, second, "to the new one");
    net.run_for(60_000);
    assert_eq!(net.people[second].shown("to the new one"), 1);
    assert_eq!(net.people[1].shown("to the new one"), 0);

    assert!(matches!(net.command(1, Command::UseHere), Ok(Reply::Done)));
    net.run_for(30 * 60_000);
    assert_eq!(findable(&net, 1), Findable::Yes);
    assert_eq!(findable(&net, second), Findable::InUseElsewhere);
    assert!(matches!(net.command(1, send("back")), Ok(Reply::Queued(_))));
    net.send(0, 1, "welcome back");
    net.run_for(60_000);
    assert_eq!(net.people[0].shown("back"), 1);
    assert_eq!(net.people[1].shown("welcome back"), 1);
    assert_eq!(net.people[1].states(&a).last(), Some(&Delivered));
}

#[test]
fn a_copied_profile_is_noticed() {
    let mut net = Net::with(1, 41);
    net.run_for(60_000);
    let rows = net.people[0].rows.clone();
    // The same vault and rows run on two machines.
    let copy = net.join_copy(0, rows);
    net.run_for(3 * 60 * 60_000);
    let both = [findable(&net, 0), findable(&net, copy)];
    assert!(both.contains(&Findable::InUseElsewhere), "{both:?}");
}

#[test]
fn an_empty_presence_record_is_put_once_when_it_is_hidden() {
    let mut net = Net::with(2, 42);
    let b = net.people[1].address;
    let hide = Command::SetPresence(PresenceMode::Hidden);
    assert!(matches!(net.command(1, hide), Ok(Reply::Done)));
    net.run();
    assert_eq!(findable(&net, 1), Findable::Yes);
    net.add(0, 1);
    net.send(0, 1, "where are you?");
    net.run_for(60_000);
    assert_eq!(net.people[1].shown("where are you?"), 0);
    let count = net.published;
    net.run_for(2 * 60 * 60_000);
    assert!(net.published - count <= 16, "only the other one publishes presence");
    let show = Command::SetPresence(PresenceMode::Visible);
    assert!(matches!(net.command(1, show), Ok(Reply::Done)));
    net.run_for(25 * 60_000);
    assert_eq!(net.people[1].shown("where are you?"), 1);
    assert_eq!(net.people[0].texts(&b), ["where are you?"]);
}

#[test]
fn records_follow_midnight_and_the_week() {
    let mut net = Net::with(2, 43);
    net.run_for(15 * 24 * 60 * 60_000);
    let (a, b) = (net.people[0].address, net.people[1].address);
    assert_eq!(findable(&net, 0), Findable::Yes);
    net.befriend(0, 1);
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].states(&b), [Delivered]);
}
