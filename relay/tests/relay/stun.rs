//! STUN on a UDP port of its own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use lowkey_relay::{Config, Limits, config::UdpPort};
use tokio::{net::UdpSocket, time::timeout};

use super::host::{Host, PATIENCE, config};

fn on() -> Config {
    Config { stun: UdpPort::At(([127, 0, 0, 1], 0).into()), ..config() }
}

/// Returns the address that `node.json` names.
async fn server(host: &Host) -> SocketAddr {
    let node = host.node_json().await;
    let [server] = &node["stun"].as_array().unwrap()[..] else { panic!("{node}") };
    server.as_str().unwrap().strip_prefix("stun:").unwrap().parse().unwrap()
}

async fn client(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}

fn request(id: u8) -> Vec<u8> {
    [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[id; 12]].concat()
}

/// Returns the transaction and the address of the next answer.
async fn answer(socket: &UdpSocket) -> (u8, SocketAddr) {
    let mut bytes = [0; 100];
    let length = timeout(PATIENCE, socket.recv(&mut bytes)).await.unwrap().unwrap();
    assert_eq!(length, 32);
    assert_eq!(bytes[..8], [1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42]);
    assert_eq!(bytes[20..26], [0, 0x20, 0, 8, 0, 1]);
    let port = u16::from_be_bytes([bytes[26] ^ 0x21, bytes[27] ^ 0x12]);
    let ip = Ipv4Addr::new(bytes[28] ^ 0x21, bytes[29] ^ 0x12, bytes[30] ^ 0xa4, bytes[31] ^ 0x42);
    (bytes[8], (ip, port).into())
}

#[tokio::test]
async fn everybody_learns_the_own_address_and_nonsense_gets_no_answer() {
    let host = Host::start(on()).await;
    let socket = client(server(&host).await).await;
    for nonsense in [&b""[..], b"rubbish", &[0; 20], &[0xff; 2_000], &request(1)[..19]] {
        socket.send(nonsense).await.unwrap();
    }
    let mut indication = request(2);
    indication[1] = 0x11;
    socket.send(&indication).await.unwrap();
    socket.send(&request(3)).await.unwrap();
    // Answers come in order: the first one is to the only request.
    assert_eq!(answer(&socket).await, (3, socket.local_addr().unwrap()));
    host.stop().await;
}

#[tokio::test]
async fn answers_to_one_client_are_limited_in_rate() {
    let limits =
        Limits { stun_per_minute_per_ip: NonZeroU32::new(5).unwrap(), ..Limits::default() };
    let host = Host::start(Config { limits, ..on() }).await;
    let server = server(&host).await;
    let socket = client(server).await;
    for id in 0..5 {
        socket.send(&request(id)).await.unwrap();
        assert_eq!(answer(&socket).await.0, id);
    }
    for id in 5..10 {
        socket.send(&request(id)).await.unwrap();
    }
    // Nothing more can come, as long as a twelfth of a minute has not gone by.
    let more = timeout(Duration::from_secs(1), answer(&socket)).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn it_is_off_unless_it_is_asked_for() {
    assert_eq!(Config::default().stun, UdpPort::Off);
    let host = Host::start(config()).await;
    assert_eq!(host.node_json().await["stun"], serde_json::json!([]));
}

#[tokio::test]
async fn a_public_relay_names_its_host() {
    let public_url = Some("https://chat.example".parse().unwrap());
    let host = Host::start(Config { public_url, ..on() }).await;
    let node = host.node_json().await;
    let server = node["stun"][0].as_str().unwrap();
    assert!(server.starts_with("stun:chat.example:"), "{server}");
}
