//! The Noise handshake of WebRTC-direct: it binds both peer ids to both certificates.

use futures::{AsyncRead, AsyncWrite};
use libp2p::{
    PeerId,
    core::{UpgradeInfo, upgrade::InboundConnectionUpgrade},
    identity::Keypair,
    noise::{Config, Output},
};

use super::sdp::Fingerprint;
use crate::Error;

/// Proves our peer id to the server and returns its own, with the channel.
///
/// The server begins, so in the words of Noise the dialling side is the one that answers.
pub(super) async fn prove<S>(
    keys: &Keypair,
    channel: S,
    client: &Fingerprint,
    server: &Fingerprint,
) -> Result<(PeerId, Output<S>), Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = Config::new(keys).map_err(|_| Error::Unproven)?;
    let config = config.with_prologue(prologue(client, server));
    let info = config.protocol_info().next().ok_or(Error::Unproven)?;
    config.upgrade_inbound(channel, info).await.map_err(|_| Error::Unproven)
}

fn prologue(client: &Fingerprint, server: &Fingerprint) -> Vec<u8> {
    [PREFIX, &client.to_multihash(), &server.to_multihash()].concat()
}

const PREFIX: &[u8] = b"libp2p-webrtc-noise:";

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of the specification.
    #[test]
    fn the_prologue_is_that_of_the_specification() {
        let client = "3e79af40d6059617a0d83b83a52ce73b0c1f37a72c6043ad2969e2351bdca870";
        let server = "30fc9f469c207419dfdd0aab5f27a86c973c94e40548db9375cca2e915973b99";
        let print = |hex: &str| {
            let colons: Vec<_> = (0..32).map(|at| hex[2 * at..2 * at + 2].to_owned()).collect();
            Fingerprint::of_sdp(&format!("a=fingerprint:sha-256 {}\r\n", colons.join(":"))).unwrap()
        };
        let found = prologue(&print(client), &print(server));
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        let prefix = "6c69627032702d7765627274632d6e6f6973653a";
        assert_eq!(hex, format!("{prefix}1220{client}1220{server}"));
    }
}
