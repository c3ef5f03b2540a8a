//! Noise on every protocol of a relay and of a peer: nothing is stuck, and everybody else goes on.

use lowkey_tests::native::{
    Node, Person,
    vandal::{Manner, PROTOCOLS, Vandal},
};

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_every_protocol_of_a_relay_disturbs_nobody() {
    let relay = Node::start(&[]).await;
    let one = Person::start(1, vec![relay.address()]).await;
    let other = Person::start(2, vec![relay.address()]).await;
    one.until_findable().await;
    other.until_findable().await;
    let mut vandals = Vec::new();
    for seed in 0..6 {
        let manner = if seed % 3 == 2 { Manner::Silence } else { Manner::Noise };
        vandals.push(Vandal::dial(seed, relay.address(), manner).await);
    }
    one.add(other.address).await;
    let id = one.write(other.address, "in the middle of the noise").await;
    other.accept(one.address).await;
    one.until_delivered(other.address, id).await;
    for vandal in &mut vandals {
        vandal.until_it_did(PROTOCOLS.len()).await;
    }
    let id = other.write(one.address, "after the noise").await;
    other.until_delivered(one.address, id).await;
    // A newcomer is served as well.
    let third = Person::start(3, vec![relay.address()]).await;
    third.until_findable().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_every_protocol_of_a_peer_is_survived() {
    let relay = Node::start(&[]).await;
    let vandal = Vandal::listen(7, Manner::Noise).await;
    let relays = [vandal.addresses(), vec![relay.address()]].concat();
    let one = Person::start(1, relays).await;
    let other = Person::start(2, vec![relay.address()]).await;
    one.until_findable().await;
    other.until_findable().await;
    one.add(other.address).await;
    let id = one.write(other.address, "with a vandal on the line").await;
    other.accept(one.address).await;
    one.until_delivered(other.address, id).await;
    assert!(vandal.streams() > 0, "the peer never met the vandal");
}
