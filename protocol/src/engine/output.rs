//! All that an engine can ask for.

use alloc::{string::String, vec::Vec};

use crate::{
    Address, RelayAddress,
    engine::input::{CommandId, LinkId},
    identity::Phrase,
    pow::Puzzle,
    record::RecordKey,
    time::{MillisOffset, Timestamp},
};

/// What the driver must do, in the order of the list.
#[derive(Debug)]
pub enum Output {
    /// Save these changes whole, and wait for it, before the rest of the list.
    Persist(Changes),
    /// Answer a command.
    Reply(CommandId, Result<Reply, CommandError>),
    /// Tell the person's screen.
    Emit(Event),
    /// Send one whole frame on a link.
    Send(LinkId, Vec<u8>),
    /// Dial a peer at these addresses; all have one peer id. Answered by `LinkUp` or `DialFailed`.
    Dial(DialId, Vec<PeerAddress>),
    /// Open a direct path to the peer behind this relayed link. Answered by `LinkUp` or
    /// `DialFailed`.
    DialDirect(DialId, LinkId),
    /// The peer behind this relayed link may learn our IP address, as long as the link is up:
    /// answer its direct dials.
    AllowDirect(LinkId),
    /// It may no longer: refuse its direct dials, and end those under way in either direction.
    ForbidDirect(LinkId),
    /// Close a link after what was given to it; `LinkDown` may still follow and is ignored.
    Close(LinkId, CloseReason),
    /// Look a record up; ask these relays beside the walk.
    FindRecord(QueryId, RecordKey, Vec<RelayAddress>),
    /// Put a record, with the moment at which it ends, then read it back.
    PublishRecord(QueryId, RecordKey, Vec<u8>, Timestamp),
    /// Search a stamp in slices: [`pow::search`](crate::pow::search).
    FindStamp(QueryId, Puzzle),
    /// The answer to this query is no longer wanted.
    Cancel(QueryId),
}

/// The engine's number for a dial, used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(pub u64);

/// The engine's number for a look-up, a publication or a stamp, used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u64);

/// A message's name: 8 bytes of origin, then its number in that origin as BE64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub [u8; 16]);

/// Where a peer can be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// The libp2p peer id, as bytes.
    pub peer_id: Vec<u8>,
    /// A binary multiaddr without the final `/p2p`.
    pub address: Vec<u8>,
}

/// The answer to a command that succeeded.
#[derive(Debug)]
pub enum Reply {
    /// It is done.
    Done,
    /// A text was stored for sending under this name.
    Queued(MessageId),
    /// The fragment of an invite link, from `#i/` on.
    Invite(String),
    /// The twelve words.
    Phrase(Phrase),
    /// Sixty digits.
    SafetyNumber(String),
    /// This much of a backup is new here.
    Imported {
        /// Contacts and blocked keys.
        contacts: u32,
        /// Messages.
        messages: u32,
    },
}

/// Why a command was refused; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The address is our own.
    #[error("this address is your own")]
    OwnAddress,
    /// The contact exists already.
    #[error("this contact exists already")]
    ContactExists,
    /// No contact or request has this address.
    #[error("no contact has this address")]
    UnknownContact,
    /// The contact is blocked: unblock first.
    #[error("this contact is blocked")]
    Blocked,
    /// The request must be accepted first.
    #[error("this request is not accepted yet")]
    NotAccepted,
    /// No message has this id.
    #[error("no message has this id")]
    UnknownMessage,
    /// The text is empty.
    #[error("the text is empty")]
    EmptyText,
    /// The text is too long.
    #[error("text of {found} bytes is over the limit of {limit}")]
    TextTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// The name is too long.
    #[error("name of {found} bytes is over the limit of {limit}")]
    NameTooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// A stranger gets no more messages before the answer.
    #[error("{limit} messages wait for this person's answer already")]
    RequestFull {
        /// How many may wait.
        limit: usize,
    },
    /// Too many messages of this conversation wait.
    #[error("{limit} messages of this conversation wait already")]
    OutboxFull {
        /// How many may wait.
        limit: usize,
    },
    /// Too many contacts.
    #[error("{limit} contacts are the most")]
    ContactsFull {
        /// How many there may be.
        limit: usize,
    },
    /// A numbered text is not the next of its origin.
    #[error("the next number of this origin is {expected}")]
    OutOfOrder {
        /// The number that would be taken; 0 if the origin is over.
        expected: u64,
    },
    /// The phrase is in use on another machine: `Command::UseHere` first.
    #[error("this identity is in use on another machine")]
    InUseElsewhere,
}

/// What the screen should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Our own side: at the start, and whenever a field changes.
    Own(OwnView),
    /// A contact, request or blocked key is now so.
    Contact(ContactView),
    /// A contact or request is no more.
    ContactRemoved(Address),
    /// What was said with this contact is gone from this side.
    HistoryDeleted(Address),
    /// A message is new in a conversation.
    Message(MessageView),
    /// A message of ours is now in another state.
    Delivery {
        /// Whose conversation.
        contact: Address,
        /// Which message.
        message: MessageId,
        /// Its state.
        state: DeliveryState,
    },
    /// The wall clock differs from protocol time by this much, more than ten minutes; 0 = right again.
    ClockWrong(MillisOffset),
}

/// Our own side for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Our address.
    pub address: Address,
    /// The name that we give away, if any.
    pub name: Option<String>,
    /// The presence switch.
    pub presence: super::input::PresenceMode,
    /// Whether others can find us.
    pub findable: Findable,
    /// Whether our IP address is hidden from everybody: no direct links.
    pub hides_address: bool,
}

/// Whether others can find us in the DHT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Findable {
    /// Nothing is published yet.
    NotYet,
    /// Enough nodes gave our records back.
    Yes,
    /// Too few did; it is tried again.
    No,
    /// Another machine uses the phrase, and this one has stopped.
    InUseElsewhere,
}

/// A contact for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactView {
    /// Who.
    pub address: Address,
    /// Our name for them.
    pub petname: Option<String>,
    /// Their name for themselves, unproven.
    pub own_name: Option<String>,
    /// What they are to us.
    pub standing: Standing,
    /// How we reach them now.
    pub reach: Reach,
    /// Messages not seen yet.
    pub unread: u32,
    /// Whether they came with a new install since the person last looked (`MarkSeen` ends it).
    pub new_install: bool,
    /// Whether our IP address is hidden from them: no direct links.
    pub hides_address: bool,
    /// Who ended the last conversation, if no new one has begun.
    pub ended: Option<EndedBy>,
}

/// Who ended a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// We.
    Us,
    /// The contact.
    Them,
}

/// What somebody is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// We added them, and they have not answered yet.
    Invited,
    /// Both sides talk.
    Contact,
    /// A stranger who asks.
    Request,
    /// Blocked.
    Blocked,
}

/// How a contact is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No link, and none is being made.
    NotOnline,
    /// Looking their records up, or dialling.
    Looking,
    /// Over the relay with this name, which cannot read.
    ThroughRelay(String),
    /// From peer to peer.
    Direct,
}

/// A message for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Whose conversation.
    pub contact: Address,
    /// Its name.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// What.
    pub text: String,
    /// The writer's protocol time, for display only.
    pub sent: Timestamp,
    /// Where it stands: messages are shown by this key, ascending bytes.
    pub order: MessageOrder,
    /// Ours: how far it came. Theirs: always `Delivered`.
    pub state: DeliveryState,
    /// Theirs: an earlier message of the same origin has not come yet.
    pub gap_before: bool,
}

/// Lamport time as BE64, then author and number, so that both screens agree; sorts as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageOrder(pub [u8; 24]);

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// We.
    Me,
    /// The contact.
    Them,
}

/// How far a message of ours came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// On this device only.
    Waiting,
    /// Given to a link, not acknowledged.
    Sending,
    /// Given to a link; the receiver has not accepted us yet, so nothing comes back.
    SentAwaitingAnswer,
    /// The other device has stored it.
    Delivered,
    /// Given up; `Command::Retry` starts anew.
    NotSent,
}

/// What to save, as one transaction. Values are sealed; keys are pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Changes(pub Vec<Change>);

/// One change of the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets a row.
    Put(Table, RowKey, Vec<u8>),
    /// Removes a row, if there is one.
    Delete(Table, RowKey),
    /// Removes all rows of a table whose key begins so.
    DeleteAll(Table, RowKey),
}

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Our own state: one row for each part.
    Own,
    /// One row a contact, request or blocked key.
    Contacts,
    /// One row a contact, under its tag: the keys that seal its rows in `Sessions`, `Outbox` and
    /// `History`. Whoever replaces or deletes it has erased them all.
    Keys,
    /// One row a session: contact tag (16), session tag (16).
    Sessions,
    /// One row a prekey pair.
    Prekeys,
    /// One row a handshake id that must not be used again.
    Replays,
    /// One row a message that is not acknowledged: contact tag (16), message order (24).
    Outbox,
    /// One row a message: contact tag (16), message order (24). The only table that `Stored` lacks.
    History,
}

/// A row's key: a keyed hash of what it is about, so that the storage names nobody; at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey(pub Vec<u8>);

/// All rows but the history, as `Storage::load` returns them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stored(pub Vec<(Table, RowKey, Vec<u8>)>);

/// Why the engine closes a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer broke a rule.
    Misbehaviour(Misbehaviour),
    /// Another link to the same contact is better.
    Duplicate,
    /// Nothing has happened for long, or nobody proved who they are.
    Idle,
    /// The contact is blocked or removed.
    Blocked,
    /// A direct link to somebody who may no longer learn our IP address.
    Hidden,
    /// The engine ends.
    Ended,
}

/// A rule that a peer broke: hostile bytes are values, never errors of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// A frame whose length is none of the five.
    FrameLength,
    /// A frame of an unknown type.
    FrameType,
    /// Padding that is not zero.
    FramePadding,
    /// A frame that the state of the link does not allow.
    UnexpectedFrame,
    /// A handshake that is malformed, or does not open.
    Handshake,
    /// A handshake seen before.
    ReplayedHandshake,
    /// A handshake to prekeys that are gone.
    UnknownPrekey,
    /// A handshake from our own key.
    OwnKey,
    /// A handshake by an install older than the one known.
    OldInstall,
    /// A message that opens in no session.
    Undecryptable,
    /// Content that breaks a rule of its encoding or a limit.
    Content,
    /// An acknowledgement of something never sent.
    FalseAcknowledgement,
    /// More new sessions than allowed in an hour.
    TooManySessions,
    /// More unaccepted messages or requests than allowed.
    TooManyRequests,
    /// A stranger's link sent nothing that proves a key in time.
    Silent,
}
