//! Bytes of somebody who means harm: a named misbehaviour each, never a panic.

use lowkey_protocol::{
    CloseReason, Input, LinkId,
    Misbehaviour::{
        self, FrameLength, FramePadding, FrameType, Handshake, ReplayedHandshake, Silent,
        Undecryptable, UnexpectedFrame, UnknownPrekey,
    },
    wire::Frame,
};
use proptest::prelude::*;

use crate::net::Net;

/// Sends frames on a new link to the second of two friends; returns what it is closed for.
fn attack(net: &mut Net, frames: &[Vec<u8>]) -> Option<Misbehaviour> {
    net.people[1].closed.clear();
    let link = net.attack(1);
    for frame in frames {
        net.input(1, Input::Frame(link, frame.clone()));
    }
    net.people[1].misbehaviours().first().copied()
}

fn hello() -> Vec<u8> {
    Frame::Hello([7; 16]).encode().unwrap()
}

/// The handshakes that the first of two friends sent.
fn handshakes(net: &Net) -> Vec<Vec<u8>> {
    let is = |bytes: &Vec<u8>| matches!(Frame::decode(bytes), Ok(Frame::Handshake { .. }));
    let sent = net.frames.iter().filter(|(from, _, bytes)| *from == 0 && is(bytes));
    sent.map(|(_, _, bytes)| bytes.clone()).collect()
}

#[test]
fn each_broken_rule_has_its_name() {
    let mut net = Net::with(2, 50);
    net.befriend(0, 1);
    let handshake = handshakes(&net).remove(0);
    let changed = |at: usize| {
        let mut bytes = handshake.clone();
        bytes[at] ^= 1;
        bytes
    };
    let known = Frame::Known.encode().unwrap();
    let mut typed = known.clone();
    typed[4] = 99;
    let mut padded = known.clone();
    padded[200] = 1;
    let message = [vec![0xfc, 0, 0, 0, 4], vec![9; 251]].concat();
    let cases = [
        (vec![vec![]], FrameLength),
        (vec![vec![0; 256]], FrameLength),
        (vec![known.clone()[..255].to_vec()], FrameLength),
        (vec![typed], FrameType),
        (vec![padded], FramePadding),
        (vec![known], UnexpectedFrame),
        (vec![hello(), hello()], UnexpectedFrame),
        (vec![hello(), message.clone()], UnexpectedFrame),
        (vec![message], UnexpectedFrame),
        // Version, prekey number, ephemeral key, sealed identity.
        (vec![hello(), changed(6)], Handshake),
        (vec![hello(), changed(9)], UnknownPrekey),
        (vec![hello(), changed(20)], Handshake),
        (vec![hello(), changed(1_200)], Handshake),
    ];
    for (at, (frames, expected)) in cases.into_iter().enumerate() {
        assert_eq!(attack(&mut net, &frames), Some(expected), "case {at}");
    }
    assert_eq!(net.people[1].texts(&net.people[0].address), ["may I?"]);
}

#[test]
fn a_replayed_handshake_of_a_live_session_proves_nothing() {
    let mut net = Net::with(2, 51);
    net.befriend(0, 1);
    let recorded = handshakes(&net);
    assert!(!recorded.is_empty());
    net.people[1].closed.clear();
    let link = net.attack(1);
    net.input(1, Input::Frame(link, hello()));
    for frame in recorded {
        net.input(1, Input::Frame(link, frame));
    }
    net.frames.clear();
    net.send(1, 0, "not for you");
    net.run_for(60_000);
    assert!(net.frames.iter().all(|(_, to, _)| *to != link));
    assert_eq!(net.people[0].shown("not for you"), 1);
    assert_eq!(net.people[1].misbehaviours(), [Silent]);
}

#[test]
fn a_handshake_of_an_ended_session_is_a_replay() {
    let mut net = Net::with(2, 52);
    net.befriend(0, 1);
    let recorded = handshakes(&net).remove(0);
    let a = net.people[0].address;
    assert!(net.command(1, lowkey_protocol::Command::Remove(a)).is_ok());
    assert_eq!(attack(&mut net, &[hello(), recorded.clone()]), Some(ReplayedHandshake));
    net.restart(1);
    assert_eq!(attack(&mut net, &[hello(), recorded]), Some(ReplayedHandshake));
    assert!(net.people[1].view(&a).is_none());
}

#[test]
fn a_strangers_link_that_proves_nothing_is_closed() {
    for frames in [vec![], vec![hello()]] {
        let mut net = Net::with(2, 53);
        assert_eq!(attack(&mut net, &frames), None);
        net.run_for(31_000);
        assert_eq!(net.people[1].closed, [CloseReason::Misbehaviour(Silent)]);
    }
}

#[test]
fn a_broken_ciphertext_closes_the_link_and_a_new_session_heals() {
    let mut net = Net::with(2, 54);
    let b = net.people[1].address;
    net.befriend(0, 1);
    net.send(0, 1, "broken on the way");
    let Some((_, Input::Frame(_, bytes))) = net.inputs.front_mut() else { panic!() };
    bytes[200] ^= 1;
    net.run_for(60_000);
    assert_eq!(net.people[1].misbehaviours(), [Undecryptable]);
    assert_eq!(net.people[1].shown("broken on the way"), 1);
    net.send(1, 0, "healed");
    net.run();
    assert_eq!(net.people[0].shown("healed"), 1);
    assert_eq!(net.people[0].texts(&b).len(), 3);
}

#[test]
fn links_of_strangers_are_bounded() {
    let mut net = Net::with(1, 55);
    for _ in 0..500 {
        net.attack(0);
    }
    let idle = |reason: &&CloseReason| **reason == CloseReason::Idle;
    assert!(net.people[0].closed.iter().filter(idle).count() >= 500 - 64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_inputs_in_any_order_do_no_harm(
        steps in prop::collection::vec((0_u8..8, any::<u64>(), prop::collection::vec(any::<u8>(), 0..300)), 1..40),
    ) {
        let mut net = Net::with(2, 56);
        net.befriend(0, 1);
        let recorded = handshakes(&net).remove(0);
        for (kind, number, bytes) in steps {
            let link = LinkId(number % 12);
            match kind {
                0 => drop(net.attack(1)),
                1 => net.input(1, Input::Frame(link, bytes)),
                2 => net.input(1, Input::Frame(link, hello())),
                3 => {
                    let mut frame = recorded.clone();
                    let at = usize::try_from(number).unwrap_or(0) % frame.len();
                    frame[at] ^= 1;
                    net.input(1, Input::Frame(link, frame));
                }
                4 => net.input(1, Input::LinkDown(link)),
                5 => net.input(1, Input::DialFailed(lowkey_protocol::DialId(number % 50))),
                6 => net.input(1, Input::RecordsFound(
                    lowkey_protocol::QueryId(number % 50),
                    vec![bytes],
                    lowkey_protocol::Progress::Done,
                )),
                _ => net.run_for(number % 10_000),
            }
        }
        net.send(0, 1, "still here");
        net.run_for(3 * 60 * 60_000);
        prop_assert_eq!(net.people[1].shown("still here"), 1);
    }
}
