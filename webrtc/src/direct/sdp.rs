//! The two descriptions of WebRTC-direct, and the hashes of certificates in them.

use std::net::SocketAddr;

/// The SHA-256 of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads a multihash, as addresses carry it.
    pub(super) fn of_multihash(bytes: &[u8]) -> Option<Self> {
        let hash = bytes.strip_prefix(&SHA2_256)?;
        hash.try_into().ok().map(Self)
    }

    /// Finds the one in a description.
    pub(super) fn of_sdp(sdp: &str) -> Option<Self> {
        let (_, text) = sdp.lines().find_map(|line| {
            let (algorithm, text) = line.strip_prefix("a=fingerprint:")?.split_once(' ')?;
            algorithm.eq_ignore_ascii_case("sha-256").then_some((algorithm, text))
        })?;
        let byte = |text: &str| (text.len() == 2).then(|| u8::from_str_radix(text, 16).ok())?;
        let bytes: Vec<u8> = text.trim().split(':').map(byte).collect::<Option<_>>()?;
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn to_multihash(&self) -> Vec<u8> {
        [&SHA2_256[..], &self.0].concat()
    }

    fn to_sdp(&self) -> String {
        let bytes: Vec<_> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }
}

/// The code of the hash and its length.
const SHA2_256: [u8; 2] = [0x12, 0x20];

/// Returns an offer with another name and password for ICE, or nothing if it has none.
///
/// The specification wants a shorter longest message in it too; the server never sees the offer.
pub(super) fn renamed(offer: &str, ufrag: &str) -> Option<String> {
    let mut renamed = String::with_capacity(offer.len().saturating_add(2 * ufrag.len()));
    let mut changed = (false, false);
    for line in offer.lines() {
        if line.starts_with(UFRAG) {
            renamed.extend([UFRAG, ufrag]);
            changed.0 = true;
        } else if line.starts_with(PASSWORD) {
            renamed.extend([PASSWORD, ufrag]);
            changed.1 = true;
        } else {
            renamed.push_str(line);
        }
        renamed.push_str("\r\n");
    }
    (changed == (true, true)).then_some(renamed)
}

const UFRAG: &str = "a=ice-ufrag:";
const PASSWORD: &str = "a=ice-pwd:";

/// Returns the answer that a server with this address and certificate would give.
pub(super) fn answer(server: SocketAddr, certificate: &Fingerprint, ufrag: &str) -> String {
    let (ip, port) = (server.ip(), server.port());
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let lines = [
        "v=0".to_owned(),
        format!("o=- 0 0 IN {family} {ip}"),
        "s=-".to_owned(),
        "t=0 0".to_owned(),
        "a=ice-lite".to_owned(),
        format!("m=application {port} UDP/DTLS/SCTP webrtc-datachannel"),
        format!("c=IN {family} {ip}"),
        "a=mid:0".to_owned(),
        "a=ice-options:ice2".to_owned(),
        format!("{UFRAG}{ufrag}"),
        format!("{PASSWORD}{ufrag}"),
        format!("a=fingerprint:sha-256 {}", certificate.to_sdp()),
        "a=setup:passive".to_owned(),
        "a=sctp-port:5000".to_owned(),
        "a=max-message-size:16384".to_owned(),
        format!("a=candidate:1 1 UDP 1 {ip} {port} typ host"),
        "a=end-of-candidates".to_owned(),
    ];
    lines.join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_offer_gets_another_name_and_nothing_else() {
        let offer = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=mid:0\r\n";
        let expected = "v=0\r\na=ice-ufrag:new\r\na=ice-pwd:new\r\na=mid:0\r\n";
        assert_eq!(renamed(offer, "new").as_deref(), Some(expected));
        assert_eq!(renamed("v=0\r\na=ice-ufrag:abcd\r\n", "new"), None);
        assert_eq!(renamed("", "new"), None);
    }

    #[test]
    fn an_answer_names_the_server() {
        let certificate = Fingerprint([0xab; 32]);
        for (socket, line) in [
            ("192.0.2.1:7", "a=candidate:1 1 UDP 1 192.0.2.1 7 typ host\r\n"),
            ("[2001:db8::1]:7", "c=IN IP6 2001:db8::1\r\n"),
        ] {
            let answer = answer(socket.parse().unwrap(), &certificate, "name");
            assert!(answer.contains(line), "{answer}");
            assert_eq!(Fingerprint::of_sdp(&answer), Some(certificate.clone()));
        }
    }

    #[test]
    fn only_a_whole_sha_256_is_a_fingerprint() {
        let whole = Fingerprint([7; 32]);
        assert_eq!(Fingerprint::of_multihash(&whole.to_multihash()), Some(whole.clone()));
        for wrong in [&[][..], &[0x12, 0x20], &[0x16; 34], &[0x12, 0x20, 7]] {
            assert_eq!(Fingerprint::of_multihash(wrong), None);
        }
        let text = whole.to_sdp();
        let of = |line: &str| Fingerprint::of_sdp(&format!("v=0\n{line}\n"));
        assert_eq!(of(&format!("a=fingerprint:SHA-256 {text}")), Some(whole));
        assert_eq!(of(&format!("a=fingerprint:sha-1 {text}")), None);
        assert_eq!(of(&format!("a=fingerprint:sha-256 {text}:07")), None);
        assert_eq!(of("a=fingerprint:sha-256 +7"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "(a=(ice-ufrag|ice-pwd|fingerprint):)?.{0,40}") {
            let _ = Fingerprint::of_sdp(&text);
            let _ = renamed(&text, "name");
        }
    }
}
