//! Relays in this process.

use std::{net::SocketAddr, num::NonZeroUsize, time::Duration};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use lowkey_protocol::limits::TEST_STAMP_BITS;
use lowkey_relay::{Config, Limits, Relay, Status, config::UdpPort};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// Long enough for a busy machine; nothing waits for it unless it fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Host {
    pub at: SocketAddr,
    pub peer: PeerId,
    pub address: Multiaddr,
    pub addresses: Vec<Multiaddr>,
    pub status: watch::Receiver<Status>,
    pub data: TempDir,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Host {
    /// Starts a relay with a data folder of its own.
    pub async fn start(config: Config) -> Self {
        Self::start_with(config, tempfile::tempdir().unwrap()).await
    }

    /// Starts a relay with a data folder, which may hold its key already.
    pub async fn start_with(config: Config, data: TempDir) -> Self {
        let config = Config { data: Some(data.path().to_owned()), ..config };
        let relay = Relay::bind(config).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (at, peer, status) = (relay.local_address(), relay.peer_id(), relay.status());
        let addresses = relay.multiaddrs();
        let address = addresses[0].clone();
        let task = tokio::spawn(relay.run(async {
            // A dropped sender is the end of the test.
            let _ = stopped.await;
        }));
        Self { at, peer, address, addresses, status, data, stop, task }
    }

    /// Waits until the relay says that something is so.
    pub async fn until(&self, what: &str, is_so: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.status.clone();
        let found = async { status.wait_for(is_so).await.map(|found| found.clone()) };
        match timeout(PATIENCE, found).await {
            Ok(Ok(found)) => found,
            _ => panic!("waited for {what}: {:?}", self.status.borrow()),
        }
    }

    /// Stops the relay as a signal would, and returns its data folder.
    pub async fn stop(self) -> TempDir {
        let _ = self.stop.send(());
        timeout(PATIENCE, self.task).await.expect("a stopped relay ends").unwrap();
        self.data
    }

    /// Ends the relay without any grace, and returns its data folder.
    pub async fn kill(self) -> TempDir {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        self.data
    }

    /// Returns the first address for WebRTC-direct.
    pub fn webrtc(&self) -> Multiaddr {
        let is_webrtc = |part| matches!(part, Protocol::WebRTCDirect);
        self.addresses.iter().find(|address| address.iter().any(is_webrtc)).unwrap().clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Sends a request of these lines and returns the answer.
    pub async fn ask(&self, lines: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        let request = format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
        Answer::parse(&bytes)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(&[&format!("GET {path} HTTP/1.1"), &format!("host: {}", self.at)]).await
    }

    pub async fn node_json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.get("/.well-known/lowkey/node.json").await.body).unwrap()
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// What most tests start with: WebSockets alone.
pub fn config() -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        webrtc: UdpPort::Off,
        stamp_bits: TEST_STAMP_BITS,
        ..Config::default()
    }
}

/// The same with other limits.
pub fn limited(limits: Limits) -> Config {
    Config { limits, ..config() }
}

pub fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}
