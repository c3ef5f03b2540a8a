//! A peer connection of a browser.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use js_sys::{Array, JSON, Reflect};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, EventTarget, RtcConfiguration, RtcDataChannelEvent, RtcDataChannelInit,
    RtcIceCandidateInit, RtcIceConnectionState, RtcIceServer, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType, RtcSessionDescriptionInit,
};

use super::{Channel, statistics};
use crate::{
    Error,
    backend::Description,
    config::Config,
    path::CandidatePair,
    progress::{Progress, State},
    signalling::INIT_LABEL,
    stream::{Stream, Streams},
};

/// A peer connection that reports to a [`Progress`] until it is closed; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PeerConnection(SendWrapper<Rc<Inner>>);

#[derive(Debug)]
struct Inner {
    connection: RtcPeerConnection,
    // Called by the browser as long as they are set on the connection and its transports.
    on_state: Closure<dyn FnMut(Event)>,
    _on_candidate: Closure<dyn FnMut(RtcPeerConnectionIceEvent)>,
    _on_channel: Closure<dyn FnMut(RtcDataChannelEvent)>,
    /// The SCTP and the DTLS transport, whose end tells at once that the remote has closed.
    transports: RefCell<Vec<EventTarget>>,
}

impl PeerConnection {
    /// Opens a peer connection.
    #[allow(clippy::unused_async, reason = "the native one has something to wait for")]
    pub(crate) async fn open(
        config: &Config,
        progress: &Arc<Progress>,
        streams: &Streams,
    ) -> Result<Self, Error> {
        if Reflect::get(&js_sys::global(), &JsValue::from_str("RTCPeerConnection"))
            .is_ok_and(|class| class.is_undefined())
        {
            return Err(Error::Unavailable);
        }
        let connection = RtcPeerConnection::new_with_configuration(&configuration(config))
            .map_err(|_| Error::Refused { operation: "open a peer connection" })?;
        let inner = Inner::new(connection, progress, streams);
        Ok(Self(SendWrapper::new(Rc::new(inner))))
    }

    /// Opens a peer connection; a browser takes name and password for ICE from the offer alone.
    pub(crate) async fn open_as(
        _: &str,
        config: &Config,
        progress: &Arc<Progress>,
        streams: &Streams,
    ) -> Result<Self, Error> {
        Self::open(config, progress, streams).await
    }

    /// Makes the text of an offer; nothing is gathered yet.
    pub(crate) async fn create_offer(&self) -> Result<String, Error> {
        let refused = Error::Refused { operation: "make an offer" };
        let offer = JsFuture::from(self.0.connection.create_offer()).await;
        sdp(&offer.map_err(|_| refused.clone())?).ok_or(refused)
    }

    /// Makes the text of an answer; nothing is gathered yet.
    pub(crate) async fn create_answer(&self) -> Result<String, Error> {
        let refused = Error::Refused { operation: "make an answer" };
        let answer = JsFuture::from(self.0.connection.create_answer()).await;
        sdp(&answer.map_err(|_| refused.clone())?).ok_or(refused)
    }

    /// Sets our description; candidates are gathered from here on.
    pub(crate) async fn set_local(&self, kind: Description, sdp: String) -> Result<(), Error> {
        let promise = self.0.connection.set_local_description(&description(kind, &sdp));
        let refused = |_| Error::Refused { operation: "take its own description" };
        JsFuture::from(promise).await.map(drop).map_err(refused)
    }

    /// Sets the remote's description.
    pub(crate) async fn set_remote(&self, kind: Description, sdp: String) -> Result<(), Error> {
        let promise = self.0.connection.set_remote_description(&description(kind, &sdp));
        let refused = |_| Error::Refused { operation: "take the remote's description" };
        JsFuture::from(promise).await.map(drop).map_err(refused)
    }

    /// Adds a candidate of the remote; one that is no good is left out.
    pub(crate) async fn add_candidate(&self, candidate: &str) {
        // `null` and an empty text stand for the end of the candidates, which ICE does not need.
        let Some(candidate) = JSON::parse(candidate).ok().filter(JsValue::is_object) else {
            return;
        };
        let candidate: &RtcIceCandidateInit = candidate.unchecked_ref();
        let promise =
            self.0.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(candidate));
        if JsFuture::from(promise).await.is_err() {
            tracing::debug!("a candidate of the remote is left out");
        }
    }

    /// Opens a data channel.
    #[allow(clippy::unused_async, reason = "the native one has something to wait for")]
    pub(crate) async fn open_stream(
        &self,
        label: &str,
        streams: &Streams,
    ) -> Result<Stream, Error> {
        if self.0.connection.connection_state() == RtcPeerConnectionState::Closed {
            return Err(Error::Closed);
        }
        let inlet = streams.inlet().ok_or(Error::Refused { operation: "open one more stream" })?;
        let channel = Channel::new(self.0.connection.create_data_channel(label), &inlet);
        Ok(streams.stream(inlet, channel))
    }

    /// Opens a data channel that the remote knows of by its number.
    #[allow(clippy::unused_async, reason = "the native one has something to wait for")]
    pub(crate) async fn open_negotiated(
        &self,
        number: u16,
        streams: &Streams,
    ) -> Result<Stream, Error> {
        let inlet = streams.inlet().ok_or(Error::Refused { operation: "open one more stream" })?;
        let init = RtcDataChannelInit::new();
        init.set_negotiated(true);
        init.set_id(number);
        let channel = self.0.connection.create_data_channel_with_data_channel_dict("", &init);
        let channel = Channel::new(channel, &inlet);
        Ok(streams.stream(inlet, channel))
    }

    /// Returns the pair of candidates in use, if there is one yet.
    pub(crate) async fn candidate_pair(&self) -> Option<CandidatePair> {
        let report = JsFuture::from(self.0.connection.get_stats()).await.ok()?;
        statistics::selected_pair(&report)
    }

    /// Lets the end of the transports tell that the remote has closed the connection, which the
    /// state of the connection itself tells much later.
    pub(crate) fn watch_end(&self, progress: &Progress) {
        let listener = self.0.on_state.as_ref().unchecked_ref();
        for transport in transports(&self.0.connection) {
            if transport.add_event_listener_with_callback(STATE_CHANGE, listener).is_ok() {
                self.0.transports.borrow_mut().push(transport);
            }
        }
        progress.set_state(state(&self.0.connection));
    }

    /// Closes the connection; nothing is reported any more.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn new(connection: RtcPeerConnection, progress: &Arc<Progress>, streams: &Streams) -> Self {
        let on_state = Closure::<dyn FnMut(Event)>::new({
            let (connection, progress) = (connection.clone(), Arc::clone(progress));
            move |_| progress.set_state(state(&connection))
        });
        let on_candidate = Closure::<dyn FnMut(_)>::new({
            let progress = Arc::clone(progress);
            move |event: RtcPeerConnectionIceEvent| {
                let Some(candidate) = event.candidate() else { return };
                // An empty text is the end of the candidates.
                if !candidate.candidate().is_empty()
                    && let Some(json) = JSON::stringify(&candidate.to_json()).ok()
                {
                    progress.push_candidate(json.into());
                }
            }
        });
        let on_channel = Closure::<dyn FnMut(_)>::new({
            let (progress, streams) = (Arc::clone(progress), streams.clone());
            move |event: RtcDataChannelEvent| {
                let channel = event.channel();
                // That one is not a stream: the remote closes it when it is connected.
                if channel.label() == INIT_LABEL {
                    return;
                }
                match streams.inlet() {
                    Some(inlet) => {
                        let channel = Channel::new(channel, &inlet);
                        progress.push_stream(streams.stream(inlet, channel));
                    }
                    None => channel.close(),
                }
            }
        });
        connection.set_onconnectionstatechange(Some(on_state.as_ref().unchecked_ref()));
        connection.set_oniceconnectionstatechange(Some(on_state.as_ref().unchecked_ref()));
        connection.set_onicecandidate(Some(on_candidate.as_ref().unchecked_ref()));
        connection.set_ondatachannel(Some(on_channel.as_ref().unchecked_ref()));
        Self {
            connection,
            on_state,
            _on_candidate: on_candidate,
            _on_channel: on_channel,
            transports: RefCell::default(),
        }
    }

    fn close(&self) {
        self.connection.set_onconnectionstatechange(None);
        self.connection.set_oniceconnectionstatechange(None);
        self.connection.set_onicecandidate(None);
        self.connection.set_ondatachannel(None);
        for transport in self.transports.borrow_mut().drain(..) {
            let _ = transport.remove_event_listener_with_callback(
                STATE_CHANGE,
                self.on_state.as_ref().unchecked_ref(),
            );
        }
        self.connection.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn configuration(config: &Config) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    if !config.stun_servers.is_empty() {
        let urls: Array = config.stun_servers.iter().map(|url| JsValue::from_str(url)).collect();
        let server = RtcIceServer::new();
        server.set_urls(&urls);
        configuration.set_ice_servers(&Array::of1(&server));
    }
    configuration
}

/// Reads how far a connection is, from all that the browser says about it.
fn state(connection: &RtcPeerConnection) -> State {
    let ice = connection.ice_connection_state();
    let transports_closed =
        transports(connection).iter().any(|transport| text(transport, "state") == "closed");
    match connection.connection_state() {
        RtcPeerConnectionState::Closed | RtcPeerConnectionState::Failed => State::Ended,
        _ if transports_closed => State::Ended,
        _ if matches!(ice, RtcIceConnectionState::Closed | RtcIceConnectionState::Failed) => {
            State::Ended
        }
        RtcPeerConnectionState::Disconnected => State::Disconnected,
        _ if ice == RtcIceConnectionState::Disconnected => State::Disconnected,
        RtcPeerConnectionState::Connected => State::Connected,
        _ => State::Connecting,
    }
}

/// Returns the SCTP transport of a connection and the DTLS transport below it, where the browser
/// has them.
fn transports(connection: &RtcPeerConnection) -> Vec<EventTarget> {
    let part = |of: &JsValue, name: &str| {
        Reflect::get(of, &JsValue::from_str(name)).ok()?.dyn_into::<EventTarget>().ok()
    };
    let sctp = part(connection, "sctp");
    let dtls = sctp.as_ref().and_then(|sctp| part(sctp, "transport"));
    sctp.into_iter().chain(dtls).collect()
}

fn text(of: &JsValue, name: &str) -> String {
    Reflect::get(of, &JsValue::from_str(name)).ok().and_then(|v| v.as_string()).unwrap_or_default()
}

fn sdp(description: &JsValue) -> Option<String> {
    Reflect::get(description, &JsValue::from_str("sdp")).ok()?.as_string()
}

fn description(kind: Description, sdp: &str) -> RtcSessionDescriptionInit {
    let description = RtcSessionDescriptionInit::new(match kind {
        Description::Offer => RtcSdpType::Offer,
        Description::Answer => RtcSdpType::Answer,
    });
    description.set_sdp(sdp);
    description
}

const STATE_CHANGE: &str = "statechange";
