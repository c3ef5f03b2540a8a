//! WebRTC-direct: a native client of libp2p-webrtc stands for a browser.

use std::{net::SocketAddr, num::NonZeroU32, path::Path, process::Stdio};

use libp2p::{Multiaddr, multiaddr::Protocol, swarm::SwarmEvent};
use lowkey_relay::{Config, Limits, Relay, StartError, config::UdpPort};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::UdpSocket,
    process::Command,
    time::timeout,
};

use super::{
    host::{Host, PATIENCE, config, size},
    peer::Peer,
};

fn on() -> Config {
    Config { webrtc: UdpPort::On, ..config() }
}

fn limited(limits: Limits) -> Config {
    Config { limits, ..on() }
}

/// Fails if a relay refuses; libp2p tells a reason only after ten seconds.
async fn is_connected(peer: &mut Peer) -> bool {
    peer.until("an end of the dial", |event| match event {
        SwarmEvent::ConnectionEstablished { .. } => Some(true),
        SwarmEvent::OutgoingConnectionError { .. } => Some(false),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_client_finds_all_protocols_behind_the_udp_port() {
    let host = Host::start(on()).await;
    let mut peer = Peer::with_webrtc().await;
    peer.swarm.dial(host.webrtc()).unwrap();
    let info = peer.identified(host.peer).await;
    let names: Vec<&str> = info.protocols.iter().map(AsRef::as_ref).collect();
    for name in ["/lowkey/kad/1", "/lowkey/time/1", "/libp2p/circuit/relay/0.2.0/hop"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let told: Vec<_> = info.listen_addrs.iter().map(ToString::to_string).collect();
    for address in [&host.address, &host.webrtc()] {
        let bare = address.to_string().replace(&format!("/p2p/{}", host.peer), "");
        assert!(told.contains(&bare), "{bare} in {told:?}");
    }
    let expected = [&host.address, &host.webrtc()].map(ToString::to_string);
    assert_eq!(host.node_json().await["addresses"], serde_json::json!(expected));
}

#[tokio::test]
async fn two_clients_meet_through_a_circuit_over_webrtc() {
    let host = Host::start(on()).await;
    let mut callee = Peer::with_webrtc().await;
    let callee_id = callee.id;
    let address = callee.reserve_at(host.webrtc()).await;
    assert!(address.to_string().starts_with(&host.webrtc().to_string()), "{address}");
    host.until("the reservation", |status| status.reservations == 1).await;
    let callee = callee.spawn();

    let mut caller = Peer::with_webrtc().await;
    caller.swarm.dial(address).unwrap();
    caller.pinged(callee_id).await;
    host.until("the circuit", |status| status.circuits == 1).await;
    callee.abort();
}

#[tokio::test]
async fn the_hash_of_the_certificate_stays_over_a_restart() {
    let host = Host::start(on()).await;
    let hash = |address: &Multiaddr| {
        address.iter().find(|part| matches!(part, Protocol::Certhash(_))).unwrap().to_string()
    };
    let before = hash(&host.webrtc());
    let key = host.data.path().join("webrtc.pem");
    let pem = std::fs::read_to_string(&key).unwrap();
    assert!(pem.contains("PRIVATE"));
    assert_private(&key);
    let again = Host::start_with(on(), host.stop().await).await;
    assert_eq!(hash(&again.webrtc()), before);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), pem);
    let mut peer = Peer::with_webrtc().await;
    peer.swarm.dial(again.webrtc()).unwrap();
    peer.identified(again.peer).await;
}

fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_wrong_hash_is_no_connection() {
    let (host, other) = (Host::start(on()).await, Host::start(on()).await);
    let foreign = |part| match part {
        Protocol::Certhash(_) => other
            .webrtc()
            .iter()
            .find(|part| matches!(part, Protocol::Certhash(_)))
            .map(Protocol::acquire)
            .unwrap(),
        part => part,
    };
    let lie: Multiaddr = host.webrtc().iter().map(foreign).collect();
    let mut peer = Peer::with_webrtc().await;
    peer.swarm.dial(lie).unwrap();
    assert!(!is_connected(&mut peer).await);
}

#[tokio::test]
async fn connections_are_limited_with_those_of_websockets() {
    let limits = Limits { connections_per_ip: size(2), ..Limits::default() };
    let host = Host::start(limited(limits)).await;
    let first = Peer::at(&host).await.spawn();
    let mut second = Peer::with_webrtc().await;
    second.swarm.dial(host.webrtc()).unwrap();
    assert!(is_connected(&mut second).await);
    let second = second.spawn();
    host.until("both", |status| status.peers == 2).await;
    let mut third = Peer::with_webrtc().await;
    third.swarm.dial(host.webrtc()).unwrap();
    assert!(!is_connected(&mut third).await, "two of one client are the limit");
    // A place that is given back is free for others.
    first.abort();
    host.until("one", |status| status.peers == 1).await;
    let mut fourth = Peer::with_webrtc().await;
    fourth.swarm.dial(host.webrtc()).unwrap();
    assert!(is_connected(&mut fourth).await);
    second.abort();
}

#[tokio::test]
async fn handshakes_of_one_client_are_limited_in_rate() {
    let limits = Limits { webrtc_per_minute_per_ip: NonZeroU32::MIN, ..Limits::default() };
    let host = Host::start(limited(limits)).await;
    let mut first = Peer::with_webrtc().await;
    first.swarm.dial(host.webrtc()).unwrap();
    assert!(is_connected(&mut first).await);
    let mut second = Peer::with_webrtc().await;
    second.swarm.dial(host.webrtc()).unwrap();
    assert!(!is_connected(&mut second).await);
    assert_eq!(host.get("/healthz").await.status, 200, "WebSockets are as free as before");
}

#[tokio::test]
async fn rubbish_on_the_udp_port_disturbs_nobody() {
    let host = Host::start(on()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(host.at).await.unwrap();
    let request = |attributes: &[u8]| {
        let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        [&[0, 1], &length, &[0x21, 0x12, 0xa4, 0x42][..], &[9; 12], attributes].concat()
    };
    for rubbish in [
        vec![],
        vec![0; 1],
        vec![0xff; 1_200],
        request(&[]),
        // USERNAME: of no length, of too much, without a colon, not UTF-8.
        request(&[0, 6, 0, 0]),
        request(&[0, 6, 0xff, 0xff]),
        request(&[0, 6, 0, 4, b'a', b'b', b'c', b'd']),
        request(&[0, 6, 0, 4, 0xff, 0xfe, b':', 0xff]),
        request(&[0, 6, 0, 4, b'a', b':', b'c', b'd']),
        // A DTLS record out of nowhere.
        vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4],
    ] {
        socket.send(&rubbish).await.unwrap();
    }
    let mut peer = Peer::with_webrtc().await;
    peer.swarm.dial(host.webrtc()).unwrap();
    peer.identified(host.peer).await;
}

/// webrtc-rs closes nothing by itself, so this has to be seen from outside of the program.
#[tokio::test]
async fn handshakes_that_lead_nowhere_leave_nothing_behind() {
    let data = tempfile::tempdir().unwrap();
    let mut relay = Command::new(env!("CARGO_BIN_EXE_lowkey-relay"))
        .args(["--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()])
        .args(["--limit", "webrtc_handshakes=40", "--limit", "handshake_seconds=1"])
        .env_clear()
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(relay.stdout.take().unwrap()).lines();
    let mut line = async || timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    line().await;
    let at = line().await;
    let port: u16 = at.split('/').nth(4).unwrap().parse().unwrap();
    let webrtc: Multiaddr = line().await.trim().strip_prefix("as ").unwrap().parse().unwrap();
    let files = || std::fs::read_dir(format!("/proc/{}/fd", relay.id().unwrap())).unwrap().count();
    let before = files();
    for n in 0..40_u8 {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let name = format!("libp2p+webrtc+v1/nobody{n:03}");
        let attribute = format!("{name}:{name}");
        let length = u8::try_from(attribute.len()).unwrap();
        let header = [0, 1, 0, length + 5, 0x21, 0x12, 0xa4, 0x42];
        let check = [&header[..], &[n; 12], &[0, 6, 0, length], attribute.as_bytes(), &[0]];
        socket.send_to(&check.concat(), ("127.0.0.1", port)).await.unwrap();
    }
    // With all places taken, a client comes in when the others have gone.
    let mut peer = Peer::with_webrtc().await;
    peer.swarm.dial(webrtc).unwrap();
    assert!(is_connected(&mut peer).await);
    assert_eq!(files(), before);
}

#[tokio::test]
async fn the_udp_port_can_be_elsewhere_or_off() {
    let host = Host::start(config()).await;
    assert_eq!(host.addresses, std::slice::from_ref(&host.address));
    assert!(!host.data.path().join("webrtc.pem").exists());
    let free: SocketAddr = ([127, 0, 0, 1], 0).into();
    let public_ips = vec!["203.0.113.7".parse().unwrap()];
    let public_url = Some("https://chat.example".parse().unwrap());
    let webrtc = UdpPort::At(free);
    let host = Host::start(Config { webrtc, public_ips, public_url, ..config() }).await;
    let told = host.webrtc().to_string();
    assert!(told.starts_with("/ip4/203.0.113.7/udp/"), "{told}");
    assert!(!told.starts_with("/ip4/203.0.113.7/udp/0/"), "{told}");
}

#[tokio::test]
async fn a_udp_port_that_is_taken_is_an_error_if_it_was_asked_for_by_name() {
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = taken.local_addr().unwrap();
    let data = tempfile::tempdir().unwrap();
    let data = Some(data.path().to_owned());
    let asked = Config { webrtc: UdpPort::At(at), data: data.clone(), ..config() };
    let error = Relay::bind(asked).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { address, .. } if address == at), "{error}");
    let relay = Relay::bind(Config { listen: at, data, ..on() }).await.unwrap();
    assert_eq!(relay.multiaddrs().len(), 1, "without it there are WebSockets alone");
    drop(timeout(PATIENCE, async { drop(relay) }).await);
}
