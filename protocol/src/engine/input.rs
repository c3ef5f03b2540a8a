//! All that can happen to an engine.

use alloc::{string::String, vec::Vec};

use crate::{
    Address, RelayAddress,
    archive::Record,
    engine::output::{DialId, MessageId, QueryId},
    pow::Stamp,
    time::MillisOffset,
};

/// What happened. One value is one step: [`Engine::handle`](crate::Engine::handle).
#[derive(Debug)]
pub enum Input {
    /// A person wants something; the answer is one `Output::Reply` with the same id.
    Command(CommandId, Command),
    /// The addresses at which this peer can be dialled are now these (perhaps none).
    OwnAddresses(OwnAddresses),
    /// A chat stream is open, by our dial (`Some`) or by theirs.
    LinkUp(LinkId, Option<DialId>, LinkInfo),
    /// A dial that the engine asked for gave no link.
    DialFailed(DialId),
    /// One whole frame, from its length prefix to its last zero, came on a link.
    Frame(LinkId, Vec<u8>),
    /// A link is gone; its id is never used again.
    LinkDown(LinkId),
    /// The bytes of a link travel another way than it was thought.
    PathChanged(LinkId, Path),
    /// Record values that a `FindRecord` brought, unchecked; `Progress::More` may repeat.
    RecordsFound(QueryId, Vec<Vec<u8>>, Progress),
    /// A `PublishRecord` has been put and read back.
    RecordPublished(QueryId, Holders),
    /// A `FindStamp` ended.
    StampFound(QueryId, Stamp),
    /// The clock that gives `now` was moved by this much; `now` has it already.
    ClockCorrected(MillisOffset),
    /// The moment that `Engine::deadline` named has come.
    DeadlinePassed,
}

/// The caller's own number for a command, returned with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// The network's number for a link, used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// What a person can ask for.
#[derive(Debug)]
pub enum Command {
    /// Adds a person by address, accepted from the start; answers `Reply::Done`.
    AddContact {
        /// Whom.
        address: Address,
        /// Relays named in the invite, asked first; at most `limits::INVITE_RELAYS`.
        relays: Vec<RelayAddress>,
        /// The petname; at most `limits::NAME_BYTES` bytes of UTF-8.
        name: Option<String>,
    },
    /// Gives a contact another petname, or none.
    Rename {
        /// Whom.
        contact: Address,
        /// The petname; at most `limits::NAME_BYTES` bytes of UTF-8.
        name: Option<String>,
    },
    /// Forgets a contact, its sessions and its history.
    Remove(Address),
    /// Drops everything from this key from now on, silently; keeps the history.
    Block(Address),
    /// Undoes `Block`: the key is a stranger or a contact again, as before.
    Unblock(Address),
    /// Accepts a request: the sender learns it, and its messages are acknowledged.
    AcceptRequest(Address),
    /// Drops a request silently; the key may ask again after 24 hours.
    DeleteRequest(Address),
    /// Queues a text; answers `Reply::Queued`.
    SendText {
        /// To whom: a contact, not a request.
        contact: Address,
        /// At most `limits::TEXT_BYTES` bytes of UTF-8, not empty.
        text: String,
        /// The screen's own number for it, so that asking again does no harm; without one the
        /// engine counts.
        numbered: Option<Numbered>,
    },
    /// Ends the conversation with a contact: its keys are forgotten on both sides, what waited is
    /// not sent. The next message begins a new one.
    EndConversation {
        /// Whose.
        contact: Address,
        /// Whether the history goes as well, on this side.
        burn: bool,
    },
    /// Forgets what was said with a contact, on this side.
    DeleteHistory(Address),
    /// Shows everything again, for a screen that has just come: ourselves, every contact, and the
    /// clock if it is wrong.
    ShowAll,
    /// Tries now what waits, and takes back a `DeliveryState::NotSent`.
    Retry {
        /// Whose conversation.
        contact: Address,
        /// Which message.
        message: MessageId,
    },
    /// Looks a contact up and dials it now, because the conversation was opened.
    Reach(Address),
    /// Marks what has come from this contact as seen on this screen.
    MarkSeen(Address),
    /// Publishes the presence record, or stops ("hidden from strangers").
    SetPresence(PresenceMode),
    /// Hides our IP address from a contact, or from everybody (`None`), or does so no longer: with
    /// whom it is hidden from we talk over relays alone.
    HideAddress {
        /// From whom; `None` is everybody, whatever is said of each.
        contact: Option<Address>,
        /// Whether to hide it.
        hide: bool,
    },
    /// Sets the name that invites and accepted contacts are given; `None` gives none.
    SetName(Option<String>),
    /// Makes an invite link's fragment with our address, relays and name; answers `Reply::Invite`.
    CreateInvite,
    /// Answers `Reply::Phrase`: the twelve words.
    ShowPhrase,
    /// "Use here": this machine goes on with the phrase that another one uses as well.
    UseHere,
    /// Takes records of a backup in: what is here already wins. At most `limits::IMPORT_RECORDS` in
    /// their order, without messages that the history has; answers `Reply::Imported`.
    Import(Vec<Record>),
    /// The 60 digits to compare with this contact; answers `Reply::SafetyNumber`.
    SafetyNumber(Address),
}

/// A screen's own name for a text: asked twice, it is queued once.
///
/// A screen draws its origin at random, and counts from 1 in it for each contact, without gaps. A
/// number that was taken is answered as before and does nothing; one that is not the next is
/// refused. A refused text uses no number. An origin is over when texts to the contact are given up,
/// since the next one would show a gap: the screen draws another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The screen's random origin; with the number it is the message's name.
    pub origin: [u8; 8],
    /// The number, from 1.
    pub number: u64,
}

/// Whether strangers who hold our address may see that we are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceMode {
    /// The presence record is published.
    Visible,
    /// An empty presence record is put once, then none.
    Hidden,
}

/// Where this peer can be dialled.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnAddresses {
    /// The throw-away libp2p peer id of this start, as bytes; at most `limits::PEER_ID_BYTES`.
    pub peer_id: Vec<u8>,
    /// Binary multiaddrs without the final `/p2p`, best first; the engine takes the first four.
    pub addresses: Vec<Vec<u8>>,
    /// The relays behind them, with `/p2p`, for invites; the engine takes the first two.
    pub relays: Vec<RelayAddress>,
}

/// What the network knows of a new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Whether this side dialled.
    pub dialled: bool,
    /// How the bytes travel.
    pub path: Path,
    /// The other side's peer id, proven by the transport: another one means another start.
    pub peer_id: Vec<u8>,
    /// SHA-256(dialer's peer id || listener's peer id), both proven by the transport.
    pub binding: [u8; 32],
}

/// How the bytes of a link travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Over a circuit of the relay with this name (host or peer id, for the screen).
    Relayed(String),
    /// From peer to peer.
    Direct,
}

/// Whether more answers to a look-up may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The look-up goes on.
    More,
    /// This was the last answer; the query id is done.
    Done,
}

/// What reading a published record back has shown.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Holders {
    /// How many distinct nodes returned exactly what we published.
    pub same: u32,
    /// How many DHT servers answered on the way to the closest: silent ones hold nothing.
    pub servers: u32,
    /// Other values found under the key, unchecked.
    pub others: Vec<Vec<u8>>,
}
