//! One message of ours on its way.

use alloc::{string::String, vec::Vec};

use crate::{
    SessionId, Timestamp,
    engine::{
        input::{LinkId, OwnAddresses},
        output::{DeliveryState, MessageId, MessageOrder},
        rows::OutboxRow,
    },
    wire::{Body, Origin},
};

/// A message of ours.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) origin: Origin,
    pub(crate) number: u64,
    pub(crate) lamport: u64,
    pub(crate) sent_ms: u64,
    pub(crate) payload: Payload,
    pub(crate) state: DeliveryState,
    pub(crate) queued: Timestamp,
    pub(crate) first_out: Option<Timestamp>,
    pub(crate) ciphertext: Option<Ciphertext>,
    /// The link to which it was given; not stored, since links do not survive a restart.
    pub(crate) link: Option<LinkId>,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    Text(String),
    Accept,
    Name(String),
    /// Where we can be dialled, as it is when the message is encrypted.
    Addresses,
}

/// The form in which a message went out last: good as long as the sending chain is the same.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ciphertext {
    pub(crate) session: SessionId,
    pub(crate) chain: [u8; 32],
    /// The whole frame.
    pub(crate) frame: Vec<u8>,
}

impl Entry {
    pub(crate) fn id(&self) -> MessageId {
        message_id(self.origin, self.number)
    }

    pub(crate) fn order(&self) -> MessageOrder {
        message_order(self.lamport, self.origin, self.number)
    }

    pub(crate) const fn is_out(&self) -> bool {
        matches!(self.state, DeliveryState::Sending | DeliveryState::SentAwaitingAnswer)
    }

    pub(crate) fn body(&self, addresses: &OwnAddresses) -> Body {
        match &self.payload {
            Payload::Text(text) => Body::Text(text.clone()),
            Payload::Accept => Body::Accept,
            Payload::Name(name) => Body::Name(name.clone()),
            Payload::Addresses => {
                let OwnAddresses { peer_id, addresses, .. } = addresses.clone();
                Body::Addresses { peer_id, addresses }
            }
        }
    }

    pub(crate) fn encode(&self) -> OutboxRow {
        let (kind, text) = match &self.payload {
            Payload::Text(text) => (1, text.clone()),
            Payload::Accept => (2, String::new()),
            Payload::Name(name) => (3, name.clone()),
            Payload::Addresses => (4, String::new()),
        };
        let state = match self.state {
            DeliveryState::Waiting => 1,
            DeliveryState::Sending => 2,
            DeliveryState::SentAwaitingAnswer | DeliveryState::Delivered => 3,
            DeliveryState::NotSent => 4,
        };
        let ciphertext = self.ciphertext.as_ref();
        OutboxRow {
            id: self.id().0.to_vec(),
            lamport: self.lamport,
            sent_ms: self.sent_ms,
            kind,
            text,
            state,
            queued_ms: self.queued.as_millis(),
            first_out_ms: self.first_out.map_or(0, Timestamp::as_millis),
            ciphertext: ciphertext.map(|c| c.frame.clone()).unwrap_or_default(),
            session: ciphertext.map(|c| c.session.0.to_vec()).unwrap_or_default(),
            chain: ciphertext.map(|c| c.chain.to_vec()).unwrap_or_default(),
        }
    }

    pub(crate) fn decode(row: OutboxRow) -> Option<Self> {
        let (origin, number) = row.id.split_first_chunk::<8>()?;
        let ciphertext = match row.session.as_slice().try_into() {
            Ok(session) => Some(Ciphertext {
                session: SessionId(session),
                chain: row.chain.as_slice().try_into().ok()?,
                frame: row.ciphertext,
            }),
            Err(_) => None,
        };
        Some(Self {
            origin: Origin(*origin),
            number: u64::from_be_bytes(number.try_into().ok()?),
            lamport: row.lamport,
            sent_ms: row.sent_ms,
            payload: match row.kind {
                1 => Payload::Text(row.text),
                2 => Payload::Accept,
                3 => Payload::Name(row.text),
                4 => Payload::Addresses,
                _ => return None,
            },
            state: match row.state {
                1 => DeliveryState::Waiting,
                2 => DeliveryState::Sending,
                3 => DeliveryState::SentAwaitingAnswer,
                4 => DeliveryState::NotSent,
                _ => return None,
            },
            queued: Timestamp::from_millis(row.queued_ms),
            first_out: (row.first_out_ms > 0).then(|| Timestamp::from_millis(row.first_out_ms)),
            ciphertext,
            link: None,
        })
    }
}

impl MessageId {
    /// Returns the origin and the number in it.
    pub(crate) fn split(self) -> (Origin, u64) {
        let [a, b, c, d, e, f, g, h, number @ ..] = self.0;
        (Origin([a, b, c, d, e, f, g, h]), u64::from_be_bytes(number))
    }
}

/// Returns the name of a message.
pub(crate) fn message_id(origin: Origin, number: u64) -> MessageId {
    let mut id = [0; 16];
    let bytes = origin.0.into_iter().chain(number.to_be_bytes());
    id.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    MessageId(id)
}

/// Returns where a message stands. The author is told by the origin: no two messages are equal.
pub(crate) fn message_order(lamport: u64, origin: Origin, number: u64) -> MessageOrder {
    let mut order = [0; 24];
    let bytes = lamport.to_be_bytes().into_iter().chain(message_id(origin, number).0);
    order.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    MessageOrder(order)
}
