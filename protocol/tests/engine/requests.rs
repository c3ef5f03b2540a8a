//! Strangers: what they get, and how much they may say.

use lowkey_protocol::{
    Command, CommandError,
    DeliveryState::{Delivered, SentAwaitingAnswer, Waiting},
    Reply, Standing,
    wire::Frame,
};

use crate::net::{Net, Who};

/// What somebody sent that tells more than that a listener is there.
fn answers(net: &Net, who: Who) -> usize {
    let says = |bytes: &Vec<u8>| !matches!(Frame::decode(bytes), Ok(Frame::Unknown));
    net.frames.iter().filter(|(from, _, bytes)| *from == who && says(bytes)).count()
}

#[test]
fn a_request_is_answered_with_nothing_until_it_is_accepted() {
    let mut net = Net::with(2, 2);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.add(0, 1);
    net.send(0, 1, "one");
    net.run();
    net.restart(0);
    net.run();
    net.send(0, 1, "two");
    net.run_for(60 * 60_000);
    assert_eq!(answers(&net, 1), 0, "not even KNOWN");
    assert_eq!(net.people[1].texts(&a), ["one", "two"]);
    assert_eq!((net.people[1].shown("one"), net.people[1].shown("two")), (1, 1));
    assert_eq!(net.people[0].states(&b), [SentAwaitingAnswer; 2]);

    net.accept(1, 0);
    net.run();
    assert_eq!(net.people[0].states(&b), [Delivered; 2]);
    assert!(answers(&net, 1) > 0);
}

#[test]
fn a_request_holds_five_texts() {
    let mut net = Net::with(2, 3);
    let (a, contact) = (net.people[0].address, net.people[1].address);
    net.add(0, 1);
    assert!(matches!(net.command(0, Command::SetName(Some("Ann".into()))), Ok(Reply::Done)));
    for number in 0..5 {
        net.send(0, 1, &format!("{number}"));
    }
    let sixth = Command::SendText { contact, text: "6".into(), numbered: None };
    let full = CommandError::RequestFull { limit: 5 };
    assert!(matches!(net.command(0, sixth), Err(error) if error == full));
    net.run();
    assert_eq!(net.people[1].texts(&a).len(), 5);
    assert_eq!(net.people[1].view(&a).unwrap().own_name.as_deref(), Some("Ann"));
    assert!(net.people[1].misbehaviours().is_empty());
}

#[test]
fn a_request_cannot_be_written_to_and_long_texts_wait_for_the_answer() {
    let mut net = Net::with(2, 4);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.add(0, 1);
    net.send(0, 1, "hello");
    net.run();
    let answer = Command::SendText { contact: a, text: "no".into(), numbered: None };
    assert!(matches!(net.command(1, answer), Err(CommandError::NotAccepted)));
    let long = "x".repeat(8_192);
    let send = Command::SendText { contact: b, text: long.clone(), numbered: None };
    let too_long = CommandError::TextTooLong { found: 8_192, limit: 2_400 };
    assert!(matches!(net.command(0, send), Err(error) if error == too_long));
    net.accept(1, 0);
    net.run();
    net.send(0, 1, &long);
    net.run();
    assert_eq!(net.people[1].texts(&a), ["hello".to_owned(), long]);
}

#[test]
fn the_blocked_get_nothing_and_their_links_look_like_a_strangers() {
    let mut net = Net::with(2, 5);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    assert!(matches!(net.command(1, Command::Block(a)), Ok(Reply::Done)));
    net.run();
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Blocked);
    let before = answers(&net, 1);
    net.send(0, 1, "are you there?");
    net.run_for(10 * 60_000);
    assert_eq!(answers(&net, 1), before);
    assert_eq!(net.people[1].shown("are you there?"), 0);
    assert!(net.people[1].misbehaviours().is_empty());

    assert!(matches!(net.command(1, Command::Unblock(a)), Ok(Reply::Done)));
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Contact);
    net.run_for(90 * 60_000);
    assert_eq!(net.people[1].shown("are you there?"), 1);
    assert_eq!(net.people[0].states(&b), [Delivered, Delivered]);
}

#[test]
fn somebody_never_heard_of_can_be_blocked() {
    let mut net = Net::with(2, 6);
    let (a, b) = (net.people[0].address, net.people[1].address);
    assert!(matches!(net.command(1, Command::Block(a)), Ok(Reply::Done)));
    net.add(0, 1);
    net.send(0, 1, "hello");
    net.run_for(60_000);
    assert_eq!((net.people[1].shown("hello"), answers(&net, 1)), (0, 0));
    assert_eq!(net.people[0].states(&b), [SentAwaitingAnswer]);
    assert!(matches!(net.command(1, Command::Unblock(a)), Ok(Reply::Done)));
    assert!(net.people[1].view(&a).is_none());
}

#[test]
fn a_deleted_request_is_silent_for_a_day_and_then_shows_only_what_is_new() {
    let mut net = Net::with(2, 7);
    let a = net.people[0].address;
    net.add(0, 1);
    net.send(0, 1, "first");
    net.run();
    assert!(matches!(net.command(1, Command::DeleteRequest(a)), Ok(Reply::Done)));
    assert!(net.people[1].view(&a).is_none());
    assert!(net.people[1].texts(&a).is_empty());
    net.send(0, 1, "second");
    net.run_for(23 * 60 * 60_000);
    assert!(net.people[1].texts(&a).is_empty());
    assert!(net.people[1].misbehaviours().is_empty());
    net.run_for(50 * 60 * 60_000);
    assert_eq!(net.people[1].texts(&a), ["second"]);
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Request);
    assert_eq!(answers(&net, 1), 0);
}

#[test]
fn who_adds_the_sender_of_a_request_accepts_it() {
    let mut net = Net::with(2, 8);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.add(0, 1);
    net.send(0, 1, "hello");
    net.run();
    net.add(1, 0);
    net.run();
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Contact);
    assert_eq!(net.people[0].states(&b), [Delivered]);
}

#[test]
fn commands_are_refused_with_their_reason() {
    let mut net = Net::with(2, 9);
    let (a, b) = (net.people[0].address, net.people[1].address);
    let add = |address| Command::AddContact { address, relays: Vec::new(), name: None };
    assert!(matches!(net.command(0, add(a)), Err(CommandError::OwnAddress)));
    net.add(0, 1);
    assert!(matches!(net.command(0, add(b)), Err(CommandError::ContactExists)));
    let send =
        |contact, text: &str| Command::SendText { contact, text: text.into(), numbered: None };
    assert!(matches!(net.command(0, send(b, "")), Err(CommandError::EmptyText)));
    assert!(matches!(net.command(0, send(a, "x")), Err(CommandError::UnknownContact)));
    let rename = Command::Rename { contact: b, name: Some("n".repeat(65)) };
    let too_long = CommandError::NameTooLong { found: 65, limit: 64 };
    assert!(matches!(net.command(0, rename), Err(error) if error == too_long));
    assert!(matches!(net.command(0, Command::Block(b)), Ok(Reply::Done)));
    assert!(matches!(net.command(0, send(b, "x")), Err(CommandError::Blocked)));
    assert!(matches!(net.command(0, add(b)), Err(CommandError::Blocked)));
    let retry = |contact, message| Command::Retry { contact, message };
    let unknown = lowkey_protocol::MessageId([0; 16]);
    assert!(matches!(net.command(0, retry(b, unknown)), Err(CommandError::UnknownMessage)));
}

#[test]
fn a_text_that_finds_nobody_waits() {
    let mut net = Net::with(1, 10);
    let absent = {
        let mut other = Net::with(2, 11);
        other.people.remove(1).address
    };
    let add = Command::AddContact { address: absent, relays: Vec::new(), name: None };
    assert!(matches!(net.command(0, add), Ok(Reply::Done)));
    let send = Command::SendText { contact: absent, text: "hello".into(), numbered: None };
    assert!(matches!(net.command(0, send), Ok(Reply::Queued(_))));
    net.run_for(60_000);
    assert_eq!(net.people[0].states(&absent), [Waiting]);
    net.join(1, Default::default());
    net.run_for(25 * 60_000);
    assert_eq!(net.people[0].states(&absent), [SentAwaitingAnswer]);
}

#[test]
fn who_was_removed_is_no_request_before_saying_something() {
    let mut net = Net::with(2, 12);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    assert!(matches!(net.command(1, Command::Remove(a)), Ok(Reply::Done)));
    assert!(!net.people[1].has_rows_of(&a));
    net.run_for(24 * 60 * 60_000);
    assert!(net.people[1].view(&a).is_none());
    assert!(!net.people[1].has_rows_of(&a));
    assert!(net.people[1].closed.len() < 100, "attempts become rare");
    net.send(0, 1, "did you remove me?");
    net.run_for(60_000);
    assert_eq!(net.people[1].view(&a).unwrap().standing, Standing::Request);
    assert_eq!(net.people[1].texts(&a), ["did you remove me?"]);
    assert_ne!(net.people[0].states(&b).last(), Some(&Delivered));
}
