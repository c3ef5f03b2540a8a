//! A relay that answers nonsense, or nothing at all, costs its people some seconds: they go on
//! with another one.

use lowkey_tests::native::{
    Node, Person,
    page::{Answer, Page},
    vandal::{Manner, Vandal},
};

/// Two people can talk although the first relay of one of them is `first`.
async fn check(seed: u64, first: String) {
    let relay = Node::start(&[]).await;
    let one = Person::start_with(seed, &first, vec![relay.address()]).await;
    let other = Person::start(seed + 1_000, &relay.origin()).await;
    one.until_findable().await;
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
async fn a_node_json_that_is_nonsense() {
    let body = br#"{"peerId": 7, "addresses": "many", "relays": [[]], "time": "late"}"#;
    let page = Page::start(Answer::Body(body.to_vec())).await;
    check(1, page.origin()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_json_without_end() {
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b'['; 1_000_000]].concat();
    let page = Page::start(Answer::Raw(endless)).await;
    check(2, page.origin()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_server_that_hangs() {
    for answer in [Answer::Silence, Answer::HalfBody, Answer::Raw(b"\x00\x01\x02".to_vec())] {
        let page = Page::start(answer).await;
        check(3, page.origin()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_not_there() {
    // A port that was free a moment ago.
    let page = Page::start(Answer::Silence).await;
    let gone = page.origin();
    drop(page);
    check(4, gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_hangs_on_every_protocol() {
    let vandal = Vandal::listen(5, Manner::Silence).await;
    let page = vandal.page().await;
    check(5, page.origin()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_answers_noise_on_every_protocol() {
    let vandal = Vandal::listen(6, Manner::Noise).await;
    let page = vandal.page().await;
    check(6, page.origin()).await;
    assert!(vandal.streams() > 0, "the peer never came");
}
