//! Joining, losing and meeting other relays, in a time that the tests tell.
#![allow(clippy::disallowed_methods, reason = "a test starts its own time somewhere")]

use super::*;

const OWN: &str = "12D3KooWHk3TGvMGnT6yAWdPjQSnBpZKJGhuWHvZcsLTwTTBBiwF";

struct Scene {
    relays: Relays,
    now: Instant,
}

impl Scene {
    fn new(config: &Config) -> Self {
        let now = Instant::now();
        Self { relays: Relays::new(OWN.parse().unwrap(), config, now), now }
    }

    fn with_bootstrap(bootstrap: &[String]) -> Self {
        let bootstrap = bootstrap.iter().map(|text| text.parse().unwrap()).collect();
        Self::new(&Config { bootstrap, ..Config::default() })
    }

    fn after(&mut self, seconds: u64) -> Vec<Action> {
        self.now += Duration::from_secs(seconds);
        self.relays.due(self.now)
    }

    fn reach(&mut self, peer: PeerId, at: &Multiaddr) {
        self.relays.handle_connected(peer, Some(at), self.now);
        let told = Told { addresses: &[], subnet: None, dialled: Some(at) };
        self.relays.handle_relay(peer, told, self.now);
    }

    fn comes(&mut self, peer: PeerId, addresses: &[Multiaddr]) {
        self.relays.handle_connected(peer, None, self.now);
        let told = Told { addresses, subnet: None, dialled: None };
        self.relays.handle_relay(peer, told, self.now);
    }
}

fn address(text: &str) -> Multiaddr {
    text.parse().unwrap()
}

fn local() -> Multiaddr {
    address("/ip4/127.0.0.1/tcp/1/ws")
}

#[test]
fn a_relay_given_by_address_is_dialled_until_it_answers() {
    let peer = PeerId::random();
    let mut scene = Scene::with_bootstrap(&[format!("{}/p2p/{peer}", local())]);
    let dial = vec![Action::Dial(peer, vec![local()])];
    assert_eq!(scene.after(0), dial);
    assert_eq!(scene.after(0), [], "one question at a time");
    let mut pauses = Vec::new();
    for _ in 0..9 {
        scene.relays.handle_unreachable(&peer, scene.now);
        pauses.push((1..).find(|_| scene.after(1) == dial).unwrap());
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    scene.reach(peer, &local());
    assert_eq!(scene.after(100_000), [], "a live connection is enough");
    assert_eq!(scene.relays.connected(), 1);
}

#[test]
fn a_question_without_an_answer_is_asked_again() {
    let peer = PeerId::random();
    let mut scene = Scene::with_bootstrap(&[format!("{}/p2p/{peer}", local())]);
    assert_eq!(scene.after(0).len(), 1);
    assert_eq!(scene.after(59).len(), 0);
    assert_eq!(scene.after(1).len(), 1);
}

#[test]
fn a_lost_relay_is_dialled_again() {
    let peer = PeerId::random();
    let mut scene = Scene::with_bootstrap(&[format!("{}/p2p/{peer}", local())]);
    scene.after(0);
    scene.reach(peer, &local());
    scene.relays.handle_disconnected(&peer, true, scene.now);
    assert_eq!(scene.relays.connected(), 0);
    assert_eq!(scene.after(1), [Action::Dial(peer, vec![local()])]);
}

#[test]
fn a_page_tells_whom_to_dial_and_is_asked_again_when_that_fails() {
    let mut scene = Scene::with_bootstrap(&["https://a.example".to_owned()]);
    let url: NodeUrl = "https://a.example".parse().unwrap();
    let fetch = vec![Action::Fetch(url.clone())];
    assert_eq!(scene.after(0), fetch);
    scene.relays.handle_page(&url, Err(FetchError::PeerId), scene.now);
    assert_eq!(scene.after(0), []);
    assert_eq!(scene.after(1), fetch);
    let (peer, other) = (PeerId::random(), PeerId::random());
    let introduction = Introduction {
        peer,
        addresses: vec![address("/dns/b.example/tcp/443/tls/ws")],
        relays: vec![(other, address("/dns/c.example/tcp/443/tls/ws"))],
    };
    scene.relays.handle_page(&url, Ok(introduction), scene.now);
    let actions = scene.after(0);
    // Its own URL first: that is where it answered.
    let own = ["/dns/a.example/tcp/443/tls/ws", "/dns/b.example/tcp/443/tls/ws"].map(address);
    assert!(actions.contains(&Action::Dial(peer, own.to_vec())), "{actions:?}");
    let named = Action::Dial(other, vec![address("/dns/c.example/tcp/443/tls/ws")]);
    assert!(actions.contains(&named), "{actions:?}");
    let asked_again = (0..200).any(|_| {
        scene.relays.handle_unreachable(&peer, scene.now);
        scene.after(10).contains(&fetch[0])
    });
    assert!(asked_again, "perhaps the relay has another key now");
}

#[test]
fn only_relays_that_we_reached_are_told_to_pages() {
    let mut scene = Scene::new(&Config::default());
    let peer = PeerId::random();
    scene.comes(peer, &[local()]);
    assert_eq!(scene.relays.for_pages(scene.now), Vec::<Multiaddr>::new());
    assert!(scene.relays.table_addresses(&peer).is_empty());
    assert_eq!(scene.after(0), [Action::Dial(peer, vec![local()])], "so it is dialled");
    scene.reach(peer, &local());
    let told = local().with(Protocol::P2p(peer));
    assert_eq!(scene.relays.for_pages(scene.now), std::slice::from_ref(&told));
    assert_eq!(scene.relays.table_addresses(&peer), [local()]);
    scene.after(100_000);
    assert_eq!(scene.relays.for_pages(scene.now), [told], "a live connection counts");
    scene.relays.handle_disconnected(&peer, true, scene.now);
    scene.after(3_599);
    assert_eq!(scene.relays.for_pages(scene.now).len(), 1);
    scene.after(1);
    assert_eq!(scene.relays.for_pages(scene.now).len(), 0, "an hour is the limit");
}

#[test]
fn a_relay_that_came_to_us_is_tried_again_every_half_hour() {
    let mut scene = Scene::new(&Config::default());
    let peer = PeerId::random();
    scene.comes(peer, &[local()]);
    scene.after(0);
    scene.reach(peer, &local());
    scene.relays.handle_disconnected(&peer, true, scene.now);
    assert_eq!(scene.after(1_799), []);
    assert_eq!(scene.after(1), [Action::Dial(peer, vec![local()])]);
}

#[test]
fn strangers_are_given_up_and_never_more_than_so_many() {
    let mut scene = Scene::new(&Config::default());
    for _ in 0..(KNOWN_RELAYS + 50) {
        scene.relays.meet(PeerId::random(), vec![local()], scene.now);
    }
    assert_eq!(scene.relays.known.len(), KNOWN_RELAYS);
    for _ in 0..FAILURES_BEFORE_GIVING_UP {
        let peers: Vec<PeerId> = scene.relays.known.keys().copied().collect();
        for peer in peers {
            scene.relays.handle_unreachable(&peer, scene.now);
        }
    }
    scene.after(60);
    assert_eq!(scene.relays.known.len(), 0);
}

#[test]
fn a_public_relay_never_dials_or_tells_private_addresses() {
    let public_url = Some("https://a.example".parse().unwrap());
    let mut scene = Scene::new(&Config { public_url, ..Config::default() });
    let (private, public) = (PeerId::random(), PeerId::random());
    let good = address("/ip4/8.8.8.8/tcp/443/tls/ws");
    scene.comes(private, &[local(), address("/ip4/192.168.1.1/tcp/80/ws")]);
    scene.comes(public, &[local(), good.clone()]);
    assert_eq!(scene.after(0), [Action::Dial(public, vec![good])]);
}

#[test]
fn a_relay_has_four_addresses_at_most_and_only_dialable_ones() {
    let mut scene = Scene::new(&Config::default());
    let peer = PeerId::random();
    let many: Vec<Multiaddr> =
        (1..10).map(|port| address(&format!("/ip4/127.0.0.1/tcp/{port}/ws"))).collect();
    scene.comes(peer, &many);
    scene.comes(peer, &[address("/ip4/127.0.0.1/udp/1/quic-v1"), many[5].clone()]);
    scene.reach(peer, &many[8]);
    let told = scene.relays.table_addresses(&peer);
    assert_eq!(told.len(), ADDRESSES);
    assert_eq!(told[..2], [many[8].clone(), many[5].clone()]);
}

#[test]
fn the_own_peer_is_no_other_relay() {
    let mut scene = Scene::with_bootstrap(&[format!("{}/p2p/{OWN}", local())]);
    scene.relays.meet(OWN.parse().unwrap(), vec![local()], scene.now);
    assert_eq!(scene.after(0), []);
}

#[test]
fn a_relay_that_fails_three_times_is_gone_unless_it_is_connected() {
    let mut scene = Scene::new(&Config::default());
    let peer = PeerId::random();
    scene.comes(peer, &[local()]);
    for _ in 0..5 {
        let presence = scene.relays.handle_unreachable(&peer, scene.now);
        assert_eq!(presence, Presence::Uncertain, "it is connected: it dialled us");
    }
    scene.reach(peer, &local());
    scene.relays.handle_disconnected(&peer, true, scene.now);
    scene.relays.handle_disconnected(&peer, false, scene.now);
    let mut failures = || scene.relays.handle_unreachable(&peer, scene.now);
    assert_eq!([failures(), failures()], [Presence::Uncertain, Presence::Gone]);
    assert_eq!(scene.relays.handle_unreachable(&PeerId::random(), scene.now), Presence::Gone);
}
