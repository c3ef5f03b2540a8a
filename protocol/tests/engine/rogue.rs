//! Somebody with real keys and a program of their own: each rule broken has its name.

use lowkey_protocol::{
    Command, Event, Identity, Input, LinkId,
    Misbehaviour::{
        self, Content as BadContent, FalseAcknowledgement, OldInstall, OwnKey, TooManyRequests,
        TooManySessions,
    },
    Phrase, Session, Standing,
    handshake::{Bundle, initiate, kem::MlKem},
    identity::{DhIdentity, Generation},
    record::{self, Credential, Inbox, Kind, epoch},
    wire::{Ack, Body, Content, Frame, Origin},
};

use crate::net::{BITS, Net};

/// Keys of somebody, and the session that they began with person 0.
struct Rogue {
    identity: Identity,
    install: DhIdentity,
    session: Option<Session>,
    link: LinkId,
    number: u64,
}

impl Rogue {
    fn new(net: &mut Net, phrase: u8, generation: u32) -> Self {
        let identity = Identity::from_phrase(Phrase::from_entropy(&[phrase; 16]).unwrap());
        let generation = Generation(generation);
        let install = DhIdentity::generate(identity.keys(), generation, &mut net.rng);
        let mut rogue = Self { identity, install, session: None, link: LinkId(0), number: 0 };
        rogue.connect(net);
        rogue
    }

    /// Opens a new link, greets at random, and begins a new session.
    fn connect(&mut self, net: &mut Net) {
        self.link = net.attack(0);
        let hello = Frame::Hello([1; 16]).encode().unwrap();
        net.input(0, Input::Frame(self.link, hello));
        let bundle = bundle(net);
        let us = self.identity.key();
        let session = initiate(&us, &self.install, &bundle, &MlKem, &mut net.rng).unwrap();
        self.session = Some(session);
    }

    fn say(&mut self, net: &mut Net, content: &Content) -> Option<Misbehaviour> {
        self.say_bytes(net, &content.encode().unwrap())
    }

    /// Encrypts these bytes and sends them; returns what they are called.
    fn say_bytes(&mut self, net: &mut Net, bytes: &[u8]) -> Option<Misbehaviour> {
        net.people[0].closed.clear();
        let frame = self.session.as_mut().unwrap().encrypt_frame(bytes, &mut net.rng).unwrap();
        net.input(0, Input::Frame(self.link, frame));
        net.people[0].misbehaviours().first().copied()
    }

    fn text(&mut self, net: &mut Net, text: &str) -> Option<Misbehaviour> {
        let content = self.content(text);
        self.say(net, &content)
    }

    fn content(&mut self, text: &str) -> Content {
        self.number += 1;
        let body = Some(Body::Text(text.into()));
        let (origin, cseq) = (Origin([7; 8]), self.number);
        Content { origin, cseq, lamport: self.number, body, ..Content::default() }
    }
}

/// Returns what the inbox record of person 0 says.
fn bundle(net: &Net) -> Bundle {
    let address = net.people[0].address;
    let credential = Credential::public(address.key());
    let epoch = epoch::epoch(Kind::Inbox, net.now);
    let key = credential.blinded_key(Kind::Inbox, epoch).unwrap();
    let value = &net.records[&key];
    let opened = record::open(&credential, Kind::Inbox, epoch, value, net.now, BITS).unwrap();
    Inbox::decode(address.key(), &opened.body).unwrap().bundle
}

#[test]
fn a_sixth_text_of_a_request_is_too_many() {
    let mut net = Net::with(1, 60);
    let mut rogue = Rogue::new(&mut net, 50, 9);
    for number in 0..5 {
        assert_eq!(rogue.text(&mut net, &format!("{number}")), None);
    }
    assert_eq!(rogue.text(&mut net, "6"), Some(TooManyRequests));
    assert_eq!(net.people[0].texts(&rogue.identity.address()).len(), 5);
}

#[test]
fn a_hundred_requests_are_held() {
    let mut net = Net::with(1, 61);
    for phrase in 50..150 {
        assert_eq!(Rogue::new(&mut net, phrase, 9).text(&mut net, "hello"), None);
    }
    assert_eq!(Rogue::new(&mut net, 150, 9).text(&mut net, "hello"), Some(TooManyRequests));
    let requests = net.people[0].events.iter().filter(
        |event| matches!(event, Event::Contact(view) if view.standing == Standing::Request),
    );
    assert_eq!(requests.count(), 100);
}

#[test]
fn six_sessions_an_hour_are_accepted() {
    let mut net = Net::with(1, 62);
    let mut rogue = Rogue::new(&mut net, 50, 9);
    let say = |rogue: &mut Rogue, net: &mut Net| {
        let empty = Content::default();
        rogue.say(net, &empty)
    };
    assert_eq!(rogue.text(&mut net, "hello"), None);
    for _ in 0..5 {
        rogue.connect(&mut net);
        assert_eq!(say(&mut rogue, &mut net), None);
    }
    rogue.connect(&mut net);
    assert_eq!(say(&mut rogue, &mut net), Some(TooManySessions));
    net.run_for(61 * 60_000);
    rogue.connect(&mut net);
    assert_eq!(say(&mut rogue, &mut net), None);
}

#[test]
fn our_own_key_and_older_installs_are_refused() {
    let mut net = Net::with(1, 63);
    // The phrase of person 0.
    assert_eq!(Rogue::new(&mut net, 1, 9).text(&mut net, "I am you"), Some(OwnKey));
    assert_eq!(Rogue::new(&mut net, 50, 9).text(&mut net, "new"), None);
    assert_eq!(Rogue::new(&mut net, 50, 8).text(&mut net, "old"), Some(OldInstall));
    let newer = &mut Rogue::new(&mut net, 50, 10);
    newer.number = 1;
    assert_eq!(newer.text(&mut net, "newer"), None);
    let address = newer.identity.address();
    assert_eq!(net.people[0].texts(&address), ["new", "newer"]);
    assert!(net.people[0].view(&address).unwrap().new_install);
}

#[test]
fn content_that_breaks_a_rule_is_named_and_not_shown() {
    let mut net = Net::with(1, 64);
    let mut rogue = Rogue::new(&mut net, 50, 9);
    assert_eq!(rogue.text(&mut net, "good"), None);
    let mut check = |bytes: &[u8]| {
        rogue.connect(&mut net);
        assert_eq!(rogue.say_bytes(&mut net, bytes), Some(BadContent));
    };
    check(b"\xff\xff\xff");
    let content = rogue_content();
    let far = Content { lamport: 1 << 21, ..content.clone() };
    check(&far.encode().unwrap());
    let last = Content { cseq: u64::MAX, ..content };
    check(&last.encode().unwrap());
    assert_eq!(net.people[0].texts(&rogue.identity.address()), ["good"]);
}

fn rogue_content() -> Content {
    let body = Some(Body::Text("bad".into()));
    Content { origin: Origin([7; 8]), cseq: 2, lamport: 2, body, ..Content::default() }
}

#[test]
fn gaps_are_bounded() {
    let mut net = Net::with(1, 65);
    let mut rogue = Rogue::new(&mut net, 50, 9);
    assert_eq!(rogue.text(&mut net, "hello"), None);
    let accept = Command::AcceptRequest(rogue.identity.address());
    assert!(net.command(0, accept).is_ok());
    let mut refused = None;
    for number in 2..400 {
        let body = Some(Body::Text("x".into()));
        let (origin, cseq) = (Origin([7; 8]), number * 2);
        let content = Content { origin, cseq, lamport: 2, body, ..Content::default() };
        refused = rogue.say(&mut net, &content);
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused, Some(BadContent));
    assert!(net.people[0].texts(&rogue.identity.address()).len() <= 300);
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_named() {
    let mut net = Net::with(1, 66);
    let mut rogue = Rogue::new(&mut net, 50, 9);
    assert_eq!(rogue.text(&mut net, "hello"), None);
    let contact = rogue.identity.address();
    assert!(net.command(0, Command::AcceptRequest(contact)).is_ok());
    let send = Command::SendText { contact, text: "waits".into(), numbered: None };
    assert!(net.command(0, send).is_ok());
    let acks = vec![Ack { origin: Origin([9; 8]), ranges: vec![(1, 3)] }];
    let content = Content { acks, ..rogue.content("still shown") };
    assert_eq!(rogue.say(&mut net, &content), Some(FalseAcknowledgement));
    assert_eq!(net.people[0].texts(&contact).len(), 3);
    let delivered = |event: &Event| matches!(event, Event::Delivery { .. });
    let states = net.people[0].states(&contact);
    assert!(net.people[0].events.iter().any(delivered));
    assert!(states.iter().all(|state| *state < lowkey_protocol::DeliveryState::Delivered));
}

#[test]
fn a_link_carries_one_person_only() {
    let mut net = Net::with(1, 67);
    let mut first = Rogue::new(&mut net, 50, 9);
    let mut second = Rogue::new(&mut net, 51, 9);
    assert_eq!(first.text(&mut net, "hello"), None);
    second.link = first.link;
    assert_eq!(second.text(&mut net, "hello"), Some(Misbehaviour::UnexpectedFrame));
}
