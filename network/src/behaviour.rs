//! All protocols of a peer, in one libp2p behaviour.

use std::{num::NonZeroUsize, time::Duration};

use libp2p::{
    PeerId, Swarm,
    connection_limits::{self, ConnectionLimits},
    identify,
    identity::Keypair,
    kad, ping, relay,
    swarm::NetworkBehaviour,
};

use crate::{Timing, dht::ask, link, platform, protocols, streams, time};

/// How long a connection that nobody uses stays open.
const IDLE_CONNECTION: Duration = Duration::from_secs(60);

/// How long one Kademlia query may take; longer answers help nobody who waits.
pub(crate) const QUERY_TIMEOUT: Duration = Duration::from_secs(8);

/// Requests of one query under way at once, and disjoint paths of a walk.
const PARALLELISM: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// Circuits that others may have open to us at once.
const INBOUND_CONNECTIONS: u32 = 160;

/// What a peer speaks.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    pub(crate) circuits: relay::client::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub(crate) kad: kad::Behaviour<kad::store::MemoryStore>,
    pub(crate) ask: ask::Behaviour,
    pub(crate) time: time::Behaviour,
    pub(crate) rtc: lowkey_webrtc::Behaviour,
    pub(crate) link: link::Behaviour,
    pub(crate) streams: streams::Behaviour,
}

/// Makes a swarm with a new key: the peer id of each start is another one. With `loopback`, direct
/// paths inside one machine count.
pub(crate) fn swarm(
    timing: &Timing,
    loopback: bool,
    takes_streams: bool,
) -> Result<Swarm<Behaviour>, platform::TransportError> {
    let keys = Keypair::generate_ed25519();
    let peer = keys.public().to_peer_id();
    let (transport, circuits) = relay::client::new(peer);
    let rtc = lowkey_webrtc::Config {
        // The engine knows who may learn our address.
        admission: lowkey_webrtc::Admission::Listed,
        loopback,
        ..lowkey_webrtc::Config::default()
    };
    let (direct, rtc) = lowkey_webrtc::new(peer, rtc);
    let transport = platform::transport(&keys, transport, direct)?;
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(limits()),
        circuits,
        identify: identify::Behaviour::new(identity_for_all(&keys)),
        ping: ping::Behaviour::new(
            ping::Config::new().with_interval(timing.ping_every).with_timeout(timing.ping_timeout),
        ),
        kad: kad(peer),
        ask: ask::Behaviour::new(),
        time: time::Behaviour::client(),
        rtc,
        link: link::Behaviour::new(),
        streams: streams::Behaviour::new(takes_streams),
    };
    let config = platform::swarm_config().with_idle_connection_timeout(IDLE_CONNECTION);
    let mut swarm = Swarm::new(transport, behaviour, peer, config);
    swarm
        .listen_on(lowkey_webrtc::listen_address())
        .map_err(|_| platform::TransportError::Direct)?;
    Ok(swarm)
}

fn limits() -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(64))
        .with_max_established_incoming(Some(INBOUND_CONNECTIONS))
        .with_max_established_per_peer(Some(4))
}

/// Nothing here tells one person's program from another's.
fn identity_for_all(keys: &Keypair) -> identify::Config {
    identify::Config::new(protocols::IDENTIFY.to_owned(), keys.public())
        .with_agent_version(protocols::IDENTIFY.to_owned())
        .with_hide_listen_addrs(true)
}

fn kad(peer: PeerId) -> kad::Behaviour<kad::store::MemoryStore> {
    let mut config = kad::Config::new(protocols::KAD);
    config
        .set_query_timeout(QUERY_TIMEOUT)
        .set_substreams_timeout(QUERY_TIMEOUT)
        .set_parallelism(PARALLELISM)
        .disjoint_query_paths(true)
        .set_max_packet_size(protocols::KAD_PACKET_BYTES)
        .set_caching(kad::Caching::Disabled)
        // The driver decides who is a server: `Driver::note_connection`.
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        // Nothing is in the local store: the engine renews its records by its own clock.
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None);
    let mut kad = kad::Behaviour::with_config(peer, kad::store::MemoryStore::new(peer), config);
    kad.set_mode(Some(kad::Mode::Client));
    kad
}
