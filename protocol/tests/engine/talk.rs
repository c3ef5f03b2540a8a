//! Two people: found by address alone, request, accept, messages both ways.

use lowkey_protocol::{
    Command,
    DeliveryState::{Delivered, SentAwaitingAnswer, Waiting},
    Event, Findable, Input, MillisOffset, Reach, Standing,
};

use crate::net::Net;

#[test]
fn two_people_who_know_only_addresses_talk() {
    let mut net = Net::with(2, 1);
    let (a, b) = (net.people[0].address, net.people[1].address);
    let findable =
        |event: &Event| matches!(event, Event::Own(own) if own.findable == Findable::Yes);
    assert!(net.people.iter().all(|person| person.events.iter().any(findable)));

    net.add(0, 1);
    assert_eq!(net.people[0].view(&b).unwrap().standing, Standing::Invited);
    net.send(0, 1, "hello");
    assert_eq!(net.people[0].states(&b), [Waiting]);
    net.deliver();
    assert_eq!(net.people[0].states(&b), [SentAwaitingAnswer]);
    let request = net.people[1].view(&a).unwrap();
    assert_eq!((request.standing, request.unread), (Standing::Request, 1));
    assert_eq!(net.people[1].texts(&a), ["hello"]);

    net.accept(1, 0);
    net.deliver();
    assert_eq!(net.people[0].states(&b), [Delivered]);
    assert_eq!(net.people[0].view(&b).unwrap().standing, Standing::Contact);
    assert_eq!(net.people[0].view(&b).unwrap().reach, Reach::ThroughRelay("r".into()));

    net.send(1, 0, "hello yourself");
    net.run();
    assert_eq!(net.people[1].states(&a), [Delivered]);
    for number in 0..5 {
        net.send(0, 1, &format!("a{number}"));
        net.send(1, 0, &format!("b{number}"));
    }
    net.run();
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 12);
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&a).iter().all(|state| *state == Delivered));
}

#[test]
fn the_storage_and_the_frames_name_nobody_and_hold_no_text() {
    let mut net = Net::with(2, 12);
    assert!(net.command(0, Command::SetName(Some("canary Ann".into()))).is_ok());
    net.befriend(0, 1);
    net.send(0, 1, "canary text");
    net.run();
    let keys: Vec<Vec<u8>> =
        net.people.iter().map(|person| person.address.key().as_bytes().to_vec()).collect();
    let tells = |bytes: &[u8]| {
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        holds(b"canary") || keys.iter().any(|key| holds(key))
    };
    assert!(tells(b"a canary"), "the check works");
    for person in &net.people {
        assert!(!person.rows.is_empty());
        assert!(person.rows.iter().all(|((_, key), value)| !tells(&key.0) && !tells(value)));
    }
    assert!(net.frames.iter().all(|(.., bytes)| !tells(bytes)));
    assert_eq!(net.people[1].shown("canary text"), 1);
}

#[test]
fn names_go_to_those_who_are_accepted() {
    let mut net = Net::with(2, 13);
    let (a, b) = (net.people[0].address, net.people[1].address);
    assert!(net.command(1, Command::SetName(Some("Bob".into()))).is_ok());
    net.add(0, 1);
    net.send(0, 1, "hello");
    net.run();
    assert_eq!(net.people[0].view(&b).unwrap().own_name, None);
    net.accept(1, 0);
    net.run();
    assert_eq!(net.people[0].view(&b).unwrap().own_name.as_deref(), Some("Bob"));
    assert!(net.command(1, Command::SetName(None)).is_ok());
    net.run();
    assert_eq!(net.people[0].view(&b).unwrap().own_name, None);
    assert!(net.command(0, Command::SetName(Some("Ann".into()))).is_ok());
    net.run();
    assert_eq!(net.people[1].view(&a).unwrap().own_name.as_deref(), Some("Ann"));
}

#[test]
fn a_clock_that_was_wrong_is_told_and_messages_flow() {
    for years in [-10_i64, 10] {
        let mut net = Net::with(2, 14);
        let wrong = years * 365 * 24 * 60 * 60_000;
        let b = net.people[1].address;
        net.befriend(0, 1);
        net.send(0, 1, "before");
        // Both clocks are put right at once, so that the world needs one clock only.
        net.now = net.now.shifted(MillisOffset(wrong));
        net.records.clear();
        for who in 0..2 {
            net.input(who, Input::ClockCorrected(MillisOffset(wrong)));
        }
        let told = |event: &Event| matches!(event, Event::ClockWrong(offset) if offset.0 == wrong);
        assert!(net.people.iter().all(|person| person.events.iter().any(told)));
        net.run();
        net.send(1, 0, "after");
        net.restart(0);
        net.run_for(60_000);
        assert_eq!(net.people[0].texts(&b), ["may I?", "before", "after"]);
        assert_eq!(net.people[0].states(&b), [Delivered; 2]);
    }
}

#[test]
fn contacts_learn_new_addresses_inside_the_session() {
    let mut net = Net::with(2, 15);
    let a = net.people[0].address;
    net.befriend(0, 1);
    // The person moves, and no record tells of it.
    net.people[0].place = vec![4, 127, 0, 0, 2];
    net.go_online(0);
    net.run();
    net.records.clear();
    net.people[1].offline = true;
    net.dialled.clear();
    net.cut_all(1);
    net.run_for(2_000);
    let dialled = net.dialled.iter().find(|(who, _)| *who == 1);
    assert_eq!(dialled, Some(&(1, vec![vec![4, 127, 0, 0, 2]])));
    net.send(1, 0, "found you");
    net.run();
    assert_eq!(net.people[1].states(&a), [Delivered]);
}
