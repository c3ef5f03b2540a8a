//! The relay's part: a real one that answers STUN too, and may serve a page.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use lowkey_relay::{Config, Relay};

/// Runs a relay until it is killed.
pub async fn run(host: &str, page: Option<PathBuf>) {
    let host: IpAddr = host.parse().expect("an address");
    let data = tempfile::tempdir().expect("a folder");
    let config = Config {
        listen: SocketAddr::new(host, 8470),
        stun: "on".parse().expect("a word for it"),
        data: Some(data.path().to_owned()),
        assets: page,
        ..Config::default()
    };
    let relay = Relay::bind(config).await.expect("a relay starts");
    let addresses = relay.multiaddrs();
    let websocket = addresses.iter().find(|address| address.to_string().contains("/ws"));
    println!("relay {}", websocket.expect("a WebSocket"));
    relay.run(std::future::pending()).await;
}
