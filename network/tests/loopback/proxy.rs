//! A wire to a relay that can be cut without anybody being told.

use std::{net::Ipv4Addr, sync::Arc};

use libp2p::{Multiaddr, multiaddr::Protocol};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::relay::TestRelay;

/// Passes bytes on between peers and one relay.
pub(crate) struct Proxy {
    address: Multiaddr,
    passing: Arc<watch::Sender<bool>>,
}

impl Proxy {
    /// Listens on a free port.
    pub(crate) async fn start(relay: &TestRelay) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = relay.addresses().remove(0);
        let address = address
            .iter()
            .map(|part| if let Protocol::Tcp(_) = part { Protocol::Tcp(port) } else { part })
            .collect();
        let passing = Arc::new(watch::channel(true).0);
        tokio::spawn(accept(listener, relay.port(), Arc::clone(&passing)));
        Self { address, passing }
    }

    /// Where it listens, with the relay's peer id.
    pub(crate) fn addresses(&self) -> Vec<Multiaddr> {
        vec![self.address.clone()]
    }

    /// Passes nothing on any more; connections stay open, and new ones are accepted.
    pub(crate) fn cut(&self) {
        self.passing.send_replace(false);
    }
}

async fn accept(listener: TcpListener, port: u16, passing: Arc<watch::Sender<bool>>) {
    while let Ok((peer, _)) = listener.accept().await {
        let relay = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let (from_peer, to_peer) = peer.into_split();
        let (from_relay, to_relay) = relay.into_split();
        tokio::spawn(pass(from_peer, to_relay, passing.subscribe()));
        tokio::spawn(pass(from_relay, to_peer, passing.subscribe()));
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut passing: watch::Receiver<bool>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if passing.wait_for(|passing| *passing).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
