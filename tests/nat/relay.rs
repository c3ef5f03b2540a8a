//! The relay's part, and the STUN server beside it.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};

use lowkey_relay::{Config, Relay};
use tokio::net::UdpSocket;

/// Runs a relay and answers STUN, until it is killed.
pub async fn run(host: &str) {
    let host: IpAddr = host.parse().expect("an address");
    let data = tempfile::tempdir().expect("a folder");
    let config = Config {
        listen: SocketAddr::new(host, 8470),
        data: Some(data.path().to_owned()),
        ..Config::default()
    };
    let relay = Relay::bind(config).await.expect("a relay starts");
    let socket = UdpSocket::bind((host, 3478)).await.expect("a free port");
    let address = relay.multiaddrs().swap_remove(0);
    println!("relay {address}");
    tokio::join!(relay.run(std::future::pending()), answer_stun(socket));
}

/// Tells everybody who asks how they look from here (RFC 8489: a Binding request).
async fn answer_stun(socket: UdpSocket) {
    let mut packet = [0; 1_500];
    while let Ok((length, from)) = socket.recv_from(&mut packet).await {
        let SocketAddr::V4(from) = from else { continue };
        if length >= 20 && packet[..2] == [0, 1] && packet[4..8] == COOKIE {
            let id: [u8; 12] = packet[8..20].try_into().expect("twelve bytes");
            // Who has gone asks no more.
            let _ = socket.send_to(&binding(id, from), from).await;
        }
    }
}

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// A success with XOR-MAPPED-ADDRESS.
fn binding(id: [u8; 12], seen: SocketAddrV4) -> Vec<u8> {
    let xor = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().zip(COOKIE).map(|(byte, mask)| byte ^ mask).collect()
    };
    let (port, host) = (xor(&seen.port().to_be_bytes()), xor(&seen.ip().octets()));
    [&[1, 1, 0, 12], &COOKIE[..], &id, &[0, 0x20, 0, 8, 0, 1], &port, &host].concat()
}
