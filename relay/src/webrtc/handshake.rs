//! From a knock to an authenticated connection (libp2p's webrtc-direct.md, "Browser to public
//! server").
//!
//! The client's offer is made up from its address and its `ufrag`. DTLS lets everybody in; Noise,
//! on data channel 0, then proves both peer ids, and binds them to both certificates.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use libp2p::{PeerId, identity::Keypair};
use libp2p_webrtc_utils::{Fingerprint, noise, sdp};
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::compat::TokioAsyncReadCompatExt;
use webrtc::{
    api::{APIBuilder, setting_engine::SettingEngine},
    data_channel::data_channel_init::RTCDataChannelInit,
    dtls_transport::dtls_role::DTLSRole,
    ice::{
        mdns::MulticastDnsMode, network_type::NetworkType, udp_mux::UDPMux, udp_network::UDPNetwork,
    },
    peer_connection::{
        RTCPeerConnection, certificate::RTCCertificate, configuration::RTCConfiguration,
        sdp::session_description::RTCSessionDescription,
    },
};

use super::{WebRtcError, channel::Channel, connection::Channels, socket::Knock};

/// A peer connection that is closed when it is dropped.
///
/// webrtc-rs does not do so by itself: each would leave tasks and memory behind.
pub(super) struct PeerConnection {
    inner: Arc<RTCPeerConnection>,
    runtime: Handle,
}

impl PeerConnection {
    pub(super) fn inner(&self) -> Arc<RTCPeerConnection> {
        Arc::clone(&self.inner)
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        let connection = self.inner();
        self.runtime.spawn(async move {
            if connection.close().await.is_err() {
                tracing::debug!("a peer connection did not close in order");
            }
        });
    }
}

/// What all handshakes have in common.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) keys: Keypair,
    pub(super) certificate: RTCCertificate,
    pub(super) fingerprint: Fingerprint,
    pub(super) mux: Arc<dyn UDPMux + Send + Sync>,
}

impl Server {
    /// Shakes hands with who knocked, and returns the connection with the channels to come.
    pub(super) async fn accept(
        self,
        knock: &Knock,
    ) -> Result<(PeerId, PeerConnection, Channels), WebRtcError> {
        let (from, ufrag) = (knock.from, knock.name.ufrag());
        let connection = self.open(from, ufrag).await?;
        // Streams may come as soon as the client is through.
        let channels = Channels::of(&connection.inner).await?;
        let noise = noise_channel(&connection.inner).await?;
        let offer = sdp::render_description(OFFER, from, ANY_CERTIFICATE, ufrag);
        connection.inner.set_remote_description(RTCSessionDescription::offer(offer)?).await?;
        let answer = connection.inner.create_answer(None).await?;
        connection.inner.set_local_description(answer).await?;
        let channel = noise.await.map_err(|_| WebRtcError::NoChannel)?;

        let dtls = connection.inner.sctp().transport();
        let client = Fingerprint::from_certificate(&dtls.get_remote_certificate().await);
        let stay = channel.stay();
        // Nobody waits for the end of this one stream.
        let (stream, _) = libp2p_webrtc_utils::Stream::new(channel.compat());
        let peer = noise::inbound(self.keys, stream, client, self.fingerprint).await?;
        tokio::spawn(stay);
        Ok((peer, connection, channels))
    }

    async fn open(&self, from: SocketAddr, ufrag: &str) -> Result<PeerConnection, WebRtcError> {
        let configuration = RTCConfiguration {
            certificates: vec![self.certificate.clone()],
            ..RTCConfiguration::default()
        };
        let settings = settings(Arc::clone(&self.mux), from, ufrag)?;
        let api = APIBuilder::new().with_setting_engine(settings).build();
        let inner = Arc::new(api.new_peer_connection(configuration).await?);
        Ok(PeerConnection { inner, runtime: Handle::current() })
    }
}

fn settings(
    mux: Arc<dyn UDPMux + Send + Sync>,
    from: SocketAddr,
    ufrag: &str,
) -> Result<SettingEngine, webrtc::Error> {
    let mut settings = SettingEngine::default();
    settings.set_lite(true);
    settings.set_udp_network(UDPNetwork::Muxed(mux));
    settings.set_ice_credentials(ufrag.to_owned(), ufrag.to_owned());
    settings.set_answering_dtls_role(DTLSRole::Server)?;
    settings.disable_certificate_fingerprint_verification(true);
    settings.detach_data_channels();
    // It would open a socket of its own for each connection.
    settings.set_ice_multicast_dns_mode(MulticastDnsMode::Disabled);
    settings.set_ice_timeouts(Some(DISCONNECTED_AFTER), Some(FAILED_AFTER), None);
    settings.set_include_loopback_candidate(true);
    let family = if from.is_ipv4() { NetworkType::Udp4 } else { NetworkType::Udp6 };
    settings.set_network_types(vec![family]);
    // There is one socket; a candidate for each network card would only double its answers.
    let first = AtomicBool::new(true);
    settings.set_ip_filter(Box::new(move |_| first.swap(false, Ordering::Relaxed)));
    Ok(settings)
}

/// How long a client may be silent until ICE doubts it; browsers send a check every few seconds.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(15);

/// How long after that until the connection ends.
const FAILED_AFTER: Duration = Duration::from_secs(15);

/// Opens data channel 0, which both sides know of, and returns it when it is open.
async fn noise_channel(
    connection: &RTCPeerConnection,
) -> Result<oneshot::Receiver<Channel>, WebRtcError> {
    let init = RTCDataChannelInit { negotiated: Some(0), ..RTCDataChannelInit::default() };
    let channel = connection.create_data_channel("", Some(init)).await?;
    let (sender, receiver) = oneshot::channel();
    // The channel holds this handler, so the handler must not hold the channel.
    let weak = Arc::downgrade(&channel);
    channel.on_open(Box::new(move || {
        Box::pin(async move {
            let Some(channel) = weak.upgrade() else { return };
            if let Ok(detached) = channel.detach().await {
                // Nobody waits any more if the handshake has ended.
                drop(sender.send(Channel::new(detached)));
            }
        })
    }));
    Ok(receiver)
}

/// Stands for the client's certificate, which nobody knows yet; it is not compared.
const ANY_CERTIFICATE: Fingerprint = Fingerprint::FF;

/// The offer that a client would have sent, had there been a way.
const OFFER: &str = "v=0
o=- 0 0 IN {ip_version} {target_ip}
s=-
c=IN {ip_version} {target_ip}
t=0 0
m=application {target_port} UDP/DTLS/SCTP webrtc-datachannel
a=mid:0
a=ice-options:ice2
a=ice-ufrag:{ufrag}
a=ice-pwd:{pwd}
a=fingerprint:{fingerprint_algorithm} {fingerprint_value}
a=setup:actpass
a=sctp-port:5000
a=max-message-size:16384
";
