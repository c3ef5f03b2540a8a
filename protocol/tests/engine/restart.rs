//! Restarts and cut links: nothing is lost, nothing is shown twice.

use lowkey_protocol::{
    Command,
    DeliveryState::{Delivered, NotSent, Sending, Waiting},
    Event, Input, Reply,
};

use crate::net::Net;

#[test]
fn one_side_restarts_from_its_rows_and_goes_on() {
    let mut net = Net::with(2, 20);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    for who in [0, 1, 0, 1] {
        net.restart(who);
        net.run();
        net.send(0, 1, "a");
        net.send(1, 0, "b");
        net.run();
    }
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 9);
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
}

#[test]
fn a_lost_link_makes_unacknowledged_messages_go_out_again_as_they_were_and_show_once() {
    let mut net = Net::with(2, 21);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.frames.clear();
    net.send(0, 1, "one");
    net.send(0, 1, "two");
    let sent: Vec<_> = net.frames.iter().map(|(_, _, bytes)| bytes.clone()).collect();
    assert_eq!(net.people[0].states(&b), [Delivered, Sending, Sending]);
    // The link is cut: one message came, its acknowledgement did not.
    let (who, input) = net.inputs.pop_front().unwrap();
    net.input(who, input);
    net.cut_all(0);
    net.frames.clear();
    net.run();
    let again = |bytes| net.frames.iter().filter(|(_, _, frame)| frame == bytes).count();
    assert!(sent.iter().all(|bytes| again(bytes) == 1), "the same ciphertexts, once");
    assert_eq!((net.people[1].shown("one"), net.people[1].shown("two")), (1, 1));
    assert_eq!(net.people[1].texts(&a), ["may I?", "one", "two"]);
    assert_eq!(net.people[0].states(&b), [Delivered; 3]);
}

#[test]
fn a_restart_between_sending_and_the_acknowledgement_loses_nothing() {
    let mut net = Net::with(2, 22);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.send(0, 1, "one");
    net.restart(0);
    net.run();
    net.send(1, 0, "two");
    net.restart(0);
    net.run();
    assert_eq!(net.people[1].texts(&a), ["may I?", "one", "two"]);
    assert_eq!(net.people[0].texts(&b), ["may I?", "one", "two"]);
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
    assert_eq!(net.people[1].states(&a), [Delivered]);
    assert_eq!((net.people[1].shown("one"), net.people[0].shown("two")), (1, 1));
}

#[test]
fn every_frame_lost_by_a_cut_comes_after_it() {
    let mut net = Net::with(2, 23);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    let mut expected = vec!["may I?".to_owned()];
    for round in 0..20 {
        let text = format!("round {round}");
        net.send(0, 1, &text);
        net.send(1, 0, &text);
        expected.extend([text.clone(), text]);
        for _ in 0..round {
            let Some((who, input)) = net.inputs.pop_front() else { break };
            net.input(who, input);
        }
        net.cut_all(round % 2);
        net.run();
    }
    net.run_for(120_000);
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), expected.len());
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&a).iter().all(|state| *state == Delivered));
    assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
}

#[test]
fn a_gap_is_shown_and_closes() {
    let mut net = Net::with(2, 24);
    let a = net.people[0].address;
    net.befriend(0, 1);
    net.send(0, 1, "one");
    net.send(0, 1, "two");
    net.inputs.pop_front();
    net.deliver();
    let gaps = |net: &Net| {
        let gap = |event: &Event| match event {
            Event::Message(view) if view.text == "two" => Some(view.gap_before),
            _ => None,
        };
        net.people[1].events.iter().filter_map(gap).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&net), [true]);
    assert!(net.people[1].history(&a).last().unwrap().gap_before);
    net.run_for(60_000);
    assert_eq!(gaps(&net), [true, false]);
    assert!(!net.people[1].history(&a).last().unwrap().gap_before);
    assert_eq!(net.people[1].texts(&a), ["may I?", "one", "two"]);
}

#[test]
fn a_text_is_given_up_after_28_days_and_a_retry_starts_anew() {
    let mut net = Net::with(2, 25);
    let b = net.people[1].address;
    net.befriend(0, 1);
    // The other one is gone, and so is their record.
    net.people.truncate(1);
    net.inputs.clear();
    net.input(0, Input::LinkDown(net.frames.iter().rev().find(|f| f.0 == 0).unwrap().1));
    let send = Command::SendText { contact: b, text: "hello?".into(), numbered: None };
    let Ok(Reply::Queued(message)) = net.command(0, send) else { panic!() };
    net.run_for(27 * 24 * 60 * 60_000);
    assert_ne!(net.people[0].states(&b)[1], NotSent);
    net.run_for(25 * 60 * 60_000);
    assert_eq!(net.people[0].states(&b)[1], NotSent);
    let retry = Command::Retry { contact: b, message };
    assert!(matches!(net.command(0, retry), Ok(Reply::Done)));
    assert_eq!(net.people[0].states(&b)[1], Waiting);
}

#[test]
fn when_the_network_comes_back_all_goes_on_in_seconds() {
    let mut net = Net::with(2, 26);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    // All relays are gone for ten minutes, and have forgotten all records.
    for who in 0..2 {
        net.go_offline(who);
        net.cut_all(who);
    }
    net.records.clear();
    net.deliver();
    for number in 0..5 {
        net.send(0, 1, &format!("a{number}"));
        net.send(1, 0, &format!("b{number}"));
    }
    net.run_for(10 * 60_000);
    assert_eq!(net.people[0].states(&b)[1..], [Waiting; 5]);
    net.go_online(0);
    net.go_online(1);
    net.run_for(3_000);
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 11);
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&a).iter().all(|state| *state == Delivered));
    net.run_for(60_000);
    assert_eq!(net.records.len(), 2 * 3, "presence, and inbox of two weeks, of both");
}

#[test]
fn without_an_address_of_our_own_we_can_still_call() {
    let mut net = Net::with(2, 27);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.restart(0);
    net.inputs.clear();
    net.go_offline(0);
    net.run_for(10_000);
    net.send(0, 1, "I cannot be called");
    net.run();
    assert_eq!(net.people[1].texts(&a).len(), 2);
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
}
