//! Direct links: who may learn our IP address, and how a conversation moves between its paths.

use lowkey_protocol::{Command, DeliveryState::Delivered, Input, Path, Reach, Reply};

use crate::net::{Net, Who};

const MINUTE: u64 = 60_000;

/// A net in which direct links come about.
fn net(people: usize, seed: u64) -> Net {
    let mut net = Net::with(people, seed);
    net.is_direct = true;
    net
}

fn reach(net: &Net, who: Who, whom: Who) -> Reach {
    net.people[who].view(&net.people[whom].address).unwrap().reach
}

fn hide(net: &mut Net, who: Who, from: Option<Who>, hide: bool) {
    let contact = from.map(|whom| net.people[whom].address);
    let answer = net.command(who, Command::HideAddress { contact, hide });
    assert!(matches!(answer, Ok(Reply::Done)));
}

/// Both write, and both texts come once.
fn talk(net: &mut Net, text: &str) {
    for (from, to) in [(0, 1), (1, 0)] {
        let text = format!("{text} of {from}");
        net.send(from, to, &text);
        net.run();
        assert_eq!(net.people[to].shown(&text), 1, "{text}");
        let states = net.people[from].states(&net.people[to].address);
        assert_eq!(states.last(), Some(&Delivered), "{text}");
    }
}

fn handshakes(net: &Net) -> usize {
    net.frames.iter().filter(|(_, _, bytes)| bytes[4] == 5).count()
}

#[test]
fn friends_move_to_a_direct_link_and_the_session_stays() {
    let mut net = net(2, 80);
    net.befriend(0, 1);
    talk(&mut net, "early");
    assert_eq!([reach(&net, 0, 1), reach(&net, 1, 0)], [Reach::Direct, Reach::Direct]);
    assert_eq!(net.links_of(0).len(), 1, "the relayed link is given up");
    let before = handshakes(&net);
    net.run_for(10 * MINUTE);
    talk(&mut net, "late");
    assert_eq!(handshakes(&net), before);
    assert_eq!(net.direct_dials, 1);
}

#[test]
fn nobody_is_met_before_both_sides_talk() {
    let mut net = net(2, 81);
    net.add(0, 1);
    net.send(0, 1, "hello");
    net.run_for(5 * MINUTE);
    assert_eq!((net.direct_dials, net.answers_direct(0), net.answers_direct(1)), (0, 0, 0));
    net.accept(1, 0);
    net.run();
    assert_eq!(reach(&net, 0, 1), Reach::Direct);
}

#[test]
fn who_hides_from_a_contact_talks_over_relays_and_comes_back() {
    for all in [false, true] {
        let mut net = net(2, 82);
        net.befriend(0, 1);
        talk(&mut net, "direct");
        let from = (!all).then_some(0);
        hide(&mut net, 1, from, true);
        net.run();
        talk(&mut net, "hidden");
        assert!(matches!(reach(&net, 0, 1), Reach::ThroughRelay(_)));
        assert_eq!(net.answers_direct(1), 0);
        // It is remembered.
        net.restart(1);
        net.run_for(30 * MINUTE);
        talk(&mut net, "still hidden");
        assert!(matches!(reach(&net, 1, 0), Reach::ThroughRelay(_)));
        assert_eq!(net.answers_direct(1), 0);
        hide(&mut net, 1, from, false);
        net.run_for(20 * MINUTE);
        talk(&mut net, "direct again");
        assert_eq!(reach(&net, 0, 1), Reach::Direct);
    }
}

#[test]
fn who_hides_from_one_is_met_by_the_other() {
    let mut net = net(3, 83);
    net.befriend(0, 1);
    net.befriend(0, 2);
    hide(&mut net, 0, Some(1), true);
    net.run();
    assert!(matches!(reach(&net, 0, 1), Reach::ThroughRelay(_)));
    assert_eq!(reach(&net, 0, 2), Reach::Direct);
    let view = net.people[0].view(&net.people[1].address).unwrap();
    assert!(view.hides_address);
}

#[test]
fn a_direct_link_that_dies_is_followed_by_a_relayed_and_then_a_direct_one() {
    let mut net = net(2, 84);
    net.befriend(0, 1);
    for round in 0..10 {
        talk(&mut net, &format!("round {round}"));
        net.run_for(MINUTE);
        assert_eq!(reach(&net, 0, 1), Reach::Direct, "round {round}");
        net.cut_all(round % 2);
    }
    assert_eq!(net.direct_dials, 10);
}

#[test]
fn a_direct_link_that_never_comes_about_is_tried_less_and_less() {
    let mut net = net(2, 85);
    net.is_direct = false;
    net.befriend(0, 1);
    net.run_for(5 * MINUTE);
    assert!((4..=8).contains(&net.direct_dials), "{}", net.direct_dials);
    net.run_for(6 * 60 * MINUTE);
    assert!(net.direct_dials < 60, "{}", net.direct_dials);
    talk(&mut net, "relayed");
    // The network has changed: at once.
    net.is_direct = true;
    net.cut_all(0);
    net.go_offline(0);
    net.run_for(1_000);
    net.go_online(0);
    net.run();
    assert_eq!(reach(&net, 0, 1), Reach::Direct);
}

#[test]
fn the_path_that_bytes_really_take_is_shown() {
    let mut net = net(2, 86);
    net.befriend(0, 1);
    let link = net.links_of(0)[0];
    net.input(0, Input::PathChanged(link, Path::Relayed("turn".into())));
    assert_eq!(reach(&net, 0, 1), Reach::ThroughRelay("turn".into()));
    net.input(0, Input::PathChanged(link, Path::Direct));
    assert_eq!(reach(&net, 0, 1), Reach::Direct);
}

#[test]
fn a_block_ends_direct_links_too() {
    let mut net = net(2, 87);
    net.befriend(0, 1);
    let address = net.people[0].address;
    assert!(matches!(net.command(1, Command::Block(address)), Ok(Reply::Done)));
    net.run_for(MINUTE);
    assert_eq!(net.answers_direct(1), 0);
    assert_ne!(reach(&net, 0, 1), Reach::Direct);
}

#[test]
fn whoever_begins_again_is_heard_though_nobody_noticed_that_their_direct_link_is_dead() {
    for who in [0, 1] {
        let mut net = net(2, 95);
        net.befriend(0, 1);
        talk(&mut net, "direct");
        assert_eq!(reach(&net, 0, 1), Reach::Direct);
        net.vanish(who);
        net.send(1 - who, who, "into the void");
        net.is_direct = false;
        net.restart(who);
        net.run_for(1_000);
        assert_eq!(net.people[who].shown("into the void"), 1);
        talk(&mut net, "again");
        let relayed = |reach| matches!(reach, Reach::ThroughRelay(_));
        assert!(relayed(reach(&net, 0, 1)) && relayed(reach(&net, 1, 0)));
    }
}
