use alloc::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::identity::IdentityKeyPair;

fn address(seed: u8) -> Address {
    Address::new(IdentityKeyPair::from_seed(&[seed; 32]).key())
}

fn order(lamport: u64, origin: u8, number: u64) -> MessageOrder {
    let bytes = [&lamport.to_be_bytes()[..], &[origin; 8], &number.to_be_bytes()].concat();
    MessageOrder(bytes.try_into().unwrap())
}

fn contact(seed: u8) -> ContactRecord {
    ContactRecord {
        address: address(seed),
        bond: Bond::Contact,
        blocked: false,
        petname: Some("Anna".into()),
        own_name: None,
        relays: Vec::new(),
        hides_address: true,
        install: Some((Generation(29_000_000), DhPublicKey([seed; 32]))),
        used: Timestamp::from_millis(1_700_000_000_000),
        lamport: 7,
        arrived: vec![(Origin([2; 8]), vec![(1, 5), (7, 9)])],
        sent: vec![Origin([1; 8])],
    }
}

fn message(contact: u8, number: u64, fate: Fate) -> MessageRecord {
    MessageRecord {
        contact: address(contact),
        order: order(number + 1, 1, number),
        fate,
        text: "Grüße".into(),
        sent: Timestamp::from_millis(1_700_000_000_123),
    }
}

fn records() -> Vec<Record> {
    let stranger = ContactRecord {
        bond: Bond::Stranger,
        blocked: true,
        petname: None,
        install: None,
        arrived: Vec::new(),
        sent: Vec::new(),
        ..contact(3)
    };
    vec![
        Record::Own(OwnRecord { name: Some("Bob".into()), hidden: true, hides_address: false }),
        Record::Contact(contact(2)),
        Record::Contact(stranger),
        Record::Message(message(2, 1, Fate::Received)),
        Record::Message(message(2, 2, Fate::Delivered)),
        Record::Message(message(2, 3, Fate::Unacknowledged)),
        Record::Message(message(3, 4, Fate::NotSent)),
    ]
}

fn written(records: Vec<Record>) -> Vec<u8> {
    let mut writer = Writer::new(&address(1));
    records.into_iter().for_each(|record| writer.push(record));
    writer.finish()
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, ArchiveError> {
    Reader::open(bytes, &address(1))?.collect()
}

/// A record of one field, with its length.
fn raw(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).unwrap();
    [&[length + 2, tag << 3 | 2, length], body].concat()
}

#[test]
fn an_archive_is_read_as_it_was_written() {
    assert_eq!(read(&written(records())).unwrap(), records());
    assert_eq!(read(&written(Vec::new())).unwrap(), []);
}

#[test]
fn a_record_without_its_contact_is_left_out_and_so_is_a_second_contact() {
    let (one, other) =
        (Record::Contact(contact(2)), Record::Message(message(3, 1, Fate::Received)));
    assert_eq!(read(&written(vec![one.clone(), one.clone(), other])).unwrap(), [one]);
}

#[test]
fn another_identity_and_a_newer_format_are_told_apart() {
    let bytes = written(records());
    let other = Reader::open(&bytes, &address(9)).err();
    assert_eq!(other, Some(ArchiveError::OtherIdentity));
    let key = address(1);
    let head = |format: u8| {
        let body = [&[0x08, format, 0x12, 32], key.key().as_bytes().as_slice()].concat();
        Reader::open(&raw(1, &body), &key).err()
    };
    assert_eq!(head(1), None);
    assert_eq!(head(2), Some(ArchiveError::Newer { found: 2, known: 1 }));
    assert_eq!(head(0), Some(ArchiveError::Malformed));
}

#[test]
fn an_archive_that_was_cut_is_refused_wherever_it_was_cut() {
    let bytes = written(records());
    for end in 0..bytes.len() {
        assert_eq!(read(&bytes[..end]), Err(ArchiveError::Malformed), "{end}");
    }
    assert_eq!(read(&[bytes.as_slice(), &[0]].concat()), Err(ArchiveError::Malformed));
    assert_eq!(read(&[bytes.as_slice(), &bytes].concat()), Err(ArchiveError::Malformed));
}

#[test]
fn a_record_that_is_missing_is_noticed() {
    let whole = written(records());
    let mut without = records();
    without.remove(4);
    let shorter = written(without);
    // The record of the longer archive's end, behind the shorter one's records.
    let end = |bytes: &[u8]| bytes.len() - raw(5, &[8, 2, 16, 4]).len();
    let mixed = [&shorter[..end(&shorter)], &whole[end(&whole)..]].concat();
    assert_eq!(read(&mixed), Err(ArchiveError::Malformed));
}

#[test]
fn what_a_later_program_adds_is_passed_over() {
    let bytes = written(records());
    let head = raw(1, &[&[8, 1, 0x12, 32], address(1).key().as_bytes().as_slice()].concat()).len();
    let added = [&bytes[..head], &raw(9, &[1, 2, 3]), &bytes[head..]].concat();
    assert_eq!(read(&added).unwrap(), records());
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let long = |text: usize| {
        Record::Message(MessageRecord { text: "a".repeat(text), ..message(2, 1, Fate::Received) })
    };
    let with = |record| read(&written(vec![Record::Contact(contact(2)), record])).map(drop);
    assert_eq!(with(long(limits::TEXT_BYTES)), Ok(()));
    assert_eq!(with(long(limits::TEXT_BYTES + 1)), Err(ArchiveError::Malformed));
    assert_eq!(with(long(0)), Err(ArchiveError::Malformed));
    let numbered = |number| Record::Message(message(2, number, Fate::Received));
    assert_eq!(with(numbered(0)), Err(ArchiveError::Malformed));
    let name = |bytes: usize| {
        Record::Own(OwnRecord { name: Some("a".repeat(bytes)), ..OwnRecord::default() })
    };
    assert_eq!(with(name(limits::NAME_BYTES)), Ok(()));
    assert_eq!(with(name(limits::NAME_BYTES + 1)), Err(ArchiveError::Malformed));
    let range = |first, last| {
        Record::Contact(ContactRecord {
            arrived: vec![(Origin([1; 8]), vec![(first, last)])],
            ..contact(4)
        })
    };
    assert_eq!(with(range(1, 1)), Ok(()));
    for (first, last) in [(0, 1), (2, 1), (1, u64::MAX)] {
        assert_eq!(with(range(first, last)), Err(ArchiveError::Malformed));
    }
    let origins = |count: usize| {
        Record::Contact(ContactRecord { sent: vec![Origin([1; 8]); count], ..contact(4) })
    };
    assert_eq!(with(origins(limits::ORIGINS)), Ok(()));
    assert_eq!(with(origins(limits::ORIGINS + 1)), Err(ArchiveError::Malformed));
}

#[test]
fn the_largest_contact_fits_into_a_record() {
    let far = |at: u64| u64::MAX - 2_000 + at * 2;
    let ranges: Vec<_> = (0..300).map(|at| (far(at), far(at))).collect();
    let largest = ContactRecord {
        petname: Some("a".repeat(limits::NAME_BYTES)),
        own_name: Some("a".repeat(limits::NAME_BYTES)),
        arrived: vec![(Origin([1; 8]), ranges); limits::ORIGINS],
        sent: vec![Origin([1; 8]); limits::ORIGINS],
        ..contact(2)
    };
    let records = vec![Record::Contact(largest)];
    assert_eq!(read(&written(records.clone())).unwrap(), records);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn no_change_makes_a_reader_panic(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = written(records());
        let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len()) + 1);
        bytes[at] = byte;
        let _ = read(&bytes[..cut]);
    }

    #[test]
    fn every_message_comes_back(
        numbers in prop::collection::vec(1..u64::MAX, 0..20), text in "\\PC{1,40}", sent: u64,
    ) {
        let all: Vec<Record> = core::iter::once(Record::Contact(contact(2)))
            .chain(numbers.into_iter().map(|number| Record::Message(MessageRecord {
                order: order(number, 5, number),
                text: text.clone(),
                sent: Timestamp::from_millis(sent),
                ..message(2, 1, Fate::Unacknowledged)
            })))
            .collect();
        prop_assert_eq!(read(&written(all.clone())).unwrap(), all);
    }
}
