//! Every number of the protocol, with its unit and its reason (PROTOCOL.md).

mod archive;
mod engine;
pub use archive::*;
pub use engine::*;

// ---- people ----

/// Bytes of a text message: a page of prose, and with its wrapping within one 16 KiB frame.
pub const TEXT_BYTES: usize = 8_192;
/// Bytes of UTF-8 of a petname or a profile name.
pub const NAME_BYTES: usize = 64;

// ---- addresses of peers ----

/// Bytes of a libp2p peer id: an identity multihash of an Ed25519 key has 38, SHA-256 ones 34.
pub const PEER_ID_BYTES: usize = 64;
/// Bytes of a binary multiaddr; a circuit over a DNS name with both peer ids has about 140.
pub const ADDRESS_BYTES: usize = 160;
/// Addresses in a presence record or an `addrs` message.
pub const PRESENCE_ADDRESSES: usize = 4;
/// Protocol versions in a record: room for years.
pub const RECORD_VERSIONS: usize = 16;
/// Relays in an invite.
pub const INVITE_RELAYS: usize = 2;
/// Bytes of an invite's body: more would make the QR code too dense for a phone's camera.
pub const INVITE_BYTES: usize = 600;

// ---- records ----

/// Leading zero bits of a record's stamp.
pub const STAMP_BITS: u8 = 16;
/// The same in tests, so that they do not wait.
pub const TEST_STAMP_BITS: u8 = 4;
/// Minutes that an `expires` may lie beyond its limit, for clocks that differ.
pub const EXPIRES_SLACK_MINUTES: u32 = 15;
/// Minutes that a presence record may live at most.
pub const PRESENCE_LIFE_MINUTES: u32 = 3 * 60;
/// Minutes that an inbox record may live at most.
pub const INBOX_LIFE_MINUTES: u32 = 15 * 24 * 60;
/// Minutes after its end in which a reader still tries a presence record: at worst a vain dial.
pub const PRESENCE_GRACE_MINUTES: u32 = 120;
/// Minutes between two publications of the presence record, ± `REFRESH_JITTER_PERCENT`.
pub const PRESENCE_REFRESH_MINUTES: u32 = 20;
/// Minutes that a published presence record is good for, before rounding up.
pub const PRESENCE_EXPIRES_MINUTES: u32 = 75;
/// Minutes to which a presence record's end is rounded up, so that it tells no finer clock.
pub const PRESENCE_ROUND_MINUTES: u32 = 10;
/// Minutes by which two clocks may differ for a presence record to be found around midnight.
pub const PRESENCE_SKEW_MINUTES: u32 = 30;
/// Minutes between two publications of the inbox record, ± `REFRESH_JITTER_PERCENT`.
pub const INBOX_REFRESH_MINUTES: u32 = 12 * 60;
/// Minutes that an inbox record outlives its epoch.
pub const INBOX_OVERLAP_MINUTES: u32 = 120;
/// Jitter of refresh times, in percent.
pub const REFRESH_JITTER_PERCENT: u32 = 25;
/// Minutes before an epoch's start from which the sequence number's floor counts.
pub const SEQ_ORIGIN_MINUTES: u32 = 8 * 24 * 60;
/// Minutes in one step of the sequence number's floor: no finer clock leaks.
pub const SEQ_STEP_MINUTES: u32 = 10;

// ---- sessions ----

/// Messages that may be skipped in one chain by one message.
pub const SKIP_PER_CHAIN: u32 = 1_000;
/// Skipped message keys a session keeps, oldest out.
pub const SKIPPED_KEYS: usize = 2_000;
/// Receiving chains of which skipped keys are kept.
pub const SKIPPED_CHAINS: usize = 5;
/// Ratchet steps that a skipped key survives.
pub const SKIPPED_STEPS: u32 = 5;
/// Minutes that a skipped key survives: 28 days.
pub const SKIPPED_MINUTES: u32 = 28 * 24 * 60;
/// Messages of one chain after which a new session is due.
pub const CHAIN_MESSAGES: u32 = 1 << 31;
/// Bytes of an encrypted message header: what is there now is 56; extensions may follow.
pub const HEADER_BYTES: usize = 2_560;
/// Bytes of content of a message.
pub const CONTENT_BYTES: usize = 14_900;
/// The same while the handshake rides along, so that one envelope of 4 KiB holds both.
pub const FIRST_CONTENT_BYTES: usize = 2_669;

// ---- acknowledgements ----

/// Origins that one message acknowledges.
pub const ACK_ORIGINS: usize = 16;
/// Ranges for each of them.
pub const ACK_RANGES: usize = 32;

// ---- handshakes and prekeys ----

/// Live sessions with one contact, longest unused out.
pub const SESSIONS_PER_CONTACT: usize = 4;
/// New sessions an hour by one contact.
pub const SESSIONS_PER_HOUR: usize = 6;
/// Handshake ids remembered for one prekey pair; then it is rotated.
pub const REPLAYS_PER_PREKEY: usize = 4_096;
/// Minutes after which a prekey pair is replaced.
pub const PREKEY_ROTATION_MINUTES: u32 = 24 * 60;
/// Minutes after a newer record was read back until an older pair's private half goes.
pub const PREKEY_GRACE_MINUTES: u32 = 48 * 60;
/// Minutes that a private half lives at the latest.
pub const PREKEY_LIFE_MINUTES: u32 = 31 * 24 * 60;
