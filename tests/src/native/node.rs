//! A real relay in this process, which can be killed and started again at the same place.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use libp2p::Multiaddr;
use lowkey_relay::{Config, Relay, Status};
use tempfile::TempDir;
use tokio::{
    runtime::Runtime,
    sync::{oneshot, watch},
};

/// How long a state of a relay may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A relay that runs.
#[derive(Debug)]
pub struct Node {
    local: SocketAddr,
    address: Multiaddr,
    status: watch::Receiver<Status>,
    config: Config,
    data: TempDir,
    // Of its own, so that a kill takes every task at once, as a killed process does.
    runtime: Option<Runtime>,
}

/// A relay that was killed: its key and its port are kept.
#[derive(Debug)]
pub struct Dead {
    config: Config,
    data: TempDir,
}

impl Node {
    /// Starts a relay that joins these others, named by their origins.
    pub async fn start(others: &[String]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let bootstrap = others.iter().map(|other| other.parse().expect("an origin")).collect();
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: Some(PathBuf::from(data.path())),
            bootstrap,
            ..Config::default()
        };
        Self::with(config, data).await
    }

    /// Kills the relay: nobody is told, all connections break.
    pub async fn kill(mut self) -> Dead {
        let runtime = self.runtime.take().expect("a relay that runs");
        let end = move || runtime.shutdown_timeout(Duration::from_secs(10));
        tokio::task::spawn_blocking(end).await.expect("a runtime ends");
        let folder = tempfile::tempdir().expect("a folder");
        let data = std::mem::replace(&mut self.data, folder);
        let config = Config { listen: self.local, ..self.config.clone() };
        Dead { config, data }
    }

    /// Waits until it is connected to so many others.
    pub async fn until_it_knows(&self, others: usize) {
        let mut status = self.status.clone();
        let known = status.wait_for(|status| status.connected_relays >= others);
        match tokio::time::timeout(PATIENCE, known).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => panic!("the relay has ended"),
            Err(_) => panic!("{others} others are not known: {:?}", self.status.borrow()),
        }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.local)
    }

    /// Returns its WebSocket address with `/p2p`.
    pub fn address(&self) -> Multiaddr {
        self.address.clone()
    }

    /// Returns what it tells about itself.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    async fn with(config: Config, data: TempDir) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (sender, bound) = oneshot::channel();
        let given = config.clone();
        runtime.spawn(async move {
            let relay = Relay::bind(given).await.expect("a relay starts");
            let address = relay.multiaddrs().swap_remove(0);
            let told = (relay.local_address(), address, relay.status());
            // Whoever asked for it may be gone.
            drop(sender.send(told));
            relay.run(std::future::pending()).await;
        });
        let (local, address, status) = bound.await.expect("the relay starts");
        Self { local, address, status, config, data, runtime: Some(runtime) }
    }
}

impl Dead {
    /// Starts the relay again: the same key, the same port.
    pub async fn start(self) -> Node {
        Node::with(self.config, self.data).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A runtime must not be waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
