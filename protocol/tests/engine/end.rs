//! Conversations that end: both sides forget the keys, whatever is lost on the way, and the next
//! message begins anew.

use lowkey_protocol::{
    Address, Command, CommandError,
    DeliveryState::{Delivered, NotSent},
    EndedBy, Event, Input, Numbered, Reply, Table,
};

use crate::net::{Net, Who};

const HOUR: u64 = 60 * 60_000;

fn end(net: &mut Net, who: Who, whom: Who, burn: bool) {
    let contact = net.people[whom].address;
    let end = Command::EndConversation { contact, burn };
    assert!(matches!(net.command(who, end), Ok(Reply::Done)));
}

/// Who ended the conversation, as the screen shows it.
fn ended(net: &Net, who: Who, whom: &Address) -> Option<EndedBy> {
    let of = |event: &Event| match event {
        Event::Contact(view) if view.address == *whom => Some(view.ended),
        _ => None,
    };
    net.people[who].events.iter().rev().find_map(of).flatten()
}

fn handshakes(net: &Net) -> usize {
    net.frames.iter().filter(|(_, _, frame)| frame[4] == 5).count()
}

fn friends(seed: u64) -> (Net, [Address; 2]) {
    let mut net = Net::with(2, seed);
    net.befriend(0, 1);
    let addresses = [net.people[0].address, net.people[1].address];
    (net, addresses)
}

#[test]
fn both_sides_know_of_the_end_and_the_next_message_begins_anew() {
    let (mut net, [a, b]) = friends(80);
    net.frames.clear();
    end(&mut net, 0, 1, false);
    net.run();
    assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us));
    assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them));
    net.run_for(HOUR);
    assert_eq!(handshakes(&net), 0, "nobody begins a session without anything to say");
    net.send(1, 0, "again");
    net.run();
    assert_eq!((ended(&net, 0, &b), ended(&net, 1, &a)), (None, None));
    net.send(0, 1, "yes");
    net.run();
    assert!(handshakes(&net) > 0);
    assert_eq!(net.people[0].texts(&b), ["may I?", "again", "yes"]);
    assert_eq!(net.people[1].texts(&a), ["may I?", "again", "yes"]);
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
    assert_eq!(net.people[1].states(&a), [Delivered]);
    assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
}

#[test]
fn what_waits_is_not_sent_and_can_be_retried() {
    let (mut net, [a, b]) = friends(81);
    net.cut_all(0);
    net.send(0, 1, "waits");
    end(&mut net, 0, 1, false);
    assert_eq!(net.people[0].states(&b), [Delivered, NotSent]);
    net.run();
    assert_eq!(net.people[1].texts(&a), ["may I?"]);
    assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them));
    let message = net.people[0].history(&b).last().unwrap().id;
    assert!(net.command(0, Command::Retry { contact: b, message }).is_ok());
    net.run();
    assert_eq!(net.people[1].texts(&a), ["may I?", "waits"]);
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
}

#[test]
fn what_was_never_sent_leaves_no_gap_in_what_comes_after() {
    for burn in [false, true] {
        let (mut net, [a, b]) = friends(82);
        let say = |net: &mut Net, text: &str, origin, number| {
            let numbered = Some(Numbered { origin: [origin; 8], number });
            net.command(0, Command::SendText { contact: b, text: text.into(), numbered })
        };
        assert!(say(&mut net, "one", 1, 1).is_ok());
        net.run();
        net.cut_all(0);
        assert!(say(&mut net, "two", 1, 2).is_ok());
        net.send(0, 1, "of no screen");
        end(&mut net, 0, 1, burn);
        let over = Some(CommandError::OutOfOrder { expected: 0 });
        assert_eq!(say(&mut net, "three", 1, 3).err(), over);
        net.restart(0);
        assert_eq!(say(&mut net, "three", 1, 3).err(), over);
        assert!(say(&mut net, "two", 1, 2).is_ok(), "it was taken");
        assert!(say(&mut net, "three", 2, 1).is_ok());
        net.send(0, 1, "four");
        net.run_for(60_000);
        assert_eq!(net.people[1].texts(&a), ["may I?", "one", "three", "four"]);
        assert!(net.people[1].history(&a).iter().all(|view| !view.gap_before));
    }
}

#[test]
fn a_close_that_is_lost_is_said_again_and_so_is_its_answer() {
    for lost in 0..4 {
        for restarts in [None, Some(0), Some(1)] {
            let (mut net, [a, b]) = friends(82);
            end(&mut net, 0, 1, false);
            for _ in 0..lost {
                let Some((who, input)) = net.inputs.pop_front() else { break };
                net.input(who, input);
            }
            net.cut_all(0);
            if let Some(who) = restarts {
                net.restart(who);
            }
            net.run_for(60_000);
            assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us), "{lost} {restarts:?}");
            assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them), "{lost} {restarts:?}");
            // Both have come to rest: nothing is dialled any more.
            net.cut_all(0);
            net.dialled.clear();
            net.run_for(HOUR);
            assert!(net.dialled.is_empty(), "{lost} {restarts:?}: {:?}", net.dialled.len());
            assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
        }
    }
}

#[test]
fn an_end_that_was_saved_and_not_said_is_said_after_a_start() {
    for seed in 0..40 {
        let (mut net, [a, b]) = friends(100 + seed);
        end(&mut net, 0, 1, false);
        net.run();
        // Both begin the next conversation.
        net.send(0, 1, "mine");
        net.send(1, 0, "mine too");
        net.run_for(seed * 100);
        // Nothing that is said at the end goes out.
        net.vanish(0);
        end(&mut net, 0, 1, false);
        net.restart(0);
        net.run_for(seed % 7 * 1_000);
        net.notice();
        net.run_for(60_000);
        assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us), "{seed}");
        assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them), "{seed}");
    }
}

/// The second begins the next conversation, of which nothing arrives, and then the first.
fn begin_both(net: &mut Net) {
    let handshake = |input: &Input| matches!(input, Input::Frame(_, frame) if frame[4] == 5);
    net.send(1, 0, "mine too");
    while !net.inputs.iter().any(|(who, input)| *who == 0 && handshake(input)) {
        let (who, input) = net.inputs.pop_front().unwrap();
        net.input(who, input);
    }
    net.inputs.retain(|(_, input)| !handshake(input));
    net.send(0, 1, "mine");
    net.run_for(60_000);
}

#[test]
fn a_session_that_only_one_side_knows_does_not_hide_the_end() {
    let (mut net, [a, b]) = friends(86);
    end(&mut net, 0, 1, false);
    net.run();
    begin_both(&mut net);
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    let sessions = |net: &Net| {
        net.people[1].rows.keys().filter(|(table, _)| *table == Table::Sessions).count()
    };
    assert_eq!(sessions(&net), 3, "what ended, theirs, and one of ours that they never heard of");
    end(&mut net, 0, 1, false);
    net.run_for(60_000);
    assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us));
    assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them));
    net.send(1, 0, "again");
    net.run();
    net.send(0, 1, "yes");
    net.run();
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
}

#[test]
fn both_may_end_at_once() {
    for first in 0..2 {
        let (mut net, [a, b]) = friends(83);
        end(&mut net, 0, 1, false);
        end(&mut net, 1, 0, true);
        if first == 1 {
            net.cut_all(0);
        }
        net.run_for(60_000);
        assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us));
        assert_eq!(ended(&net, 1, &a), Some(EndedBy::Us));
        net.cut_all(0);
        net.dialled.clear();
        net.run_for(HOUR);
        assert!(net.dialled.is_empty());
        net.send(0, 1, "again");
        net.run();
        assert_eq!(net.people[1].texts(&a), ["again"]);
        assert_eq!(net.people[0].states(&b).last(), Some(&Delivered));
        assert!(net.people.iter().all(|person| person.misbehaviours().is_empty()));
    }
}

#[test]
fn a_message_that_crosses_the_close_is_not_sent_and_says_so() {
    let (mut net, [a, b]) = friends(84);
    end(&mut net, 0, 1, false);
    net.send(1, 0, "crosses");
    net.run();
    assert_eq!(net.people[0].texts(&b), ["may I?"]);
    assert_eq!(net.people[1].states(&a), [NotSent]);
    assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them));
}

#[test]
fn a_session_that_was_never_answered_ends_too() {
    let mut net = Net::with(2, 85);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.add(1, 0);
    net.add(0, 1);
    net.send(0, 1, "hello?");
    // Until the handshake is out, and nothing has come back.
    while handshakes(&net) == 0 {
        let Some((who, input)) = net.inputs.pop_front() else { break };
        net.input(who, input);
    }
    end(&mut net, 0, 1, false);
    net.run_for(60_000);
    assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us));
    assert_eq!(ended(&net, 1, &a), Some(EndedBy::Them));
    net.send(1, 0, "hello!");
    net.run();
    assert!(net.people[0].texts(&b).contains(&"hello!".to_owned()));
}

#[test]
fn nobody_waits_for_an_answer_longer_than_two_days() {
    let (mut net, [_, b]) = friends(86);
    net.go_offline(1);
    net.cut_all(1);
    net.run();
    end(&mut net, 0, 1, false);
    let rows = |net: &Net| {
        net.people[0].rows.keys().filter(|(table, _)| *table == Table::Sessions).count()
    };
    assert_eq!(rows(&net), 1);
    net.run_for(50 * HOUR);
    assert_eq!(rows(&net), 0);
    assert_eq!(ended(&net, 0, &b), Some(EndedBy::Us));
    // The other one comes back and does not know: both heal.
    net.go_online(1);
    net.run();
    net.send(1, 0, "I was away");
    net.run_for(60_000);
    assert!(net.people[0].texts(&b).contains(&"I was away".to_owned()));
}

#[test]
fn a_conversation_that_rests_for_a_week_is_forgotten() {
    let (mut net, [a, b]) = friends(87);
    net.go_offline(1);
    net.cut_all(1);
    let rows = |net: &Net| -> Vec<_> {
        let sessions = |(table, _): &&(Table, _)| *table == Table::Sessions;
        net.people[0].rows.keys().filter(sessions).cloned().collect()
    };
    let before = rows(&net);
    net.run_for(6 * 24 * HOUR);
    assert_eq!(rows(&net), before);
    net.run_for(26 * HOUR);
    assert!(rows(&net).iter().all(|row| !before.contains(row)));
    net.go_online(1);
    net.run();
    net.send(1, 0, "back");
    net.send(0, 1, "good");
    net.run_for(60_000);
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 3);
}

#[test]
fn a_burned_conversation_leaves_no_text() {
    let (mut net, [a, b]) = friends(88);
    net.send(0, 1, "one");
    net.run();
    net.cut_all(0);
    net.send(0, 1, "two");
    end(&mut net, 0, 1, true);
    assert!(net.people[0].events.contains(&Event::HistoryDeleted(b)));
    let kept = [Table::History, Table::Outbox];
    assert!(net.people[0].rows.keys().all(|(table, _)| !kept.contains(table)));
    net.run();
    // The other side keeps what it has.
    assert_eq!(net.people[1].texts(&a), ["may I?", "one"]);
}

#[test]
fn without_a_session_there_is_nothing_to_say() {
    let mut net = Net::with(2, 89);
    let b = net.people[1].address;
    let end = || Command::EndConversation { contact: b, burn: false };
    assert_eq!(net.command(0, end()).err(), Some(CommandError::UnknownContact));
    net.add(0, 1);
    assert!(matches!(net.command(0, end()), Ok(Reply::Done)));
    assert_eq!(ended(&net, 0, &b), None);
}

#[test]
fn a_deleted_history_is_gone_and_messages_go_on() {
    let (mut net, [a, b]) = friends(90);
    net.send(0, 1, "one");
    net.run();
    assert!(net.command(1, Command::DeleteHistory(a)).is_ok());
    assert!(net.people[1].rows.keys().all(|(table, _)| *table != Table::History));
    net.restart(1);
    net.send(0, 1, "two");
    net.run();
    assert_eq!(net.people[1].texts(&a), ["two"]);
    assert_eq!(net.people[0].states(&b), [Delivered; 3]);
}

#[test]
fn a_screen_that_comes_is_shown_everything() {
    let (mut net, [_, b]) = friends(91);
    net.people[0].events.clear();
    assert!(matches!(net.command(0, Command::ShowAll), Ok(Reply::Done)));
    let events = &net.people[0].events;
    assert!(
        matches!(events.as_slice(), [Event::Contact(view), Event::Own(_)] if view.address == b)
    );
    let tag = net.people[0].engine.contact_tag(&b);
    assert_eq!(net.people[0].engine.contact_of(&tag), Some(b));
}
