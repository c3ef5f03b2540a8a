//! Browsers: WebSocket through web-sys, timers and tasks of the page.

mod websocket;

use std::{cell::RefCell, future::Future, pin::Pin, rc::Rc, time::Duration};

use futures::{StreamExt, channel::mpsc};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use libp2p::{
    Multiaddr, Transport as _,
    core::{muxing::StreamMuxerBox, transport::Boxed, upgrade::Version},
    identity::{Keypair, PeerId},
    noise, relay, swarm, yamux,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, ReadableStreamDefaultReader, RequestCache, RequestInit, RequestRedirect, Response,
};

use crate::addresses;

/// How long a dial may take, to the last handshake. Firefox holds a WebSocket back for up to 60
/// seconds after its host has refused others, and says nothing: who gives up sooner waits longer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(65);

/// How long a dial by WebRTC-direct may take: a relay waits no longer for a handshake either, and
/// meanwhile a WebSocket to the same relay is not tried again.
const WEBRTC_TIMEOUT: Duration = Duration::from_secs(10);

/// A future of the page's one thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What a task of this platform asks of the values in it: nothing.
pub trait MaybeSend {}
impl<T> MaybeSend for T {}

/// Runs a future in the background until it ends.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// Waits; a timer of the browser counts whole milliseconds, so up to one longer.
pub async fn sleep(duration: Duration) {
    let millis = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
    // A longer wait than a timer of the browser can hold ends at once there.
    TimeoutFuture::new(millis.saturating_add(1).min(MAX_TIMER_MILLIS)).await;
}

/// Lets the page draw and answer the person.
pub async fn yield_now() {
    TimeoutFuture::new(0).await;
}

/// Returns the bytes of a small file on the web.
pub async fn fetch(url: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
    let options = RequestInit::new();
    options.set_cache(RequestCache::NoStore);
    options.set_redirect(RequestRedirect::Error);
    let window = web_sys::window().ok_or(FetchError::Unavailable)?;
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &options))
        .await
        .map_err(|_| FetchError::Unreachable)?
        .dyn_into::<Response>()
        .map_err(|_| FetchError::Unreachable)?;
    if !response.ok() {
        return Err(FetchError::Status { found: response.status() });
    }
    let body = response.body().ok_or(FetchError::Unreachable)?;
    let reader = body
        .get_reader()
        .dyn_into::<ReadableStreamDefaultReader>()
        .map_err(|_| FetchError::Unreachable)?;
    read_all(&reader, limit).await
}

/// Reads by chunks, so that an endless answer costs no more than the limit.
async fn read_all(
    reader: &ReadableStreamDefaultReader,
    limit: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|_| FetchError::Unreachable)?;
        let property = |name: &str| Reflect::get(&part, &JsValue::from_str(name));
        if property("done").is_ok_and(|done| done.is_truthy()) {
            return Ok(bytes);
        }
        let chunk = property("value")
            .ok()
            .and_then(|value| value.dyn_into::<Uint8Array>().ok())
            .ok_or(FetchError::Unreachable)?
            .to_vec();
        if bytes.len().saturating_add(chunk.len()) > limit {
            // The rest is not wanted; a failed cancel leaves nothing to do.
            let _ = JsFuture::from(reader.cancel()).await;
            return Err(FetchError::TooLong { limit });
        }
        bytes.extend(chunk);
    }
}

/// Whether this page can dial a relay at this address.
pub(crate) fn can_dial(address: &Multiaddr) -> bool {
    let plain_allowed = page_origin().is_none_or(|origin| !origin.starts_with("https:"));
    addresses::browser_can_dial(address, plain_allowed) || addresses::is_webrtc_direct(address)
}

/// Returns the origin of the page, if the program runs in one.
pub fn page_origin() -> Option<String> {
    web_sys::window()?.location().origin().ok()
}

/// Whether the browser says that there is a network.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Tells when the page is shown again, or the network comes or goes.
#[derive(Debug)]
pub struct WakeSignals {
    events: mpsc::Receiver<()>,
    // Kept so that the browser can call it; removed from its targets when dropped.
    listener: Closure<dyn FnMut()>,
}

impl WakeSignals {
    /// Begins to listen.
    pub fn listen() -> Self {
        let (sender, events) = mpsc::channel(1);
        let sender = Rc::new(RefCell::new(sender));
        let listener = Closure::new(move || {
            // A full channel has a signal in it already.
            let _ = sender.borrow_mut().try_send(());
        });
        let signals = Self { events, listener };
        for (target, event) in Self::targets() {
            let callback = signals.listener.as_ref().unchecked_ref();
            let _ = target.add_event_listener_with_callback(event, callback);
        }
        signals
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if self.events.next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    fn targets() -> Vec<(EventTarget, &'static str)> {
        let Some(window) = web_sys::window() else { return Vec::new() };
        let mut targets: Vec<(EventTarget, &'static str)> =
            vec![(window.clone().into(), "online"), (window.clone().into(), "offline")];
        if let Some(document) = window.document() {
            targets.push((document.into(), "visibilitychange"));
        }
        targets
    }
}

impl Drop for WakeSignals {
    fn drop(&mut self) {
        for (target, event) in Self::targets() {
            let callback = self.listener.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(event, callback);
        }
    }
}

/// Makes the transports of a peer: direct paths, then circuits, then relays by WebSocket and by
/// WebRTC-direct. Direct paths come first, since circuits would take their addresses.
pub fn transport(
    keys: &Keypair,
    circuits: relay::client::Transport,
    direct: lowkey_webrtc::Transport,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, TransportError> {
    let noise = noise::Config::new(keys).map_err(|_| TransportError::Noise)?;
    let streams = circuits
        .or_transport(websocket::WebSockets)
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux::Config::default())
        .timeout(DIAL_TIMEOUT)
        .boxed();
    let config = lowkey_webrtc::Config { timeout: WEBRTC_TIMEOUT, ..Default::default() };
    let relays = lowkey_webrtc::DirectTransport::new(keys, config)
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)));
    Ok(direct
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
        .or_transport(streams)
        .map(|either, _| either.into_inner())
        .or_transport(relays)
        .map(|either, _| either.into_inner())
        .boxed())
}

/// Returns how the swarm runs its connections.
pub(crate) fn swarm_config() -> swarm::Config {
    swarm::Config::with_wasm_executor()
}

/// Why the transports could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Noise refused the key.
    #[error("noise refused the peer's key")]
    Noise,
    /// Nobody could dial us directly.
    #[error("direct connections cannot be listened for")]
    Direct,
}

/// Why a file on the web could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// There is no page.
    #[error("this platform fetches nothing")]
    Unavailable,
    /// The server did not answer, or stopped in the middle.
    #[error("the server did not answer")]
    Unreachable,
    /// The server answered with an error.
    #[error("the server answered with status {found}")]
    Status {
        /// Its status.
        found: u16,
    },
    /// The file is longer than allowed.
    #[error("the file is over the limit of {limit} bytes")]
    TooLong {
        /// The allowed bytes.
        limit: usize,
    },
}

const MAX_TIMER_MILLIS: u32 = 0x7fff_ffff;
