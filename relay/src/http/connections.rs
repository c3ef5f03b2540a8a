//! Accepts TCP connections and serves HTTP/1.1 on them, within limits of time and number.
//!
//! A client that is slow with its headers, idle after a request, or takes nothing of what waits
//! for it, is cut. Upgraded connections leave this module; their place goes with the socket.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time,
};

use super::paced::Paced;
use crate::{
    clients::{Clients, Place},
    limits::Limits,
};

/// The address of the socket at the other end: the client's, or that of a proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Socket(pub(crate) SocketAddr);

/// Serves until `stop` turns true, then lets open requests end, for [`GRACE`] at most.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    clients: Clients,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut refusals = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            Some(_) = refusals.join_next() => continue,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: they come back when connections end.
                tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match clients.enter(from.ip()) {
            Some(place) => {
                let serving = connection(stream, from, place, router.clone(), limits, stop.clone());
                connections.spawn(serving);
            }
            None => {
                tracing::debug!("a connection over the limits is refused");
                if refusals.len() < REFUSALS {
                    refusals.spawn(time::timeout(REFUSING, refuse(stream)));
                }
            }
        }
    }
    drop(listener);
    let all_end = async { while connections.join_next().await.is_some() {} };
    if time::timeout(GRACE, all_end).await.is_err() {
        connections.shutdown().await;
    }
}

/// How long open requests may take after the relay was told to stop.
const GRACE: Duration = Duration::from_secs(2);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The smallest read buffer that hyper takes: our requests are short.
const REQUEST_BUFFER_BYTES: usize = 8_192;

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    place: Place,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    // Without it each small frame of a handshake waits for the other side's delayed ACK.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let io = Paced::new(stream, Duration::from_secs(limits.stall_seconds.get()), place);
    let service = tower_service(router, from);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.handshake_seconds.get()))
        .max_buf_size(REQUEST_BUFFER_BYTES);
    let serving = http.serve_connection(TokioIo::new(io), service).with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an http connection ended early");
    }
}

fn tower_service(
    router: Router,
    from: SocketAddr,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> {
    let router = TowerToHyperService::new(router);
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Socket(from));
        hyper::service::Service::call(&router, request)
    })
}

/// Says that all places are taken, and reads what the client sends until it has understood: to
/// close before would throw the answer away on its side.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 30\r\n\
        content-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    let mut rest = [0; 512];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Clients that are told at once why they are refused; more are just closed.
const REFUSALS: usize = 64;

const REFUSING: Duration = Duration::from_secs(1);
