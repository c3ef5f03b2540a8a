//! Clients that are slow, silent or send garbage: they are cut, and nobody else notices.

use std::{num::NonZeroU64, time::Duration};

use lowkey_relay::{Config, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, timeout},
};

use super::{
    host::{Host, PATIENCE, config, limited, size},
    peer::Peer,
};

fn impatient() -> Config {
    let second = NonZeroU64::MIN;
    limited(Limits { handshake_seconds: second, stall_seconds: second, ..Limits::default() })
}

/// Reads until the relay closes the connection, and returns what came.
async fn read_until_cut(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is cut");
    // A reset is as good an end as any.
    drop(end);
    bytes
}

async fn upgraded(host: &Host) -> TcpStream {
    let mut stream = TcpStream::connect(host.at).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// A WebSocket frame of a client, masked with zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn slow_headers_are_cut() {
    let host = Host::start(impatient()).await;
    for start in ["", "G", "GET / HTTP/1.1\r\nhost: x\r\nslow: "] {
        let mut stream = TcpStream::connect(host.at).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let answer = read_until_cut(&mut stream).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{start:?}");
    }
    assert_eq!(host.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn who_takes_nothing_of_the_page_is_cut() {
    let page = tempfile::tempdir().unwrap();
    // More than the socket buffers of both sides hold.
    std::fs::write(page.path().join("index.html"), vec![b'x'; 64 << 20]).unwrap();
    let Config { limits, .. } = impatient();
    let limits = Limits { connections_per_ip: size(1), ..limits };
    let assets = Some(page.path().to_owned());
    let host = Host::start(Config { assets, ..limited(limits) }).await;
    let mut greedy = TcpStream::connect(host.at).await.unwrap();
    greedy.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    greedy.readable().await.unwrap();
    let mut tries = interval(Duration::from_millis(50));
    let freed = async {
        while host.get("/healthz").await.status != 200 {
            tries.tick().await;
        }
    };
    timeout(PATIENCE, freed).await.expect("the only place becomes free again");
}

#[tokio::test]
async fn garbage_on_a_websocket_ends_it() {
    let host = Host::start(config()).await;
    let oversized = [&[0x82, 0xff][..], &(1u64 << 40).to_be_bytes(), &[0; 4]].concat();
    for garbage in [
        frame(2, b"\x13/multistream/9.9.9\n\x13/multistream/9.9.9\n"),
        frame(2, &[0xff; 125]),
        frame(1, b"text"),
        frame(8, b""),
        frame(0xb, b"unknown opcode"),
        b"\x02\x05not masked".to_vec(),
        oversized,
    ] {
        let mut stream = upgraded(&host).await;
        stream.write_all(&garbage).await.unwrap();
        read_until_cut(&mut stream).await;
    }
    let peer = Peer::at(&host).await;
    host.until("an honest peer gets in", |status| status.peers == 1).await;
    drop(peer);
}

#[tokio::test]
async fn a_silent_websocket_is_cut() {
    let host = Host::start(impatient()).await;
    let mut silent = upgraded(&host).await;
    let mut pinging = upgraded(&host).await;
    pinging.write_all(&frame(9, b"ping")).await.unwrap();
    read_until_cut(&mut silent).await;
    read_until_cut(&mut pinging).await;
}

#[tokio::test]
async fn an_upgrade_that_is_none_is_refused() {
    let host = Host::start(config()).await;
    let check = async |lines: &[&str], expected: u16| {
        let request = [&["GET / HTTP/1.1", "host: x"], lines].concat();
        assert_eq!(host.ask(&request).await.status, expected, "{lines:?}");
    };
    check(&["upgrade: h2c"], 400).await;
    check(&["upgrade: websocket"], 400).await;
    let elsewhere = ["GET /elsewhere HTTP/1.1", "host: x", "upgrade: websocket"];
    assert_eq!(host.ask(&elsewhere).await.status, 404);
    assert_eq!(host.ask(&["GET / HTTP/9.9", "host: x"]).await.status, 400);
    let long = format!("long: {}", "x".repeat(64 << 10));
    assert_eq!(host.ask(&["GET / HTTP/1.1", "host: x", &long]).await.status, 431);
}
