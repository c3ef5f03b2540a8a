//! One relay: bound first, so that its caller learns its address, then run.

use std::{
    fs::{self, File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    assets::Assets,
    clients::Clients,
    config::{Config, NoDataFolder},
    http::{self, NodeDescription, Site},
    identity::{self, IdentityError},
    status::Status,
    swarm::{self, Driver, SwarmError},
    upgraded,
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
        let addresses = match &config.public_url {
            Some(url) => vec![url.multiaddr()],
            None => reachable(local).into_iter().map(upgraded::websocket_address).collect(),
        };
        let (upgrades, transport) = upgraded::channel();
        let listen = upgraded::websocket_address(local);
        let swarm = swarm::build(&keys, transport, listen, &addresses, &config.limits)?;
        let (sender, status) = watch::channel(Status::default());
        let driver = Driver::new(swarm, &config, sender);
        let site = Site {
            assets: config.assets.clone().map_or(Assets::Embedded, Assets::Folder),
            clients: Clients::new(&config),
            node: NodeDescription {
                name: config.display_name(),
                peer,
                addresses: addresses.clone(),
                limits: config.limits,
                status,
            },
            upgrades,
        };
        Ok(Self { config, listener, local, peer, addresses, site, driver, _lock: lock })
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
        let swarm = self.driver.run(stop);
        let stopping = async {
            shutdown.await;
            tracing::info!("stopping");
            // Both receivers live in the futures beside this one.
            let _ = stopper.send(true);
        };
        tokio::join!(http, swarm, stopping);
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

/// Returns where a listener can be dialled: an unspecified address stands for this machine's.
fn reachable(local: SocketAddr) -> Vec<SocketAddr> {
    let (loopback, any, elsewhere): (IpAddr, IpAddr, IpAddr) = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            (Ipv4Addr::LOCALHOST.into(), ip.into(), Ipv4Addr::new(192, 0, 2, 1).into())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            let documentation = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
            (Ipv6Addr::LOCALHOST.into(), ip.into(), documentation.into())
        }
        _ => return vec![local],
    };
    // Connecting a UDP socket sends nothing; it only asks which card would be used.
    let card = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((elsewhere, 9))?;
        socket.local_addr()
    });
    card.into_iter()
        .map(|card| card.ip())
        .chain([loopback])
        .map(|ip| SocketAddr::new(ip, local.port()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_told_as_one_that_can_be_dialled() {
        let told = reachable(([0, 0, 0, 0], 8470).into());
        assert!(told.contains(&([127, 0, 0, 1], 8470).into()));
        assert!(told.iter().all(|address| !address.ip().is_unspecified()));
        assert_eq!(reachable(([127, 0, 0, 1], 1).into()), [([127, 0, 0, 1], 1).into()]);
    }
}
