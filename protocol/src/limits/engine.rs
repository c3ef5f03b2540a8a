//! The numbers of the engine: how much it holds, how long it waits, how often it tries.

// ---- contacts ----

/// Contacts, requests apart: each costs a few kilobytes and perhaps a look-up.
pub const CONTACTS: usize = 1_000;
/// Requests of strangers that wait for an answer.
pub const REQUESTS: usize = 100;
/// Texts that a stranger may send before the answer.
pub const REQUEST_TEXTS: u32 = 5;
/// Messages of any kind that a stranger may send before the answer: texts and a name or two.
pub const REQUEST_MESSAGES: u32 = 8;
/// Milliseconds for which a deleted request is not shown again: 24 hours.
pub const REQUEST_PAUSE_MS: u64 = 24 * 60 * 60 * 1_000;
/// Deleted requests remembered, oldest out.
pub const DELETED_REQUESTS: usize = 100;
/// Locations of records of one contact whose best sequence number is remembered.
pub const SEEN_LOCATIONS: usize = 8;

// ---- messages ----

/// Messages of one conversation that wait or are out.
pub const OUTBOX: usize = 1_000;
/// Messages of one conversation that are out, unacknowledged.
pub const OUTSTANDING: usize = 256;
/// Bytes of a text to somebody who has not answered yet: it travels with the handshake.
pub const FIRST_TEXT_BYTES: usize = 2_400;
/// Milliseconds after which a message that nobody acknowledged is given up: 28 days.
pub const GIVE_UP_MS: u64 = 28 * DAY_MS;
/// How far a message may push the Lamport clock.
pub const LAMPORT_JUMP: u64 = 1 << 20;
/// Origins of one contact of which it is remembered what came and what was sent.
pub const ORIGINS: usize = 128;
/// Origins of screens of one contact of which it is remembered what was taken.
pub const SCREEN_ORIGINS: usize = 64;
/// Ranges of numbers that came, in one origin; 256 may be out, so an honest sender needs fewer.
pub const RECEIVED_RANGES: usize = 300;
/// Messages of one contact held until the gap before them is closed.
pub const GAPS_SHOWN: usize = 64;
/// Milliseconds between two messages that only acknowledge.
pub const ACK_PAUSE_MS: u64 = 50;
/// Milliseconds between two acknowledgements of messages that had come already.
pub const DUPLICATE_ACK_PAUSE_MS: u64 = 60_000;
/// Milliseconds without an acknowledgement after which a contact's messages are sent again; doubles.
pub const RESEND_MS: u64 = 20_000;
/// The longest such wait.
pub const RESEND_MOST_MS: u64 = 20 * 60_000;
/// Vain repetitions after which the link itself is given up.
pub const RESENDS_PER_LINK: u32 = 2;

// ---- sessions ----

/// Milliseconds between two repairs of one contact's sessions.
pub const REPAIR_PAUSE_MS: u64 = 60 * 60_000;
/// Repairs a day for one contact.
pub const REPAIRS_PER_DAY: usize = 6;
/// Milliseconds without an answer after which a session is doubted: 24 hours.
pub const DOUBT_MS: u64 = DAY_MS;
/// Milliseconds after which a session that hears nothing is dropped: 7 days.
pub const SESSION_IDLE_MS: u64 = 7 * DAY_MS;
/// Milliseconds for which a close is repeated and its answer awaited, and a repeated one answered:
/// 48 hours.
pub const CLOSE_MS: u64 = 2 * DAY_MS;
/// Milliseconds after the end of a session in which frames may still come that only it could open.
pub const CLOSE_GRACE_MS: u64 = 2 * 60_000;
/// Ended sessions of one contact that are remembered, oldest out.
pub const ENDED_SESSIONS: usize = 8;
/// Milliseconds for which prekeys of an inbox record may be used after it was fetched.
pub const BUNDLE_FRESH_MS: u64 = 60 * 60_000;
/// Milliseconds over which new sessions with all contacts are spread after "use here".
pub const RENEW_SPREAD_MS: u64 = 10 * 60_000;

// ---- links ----

/// Links at once, whoever is behind them.
pub const LINKS: usize = 256;
/// Links at once that nobody we answer is behind.
pub const STRANGER_LINKS: usize = 64;
/// Links to one contact, the oldest out.
pub const LINKS_PER_CONTACT: usize = 4;
/// Contacts to whom a link is kept although nothing waits, most recently used first.
pub const KEPT_LINKS: usize = 32;
/// Milliseconds in which a link must be proven, a look-up of prekeys included.
pub const PROOF_MS: u64 = 30_000;
/// Milliseconds for which a link of somebody we do not answer is held.
pub const STRANGER_MS: u64 = 10 * 60_000;
/// Milliseconds for which two links to one contact live side by side, so that nothing is cut.
pub const DUPLICATE_MS: u64 = 2_000;
/// Milliseconds before a direct link that failed is tried again; doubles.
pub const DIRECT_PAUSE_MS: u64 = 5_000;
/// The longest such pause.
pub const DIRECT_PAUSE_MOST_MS: u64 = 10 * 60_000;
/// Milliseconds that a direct link must have lived for the next attempt to need no pause.
pub const DIRECT_SETTLED_MS: u64 = 30_000;
/// Milliseconds in which a dial must be answered.
pub const DIAL_MS: u64 = 60_000;
/// Milliseconds that a link must have lived for the next attempt to be an early one.
pub const LINK_SETTLED_MS: u64 = 10_000;

// ---- looking up ----

/// Contacts looked up at once.
pub const SEEKS: usize = 8;
/// Peer ids dialled in one attempt.
pub const DIALS_PER_SEEK: usize = 4;
/// Milliseconds after which a look-up without a valid record ends.
pub const LOOKUP_MS: u64 = 8_000;
/// Milliseconds after the first valid inbox record after which the best one is used.
pub const LOOKUP_SETTLE_MS: u64 = 1_500;
/// Milliseconds before the first attempt after a link was lost or the network changed.
pub const SEEK_FIRST_PAUSE_MS: u64 = 500;
/// Milliseconds before the second attempt; doubles.
pub const SEEK_PAUSE_MS: u64 = 2_000;
/// The longest pause between two attempts.
pub const SEEK_PAUSE_MOST_MS: u64 = 20 * 60_000;
/// Milliseconds between two attempts that a person asked for.
pub const SEEK_ASKED_PAUSE_MS: u64 = 1_000;
/// Milliseconds for which an opened conversation keeps looking although nothing waits.
pub const REACH_MS: u64 = 5 * 60_000;

// ---- publishing ----

/// Milliseconds for which an address of ours is waited for, before we go on without one.
pub const ADDRESS_WAIT_MS: u64 = 5_000;
/// Milliseconds for which changes of our addresses are collected.
pub const ADDRESS_PAUSE_MS: u64 = 1_000;
/// Milliseconds between two publications of the inbox record because the network came back.
pub const RESTORE_PAUSE_MS: u64 = 60_000;
/// Milliseconds before a publication that too few nodes gave back is tried again; doubles.
pub const PUBLISH_PAUSE_MS: u64 = 5_000;
/// The longest such pause.
pub const PUBLISH_PAUSE_MOST_MS: u64 = 10 * 60_000;
/// Milliseconds in which a publication or a stamp must be answered.
pub const PUBLISH_MS: u64 = 120_000;
/// Nodes that must give a record back, if there are as many.
pub const HOLDERS: u32 = 5;
/// Milliseconds between the publications of two epochs, so that they cannot be told to be one's.
pub const EPOCH_PAUSE_MS: u64 = 60_000;
/// Milliseconds between two sweeps: an hour.
pub const SWEEP_MS: u64 = 60 * 60_000;
/// Milliseconds off from which the clock is called wrong.
pub const CLOCK_WRONG_MS: u64 = 10 * 60_000;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
