//! Names of the libp2p protocols that peers and relays share (PROTOCOL.md, "Names on the wire").

use libp2p::StreamProtocol;

/// Frames between two people, end-to-end encrypted.
pub const CHAT: StreamProtocol = StreamProtocol::new("/lowkey/chat/1");

/// Bytes between two people that are too many for messages.
pub const STREAM: StreamProtocol = StreamProtocol::new("/lowkey/stream/1");

/// Our Kademlia network, apart from all others.
pub const KAD: StreamProtocol = StreamProtocol::new("/lowkey/kad/1");

/// A relay's clock: it answers each stream with 8 bytes, big endian milliseconds since 1970.
pub const TIME: StreamProtocol = StreamProtocol::new("/lowkey/time/1");

/// What identify says of everybody: the same text for all, so that it tells nobody apart.
pub const IDENTIFY: &str = "/lowkey/1";

/// The largest Kademlia message, in bytes: a record and twenty closer peers must fit.
pub const KAD_PACKET_BYTES: usize = 16 * 1024;

/// Where a relay describes itself to pages and to other relays.
pub const NODE_JSON_PATH: &str = "/.well-known/lowkey/node.json";

/// The largest `node.json`, in bytes.
pub const NODE_JSON_BYTES: usize = 16 * 1024;
