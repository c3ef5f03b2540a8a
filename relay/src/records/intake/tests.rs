//! What is taken, and the reason for each refusal.
#![allow(clippy::disallowed_methods, reason = "a test starts its own time somewhere")]

use std::{net::IpAddr, num::NonZeroU32};

use libp2p::kad::store::RecordStore;
use lowkey_protocol::{limits::TEST_STAMP_BITS, record::Kind};

use super::*;
use person::Person;

#[path = "../../../tests/relay/person.rs"]
mod person;

struct Scene {
    store: Records,
    intake: Intake,
    now: Moment,
}

impl Scene {
    fn new(limits: &Limits) -> Self {
        let now = Moment { protocol: Timestamp::from_secs(1_800_000_000), local: Instant::now() };
        let store = Records::new(PeerId::random(), limits);
        Self { store, intake: Intake::new(limits, TEST_STAMP_BITS), now }
    }

    fn take(&mut self, record: &Record, sender: Sender) -> Result<Taken, Refusal> {
        self.intake.take(&mut self.store, record.clone(), sender, self.now)
    }

    fn presence(&self, person: u64, seq: u64) -> Record {
        Person::new(person).presence(seq, self.now.protocol)
    }
}

fn from(ip: &str) -> Sender {
    let ip: IpAddr = ip.parse().unwrap();
    Sender { peer: PeerId::random(), subnet: Some(Subnet::of(ip)), role: Role::Peer }
}

fn somebody() -> Sender {
    from("192.0.2.1")
}

#[test]
fn a_valid_record_is_stored_and_known_when_it_comes_again() {
    let mut scene = Scene::new(&Limits::default());
    let record = scene.presence(1, 1);
    assert_eq!(scene.take(&record, somebody()), Ok(Taken::Stored));
    assert_eq!(scene.take(&record, somebody()), Ok(Taken::Known));
    let held = scene.store.get(&record.key).unwrap().into_owned();
    assert_eq!((held.value, held.publisher), (record.value, None));
}

#[test]
fn the_signed_header_says_how_long_a_record_lives() {
    let mut scene = Scene::new(&Limits::default());
    let minute = Duration::from_secs(60);
    for ttl in [None, Some(minute), Some(minute * 60 * 24 * 365)] {
        let mut record = scene.presence(1, 1);
        record.expires = ttl.map(|ttl| scene.now.local + ttl);
        scene.store.remove(&record.key);
        scene.take(&record, somebody()).unwrap();
        let held = scene.store.get(&record.key).unwrap().into_owned();
        let left = held.expires.unwrap() - scene.now.local;
        assert!((minute * 75..=minute * 85).contains(&left), "{left:?}");
    }
}

#[test]
fn each_broken_record_is_refused_by_its_reason() {
    let mut scene = Scene::new(&Limits::default());
    let good = scene.presence(1, 1);
    let mut check = |change: &dyn Fn(&mut Record), expected: fn(&Reject) -> bool| {
        let mut record = good.clone();
        change(&mut record);
        match scene.take(&record, somebody()) {
            Err(Refusal::Invalid(reject)) => assert!(expected(&reject), "{reject:?}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(scene.store.len(), 0);
    };
    check(&|r| r.publisher = Some(PeerId::random()), |e| *e == Reject::Publisher);
    check(&|r| r.key = Person::new(2).presence(1, Timestamp::from_secs(1_800_000_000)).key, |e| {
        *e == Reject::Key
    });
    check(&|r| r.value[1_169] ^= 1, |e| *e == Reject::Signature);
    check(&|r| r.value[200] ^= 1, |e| *e == Reject::Signature);
    check(&|r| r.value.truncate(100), |e| matches!(e, Reject::Length { .. }));
    check(&|r| r.value.clear(), |e| matches!(e, Reject::Length { .. }));
    check(&|r| r.value[0] = 9, |e| matches!(e, Reject::Version { .. }));
}

#[test]
fn stamp_and_life_are_checked_against_protocol_time() {
    let mut scene = Scene::new(&Limits::default());
    let record = scene.presence(1, 1);
    scene.intake = Intake::new(&Limits::default(), 60);
    assert_eq!(scene.take(&record, somebody()), Err(Refusal::Invalid(Reject::Stamp)));
    scene.intake = Intake::new(&Limits::default(), TEST_STAMP_BITS);
    let made = scene.now.protocol;
    scene.now.protocol = made.plus_millis(2 * 3_600_000);
    assert_eq!(scene.take(&record, somebody()), Err(Refusal::Invalid(Reject::Expired)));
    let expires = Timestamp::from_minutes(made.as_minutes() + 4 * 60);
    let record = Person::new(1).record(Kind::Presence, 1, expires, made);
    scene.now.protocol = made;
    assert_eq!(scene.take(&record, somebody()), Err(Refusal::Invalid(Reject::TooFarAhead)));
}

#[test]
fn an_older_record_never_replaces_a_newer_one() {
    let mut scene = Scene::new(&Limits::default());
    let [older, newer] = [1, 2].map(|seq| scene.presence(1, seq));
    assert_eq!(scene.take(&newer, somebody()), Ok(Taken::Stored));
    assert_eq!(scene.take(&older, somebody()), Err(Refusal::Older));
    assert_eq!(scene.store.get(&newer.key).unwrap().value, newer.value);
    let newest = scene.presence(1, 3);
    assert_eq!(scene.take(&newest, somebody()), Ok(Taken::Stored));
    assert_eq!(scene.store.get(&newer.key).unwrap().value, newest.value);
    assert_eq!(scene.store.len(), 1);
}

#[test]
fn a_peer_puts_only_so_many_a_minute() {
    let puts = NonZeroU32::new(3).unwrap();
    let limits = Limits { puts_per_minute_per_peer: puts, ..Limits::default() };
    let mut scene = Scene::new(&limits);
    let (greedy, other) = (somebody(), somebody());
    for person in 0..3 {
        let record = scene.presence(person, 1);
        assert_eq!(scene.take(&record, greedy), Ok(Taken::Stored));
    }
    let record = scene.presence(9, 1);
    assert_eq!(scene.take(&record, greedy), Err(Refusal::PutRate));
    assert_eq!(scene.take(&record, other), Ok(Taken::Stored));
    let relay = Sender { role: Role::Relay { of: NonZeroUsize::MIN }, ..greedy };
    for person in 20..30 {
        let record = scene.presence(person, 1);
        assert_eq!(scene.take(&record, relay), Ok(Taken::Stored), "relays replicate");
    }
}

#[test]
fn a_subnet_brings_only_so_many_new_keys_an_hour() {
    let new_keys = NonZeroU32::new(2).unwrap();
    let limits = Limits { new_keys_hourly_per_subnet: new_keys, ..Limits::default() };
    let mut scene = Scene::new(&limits);
    for (person, ip) in [(1, "192.0.2.1"), (2, "192.0.2.77")] {
        let record = scene.presence(person, 1);
        assert_eq!(scene.take(&record, from(ip)), Ok(Taken::Stored));
    }
    let third = scene.presence(3, 1);
    assert_eq!(scene.take(&third, from("192.0.2.200")), Err(Refusal::NewKeyRate));
    let again = scene.presence(1, 2);
    assert_eq!(scene.take(&again, from("192.0.2.200")), Ok(Taken::Stored), "no new key");
    assert_eq!(scene.take(&third, from("198.51.100.1")), Ok(Taken::Stored));
    let fourth = scene.presence(4, 1);
    let relay = Sender { role: Role::Relay { of: NonZeroUsize::MIN }, ..somebody() };
    assert_eq!(scene.take(&fourth, relay), Ok(Taken::Stored), "relays replicate");
}

#[test]
fn a_subnet_fills_only_its_percentage_and_a_relay_only_its_part() {
    let records = NonZeroUsize::new(20).unwrap();
    let percent = NonZeroUsize::new(10).unwrap();
    let limits = Limits { records, records_percent_per_subnet: percent, ..Limits::default() };
    let mut scene = Scene::new(&limits);
    let mut stored = |first: u64, sender: Sender| {
        let results: Vec<_> = (first..first + 15)
            .map(|person| {
                let record = scene.presence(person, 1);
                scene.take(&record, sender)
            })
            .collect();
        let good = results.iter().filter(|result| **result == Ok(Taken::Stored)).count();
        let share = results.iter().filter(|result| **result == Err(Refusal::Share)).count();
        assert_eq!(good + share, 15, "{results:?}");
        good
    };
    assert_eq!(stored(0, somebody()), 2);
    assert_eq!(stored(100, Sender { subnet: None, ..somebody() }), 2);
    let of = NonZeroUsize::new(4).unwrap();
    assert_eq!(stored(200, Sender { role: Role::Relay { of }, ..somebody() }), 5);
}

#[test]
fn every_refusal_is_counted_under_its_reason() {
    let count = |refusal: Refusal| {
        let mut refused = Refused::default();
        refusal.count(&mut refused);
        let Refused { publisher, invalid, older, rate, share } = refused;
        [publisher, invalid, older, rate, share]
    };
    assert_eq!(count(Refusal::Invalid(Reject::Publisher)), [1, 0, 0, 0, 0]);
    assert_eq!(count(Refusal::Invalid(Reject::Stamp)), [0, 1, 0, 0, 0]);
    assert_eq!(count(Refusal::Older), [0, 0, 1, 0, 0]);
    assert_eq!(count(Refusal::PutRate), [0, 0, 0, 1, 0]);
    assert_eq!(count(Refusal::NewKeyRate), [0, 0, 0, 1, 0]);
    assert_eq!(count(Refusal::Share), [0, 0, 0, 0, 1]);
}
