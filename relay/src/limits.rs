//! Every number that bounds what others can make a relay do, with unit and reason.
//!
//! Each is a key of the `[limits]` section of the configuration.
//! Zero is refused where it would mean "nobody can use this".

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use serde::{Deserialize, Serialize};

/// The bounds of one relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections in all, pages and peers together: an idle browser costs about 50 KiB.
    pub connections: NonZeroUsize,
    /// Connections of one IPv4 address or one IPv6 /64: a school behind one NAT must fit.
    pub connections_per_ip: NonZeroUsize,
    /// Connections of one libp2p peer: two for the moments of a reconnection, and some spare.
    pub connections_per_peer: NonZeroU32,
    /// Connections that still shake hands: each costs an X25519 or two.
    pub handshakes: NonZeroU32,
    /// Seconds for headers of a request, and for a libp2p handshake after the upgrade.
    pub handshake_seconds: NonZeroU64,
    /// Seconds in which a client must take at least one byte that waits for it.
    pub stall_seconds: NonZeroU64,
    /// Streams at once on one connection: each circuit is one, each record asked for is one.
    pub streams_per_connection: NonZeroUsize,

    /// Connections over WebRTC-direct at once, which count in `connections` too: each holds the
    /// state of DTLS and SCTP.
    pub webrtc_connections: NonZeroUsize,
    /// WebRTC handshakes at once: the sender of their first datagram can be forged.
    pub webrtc_handshakes: NonZeroUsize,
    /// WebRTC handshakes that one IPv4 address or one IPv6 /64 may begin in a minute.
    pub webrtc_per_minute_per_ip: NonZeroU32,
    /// STUN requests of one IPv4 address or one IPv6 /64 that are answered in a minute.
    pub stun_per_minute_per_ip: NonZeroU32,
    /// STUN requests that are answered in a second.
    pub stun_per_second: NonZeroU32,

    /// Reservations at once: one for each page that can be reached through this relay.
    pub reservations: NonZeroUsize,
    /// Reservations at once of one peer.
    pub reservations_per_peer: NonZeroUsize,
    /// Seconds until a reservation must be renewed.
    pub reservation_seconds: NonZeroU64,
    /// Reservations that one peer may make or renew in an hour.
    pub reservations_hourly_per_peer: NonZeroU32,
    /// Reservations that one IP address may make or renew in an hour.
    pub reservations_hourly_per_ip: NonZeroU32,

    /// Circuits at once: each conversation through this relay is one, of 16 KiB.
    pub circuits: NonZeroUsize,
    /// Circuits at once of one peer: one for each contact that is on line.
    pub circuits_per_peer: NonZeroUsize,
    /// Seconds after which a circuit is cut; its ends make another.
    pub circuit_seconds: NonZeroU32,
    /// Bytes, both ways together, after which a circuit is cut.
    pub circuit_bytes: NonZeroU64,
    /// Circuits that one peer may open in an hour.
    pub circuits_hourly_per_peer: NonZeroU32,
    /// Circuits that one IP address may open in an hour.
    pub circuits_hourly_per_ip: NonZeroU32,

    /// Records held; when full, the one farthest from the relay's own id goes.
    pub records: NonZeroUsize,
    /// Bytes of records held, keys and values.
    pub record_bytes: NonZeroUsize,
    /// Percent of `records` that may come from one IPv4 /24 or IPv6 /48.
    pub records_percent_per_subnet: NonZeroUsize,
    /// New keys that one IPv4 /24 or IPv6 /48 may bring in an hour.
    pub new_keys_hourly_per_subnet: NonZeroU32,
    /// Records that one peer may put in a minute.
    pub puts_per_minute_per_peer: NonZeroU32,
    /// Records that another relay may put in a minute: it replicates its store every hour.
    pub puts_per_minute_per_relay: NonZeroU32,

    /// Other relays in the routing table from one IPv4 /24 or IPv6 /48, those in `bootstrap` apart.
    pub table_per_subnet: NonZeroUsize,
    /// The same, in one bucket of the table.
    pub bucket_per_subnet: NonZeroUsize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: size(12_000),
            connections_per_ip: size(1_024),
            connections_per_peer: number(8),
            handshakes: number(512),
            handshake_seconds: long(10),
            stall_seconds: long(15),
            streams_per_connection: size(512),
            webrtc_connections: size(1_024),
            webrtc_handshakes: size(128),
            webrtc_per_minute_per_ip: number(120),
            stun_per_minute_per_ip: number(240),
            stun_per_second: number(2_000),
            reservations: size(10_000),
            reservations_per_peer: size(4),
            reservation_seconds: long(3_600),
            reservations_hourly_per_peer: number(240),
            reservations_hourly_per_ip: number(7_200),
            circuits: size(8_192),
            circuits_per_peer: size(256),
            circuit_seconds: number(12 * 3_600),
            circuit_bytes: long(256 << 20),
            circuits_hourly_per_peer: number(1_200),
            circuits_hourly_per_ip: number(14_400),
            records: size(20_000),
            record_bytes: size(64 << 20),
            records_percent_per_subnet: size(5),
            new_keys_hourly_per_subnet: number(512),
            puts_per_minute_per_peer: number(60),
            puts_per_minute_per_relay: number(1_200),
            table_per_subnet: size(3),
            bucket_per_subnet: size(2),
        }
    }
}

const fn size(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n) {
        Some(n) => n,
        None => NonZeroUsize::MIN,
    }
}

const fn number(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

const fn long(n: u64) -> NonZeroU64 {
    match NonZeroU64::new(n) {
        Some(n) => n,
        None => NonZeroU64::MIN,
    }
}
