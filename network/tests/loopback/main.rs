//! Peers and plain libp2p relays on loopback: what the driver promises, without a browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may end there"
)]

mod backup;
mod direct;
mod kept;
mod moments;
mod person;
mod proxy;
mod relay;
mod storage;
mod streams;

use std::sync::atomic::Ordering;

use lowkey_network::{PeerError, RelayState};
use lowkey_protocol::{Author, Command, DeliveryState, Findable, Standing};

use crate::{person::Person, proxy::Proxy, relay::TestRelay, storage::Failing};

#[tokio::test]
async fn records_are_published_without_a_publisher_and_read_back() {
    let relay = TestRelay::start().await;
    let mut one = Person::start(&[&relay]).await;
    one.wait("findable", |seen| seen.findable == Some(Findable::Yes)).await;

    let records = relay.records();
    let lengths: Vec<_> = records.iter().map(|record| record.value.len()).collect();
    assert!(lengths.contains(&1_170) && lengths.contains(&3_218), "both kinds: {lengths:?}");
    for record in records {
        assert_eq!(record.publisher, None);
        assert_eq!(lowkey_network::dht::record::check_form(&record), Ok(()));
    }
}

#[tokio::test]
async fn two_peers_find_each_other_and_talk_over_a_circuit() {
    let relay = TestRelay::start().await;
    let mut one = Person::start(&[&relay]).await;
    let mut two = Person::start(&[&relay]).await;
    person::become_contacts(&mut one, &mut two).await;

    let long = "€".repeat(2_000);
    for text in ["there", &long, "again"] {
        one.say(two.address(), text).await;
        two.say(one.address(), text).await;
    }
    let (first, second) = (one.address(), two.address());
    for (person, other) in [(&mut one, second), (&mut two, first)] {
        person
            .wait("all delivered", |seen| {
                let messages = seen.with(other);
                let theirs = messages.iter().filter(|message| message.author == Author::Them);
                let done = messages.iter().all(|m| m.state == DeliveryState::Delivered);
                theirs.filter(|message| message.text == long).count() == 1
                    && messages.len() >= 7
                    && done
            })
            .await;
        let history = person.handle.history(other, None, 100).await.unwrap();
        assert_eq!(history.len(), person.seen.with(other).len());
        assert!(history.is_sorted_by_key(|message| message.order));
    }
}

#[tokio::test]
async fn the_relay_names_the_path_and_is_measured() {
    let relay = TestRelay::start().await;
    let mut one = Person::start(&[&relay]).await;
    one.wait("a round trip", |seen| {
        seen.is_reserved() && seen.network.relays.iter().all(|relay| relay.round_trip.is_some())
    })
    .await;
    let [only] = one.seen.network.relays.as_slice() else { panic!("{:?}", one.seen.network) };
    assert_eq!(only.name, relay.name());
    assert_eq!((only.state, only.reserved), (RelayState::Connected, true));
}

#[tokio::test]
async fn a_relay_that_comes_back_is_reserved_again_and_what_waited_arrives_once() {
    let relay = TestRelay::start().await;
    let mut one = Person::start(&[&relay]).await;
    let mut two = Person::start(&[&relay]).await;
    person::become_contacts(&mut one, &mut two).await;

    let port = relay.stop().await;
    for person in [&mut one, &mut two] {
        person.wait("lost", |seen| seen.relay_state() == Some(RelayState::Lost)).await;
        assert!(!person.seen.network.relays.iter().any(|relay| relay.reserved));
    }
    one.say(two.address(), "while it was away").await;

    let _relay = TestRelay::restart(port).await;
    for person in [&mut one, &mut two] {
        person.handle.reconnect().await.unwrap();
        person.wait("reserved again", |seen| seen.is_reserved()).await;
    }
    let from = one.address();
    two.wait("the message", |seen| {
        seen.with(from).iter().any(|message| message.text == "while it was away")
    })
    .await;
    let copies = two.seen.arrivals.iter().filter(|text| *text == "while it was away").count();
    assert_eq!(copies, 1);
}

#[tokio::test]
async fn a_relay_that_cannot_be_reached_leaves_the_other_one() {
    let relay = TestRelay::start().await;
    let gone = TestRelay::start().await;
    let gone_addresses = gone.addresses();
    gone.stop().await;
    let addresses = [gone_addresses, relay.addresses()].concat();
    let mut one = Person::start_at(addresses).await;
    one.wait("findable", |seen| seen.findable == Some(Findable::Yes)).await;
    assert!(one.seen.network.relays.iter().any(|relay| relay.state == RelayState::Lost));
}

#[tokio::test]
async fn a_request_reaches_a_stranger() {
    let relay = TestRelay::start().await;
    let mut one = Person::start(&[&relay]).await;
    let two = Person::start(&[&relay]).await;
    one.wait("findable", |seen| seen.findable == Some(Findable::Yes)).await;
    two.add(one.address()).await;
    two.say(one.address(), "hello").await;
    let from = two.address();
    one.wait("the request", |seen| seen.standing(from) == Some(Standing::Request)).await;
}

#[tokio::test]
async fn a_shut_down_peer_says_so_and_answers_no_more() {
    let relay = TestRelay::start().await;
    let one = Person::start(&[&relay]).await;
    let (handle, seen) = one.stop().await;
    assert!(seen.stopped);
    let error = handle.reconnect().await.unwrap_err();
    assert_eq!(error, PeerError::Stopped);
}

#[tokio::test]
async fn a_peer_reserves_at_its_first_attempt_and_at_two_relays() {
    let (first, second) = (TestRelay::start().await, TestRelay::start().await);
    let mut one = Person::start(&[&first, &second]).await;
    one.wait("two reservations", |seen| {
        assert_ne!(seen.relay_state(), Some(RelayState::Lost), "{:?}", seen.network);
        seen.network.relays.iter().filter(|relay| relay.reserved).count() == 2
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_vanishes_without_a_word_is_noticed() {
    let relay = TestRelay::start().await;
    let proxy = Proxy::start(&relay).await;
    let mut one = Person::start_at(proxy.addresses()).await;
    one.wait("reserved", |seen| seen.is_reserved()).await;
    proxy.cut();
    one.wait("lost", |seen| seen.relay_state() == Some(RelayState::Lost)).await;
    assert!(!one.seen.is_reserved());
}

#[tokio::test]
async fn a_relay_that_hangs_does_not_hold_up_another() {
    let relay = TestRelay::start().await;
    let hanging = Proxy::start(&relay).await;
    hanging.cut();
    let other = TestRelay::start().await;
    let addresses = [hanging.addresses(), other.addresses()].concat();
    let mut one = Person::start_at(addresses).await;
    one.wait("findable", |seen| seen.findable == Some(Findable::Yes)).await;
    assert_eq!(one.seen.relay_state(), Some(RelayState::Connecting), "the first still hangs");
}

#[tokio::test]
async fn what_cannot_be_saved_has_not_happened() {
    let relay = TestRelay::start().await;
    let storage = Failing::default();
    let fails = storage.switch();
    let mut one = Person::start_with(relay.addresses(), storage).await;
    let mut two = Person::start(&[&relay]).await;
    person::become_contacts(&mut one, &mut two).await;

    fails.store(true, Ordering::SeqCst);
    let lost =
        Command::SendText { contact: two.address(), text: "lost".to_owned(), numbered: None };
    assert_eq!(one.handle.command(lost).await.unwrap_err(), PeerError::StorageFull);
    one.wait("the failure", |seen| seen.storage_failed.is_some()).await;

    // The engine that storage still holds knows the contact, and goes on.
    fails.store(false, Ordering::SeqCst);
    let owns = one.seen.owns;
    one.wait("a new engine", |seen| seen.owns > owns).await;
    one.say(two.address(), "kept").await;
    let from = one.address();
    two.wait("what was kept", |seen| seen.with(from).iter().any(|message| message.text == "kept"))
        .await;
    assert!(!two.seen.arrivals.iter().any(|text| text == "lost"));
    let history = one.handle.history(two.address(), None, 100).await.unwrap();
    assert!(!history.iter().any(|message| message.text == "lost"));
}
