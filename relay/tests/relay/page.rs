//! The HTTP side.

use std::fs;

use lowkey_relay::{Config, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::host::{Host, PATIENCE, config, limited, size};

async fn host_with_page(config: Config) -> (tempfile::TempDir, Host) {
    let page = tempfile::tempdir().unwrap();
    fs::write(page.path().join("index.html"), "<!doctype html>the page").unwrap();
    fs::create_dir(page.path().join("assets")).unwrap();
    fs::write(page.path().join("assets/lowkey-1.wasm"), "\0asm").unwrap();
    fs::write(page.path().join("assets/lowkey-1.wasm.br"), "brotli").unwrap();
    let assets = Some(page.path().to_owned());
    let host = Host::start(Config { assets, ..config }).await;
    (page, host)
}

#[tokio::test]
async fn the_page_comes_with_all_that_keeps_it_to_itself() {
    let (_page, host) = host_with_page(config()).await;
    let answer = host.get("/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, b"<!doctype html>the page");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("cross-origin-opener-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data: blob:; connect-src 'self' wss: ws:; worker-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types lit-html lowkey-worker",
        ),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("permissions-policy").unwrap().contains("microphone=()"));
    let missing = host.get("/missing.js").await;
    assert_eq!(missing.status, 404);
    assert!(missing.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_public_page_opens_no_plain_websockets() {
    let public_url = Some("https://chat.example".parse().unwrap());
    let (_page, host) = host_with_page(Config { public_url, ..config() }).await;
    let policy = async |name: &str| {
        let answer = host.ask(&["GET / HTTP/1.1", &format!("host: {name}")]).await;
        answer.header("content-security-policy").unwrap().to_owned()
    };
    assert!(policy("chat.example").await.contains("connect-src 'self' wss:;"));
    assert!(policy("127.0.0.1").await.contains("connect-src 'self' wss: ws:;"));
    let node = host.node_json().await;
    let expected = format!("/dns/chat.example/tcp/443/tls/ws/p2p/{}", host.peer);
    assert_eq!(node["addresses"], serde_json::json!([expected]));
    assert_eq!(node["name"], "chat.example");
}

#[tokio::test]
async fn the_description_is_for_everybody_and_for_now() {
    let host = Host::start(config()).await;
    let answer = host.get("/.well-known/lowkey/node.json").await;
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let node: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(node["peerId"], host.peer.to_string());
    assert_eq!(node["addresses"], serde_json::json!([host.address.to_string()]));
    assert_eq!(node["relays"], serde_json::json!([]));
    assert!(node["protocols"].as_array().unwrap().contains(&"/lowkey/kad/1".into()));
    assert!(node["limits"]["circuitBytes"].as_u64().unwrap() > 1 << 20);
    let now = lowkey_network::clock::wall_clock().as_secs();
    assert!(now.abs_diff(node["time"].as_u64().unwrap()) <= 60);
}

#[tokio::test]
async fn compressed_files_methods_and_health() {
    let (_page, host) = host_with_page(config()).await;
    let wasm = ["GET /assets/lowkey-1.wasm HTTP/1.1", "host: x", "accept-encoding: gzip, br"];
    let answer = host.ask(&wasm).await;
    assert_eq!(answer.header("content-encoding"), Some("br"));
    assert_eq!(answer.header("content-type"), Some("application/wasm"));
    assert_eq!(answer.body, b"brotli");
    let head = host.ask(&["HEAD / HTTP/1.1", "host: x"]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for method in ["POST", "PUT", "DELETE"] {
        let request = format!("{method} / HTTP/1.1");
        assert_eq!(host.ask(&[&request, "host: x", "content-length: 0"]).await.status, 405);
    }
    let health = host.get("/healthz").await;
    assert_eq!((health.status, health.body.as_slice()), (200, &b"ok\n"[..]));
}

#[tokio::test]
async fn without_a_page_the_relay_says_how_to_build_it() {
    let empty = tempfile::tempdir().unwrap();
    let assets = Some(empty.path().to_owned());
    let host = Host::start(Config { assets, ..config() }).await;
    let answer = host.get("/").await;
    assert!(String::from_utf8(answer.body).unwrap().contains("cargo xtask build"));
}

#[tokio::test]
async fn over_the_limit_the_refusal_is_polite_and_disturbs_nobody() {
    let limits = Limits { connections_per_ip: size(2), ..Limits::default() };
    let host = Host::start(limited(limits)).await;
    let mut first = TcpStream::connect(host.at).await.unwrap();
    // An answer shows that the place is taken.
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut answer = [0; 15];
    first.write_all(request).await.unwrap();
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    let second = TcpStream::connect(host.at).await.unwrap();
    let mut third = TcpStream::connect(host.at).await.unwrap();
    let mut refusal = String::new();
    timeout(PATIENCE, third.read_to_string(&mut refusal)).await.unwrap().unwrap();
    assert!(refusal.starts_with("HTTP/1.1 503"), "{refusal}");
    assert!(refusal.contains("retry-after"), "{refusal}");
    first.write_all(request).await.unwrap();
    let mut more = vec![0; 1];
    assert_eq!(timeout(PATIENCE, first.read(&mut more)).await.unwrap().unwrap(), 1);
    drop(second);
}
