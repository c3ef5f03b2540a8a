//! Two swarms that speak nothing but the chat protocol, over TCP on loopback.

use std::time::Duration;

use futures::StreamExt;
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, noise, swarm::SwarmEvent, tcp, yamux};
use lowkey_protocol::{LinkId, Misbehaviour};

use super::{Behaviour, Event, LinkEnd, Opener, wire::QUEUE_BYTES};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

struct Side {
    swarm: Swarm<Behaviour>,
    seen: Vec<Event>,
}

impl Side {
    fn new() -> Self {
        let swarm = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::new(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| Behaviour::new())
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        Self { swarm, seen: Vec::new() }
    }

    async fn listen(&mut self) -> (PeerId, Multiaddr) {
        self.swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().unwrap()).unwrap();
        loop {
            if let SwarmEvent::NewListenAddr { address, .. } = self.swarm.select_next_some().await {
                return (*self.swarm.local_peer_id(), address);
            }
        }
    }

    fn net(&mut self) -> &mut Behaviour {
        self.swarm.behaviour_mut()
    }

    async fn step(&mut self) {
        if let SwarmEvent::Behaviour(event) = self.swarm.select_next_some().await {
            self.seen.push(event);
        }
    }

    fn up(&self) -> Option<(LinkId, Opener)> {
        self.seen.iter().find_map(|event| match event {
            Event::Up { link, opener, .. } => Some((*link, *opener)),
            _ => None,
        })
    }

    fn end(&self) -> Option<LinkEnd> {
        self.seen.iter().find_map(|event| match event {
            Event::Down(_, end) => Some(*end),
            _ => None,
        })
    }

    fn frames(&self) -> Vec<&Vec<u8>> {
        let frames = self.seen.iter().filter_map(|event| match event {
            Event::Frame(_, frame) => Some(frame),
            _ => None,
        });
        frames.collect()
    }
}

/// Runs both sides until something is so.
async fn until(one: &mut Side, two: &mut Side, is_so: impl Fn(&Side, &Side) -> bool) {
    let running = async {
        while !is_so(one, two) {
            tokio::select! {
                () = one.step() => {}
                () = two.step() => {}
            }
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, running).await;
    assert!(in_time.is_ok(), "{:?} {:?}", one.seen, two.seen);
}

async fn linked() -> (Side, LinkId, Side, LinkId) {
    let (mut one, mut two) = (Side::new(), Side::new());
    let (peer, address) = two.listen().await;
    let link = one.net().dial(peer, vec![address]);
    until(&mut one, &mut two, |one, two| one.up().is_some() && two.up().is_some()).await;
    assert_eq!(one.up(), Some((link, Opener::We)));
    let (theirs, opener) = two.up().unwrap();
    assert_eq!(opener, Opener::They);
    (one, link, two, theirs)
}

fn frame(length: u16, filling: u8) -> Vec<u8> {
    let mut frame = u32::from(length - 4).to_le_bytes().to_vec();
    frame.resize(usize::from(length), filling);
    frame
}

#[tokio::test]
async fn frames_of_all_sizes_arrive_both_ways_intact_and_in_order() {
    let (mut one, link, mut two, theirs) = linked().await;
    let sizes = [256, 1_024, 2_048, 4_096, 16_384];
    let frames: Vec<_> = (0..100).map(|n: u8| frame(sizes[usize::from(n) % 5], n)).collect();
    for frame in &frames {
        one.net().send(link, frame.clone());
        two.net().send(theirs, frame.clone());
    }
    until(&mut one, &mut two, |one, two| one.frames().len() == 100 && two.frames().len() == 100)
        .await;
    assert!(one.frames().into_iter().eq(&frames));
    assert!(two.frames().into_iter().eq(&frames));
}

#[tokio::test]
async fn garbage_closes_the_link_and_nothing_else() {
    let (mut one, link, mut two, _) = linked().await;
    one.net().send(link, frame(256, 1));
    one.net().send(link, vec![0xff; 300]);
    until(&mut one, &mut two, |one, two| one.end().is_some() && two.end().is_some()).await;
    assert_eq!(two.end(), Some(LinkEnd::Misbehaviour(Misbehaviour::FrameLength)));
    assert_eq!(two.frames(), [&frame(256, 1)]);

    // The connection is still there, and a new link opens on it.
    two.seen.clear();
    one.seen.clear();
    let peer = *two.swarm.local_peer_id();
    let again = one.net().dial(peer, Vec::new());
    until(&mut one, &mut two, |one, two| one.up().is_some() && two.up().is_some()).await;
    assert_eq!(one.up(), Some((again, Opener::We)));
    assert_ne!(again, link);
}

#[tokio::test]
async fn a_close_comes_after_what_was_sent() {
    let (mut one, link, mut two, _) = linked().await;
    for n in 0..50 {
        one.net().send(link, frame(16_384, n));
    }
    one.net().close(link);
    one.net().send(link, frame(256, 99));
    until(&mut one, &mut two, |one, two| one.end().is_some() && two.end().is_some()).await;
    assert_eq!(two.frames().len(), 50);
    assert_eq!((one.end(), two.end()), (Some(LinkEnd::Ours), Some(LinkEnd::Theirs)));
}

#[tokio::test]
async fn who_does_not_read_loses_the_link() {
    let (mut one, link, mut two, _) = linked().await;
    let frames = QUEUE_BYTES / 16_384 + 1_000;
    for _ in 0..frames {
        one.net().send(link, frame(16_384, 0));
    }
    // Only the sender runs: the other side's stream window fills, then the queue.
    let alone = async {
        while one.end().is_none() {
            one.step().await;
        }
    };
    tokio::time::timeout(PATIENCE, alone).await.unwrap();
    assert_eq!(one.end(), Some(LinkEnd::QueueFull));
    until(&mut one, &mut two, |_, two| two.end().is_some()).await;
}

#[tokio::test]
async fn a_lost_connection_takes_its_links_down() {
    let (mut one, _, mut two, _) = linked().await;
    let peer = *two.swarm.local_peer_id();
    one.swarm.disconnect_peer_id(peer).unwrap();
    until(&mut one, &mut two, |one, two| one.end().is_some() && two.end().is_some()).await;
}

#[tokio::test]
async fn a_dial_to_nobody_fails() {
    let mut one = Side::new();
    let address = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    let link = one.net().dial(PeerId::random(), vec![address]);
    let failing = async {
        while one.seen.is_empty() {
            one.step().await;
        }
    };
    tokio::time::timeout(PATIENCE, failing).await.unwrap();
    assert!(matches!(one.seen.as_slice(), [Event::DialFailed(failed)] if *failed == link));
}

#[tokio::test]
async fn a_peer_gets_two_links_and_no_more() {
    let (mut one, _, mut two, _) = linked().await;
    let peer = *one.swarm.local_peer_id();
    // The other direction of the same connection is free, once.
    let second = two.net().dial(peer, Vec::new());
    until(&mut one, &mut two, |one, _| {
        one.seen.iter().filter(|event| matches!(event, Event::Up { .. })).count() == 2
    })
    .await;
    let third = two.net().dial(peer, Vec::new());
    until(&mut one, &mut two, |_, two| {
        two.seen.iter().any(|event| matches!(event, Event::DialFailed(link) if *link == third))
    })
    .await;
    assert_ne!(second, third);
    assert!(two.seen.iter().all(|event| !matches!(event, Event::Down(..))));
}
