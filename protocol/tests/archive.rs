//! The golden archive: bytes that an independent program wrote (`tests/vectors/archive.json`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]

use lowkey_protocol::{
    Address, Identity, IdentityKey, MessageOrder, Phrase, RelayAddress, Timestamp,
    archive::{Bond, ContactRecord, Fate, MessageRecord, OwnRecord, Reader, Record, Writer},
    identity::{DhPublicKey, Generation},
    wire::Origin,
};
use serde_json::Value;

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn text(value: &Value) -> Option<String> {
    Some(value.as_str().unwrap().to_owned())
}

fn address(value: &Value) -> Address {
    Address::new(IdentityKey::from_bytes(&array(value)).unwrap())
}

fn contacts(file: &Value) -> [ContactRecord; 2] {
    let contact = &file["contact"];
    let range = |pair: &Value| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap());
    let ranges = contact["arrived"]["ranges"].as_array().unwrap().iter().map(range).collect();
    let generation = u32::try_from(contact["gen"].as_u64().unwrap()).unwrap();
    let blocked = ContactRecord {
        address: address(&file["blocked"]),
        bond: Bond::Stranger,
        blocked: true,
        petname: None,
        own_name: None,
        relays: Vec::new(),
        hides_address: false,
        install: None,
        used: Timestamp::default(),
        lamport: 0,
        arrived: Vec::new(),
        sent: Vec::new(),
    };
    let contact = ContactRecord {
        address: address(&contact["A"]),
        bond: Bond::Contact,
        blocked: false,
        petname: text(&contact["petname"]),
        own_name: text(&contact["name"]),
        relays: vec![RelayAddress::new(bytes(&contact["relay"])).unwrap()],
        hides_address: true,
        install: Some((Generation(generation), DhPublicKey(array(&contact["ikd"])))),
        used: Timestamp::from_millis(contact["used"].as_u64().unwrap()),
        lamport: contact["lamport"].as_u64().unwrap(),
        arrived: vec![(Origin(array(&contact["arrived"]["origin"])), ranges)],
        sent: vec![Origin(array(&contact["sent"]))],
    };
    [contact, blocked]
}

fn records(file: &Value) -> Vec<Record> {
    let fates = [Fate::Received, Fate::Delivered, Fate::Unacknowledged, Fate::NotSent];
    let message = |(message, fate): (&Value, Fate)| {
        Record::Message(MessageRecord {
            contact: address(&file["contact"]["A"]),
            order: MessageOrder(array(&message["order"])),
            fate,
            text: text(&message["text"]).unwrap(),
            sent: Timestamp::from_millis(message["sent"].as_u64().unwrap()),
        })
    };
    let own = OwnRecord { name: text(&file["name"]), hidden: true, hides_address: false };
    let messages = file["messages"].as_array().unwrap().iter().zip(fates).map(message);
    let contacts = contacts(file).map(Record::Contact);
    std::iter::once(Record::Own(own)).chain(contacts).chain(messages).collect()
}

#[test]
fn an_archive_has_the_bytes_of_the_golden_one() {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/vectors/archive.json")).unwrap();
    let identity = Identity::from_phrase(Phrase::parse(file["words"].as_str().unwrap()).unwrap());
    assert_eq!(identity.key().as_bytes(), &array::<32>(&file["A"]));
    assert_eq!(identity.backup_key().as_bytes(), &array::<32>(&file["bk_key"]));
    let mut writer = Writer::new(&identity.address());
    records(&file).into_iter().for_each(|record| writer.push(record));
    assert_eq!(hex::encode(writer.finish()), file["archive"].as_str().unwrap());
    let archive = bytes(&file["archive"]);
    let read: Result<Vec<_>, _> = Reader::open(&archive, &identity.address()).unwrap().collect();
    assert_eq!(read.unwrap(), records(&file));
}
