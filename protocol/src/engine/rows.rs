//! What is written into the storage, before the vault seals it (internal format, version by field).
//!
//! Fields are only added; a row without a field has its default.

use alloc::{string::String, vec::Vec};

/// Our own state: one row.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OwnRow {
    /// The DH identity of this install: secret.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) install: Vec<u8>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(bool, tag = "3")]
    pub(crate) hidden: bool,
    /// The generation of the install elsewhere that made this one stop.
    #[prost(uint32, optional, tag = "4")]
    pub(crate) elsewhere: Option<u32>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) published: Vec<SeqRow>,
    /// Who can know of the install: 0 nobody, 1 contacts, 2 all.
    #[prost(uint32, tag = "6")]
    pub(crate) known: u32,
    #[prost(bool, tag = "7")]
    pub(crate) hides_address: bool,
}

/// The greatest sequence number at a location.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct SeqRow {
    #[prost(uint32, tag = "1")]
    pub(crate) kind: u32,
    #[prost(uint64, tag = "2")]
    pub(crate) epoch: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) seq: u64,
}

/// A contact, request, blocked key or deleted request, with its conversation.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContactRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    /// 1 invited, 2 contact, 3 request, 4 deleted.
    #[prost(uint32, tag = "2")]
    pub(crate) standing: u32,
    #[prost(bool, tag = "3")]
    pub(crate) blocked: bool,
    #[prost(string, optional, tag = "4")]
    pub(crate) petname: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) own_name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) relays: Vec<Vec<u8>>,
    #[prost(uint32, optional, tag = "7")]
    pub(crate) generation: Option<u32>,
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) ikd: Vec<u8>,
    #[prost(bool, tag = "9")]
    pub(crate) new_install: bool,
    #[prost(uint32, tag = "10")]
    pub(crate) unread: u32,
    #[prost(uint64, tag = "11")]
    pub(crate) used_ms: u64,
    #[prost(uint64, tag = "12")]
    pub(crate) deleted_ms: u64,
    #[prost(message, repeated, tag = "13")]
    pub(crate) seen: Vec<SeqRow>,
    #[prost(bytes = "vec", tag = "14")]
    pub(crate) peer_id: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub(crate) addresses: Vec<Vec<u8>>,
    /// How many messages of any kind, and how many texts, a request brought.
    #[prost(uint32, tag = "16")]
    pub(crate) request_messages: u32,
    #[prost(uint32, tag = "17")]
    pub(crate) request_texts: u32,
    /// The profile name that was given to them last.
    #[prost(string, optional, tag = "18")]
    pub(crate) told_name: Option<String>,
    #[prost(uint64, tag = "20")]
    pub(crate) lamport: u64,
    #[prost(message, repeated, tag = "21")]
    pub(crate) arrived: Vec<OriginRow>,
    #[prost(message, repeated, tag = "22")]
    pub(crate) sent: Vec<OriginRow>,
    /// When sessions were begun by us, for the limits.
    #[prost(uint64, repeated, tag = "23")]
    pub(crate) begun_ms: Vec<u64>,
    /// When sessions were begun by them.
    #[prost(uint64, repeated, tag = "24")]
    pub(crate) accepted_ms: Vec<u64>,
    #[prost(uint64, repeated, tag = "25")]
    pub(crate) repaired_ms: Vec<u64>,
    #[prost(uint64, tag = "26")]
    pub(crate) session_count: u64,
    #[prost(bool, tag = "27")]
    pub(crate) wants_new_session: bool,
    #[prost(bool, tag = "28")]
    pub(crate) hides_address: bool,
    /// The origins of screens, and the number taken last in each.
    #[prost(message, repeated, tag = "29")]
    pub(crate) taken: Vec<OriginRow>,
    /// Who ended the last conversation: 0 nobody, 1 we, 2 they.
    #[prost(uint32, tag = "30")]
    pub(crate) ended: u32,
}

/// An origin and ranges of its numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OriginRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) origin: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) ranges: Vec<RangeRow>,
    /// Whether it is still to be acknowledged.
    #[prost(bool, tag = "3")]
    pub(crate) owed: bool,
    /// Whether no further number of it is taken.
    #[prost(bool, tag = "4")]
    pub(crate) over: bool,
}

/// Numbers from the first to the last.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct RangeRow {
    #[prost(uint64, tag = "1")]
    pub(crate) first: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) last: u64,
}

/// A session with what the engine keeps beside it: secret.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) session: Vec<u8>,
    #[prost(uint32, tag = "4")]
    pub(crate) generation: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) ikd: Vec<u8>,
    #[prost(uint32, tag = "6")]
    pub(crate) own_generation: u32,
    #[prost(fixed32, tag = "7")]
    pub(crate) spk_id: u32,
    #[prost(uint64, tag = "8")]
    pub(crate) made: u64,
    #[prost(uint64, tag = "9")]
    pub(crate) heard: u64,
    #[prost(uint64, tag = "10")]
    pub(crate) used_ms: u64,
    #[prost(bool, tag = "13")]
    pub(crate) broken: bool,
    #[prost(bool, tag = "14")]
    pub(crate) ours: bool,
    /// What is left of it, if it has ended; `session` is empty when that can decrypt no more.
    #[prost(message, optional, tag = "15")]
    pub(crate) ended: Option<EndedRow>,
}

/// What is left of a session that has ended.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EndedRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) handshake: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) closing: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub(crate) since_ms: u64,
    /// Our close, or our answer to theirs.
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) frame: Vec<u8>,
    /// The name of our close: origin and number.
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) close: Vec<u8>,
    /// The nonce of their close.
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) heard: Vec<u8>,
}

/// A message that is not acknowledged.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OutboxRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) lamport: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) sent_ms: u64,
    /// What it says: 1 text, 2 accept, 3 name, 4 addresses.
    #[prost(uint32, tag = "4")]
    pub(crate) kind: u32,
    #[prost(string, tag = "5")]
    pub(crate) text: String,
    /// How far it came: 1 waiting, 2 sending, 3 sent, 4 given up.
    #[prost(uint32, tag = "6")]
    pub(crate) state: u32,
    #[prost(uint64, tag = "7")]
    pub(crate) queued_ms: u64,
    #[prost(uint64, tag = "8")]
    pub(crate) first_out_ms: u64,
    /// The ciphertext that went out last, of this session and chain.
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) ciphertext: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    pub(crate) session: Vec<u8>,
    #[prost(bytes = "vec", tag = "11")]
    pub(crate) chain: Vec<u8>,
}

/// A message in the history.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoryRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(bool, tag = "2")]
    pub(crate) mine: bool,
    #[prost(string, tag = "3")]
    pub(crate) text: String,
    #[prost(uint64, tag = "4")]
    pub(crate) sent_ms: u64,
}

/// A prekey pair: secret.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PrekeyRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) pair: Vec<u8>,
    /// When a record with a newer pair was read back from enough nodes; 0: not yet.
    #[prost(uint64, tag = "2")]
    pub(crate) replaced_ms: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) made_ms: u64,
}

/// A handshake that must not be used again.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReplayRow {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(fixed32, tag = "2")]
    pub(crate) spk_id: u32,
}
