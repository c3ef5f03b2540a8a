//! The HTTP side of a relay that a test makes up: whatever `node.json` should say, or never say.

use std::net::SocketAddr;

use libp2p::{Multiaddr, PeerId};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Returns the `node.json` of an honest relay at this address.
pub fn node_json(peer_id: &PeerId, address: &Multiaddr) -> Vec<u8> {
    let now = lowkey_network::clock::wall_clock().as_secs();
    let node = serde_json::json!({
        "name": "made up", "version": "1.0.0", "peerId": peer_id.to_string(),
        "protocols": ["/lowkey/kad/1", "/lowkey/time/1"], "addresses": [address.to_string()],
        "relays": [], "limits": {}, "time": now,
    });
    node.to_string().into_bytes()
}

/// What the server does with whoever comes.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answers `node.json` with this body, everything else with 404.
    Body(Vec<u8>),
    /// Answers everything with these bytes, which may not even be HTTP.
    Raw(Vec<u8>),
    /// Reads, and never answers.
    Silence,
    /// Promises a long body, sends a little of it and hangs.
    HalfBody,
}

/// A made-up HTTP server on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct Page {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Page {
    /// Starts the server.
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let task = tokio::spawn(async move {
            // Ends with the task: connections are its children by the JoinSet.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, answer.clone()));
            }
        });
        Self { address, task }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Answer) {
    let mut request = Vec::new();
    let mut buffer = [0; 1_024];
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    let asked = String::from_utf8_lossy(&request);
    let bytes = match &answer {
        Answer::Body(body) if asked.starts_with("GET /.well-known/lowkey/node.json ") => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        }
        Answer::Body(_) => {
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
        Answer::Raw(bytes) => bytes.clone(),
        Answer::HalfBody => {
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"
                .to_vec()
        }
        Answer::Silence => Vec::new(),
    };
    // The other side may be gone; that is its right.
    if stream.write_all(&bytes).await.is_err() {
        return;
    }
    if matches!(answer, Answer::Silence | Answer::HalfBody) {
        // Holds the connection open until the other side ends it.
        while matches!(stream.read(&mut buffer).await, Ok(read) if read > 0) {}
    }
}
