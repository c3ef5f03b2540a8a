//! A peer connection of webrtc-rs.

use std::{fmt, future::ready, sync::Arc, time::Duration};

use tokio::runtime::Handle;
use webrtc::{
    api::{APIBuilder, setting_engine::SettingEngine},
    data_channel::{RTCDataChannel, data_channel_init::RTCDataChannelInit},
    ice::mdns::MulticastDnsMode,
    ice_transport::{
        ice_candidate::{RTCIceCandidate, RTCIceCandidateInit},
        ice_server::RTCIceServer,
    },
    peer_connection::{
        RTCPeerConnection, configuration::RTCConfiguration,
        peer_connection_state::RTCPeerConnectionState,
        sdp::session_description::RTCSessionDescription,
    },
};

use super::channel::{Channel, Opener};
use crate::{
    Error,
    backend::Description,
    config::Config,
    path::{CandidateKind, CandidatePair, PathProtocol},
    progress::{Progress, State},
    signalling::INIT_LABEL,
    stream::{Stream, Streams},
};

/// How long ICE goes without a packet until it says that the path does not answer.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(2);

/// How long after that until it gives up for good; also part of the time for the first checks.
const FAILED_AFTER: Duration = Duration::from_secs(10);

/// How often ICE asks for a sign of life.
const KEEPALIVE: Duration = Duration::from_millis(500);

/// A peer connection that reports to a [`Progress`] until it is closed; cheap to clone.
#[derive(Clone)]
pub(crate) struct PeerConnection(Arc<Inner>);

struct Inner {
    connection: Arc<RTCPeerConnection>,
    runtime: Handle,
}

impl PeerConnection {
    /// Opens a peer connection.
    pub(crate) async fn open(
        config: &Config,
        progress: &Arc<Progress>,
        streams: &Streams,
    ) -> Result<Self, Error> {
        Self::open_with(settings(config), config, progress, streams).await
    }

    /// Opens a peer connection with this name and password for ICE.
    pub(crate) async fn open_as(
        ufrag: &str,
        config: &Config,
        progress: &Arc<Progress>,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let mut settings = settings(config);
        settings.set_ice_credentials(ufrag.to_owned(), ufrag.to_owned());
        Self::open_with(settings, config, progress, streams).await
    }

    async fn open_with(
        settings: SettingEngine,
        config: &Config,
        progress: &Arc<Progress>,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::Unavailable)?;
        let api = APIBuilder::new().with_setting_engine(settings).build();
        let connection = api
            .new_peer_connection(configuration(config))
            .await
            .map_err(|_| Error::Refused { operation: "open a peer connection" })?;
        report(&connection, progress, streams);
        watch_end(&connection, progress).await?;
        Ok(Self(Arc::new(Inner { connection: Arc::new(connection), runtime })))
    }

    /// Makes the text of an offer; nothing is gathered yet.
    pub(crate) async fn create_offer(&self) -> Result<String, Error> {
        let offer = self.0.connection.create_offer(None).await;
        offer.map(|offer| offer.sdp).map_err(|_| Error::Refused { operation: "make an offer" })
    }

    /// Makes the text of an answer; nothing is gathered yet.
    pub(crate) async fn create_answer(&self) -> Result<String, Error> {
        let answer = self.0.connection.create_answer(None).await;
        answer.map(|answer| answer.sdp).map_err(|_| Error::Refused { operation: "make an answer" })
    }

    /// Sets our description; candidates are gathered from here on.
    pub(crate) async fn set_local(&self, kind: Description, sdp: String) -> Result<(), Error> {
        let refused = |_| Error::Refused { operation: "take its own description" };
        let description = description(kind, sdp).map_err(refused)?;
        self.0.connection.set_local_description(description).await.map_err(refused)
    }

    /// Sets the remote's description.
    pub(crate) async fn set_remote(&self, kind: Description, sdp: String) -> Result<(), Error> {
        let refused = |_| Error::Refused { operation: "take the remote's description" };
        let description = description(kind, sdp).map_err(refused)?;
        self.0.connection.set_remote_description(description).await.map_err(refused)
    }

    /// Adds a candidate of the remote; one that is no good is left out.
    pub(crate) async fn add_candidate(&self, candidate: &str) {
        // `null` and an empty text stand for the end of the candidates, which ICE does not need.
        let Ok(candidate) = serde_json::from_str::<RTCIceCandidateInit>(candidate) else { return };
        if candidate.candidate.is_empty() {
            return;
        }
        if self.0.connection.add_ice_candidate(candidate).await.is_err() {
            tracing::debug!("a candidate of the remote is left out");
        }
    }

    /// Opens a data channel.
    pub(crate) async fn open_stream(
        &self,
        label: &str,
        streams: &Streams,
    ) -> Result<Stream, Error> {
        self.open_channel(label, None, streams).await
    }

    /// Opens a data channel that the remote knows of by its number.
    pub(crate) async fn open_negotiated(
        &self,
        number: u16,
        streams: &Streams,
    ) -> Result<Stream, Error> {
        let init = RTCDataChannelInit { negotiated: Some(number), ..RTCDataChannelInit::default() };
        self.open_channel("", Some(init), streams).await
    }

    async fn open_channel(
        &self,
        label: &str,
        init: Option<RTCDataChannelInit>,
        streams: &Streams,
    ) -> Result<Stream, Error> {
        let refused = Error::Refused { operation: "open one more stream" };
        let inlet = streams.inlet().ok_or_else(|| refused.clone())?;
        let channel = self.0.connection.create_data_channel(label, init).await;
        let channel = Channel::new(channel.map_err(|_| refused)?, Opener::We, &inlet);
        Ok(streams.stream(inlet, channel))
    }

    /// Returns the pair of candidates in use, if there is one yet.
    pub(crate) async fn candidate_pair(&self) -> Option<CandidatePair> {
        let sctp = self.0.connection.sctp();
        let dtls = sctp.transport();
        let pair = dtls.ice_transport().get_selected_candidate_pair().await?;
        Some(CandidatePair {
            local: CandidateKind::parse(&pair.local.typ.to_string())?,
            remote: CandidateKind::parse(&pair.remote.typ.to_string())?,
            protocol: PathProtocol::parse(&pair.local.protocol.to_string()),
            // webrtc-rs does not measure it.
            round_trip: None,
        })
    }

    /// Does nothing: the end of the transports is reported from the beginning.
    #[allow(clippy::unused_self, reason = "a browser has something to do")]
    pub(crate) fn watch_end(&self, _: &Arc<Progress>) {}

    /// Closes the connection.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        let connection = Arc::clone(&self.connection);
        self.runtime.spawn(async move {
            if connection.close().await.is_err() {
                tracing::debug!("a peer connection did not close in order");
            }
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for PeerConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerConnection").finish_non_exhaustive()
    }
}

fn settings(config: &Config) -> SettingEngine {
    let mut settings = SettingEngine::default();
    settings.detach_data_channels();
    settings.set_include_loopback_candidate(config.loopback);
    settings.set_ice_timeouts(Some(DISCONNECTED_AFTER), Some(FAILED_AFTER), Some(KEEPALIVE));
    // Browsers hide their addresses behind names of multicast DNS.
    settings.set_ice_multicast_dns_mode(MulticastDnsMode::QueryOnly);
    settings
}

fn configuration(config: &Config) -> RTCConfiguration {
    let ice_servers = if config.stun_servers.is_empty() {
        Vec::new()
    } else {
        vec![RTCIceServer { urls: config.stun_servers.clone(), ..RTCIceServer::default() }]
    };
    RTCConfiguration { ice_servers, ..RTCConfiguration::default() }
}

/// Sets the handlers; none holds the connection, or it could never be dropped.
fn report(connection: &RTCPeerConnection, progress: &Arc<Progress>, streams: &Streams) {
    connection.on_peer_connection_state_change({
        let progress = Arc::clone(progress);
        Box::new(move |state| {
            progress.set_state(self::state(state));
            Box::pin(ready(()))
        })
    });
    connection.on_ice_candidate({
        let progress = Arc::clone(progress);
        Box::new(move |candidate| {
            if let Some(json) = candidate.and_then(|candidate| encode(&candidate)) {
                progress.push_candidate(json);
            }
            Box::pin(ready(()))
        })
    });
    connection.on_data_channel({
        let (progress, streams) = (Arc::clone(progress), streams.clone());
        Box::new(move |channel: Arc<RTCDataChannel>| {
            // That one is not a stream: the remote closes it when it is connected.
            if channel.label() != INIT_LABEL
                && let Some(inlet) = streams.inlet()
            {
                let channel = Channel::new(channel, Opener::They, &inlet);
                progress.push_stream(streams.stream(inlet, channel));
            }
            Box::pin(ready(()))
        })
    });
}

/// Lets a data channel that never carries anything tell the end of the connection.
///
/// webrtc-rs ends its data channels at once when the remote closes the connection, and tells its
/// owner by no other way. A channel that is negotiated outside sends nothing, so the remote knows
/// nothing of this one.
async fn watch_end(connection: &RTCPeerConnection, progress: &Arc<Progress>) -> Result<(), Error> {
    let init =
        RTCDataChannelInit { negotiated: Some(WATCH_CHANNEL), ..RTCDataChannelInit::default() };
    let refused = |_| Error::Refused { operation: "open a peer connection" };
    let channel = connection.create_data_channel("", Some(init)).await.map_err(refused)?;
    let (weak, progress) = (Arc::downgrade(&channel), Arc::clone(progress));
    channel.on_open(Box::new(move || {
        Box::pin(async move {
            let Some(channel) = weak.upgrade() else { return };
            if let Ok(detached) = channel.detach().await {
                drop(channel);
                // Whatever comes on it is none of the remote's business.
                while detached.read(&mut [0; 16]).await.is_ok_and(|count| count > 0) {}
            }
            progress.set_state(State::Ended);
        })
    }));
    Ok(())
}

/// The number of that channel: the last that a data channel may have.
const WATCH_CHANNEL: u16 = 65_534;

fn state(state: RTCPeerConnectionState) -> State {
    match state {
        RTCPeerConnectionState::Connected => State::Connected,
        RTCPeerConnectionState::Disconnected => State::Disconnected,
        RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => State::Ended,
        _ => State::Connecting,
    }
}

fn encode(candidate: &RTCIceCandidate) -> Option<String> {
    let mut candidate = candidate.to_json().ok()?;
    // Browsers look for a media section of that name, and there is none without one.
    candidate.sdp_mid = candidate.sdp_mid.filter(|mid| !mid.is_empty());
    serde_json::to_string(&candidate).ok()
}

fn description(kind: Description, sdp: String) -> Result<RTCSessionDescription, webrtc::Error> {
    match kind {
        Description::Offer => RTCSessionDescription::offer(sdp),
        Description::Answer => RTCSessionDescription::answer(sdp),
    }
}
