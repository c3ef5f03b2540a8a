//! A relay that answers nonsense, or nothing at all, costs its people some seconds: they go on
//! with another one.

use lowkey_tests::native::{
    Node, Person,
    vandal::{Manner, Vandal},
};

/// Two people can talk although the first relay of one of them is of no use.
async fn check(seed: u64, mut first: Vec<libp2p::Multiaddr>) {
    let relay = Node::start(&[]).await;
    first.push(relay.address());
    let one = Person::start(seed, first).await;
    let other = Person::start(seed + 1_000, vec![relay.address()]).await;
    one.until_findable().await;
    other.until_findable().await;
    one.add(other.address).await;
    let id = one.write(other.address, "by another way").await;
    other.accept(one.address).await;
    one.until_delivered(other.address, id).await;
    let id = other.write(one.address, "and back").await;
    other.until_delivered(one.address, id).await;
    for person in [&one, &other] {
        assert!(person.broken().is_empty(), "{:?}", person.broken());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_not_there() {
    let gone = Node::start(&[]).await;
    let address = gone.address();
    drop(gone.kill().await);
    check(1, vec![address]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_hangs_on_every_protocol() {
    let vandal = Vandal::listen(2, Manner::Silence).await;
    check(2, vandal.addresses()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_answers_noise_on_every_protocol() {
    let vandal = Vandal::listen(3, Manner::Noise).await;
    check(3, vandal.addresses()).await;
    assert!(vandal.streams() > 0, "the peer never came");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_no_websocket_answers() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = libp2p::PeerId::random();
    let address = format!("/ip4/127.0.0.1/tcp/{port}/ws/p2p/{peer}").parse().unwrap();
    // The port is open and nobody accepts: a dial hangs.
    check(4, vec![address]).await;
}
