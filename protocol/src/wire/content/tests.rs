//! Content: round trips, limits, and what later programs may add.

use proptest::{collection::vec, prelude::*};
use std::vec;

use super::*;
use crate::limits::{ADDRESS_BYTES, PEER_ID_BYTES, PRESENCE_ADDRESSES};

fn ack() -> impl Strategy<Value = Ack> {
    let steps = vec((1_u64..1 << 40, 0_u64..1 << 40), 1..=ACK_RANGES);
    (any::<[u8; 8]>(), steps).prop_map(|(origin, steps)| {
        let mut next = 0;
        let ranges = steps.into_iter().map(|(gap, length)| {
            let first = next + gap;
            next = first + length + 1;
            (first, first + length)
        });
        Ack { origin: Origin(origin), ranges: ranges.collect() }
    })
}

fn body() -> impl Strategy<Value = Body> {
    let addresses = vec(vec(any::<u8>(), 1..=ADDRESS_BYTES), 0..=PRESENCE_ADDRESSES);
    prop_oneof![
        "\\PC{1,2000}".prop_map(Body::Text),
        vec(any::<[u8; 16]>(), 0..=SESSIONS_PER_CONTACT)
            .prop_map(|sessions| Body::Close { sessions }),
        Just(Body::Accept),
        "[a-zä]{0,32}".prop_map(Body::Name),
        (vec(any::<u8>(), 1..=PEER_ID_BYTES), addresses)
            .prop_map(|(peer_id, addresses)| Body::Addresses { peer_id, addresses }),
    ]
}

prop_compose! {
    fn content()(
        named: Option<([u8; 8], u64)>,
        lamport: u64, sent: u64, received: u32,
        acks in vec(ack(), 0..=3),
        body in proptest::option::of(body()),
    ) -> Content {
        let (origin, cseq) = named.map_or_else(Default::default, |(origin, cseq): ([u8; 8], u64)| {
            (Origin(origin), cseq.max(1))
        });
        let body = body.filter(|_| cseq != 0);
        let sent = Timestamp::from_millis(sent);
        Content { origin, cseq, lamport, sent, acks, received, body }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn content_round_trips(content in content()) {
        let bytes = content.encode().unwrap();
        prop_assert_eq!(Content::decode(&bytes), Ok(content));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(content) = Content::decode(&bytes) {
            prop_assert!(content.encode().is_ok());
        }
    }

    #[test]
    fn no_changed_byte_makes_it_panic(content in content(), at: prop::sample::Index, to: u8) {
        let mut bytes = content.encode().unwrap();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Ok(content) = Content::decode(&bytes) {
            prop_assert!(content.encode().is_ok());
        }
    }
}

fn text(text: &str) -> Content {
    let body = Some(Body::Text(text.into()));
    Content { origin: Origin([1; 8]), cseq: 1, body, ..Content::default() }
}

#[test]
fn limits_are_kept_both_ways() {
    let good = text("hello");
    let check = |change: &dyn Fn(&mut Content), error| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(bad.encode(), Err(error));
    };
    check(&|bad| bad.cseq = 0, ContentError::Origin);
    check(&|bad| *bad = text(""), ContentError::EmptyText);
    let (found, limit) = (8_193, 8_192);
    check(&|bad| *bad = text(&"a".repeat(found)), ContentError::TextTooLong { found, limit });
    assert!(text(&"a".repeat(limit)).encode().is_ok());
    let name = |length| Some(Body::Name("n".repeat(length)));
    check(&|bad| bad.body = name(65), ContentError::NameTooLong { found: 65, limit: 64 });
    let addresses = Body::Addresses { peer_id: Vec::new(), addresses: vec![vec![1]] };
    check(&|bad| bad.body = Some(addresses.clone()), ContentError::Addresses);
    let ack = |ranges: &[(u64, u64)]| Ack { origin: Origin([2; 8]), ranges: ranges.to_vec() };
    for ranges in [&[(0, 1)][..], &[(2, 1)], &[(1, 2), (3, 4)], &[(5, 6), (1, 2)], &[(1, u64::MAX)]]
    {
        check(&|bad| bad.acks = vec![ack(ranges)], ContentError::AckRange);
    }
    check(&|bad| bad.acks = vec![ack(&[])], ContentError::TooManyAcks);
    check(&|bad| bad.acks = vec![ack(&[(1, 1)]); 17], ContentError::TooManyAcks);
    let many: Vec<_> = (0..33).map(|i| (i * 2 + 1, i * 2 + 1)).collect();
    check(&|bad| bad.acks = vec![ack(&many)], ContentError::TooManyAcks);
    let (found, limit) = (14_901, 14_900);
    assert_eq!(Content::decode(&vec![0; found]), Err(ContentError::TooLong { found, limit }));
    assert_eq!(Content::decode(&[0xff]), Err(ContentError::Malformed));
}

#[test]
fn names_of_messages_are_whole_or_absent() {
    assert_eq!(Content::decode(&[]), Ok(Content::default()));
    // Origin without a number, and a number with a short origin.
    assert_eq!(Content::decode(&[0x0a, 1, 7]), Err(ContentError::Origin));
    assert_eq!(Content::decode(&[0x0a, 1, 7, 0x10, 1]), Err(ContentError::Origin));
}

#[test]
fn what_only_later_programs_know_is_ignored() {
    let mut bytes = text("hello").encode().unwrap();
    bytes.extend([0x9a, 0x06, 2, 9, 9]); // field 99
    assert_eq!(Content::decode(&bytes), Ok(text("hello")));
    let named = Content { body: None, ..text("hello") };
    let mut bytes = named.encode().unwrap();
    bytes.extend([0x82, 0x01, 0]); // field 16, "read"
    assert_eq!(Content::decode(&bytes), Ok(named));
}
