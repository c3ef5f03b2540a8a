//! What is inside a ratchet message. Protobuf; unknown fields are ignored, limits are not.

use alloc::{string::String, vec::Vec};

use prost::{Message, Oneof};

use crate::{
    limits::{
        ACK_ORIGINS, ACK_RANGES, CONTENT_BYTES, NAME_BYTES, SESSIONS_PER_CONTACT, TEXT_BYTES,
    },
    record::presence::check_addresses,
    time::Timestamp,
};

/// Eight random bytes that one start of an engine puts before its message numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Origin(pub [u8; 8]);

/// One message between two people's devices.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Content {
    /// Who counts: with `cseq` the message's name. Zero in a bare acknowledgement.
    pub origin: Origin,
    /// The number inside the origin, from 1; 0 in a bare acknowledgement.
    pub cseq: u64,
    /// Lamport time, for the order on both screens.
    pub lamport: u64,
    /// When it was written, for display only.
    pub sent: Timestamp,
    /// What has come.
    pub acks: Vec<Ack>,
    /// How many messages of this session the sender has decrypted.
    pub received: u32,
    /// What it says; nothing in a bare acknowledgement, and when only newer programs know.
    pub body: Option<Body>,
}

/// Messages of one origin that have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Whose numbers.
    pub origin: Origin,
    /// First and last number of each range; ascending, with gaps between them.
    pub ranges: Vec<(u64, u64)>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A text for the screen.
    Text(String),
    /// The conversation is over: its keys are forgotten.
    Close {
        /// The names of the other sessions that end with the one it comes in.
        sessions: Vec<[u8; 16]>,
    },
    /// The sender can now be dialled here.
    Addresses {
        /// The throw-away libp2p peer id, as bytes.
        peer_id: Vec<u8>,
        /// Binary multiaddrs without the final `/p2p`, best first.
        addresses: Vec<Vec<u8>>,
    },
    /// The request is accepted.
    Accept,
    /// What the sender calls themselves; empty takes a name back.
    Name(String),
}

impl Content {
    /// Checks the limits and writes the bytes.
    pub fn encode(&self) -> Result<Vec<u8>, ContentError> {
        self.check()?;
        let named = self.cseq != 0;
        let wire = Wire {
            origin: if named { self.origin.0.to_vec() } else { Vec::new() },
            cseq: self.cseq,
            lamport: self.lamport,
            sent_ms: self.sent.as_millis(),
            acks: self.acks.iter().map(WireAck::from).collect(),
            received: self.received,
            body: self.body.clone().map(WireBody::from),
        };
        let bytes = wire.encode_to_vec();
        check_length(bytes.len())?;
        Ok(bytes)
    }

    /// Reads bytes and checks the limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        check_length(bytes.len())?;
        let wire = Wire::decode(bytes).map_err(|_| ContentError::Malformed)?;
        let origin = match (wire.cseq, wire.origin.as_slice()) {
            (0, []) => Origin::default(),
            (1.., origin) => Origin(origin.try_into().map_err(|_| ContentError::Origin)?),
            (0, _) => return Err(ContentError::Origin),
        };
        let content = Self {
            origin,
            cseq: wire.cseq,
            lamport: wire.lamport,
            sent: Timestamp::from_millis(wire.sent_ms),
            acks: wire.acks.into_iter().map(Ack::try_from).collect::<Result<_, _>>()?,
            received: wire.received,
            body: wire.body.map(Body::try_from).transpose()?,
        };
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> Result<(), ContentError> {
        if self.cseq == 0 && (self.body.is_some() || self.origin != Origin::default()) {
            return Err(ContentError::Origin);
        }
        if self.acks.len() > ACK_ORIGINS {
            return Err(ContentError::TooManyAcks);
        }
        self.acks.iter().try_for_each(Ack::check)?;
        self.body.as_ref().map_or(Ok(()), Body::check)
    }
}

impl Ack {
    fn check(&self) -> Result<(), ContentError> {
        if self.ranges.is_empty() || self.ranges.len() > ACK_RANGES {
            return Err(ContentError::TooManyAcks);
        }
        let mut next = 1;
        for (first, last) in &self.ranges {
            if *first < next || last < first {
                return Err(ContentError::AckRange);
            }
            // Two ranges that touch are one; after the last number nothing can follow.
            next = last.saturating_add(2);
            if *last == u64::MAX {
                return Err(ContentError::AckRange);
            }
        }
        Ok(())
    }
}

impl Body {
    fn check(&self) -> Result<(), ContentError> {
        match self {
            Self::Text(text) if text.is_empty() => Err(ContentError::EmptyText),
            Self::Text(text) if text.len() > TEXT_BYTES => {
                Err(ContentError::TextTooLong { found: text.len(), limit: TEXT_BYTES })
            }
            Self::Name(name) if name.len() > NAME_BYTES => {
                Err(ContentError::NameTooLong { found: name.len(), limit: NAME_BYTES })
            }
            Self::Addresses { peer_id, addresses } => {
                check_addresses(peer_id, addresses).map_err(|_| ContentError::Addresses)
            }
            Self::Close { sessions } if sessions.len() > SESSIONS_PER_CONTACT => {
                Err(ContentError::Sessions)
            }
            Self::Text(_) | Self::Name(_) | Self::Close { .. } | Self::Accept => Ok(()),
        }
    }
}

fn check_length(found: usize) -> Result<(), ContentError> {
    if found > CONTENT_BYTES {
        return Err(ContentError::TooLong { found, limit: CONTENT_BYTES });
    }
    Ok(())
}

/// Why content is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Too long.
    #[error("content of {found} bytes is over the limit of {limit}")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// Not protobuf.
    #[error("the content is not protobuf of its kind")]
    Malformed,
    /// A message without a name, or a bare acknowledgement with one.
    #[error("origin and number do not belong together")]
    Origin,
    /// Acknowledgements of too many origins or ranges, or of none.
    #[error("more than {ACK_ORIGINS} origins or {ACK_RANGES} ranges acknowledged, or an empty one")]
    TooManyAcks,
    /// Ranges that are empty, touch, overlap or descend.
    #[error("acknowledged ranges out of order")]
    AckRange,
    /// A text that says nothing.
    #[error("the text is empty")]
    EmptyText,
    /// A text that is too long.
    #[error("text of {found} bytes is over the limit of {limit}")]
    TextTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// A name that is too long.
    #[error("name of {found} bytes is over the limit of {limit}")]
    NameTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// Addresses beyond their limits.
    #[error("the addresses are beyond their limits")]
    Addresses,
    /// A close that names more sessions than there can be, or none of their length.
    #[error("the names of ended sessions are malformed")]
    Sessions,
}

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    origin: Vec<u8>,
    #[prost(uint64, tag = "2")]
    cseq: u64,
    #[prost(uint64, tag = "3")]
    lamport: u64,
    #[prost(uint64, tag = "4")]
    sent_ms: u64,
    #[prost(message, repeated, tag = "5")]
    acks: Vec<WireAck>,
    #[prost(uint32, tag = "6")]
    received: u32,
    #[prost(oneof = "WireBody", tags = "10, 11, 13, 14, 15")]
    body: Option<WireBody>,
}

#[derive(Clone, PartialEq, Message)]
struct WireAck {
    #[prost(bytes = "vec", tag = "1")]
    origin: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    ranges: Vec<WireRange>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct WireRange {
    #[prost(uint64, tag = "1")]
    first: u64,
    #[prost(uint64, tag = "2")]
    last: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct WireEmpty {}

#[derive(Clone, PartialEq, Message)]
struct WireClose {
    #[prost(bytes = "vec", repeated, tag = "1")]
    sessions: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct WireAddresses {
    #[prost(bytes = "vec", tag = "1")]
    peer_id: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    addresses: Vec<Vec<u8>>,
}

/// 12 (queues) and 16 (read) are reserved.
#[derive(Clone, PartialEq, Oneof)]
enum WireBody {
    #[prost(string, tag = "10")]
    Text(String),
    #[prost(message, tag = "11")]
    Close(WireClose),
    #[prost(message, tag = "13")]
    Addresses(WireAddresses),
    #[prost(message, tag = "14")]
    Accept(WireEmpty),
    #[prost(string, tag = "15")]
    Name(String),
}

impl From<&Ack> for WireAck {
    fn from(ack: &Ack) -> Self {
        let ranges = ack.ranges.iter().map(|&(first, last)| WireRange { first, last }).collect();
        Self { origin: ack.origin.0.to_vec(), ranges }
    }
}

impl TryFrom<WireAck> for Ack {
    type Error = ContentError;

    fn try_from(wire: WireAck) -> Result<Self, ContentError> {
        let origin = wire.origin.as_slice().try_into().map_err(|_| ContentError::Origin)?;
        let ranges = wire.ranges.iter().map(|range| (range.first, range.last)).collect();
        Ok(Self { origin: Origin(origin), ranges })
    }
}

impl From<Body> for WireBody {
    fn from(body: Body) -> Self {
        match body {
            Body::Text(text) => Self::Text(text),
            Body::Close { sessions } => Self::Close(WireClose {
                sessions: sessions.iter().map(|name| name.to_vec()).collect(),
            }),
            Body::Addresses { peer_id, addresses } => {
                Self::Addresses(WireAddresses { peer_id, addresses })
            }
            Body::Accept => Self::Accept(WireEmpty {}),
            Body::Name(name) => Self::Name(name),
        }
    }
}

impl TryFrom<WireBody> for Body {
    type Error = ContentError;

    fn try_from(wire: WireBody) -> Result<Self, ContentError> {
        Ok(match wire {
            WireBody::Text(text) => Self::Text(text),
            WireBody::Close(WireClose { sessions }) => {
                let name = |name: &Vec<u8>| name.as_slice().try_into();
                let sessions = sessions.iter().map(name).collect::<Result<_, _>>();
                Self::Close { sessions: sessions.map_err(|_| ContentError::Sessions)? }
            }
            WireBody::Addresses(WireAddresses { peer_id, addresses }) => {
                Self::Addresses { peer_id, addresses }
            }
            WireBody::Accept(WireEmpty {}) => Self::Accept,
            WireBody::Name(name) => Self::Name(name),
        })
    }
}

#[cfg(test)]
mod tests;
