//! One relay: bound first, so that its caller learns its address, then run.

use std::{
    fs::{self, File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use libp2p::{Multiaddr, PeerId, identity::Keypair, multiaddr::Protocol};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    assets::Assets,
    certificate::{self, CertificateError},
    clients::Clients,
    config::{Config, NoDataFolder, UdpPort},
    http::{self, NodeDescription, Site},
    identity::{self, IdentityError},
    reachable,
    status::Status,
    stun::Stun,
    swarm::{self, Driver, SwarmError, Transports},
    upgraded,
    webrtc::{self, WebRtc},
};

/// A relay that has its key and its port, and serves once it runs.
///
/// [`bind`](Self::bind) makes or reads the key, takes the port and fails if anything in the
/// configuration cannot be used. The methods by reference then tell where it is.
/// [`run`](Self::run) consumes it and returns after `shutdown`, when all connections are closed.
pub struct Relay {
    config: Config,
    listener: TcpListener,
    local: SocketAddr,
    peer: PeerId,
    addresses: Vec<Multiaddr>,
    site: Site,
    driver: Driver,
    stun: Option<Stun>,
    // Held as long as the relay lives: two relays of one key would take each other's place.
    _lock: File,
}

impl Relay {
    /// Binds to the configured address.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let address = config.listen;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        Self::with_listener(config, listener)
    }

    /// Takes a listener that is bound already. Needs a running tokio.
    pub fn with_listener(config: Config, listener: TcpListener) -> Result<Self, StartError> {
        let local = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: config.listen, source })?;
        let folder = config.data_folder()?;
        let keys = identity::load_or_create(&folder)?;
        let lock = lock(&folder)?;
        let peer = keys.public().to_peer_id();
        let clients = Clients::new(&config);
        let mut addresses = reachable::websocket_addresses(&config, local);
        let webrtc = webrtc(&config, local, &keys, &folder, &clients)?;
        let webrtc = webrtc.map(|(transport, socket, told)| {
            addresses.extend(told);
            (transport, reachable::webrtc_address(socket))
        });
        let stun = stun(&config, local)?;
        let (upgrades, transport) = upgraded::channel();
        let listen = upgraded::websocket_address(local);
        let transports = Transports { upgraded: (transport, listen), webrtc };
        let swarm = swarm::build(&keys, transports, &addresses, &config.limits)?;
        let (sender, status) = watch::channel(Status::default());
        let driver = Driver::new(swarm, &config, sender);
        let site = Site {
            assets: config.assets.clone().map_or(Assets::Embedded, Assets::Folder),
            clients,
            node: NodeDescription {
                name: config.display_name(),
                peer,
                addresses: addresses.clone(),
                stun: stun.as_ref().map_or_else(Vec::new, |stun| {
                    reachable::stun_servers(&config, stun.local_address())
                }),
                limits: config.limits,
                status,
            },
            upgrades,
        };
        Ok(Self { config, listener, local, peer, addresses, site, driver, stun, _lock: lock })
    }

    /// Serves until `shutdown` completes, then ends within a few seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        match &self.config.public_url {
            None => {
                tracing::info!(
                    "no public url is set: only its listen addresses are told to others"
                );
            }
            Some(_) if self.local.ip().is_loopback() && self.config.trusted_proxies.is_empty() => {
                tracing::warn!(
                    "a proxy on this machine seems to stand before the public url, but \
                     trusted_proxies is empty: all clients will share the limits of one"
                );
            }
            Some(_) => {}
        }
        let (stopper, stop) = watch::channel(false);
        let Site { clients, .. } = &self.site;
        let http = http::serve(
            self.listener,
            http::router(self.site.clone()),
            clients.clone(),
            self.config.limits,
            stop.clone(),
        );
        let swarm = self.driver.run(stop.clone());
        let stun = async {
            if let Some(stun) = self.stun {
                stun.run(stop).await;
            }
        };
        let stopping = async {
            shutdown.await;
            tracing::info!("stopping");
            // Both receivers live in the futures beside this one.
            let _ = stopper.send(true);
        };
        tokio::join!(http, swarm, stun, stopping);
        tracing::info!("stopped");
    }

    /// Returns the address of the socket.
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Returns the address to open in a browser on this machine.
    pub fn local_url(&self) -> String {
        let ip = match self.local.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}/", SocketAddr::new(ip, self.local.port()))
    }

    /// Returns the libp2p peer id.
    pub fn peer_id(&self) -> PeerId {
        self.peer
    }

    /// Returns the addresses that it tells to others, with `/p2p`.
    pub fn multiaddrs(&self) -> Vec<Multiaddr> {
        let peer = Protocol::P2p(self.peer);
        self.addresses.iter().map(|address| address.clone().with(peer.clone())).collect()
    }

    /// Returns what it tells about itself while it runs.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.site.node.status.clone()
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Why a relay does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port cannot be had.
    #[error("{address} cannot be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no place for data.
    #[error(transparent)]
    NoDataFolder(#[from] NoDataFolder),
    /// Another relay has the folder.
    #[error("another relay runs with the data folder {}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be locked.
    #[error("the data folder {} cannot be locked", folder.display())]
    Lock {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The libp2p side cannot be made.
    #[error(transparent)]
    Swarm(#[from] SwarmError),
}

fn lock(folder: &Path) -> Result<File, StartError> {
    let error = |source| StartError::Lock { folder: folder.to_owned(), source };
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join("lock"))
        .map_err(error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(error(source)),
    }
}

/// Makes the transport for WebRTC-direct; returns its socket and the addresses to tell as well.
fn webrtc(
    config: &Config,
    local: SocketAddr,
    keys: &Keypair,
    folder: &Path,
    clients: &Clients,
) -> Result<Option<(WebRtc, SocketAddr, Vec<Multiaddr>)>, StartError> {
    let Some(address) = config.webrtc.address(local) else { return Ok(None) };
    let socket = match webrtc::probe(address) {
        Ok(socket) => socket,
        Err(_) if config.webrtc == UdpPort::On => {
            // Nobody asked for it by name, and all works without it.
            tracing::warn!("the UDP port for WebRTC is taken: there are WebSockets alone");
            return Ok(None);
        }
        Err(source) => return Err(StartError::Listen { address, source }),
    };
    let certificate = certificate::load_or_create(folder)?;
    let hash = certificate.fingerprint();
    let told = reachable::webrtc_addresses(config, socket, hash);
    let transport = WebRtc::new(keys, certificate, clients.clone(), &config.limits);
    Ok(Some((transport, socket, told)))
}

fn stun(config: &Config, local: SocketAddr) -> Result<Option<Stun>, StartError> {
    let usual = SocketAddr::new(local.ip(), STUN_PORT);
    let Some(address) = config.stun.address(usual) else { return Ok(None) };
    Stun::bind(address, &config.limits)
        .map(Some)
        .map_err(|source| StartError::Listen { address, source })
}

/// The port that RFC 8489 gives to STUN.
const STUN_PORT: u16 = 3_478;
