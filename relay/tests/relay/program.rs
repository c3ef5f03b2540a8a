//! The program itself: start, stop, and what it says when it cannot.

use std::{path::Path, process::Stdio};

use lowkey_relay::{Config, Relay, StartError};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::{
    host::{Host, PATIENCE, config},
    peer::Peer,
};

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lowkey-relay"));
    command
        .args(["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn first_lines(child: &mut Child) -> (String, String) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = async || timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    (next().await, next().await)
}

async fn failure(mut command: Command) -> String {
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn it_prints_where_to_open_it_and_ends_well_at_sigterm_with_peers_connected() {
    let data = tempfile::tempdir().unwrap();
    let mut child = program(data.path()).spawn().unwrap();
    let (open, address) = first_lines(&mut child).await;
    assert!(open.starts_with("Open http://127.0.0.1:"), "{open}");
    let address: libp2p::Multiaddr = address.trim().strip_prefix("as ").unwrap().parse().unwrap();
    let mut peer = Peer::new();
    peer.swarm.dial(address.clone()).unwrap();
    let Some(libp2p::multiaddr::Protocol::P2p(relay)) = address.iter().last() else { panic!() };
    peer.identified(relay).await;

    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    let status = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    peer.until("the end of the connection", |event| {
        matches!(event, libp2p::swarm::SwarmEvent::ConnectionClosed { .. }).then_some(())
    })
    .await;
    // What it logs by default names nobody.
    assert!(said.contains("stopped"), "{said}");
    for secret in ["127.0.0.1", "12D3", "/ip4", &peer.id.to_string()] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_said_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("relay.toml");
    std::fs::write(&file, "lisen = '127.0.0.1:0'").unwrap();
    let mut command = program(data.path());
    command.args(["--config", file.to_str().unwrap()]);
    let said = failure(command).await;
    assert!(said.contains("unknown key lisen") && said.contains("did you mean listen?"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let mut command = program(data.path());
    command.args(["--public-url", "chat.example.org"]);
    let said = failure(command).await;
    assert!(said.contains("public_url in the flags"), "{said}");
    assert!(!data.path().join("identity.key").exists(), "nothing was made before the check");
}

#[tokio::test]
async fn a_broken_key_is_said_and_not_replaced() {
    let data = tempfile::tempdir().unwrap();
    let key = data.path().join("identity.key");
    std::fs::write(&key, "rubbish").unwrap();
    let said = failure(program(data.path())).await;
    assert!(said.contains("identity.key is not an Ed25519 key"), "{said}");
    assert_eq!(std::fs::read(&key).unwrap(), b"rubbish");
}

#[tokio::test]
async fn two_relays_of_one_data_folder_or_port_cannot_run() {
    let host = Host::start(config()).await;
    let data = Some(host.data.path().to_owned());
    let error = Relay::bind(Config { data: data.clone(), ..config() }).await.unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error}");
    let other = tempfile::tempdir().unwrap();
    let taken = Config { listen: host.at, data: Some(other.path().into()), ..config() };
    let error = Relay::bind(taken).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    host.stop().await;
}

#[tokio::test]
async fn a_stopped_relay_frees_port_and_folder() {
    let host = Host::start(config()).await;
    let (at, peer) = (host.at, host.peer);
    let connected = Peer::at(&host).await;
    let data = host.stop().await;
    let again = Host::start_with(Config { listen: at, ..config() }, data).await;
    assert_eq!(again.peer, peer);
    drop(connected);
    again.stop().await;
}
