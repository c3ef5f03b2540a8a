//! What an idle peer costs a relay: the relay runs as a process of its own.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures::{StreamExt, future::join_all};
use libp2p::{
    Multiaddr, Swarm, Transport,
    core::upgrade::Version,
    identify, identity, noise, ping,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, websocket, yamux,
};
use lowkey_network::protocols;

use crate::measure::Line;

/// How many peers are connected.
const PEERS: u32 = 500;

/// How often in a row the memory of a relay at rest is the same, and how nearly: a hundredth of what
/// the peers cost.
const LOOKS: u32 = 10;
const NEARLY_KIB: f64 = 256.0;

/// Measures the resident memory of a relay without and with idle peers.
pub fn lines(relay: &OsStr) -> Vec<Line> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(relay))
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

async fn measure(relay: &OsStr) -> Vec<Line> {
    let data = tempfile::tempdir().expect("a folder");
    let (relay, address) = start(relay, data.path().as_os_str());
    let before = at_rest(&relay).await;
    let mut swarms: Vec<_> = (0..PEERS).map(|_| swarm()).collect();
    for group in swarms.chunks_mut(50) {
        join_all(group.iter_mut().map(|swarm| connect(swarm, &address))).await;
    }
    let idle = swarms.into_iter().map(|mut swarm| {
        tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        })
    });
    let idle: Vec<_> = idle.collect();
    let after = at_rest(&relay).await;
    idle.iter().for_each(tokio::task::JoinHandle::abort);
    let each = (after - before) / f64::from(PEERS);
    vec![
        Line::alone("relay RSS, nobody connected", before, "KiB"),
        Line::alone("relay RSS, 500 idle WebSocket peers", after, "KiB"),
        Line::alone("relay RSS for each idle peer", each, "KiB"),
    ]
}

/// The relay's process; it ends with the measurement, however that ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.0.kill().is_ok() {
            drop(self.0.wait());
        }
    }
}

/// Starts the relay; returns it and its WebSocket address.
fn start(relay: &OsStr, data: &OsStr) -> (Process, Multiaddr) {
    let mut child = Command::new(relay)
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary that LOWKEY_RELAY names");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let port = output.lines().map_while(Result::ok).find_map(|line| {
        let rest = line.split("http://127.0.0.1:").nth(1)?.to_owned();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u16>().ok()
    });
    let port = port.expect("the relay says where it listens");
    (Process(child), format!("/ip4/127.0.0.1/tcp/{port}/ws").parse().expect("a multiaddr"))
}

fn swarm() -> Swarm<Behaviour> {
    let keys = identity::Keypair::generate_ed25519();
    let transport = websocket::Config::new(tcp::tokio::Transport::default())
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&keys).expect("an ed25519 key"))
        .multiplex(yamux::Config::default())
        .boxed();
    let about = identify::Config::new(protocols::IDENTIFY.to_owned(), keys.public());
    let behaviour =
        Behaviour { identify: identify::Behaviour::new(about), ping: ping::Behaviour::default() };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(600));
    Swarm::new(transport, behaviour, keys.public().to_peer_id(), config)
}

/// Connects, and waits until identify is through.
async fn connect(swarm: &mut Swarm<Behaviour>, address: &Multiaddr) {
    swarm.dial(address.clone()).expect("a valid address");
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                ..
            })) => return,
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("no connection: {error}"),
            _ => {}
        }
    }
}

/// Waits until the relay has come to rest, and returns its memory: at several looks in a row it is
/// nearly the same.
async fn at_rest(relay: &Process) -> f64 {
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    let (mut first, mut same) = (resident(relay), 0);
    while same < LOOKS {
        looks.tick().await;
        let now = resident(relay);
        if (now - first).abs() <= NEARLY_KIB {
            same += 1;
        } else {
            (first, same) = (now, 0);
        }
    }
    first
}

/// Returns the resident memory of a process in KiB.
fn resident(relay: &Process) -> f64 {
    let path = format!("/proc/{}/status", relay.0.id());
    let status = fs::read_to_string(path).expect("a Linux system");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS is there");
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number of KiB")
}
