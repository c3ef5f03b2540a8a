//! The bytes of an archive's records: protobuf behind a varint length, within all limits.

use alloc::{string::String, vec::Vec};

use prost::{Message, Oneof};

use super::{Bond, ContactRecord, FORMAT, Fate, MessageRecord, OwnRecord, Record};
use crate::{
    Address, IdentityKey, MessageOrder, RelayAddress, Timestamp,
    identity::{DhPublicKey, Generation},
    limits::{
        ARCHIVE_RECORD_BYTES, INVITE_RELAYS, NAME_BYTES, ORIGINS, RECEIVED_RANGES, TEXT_BYTES,
    },
    wire::Origin,
};

/// Writes a record with its length.
pub(super) fn write(wire: Wire, into: &mut Vec<u8>) {
    // A vector takes whatever is written to it.
    let _ = wire.encode_length_delimited(into);
}

/// Takes a record off.
pub(super) fn read(rest: &mut &[u8]) -> Option<Wire> {
    let mut after = *rest;
    let length = prost::decode_length_delimiter(&mut after).ok()?;
    let (record, after) =
        after.split_at_checked(length).filter(|_| length <= ARCHIVE_RECORD_BYTES)?;
    *rest = after;
    Wire::decode(record).ok()
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Wire {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Head(Head),
    #[prost(message, tag = "2")]
    Own(Own),
    #[prost(message, tag = "3")]
    Contact(Contact),
    #[prost(message, tag = "4")]
    Message(Text),
    #[prost(message, tag = "5")]
    End(End),
}

#[derive(Clone, PartialEq, Message)]
struct Head {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(bytes = "vec", tag = "2")]
    identity: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Own {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(bool, tag = "2")]
    hidden: bool,
    #[prost(bool, tag = "3")]
    hides_address: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Contact {
    #[prost(bytes = "vec", tag = "1")]
    identity: Vec<u8>,
    /// 1 invited, 2 contact, 3 stranger.
    #[prost(uint32, tag = "2")]
    bond: u32,
    #[prost(bool, tag = "3")]
    blocked: bool,
    #[prost(string, optional, tag = "4")]
    petname: Option<String>,
    #[prost(string, optional, tag = "5")]
    own_name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    relays: Vec<Vec<u8>>,
    #[prost(bool, tag = "7")]
    hides_address: bool,
    #[prost(uint32, tag = "8")]
    generation: u32,
    /// Empty: no install is known.
    #[prost(bytes = "vec", tag = "9")]
    ikd: Vec<u8>,
    #[prost(uint64, tag = "10")]
    used_ms: u64,
    #[prost(uint64, tag = "11")]
    lamport: u64,
    #[prost(message, repeated, tag = "12")]
    arrived: Vec<Arrived>,
    #[prost(bytes = "vec", repeated, tag = "13")]
    sent: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Arrived {
    #[prost(bytes = "vec", tag = "1")]
    origin: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    ranges: Vec<Range>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Range {
    #[prost(uint64, tag = "1")]
    first: u64,
    #[prost(uint64, tag = "2")]
    last: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Text {
    /// Which of the contacts before it, from 0.
    #[prost(uint32, tag = "1")]
    contact: u32,
    #[prost(bytes = "vec", tag = "2")]
    order: Vec<u8>,
    /// 1 received, 2 delivered, 3 unacknowledged, 4 not sent.
    #[prost(uint32, tag = "3")]
    fate: u32,
    #[prost(string, tag = "4")]
    text: String,
    #[prost(uint64, tag = "5")]
    sent_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct End {
    #[prost(uint32, tag = "1")]
    contacts: u32,
    #[prost(uint64, tag = "2")]
    messages: u64,
}

impl Wire {
    pub(super) fn head(own: &Address) -> Self {
        let identity = own.key().as_bytes().to_vec();
        Kind::Head(Head { format: FORMAT, identity }).into()
    }

    pub(super) fn own(own: OwnRecord) -> Self {
        let OwnRecord { name, hidden, hides_address } = own;
        Kind::Own(Own { name, hidden, hides_address }).into()
    }

    pub(super) fn contact(contact: ContactRecord) -> Self {
        let range = |(first, last): (u64, u64)| Range { first, last };
        let arrived = |(origin, ranges): (Origin, Vec<(u64, u64)>)| Arrived {
            origin: origin.0.to_vec(),
            ranges: ranges.into_iter().map(range).collect(),
        };
        let install = contact.install;
        Kind::Contact(Contact {
            identity: contact.address.key().as_bytes().to_vec(),
            bond: match contact.bond {
                Bond::Invited => 1,
                Bond::Contact => 2,
                Bond::Stranger => 3,
            },
            blocked: contact.blocked,
            petname: contact.petname,
            own_name: contact.own_name,
            relays: contact.relays.iter().map(|relay| relay.as_bytes().to_vec()).collect(),
            hides_address: contact.hides_address,
            generation: install.map_or(0, |(generation, _)| generation.0),
            ikd: install.map(|(_, ikd)| ikd.0.to_vec()).unwrap_or_default(),
            used_ms: contact.used.as_millis(),
            lamport: contact.lamport,
            arrived: contact.arrived.into_iter().map(arrived).collect(),
            sent: contact.sent.into_iter().map(|origin| origin.0.to_vec()).collect(),
        })
        .into()
    }

    pub(super) fn message(contact: u32, message: MessageRecord) -> Self {
        Kind::Message(Text {
            contact,
            order: message.order.0.to_vec(),
            fate: match message.fate {
                Fate::Received => 1,
                Fate::Delivered => 2,
                Fate::Unacknowledged => 3,
                Fate::NotSent => 4,
            },
            text: message.text,
            sent_ms: message.sent.as_millis(),
        })
        .into()
    }

    pub(super) fn end(contacts: u32, messages: u64) -> Self {
        Kind::End(End { contacts, messages }).into()
    }

    /// Returns format and identity, if this is a head.
    pub(super) fn into_head(self) -> Option<(u32, Vec<u8>)> {
        match self.kind? {
            Kind::Head(Head { format, identity }) => Some((format, identity)),
            _ => None,
        }
    }

    /// Returns the numbers of contacts and messages, if this is an end.
    pub(super) const fn as_end(&self) -> Option<(u32, u64)> {
        match self.kind {
            Some(Kind::End(End { contacts, messages })) => Some((contacts, messages)),
            _ => None,
        }
    }

    /// Returns the record, or `Some(None)` for one that only a later program knows.
    pub(super) fn into_record(self, contacts: &[Address]) -> Option<Option<Record>> {
        let record = match self.kind {
            None => return Some(None),
            Some(Kind::Own(own)) => Record::Own(own_of(own)?),
            Some(Kind::Contact(contact)) => Record::Contact(contact_of(contact)?),
            Some(Kind::Message(text)) => {
                let at = usize::try_from(text.contact).ok()?;
                Record::Message(message_of(*contacts.get(at)?, text)?)
            }
            Some(Kind::Head(_) | Kind::End(_)) => return None,
        };
        Some(Some(record))
    }
}

impl From<Kind> for Wire {
    fn from(kind: Kind) -> Self {
        Self { kind: Some(kind) }
    }
}

fn own_of(own: Own) -> Option<OwnRecord> {
    let Own { name, hidden, hides_address } = own;
    Some(OwnRecord { name: name_of(name)?, hidden, hides_address })
}

fn contact_of(contact: Contact) -> Option<ContactRecord> {
    let key = IdentityKey::from_bytes(contact.identity.as_slice().try_into().ok()?).ok()?;
    let bond = match contact.bond {
        1 => Bond::Invited,
        2 => Bond::Contact,
        3 => Bond::Stranger,
        _ => return None,
    };
    let install = match contact.ikd.as_slice() {
        [] => None,
        ikd => Some((Generation(contact.generation), DhPublicKey(ikd.try_into().ok()?))),
    };
    let bounded = contact.relays.len() <= INVITE_RELAYS
        && contact.arrived.len() <= ORIGINS
        && contact.sent.len() <= ORIGINS;
    bounded.then_some(())?;
    let relays = contact.relays.into_iter().map(RelayAddress::new);
    Some(ContactRecord {
        address: Address::new(key),
        bond,
        blocked: contact.blocked,
        petname: name_of(contact.petname)?,
        own_name: name_of(contact.own_name)?,
        relays: relays.collect::<Result<_, _>>().ok()?,
        hides_address: contact.hides_address,
        install,
        used: Timestamp::from_millis(contact.used_ms),
        lamport: contact.lamport,
        arrived: contact.arrived.into_iter().map(arrived_of).collect::<Option<_>>()?,
        sent: contact.sent.iter().map(|origin| origin_of(origin)).collect::<Option<_>>()?,
    })
}

fn arrived_of(arrived: Arrived) -> Option<(Origin, Vec<(u64, u64)>)> {
    (arrived.ranges.len() <= RECEIVED_RANGES).then_some(())?;
    let range = |Range { first, last }: &Range| {
        (1 <= *first && first <= last && *last < u64::MAX).then_some((*first, *last))
    };
    let ranges = arrived.ranges.iter().map(range).collect::<Option<_>>()?;
    Some((origin_of(&arrived.origin)?, ranges))
}

fn message_of(contact: Address, text: Text) -> Option<MessageRecord> {
    let order: [u8; 24] = text.order.as_slice().try_into().ok()?;
    let number = u64::from_be_bytes(*order.last_chunk()?);
    let fits = (1..u64::MAX).contains(&number) && (1..=TEXT_BYTES).contains(&text.text.len());
    fits.then_some(())?;
    Some(MessageRecord {
        contact,
        order: MessageOrder(order),
        fate: match text.fate {
            1 => Fate::Received,
            2 => Fate::Delivered,
            3 => Fate::Unacknowledged,
            4 => Fate::NotSent,
            _ => return None,
        },
        text: text.text,
        sent: Timestamp::from_millis(text.sent_ms),
    })
}

fn origin_of(bytes: &[u8]) -> Option<Origin> {
    bytes.try_into().ok().map(Origin)
}

#[expect(clippy::option_option, reason = "outside: is it within the limit? inside: is there one?")]
fn name_of(name: Option<String>) -> Option<Option<String>> {
    let fits = name.as_ref().is_none_or(|name| name.len() <= NAME_BYTES);
    fits.then_some(name)
}
