//! The HTTP side of the one port: the page, `node.json`, `/healthz`, and upgrades for libp2p.
//!
//! A handler parses, makes one call and converts the answer; none decides anything.

mod connections;
mod headers;
mod node;
mod paced;

use std::time::Duration;

use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{HeaderValue, Response, StatusCode, header},
    middleware::{self, Next},
    response::IntoResponse,
    routing::get,
};
use lowkey_network::protocols::NODE_JSON_PATH;
use tokio::{sync::mpsc, time::timeout};

use crate::{assets::Assets, clients::Clients, upgraded::Upgrade};

pub(crate) use connections::serve;
pub(crate) use node::{NodeDescription, OTHER_RELAYS, OWN_ADDRESSES, REACHED_WITHIN};

use connections::Socket;
use headers::Scheme;

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) assets: Assets,
    pub(crate) clients: Clients,
    pub(crate) node: NodeDescription,
    pub(crate) upgrades: mpsc::Sender<Upgrade>,
}

/// Returns what is served under which path.
pub(crate) fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(page_or_upgrade))
        .route(NODE_JSON_PATH, get(node_json))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/{*path}", get(asset))
        .layer(middleware::from_fn_with_state(site.clone(), harden))
        .with_state(site)
}

async fn harden(
    State(site): State<Site>,
    Extension(Socket(socket)): Extension<Socket>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let https = site.clients.is_https(socket, request.headers());
    let mut response = next.run(request).await;
    headers::harden(response.headers_mut(), if https { Scheme::Https } else { Scheme::Http });
    response
}

async fn page_or_upgrade(
    State(site): State<Site>,
    Extension(Socket(socket)): Extension<Socket>,
    request: Request,
) -> Response<Body> {
    if !request.headers().contains_key(header::UPGRADE) {
        return site.assets.answer("", request.headers()).await;
    }
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let client = site.clients.address(socket, &parts.headers);
    let Some(place) = site.clients.enter_behind_proxy(socket.ip(), client.ip()) else {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "30")]).into_response();
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            let upgrade = Upgrade { socket, client, place };
            // A swarm that is busy for so long would not serve this connection either.
            if timeout(HAND_OVER, site.upgrades.send(upgrade)).await.is_err() {
                tracing::debug!("an upgraded connection found no place");
            }
        })
}

/// axum's default of 128 KiB would be most of what an idle browser costs.
const READ_BUFFER_BYTES: usize = 4_096;

/// Noise frames are 64 KiB at most; with this nobody can make us hold more.
const MESSAGE_BYTES: usize = 128 << 10;

const HAND_OVER: Duration = Duration::from_secs(5);

async fn node_json(State(site): State<Site>) -> Response<Body> {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, site.node.to_json()).into_response()
}

async fn asset(State(site): State<Site>, request: Request) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/');
    site.assets.answer(path, request.headers()).await
}
