//! The libp2p side of a relay: transports, behaviours, and how they are bounded.

mod driver;

use std::time::Duration;

use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    connection_limits::{self, ConnectionLimits},
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, OptionalTransport},
        upgrade::Version,
    },
    dns, identify,
    identity::Keypair,
    kad, noise, ping, relay,
    swarm::{self, NetworkBehaviour},
    tcp, websocket, yamux,
};
use lowkey_network::{clock, protocols, time};

use crate::{limits::Limits, records::Records, upgraded::Upgraded, webrtc::WebRtc};

pub(crate) use driver::Driver;

/// What a relay does for others.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    identify: identify::Behaviour,
    relay: relay::Behaviour,
    kad: kad::Behaviour<Records>,
    time: time::Behaviour,
}

/// The transports of a relay, and where they listen.
pub(crate) struct Transports {
    pub(crate) upgraded: (Upgraded, Multiaddr),
    pub(crate) webrtc: Option<(WebRtc, Multiaddr)>,
}

/// Makes a swarm that listens by these transports and tells these addresses of itself.
pub(crate) fn build(
    keys: &Keypair,
    transports: Transports,
    external: &[Multiaddr],
    limits: &Limits,
) -> Result<Swarm<Behaviour>, SwarmError> {
    let peer = keys.public().to_peer_id();
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(connection_limits(limits)),
        ping: ping::Behaviour::default(),
        identify: identify::Behaviour::new(identify_config(keys)),
        relay: relay::Behaviour::new(peer, relay_config(limits)),
        kad: kad_behaviour(peer, limits),
        time: time::Behaviour::server(clock::wall_clock),
    };
    let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE);
    let (upgraded, listen) = transports.upgraded;
    let (webrtc, webrtc_listen) = transports.webrtc.unzip();
    let transport = transport(keys, upgraded, webrtc, limits)?;
    let mut swarm = Swarm::new(transport, behaviour, peer, config);
    // Without external addresses a reservation would carry none, and nobody could use it.
    external.iter().for_each(|address| swarm.add_external_address(address.clone()));
    swarm.listen_on(listen).map_err(|_| SwarmError::Listen)?;
    if let Some(listen) = webrtc_listen {
        swarm.listen_on(listen).map_err(|_| SwarmError::WebRtc)?;
    }
    Ok(swarm)
}

/// Why there is no swarm.
#[derive(Debug, thiserror::Error)]
pub enum SwarmError {
    /// Noise refused the key.
    #[error("noise refused the relay's key")]
    Noise(#[source] noise::Error),
    /// The address to listen on is none for WebSockets.
    #[error("the address to listen on is none for WebSockets")]
    Listen,
    /// The UDP port for WebRTC cannot be listened on.
    #[error("the UDP port for WebRTC cannot be listened on")]
    WebRtc,
}

/// A page without a reservation may be silent for long: its ping shows that it is alive.
const IDLE: Duration = Duration::from_secs(3_600);

fn transport(
    keys: &Keypair,
    upgraded: Upgraded,
    webrtc: Option<WebRtc>,
    limits: &Limits,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, SwarmError> {
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(limits.streams_per_connection.get());
    let streams = upgraded
        .or_transport(websocket::Config::new(resolving()))
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(keys).map_err(SwarmError::Noise)?)
        .multiplex(yamux)
        .timeout(Duration::from_secs(limits.handshake_seconds.get()));
    let webrtc = webrtc.map_or_else(OptionalTransport::none, OptionalTransport::some);
    Ok(streams
        .boxed()
        .or_transport(webrtc.map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection))))
        .map(|either, _| either.into_inner())
        .boxed())
}

/// Adds the system's resolver, or one that finds nothing: a relay in a bare container still serves
/// those who come, and reaches others by IP address.
fn resolving() -> dns::tokio::Transport<tcp::tokio::Transport> {
    let tcp = || tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
    if let Ok(system) = dns::tokio::Transport::system(tcp()) {
        return system;
    }
    tracing::warn!("the system names no name servers: other relays are reached by IP address only");
    let none = dns::ResolverConfig::from_name_servers(Vec::new());
    dns::tokio::Transport::custom(tcp(), none, dns::ResolverOpts::default())
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    let all = u32::try_from(limits.connections.get()).unwrap_or(u32::MAX);
    ConnectionLimits::default()
        .with_max_established(Some(all))
        .with_max_established_per_peer(Some(limits.connections_per_peer.get()))
        .with_max_pending_incoming(Some(limits.handshakes.get()))
        .with_max_pending_outgoing(Some(limits.handshakes.get()))
}

fn identify_config(keys: &Keypair) -> identify::Config {
    identify::Config::new(protocols::IDENTIFY.to_owned(), keys.public())
        .with_agent_version(concat!("lowkey-relay/", env!("CARGO_PKG_VERSION")).to_owned())
        // The external addresses are told; those of the network cards help nobody.
        .with_hide_listen_addrs(true)
}

fn relay_config(limits: &Limits) -> relay::Config {
    let hour = Duration::from_secs(3_600);
    let config = relay::Config {
        max_reservations: limits.reservations.get(),
        max_reservations_per_peer: limits.reservations_per_peer.get(),
        reservation_duration: Duration::from_secs(limits.reservation_seconds.get()),
        reservation_rate_limiters: Vec::new(),
        max_circuits: limits.circuits.get(),
        max_circuits_per_peer: limits.circuits_per_peer.get(),
        max_circuit_duration: Duration::from_secs(limits.circuit_seconds.get().into()),
        max_circuit_bytes: limits.circuit_bytes.get(),
        circuit_src_rate_limiters: Vec::new(),
    };
    // A token bucket: so many at once, and so many in an hour after that.
    let (peer, ip) = (limits.reservations_hourly_per_peer, limits.reservations_hourly_per_ip);
    let config = config
        .reservation_rate_per_peer(peer, hour / peer.get())
        .reservation_rate_per_ip(ip, hour / ip.get());
    let (peer, ip) = (limits.circuits_hourly_per_peer, limits.circuits_hourly_per_ip);
    config.circuit_src_per_peer(peer, hour / peer.get()).circuit_src_per_ip(ip, hour / ip.get())
}

fn kad_behaviour(peer: PeerId, limits: &Limits) -> kad::Behaviour<Records> {
    let mut config = kad::Config::new(protocols::KAD);
    config
        // What is put is validated by us, in the driver: kad's store has no word for "invalid".
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        // Only relays that we reached enter the table: see `relays`.
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        .set_max_packet_size(protocols::KAD_PACKET_BYTES)
        // The signed header alone says how long a record lives; kad must not shorten it.
        .set_record_ttl(None)
        // A relay publishes nothing of its own; it replicates what it holds.
        .set_publication_interval(None)
        .set_provider_publication_interval(None);
    let mut kad = kad::Behaviour::with_config(peer, Records::new(peer, limits), config);
    kad.set_mode(Some(kad::Mode::Server));
    kad
}
