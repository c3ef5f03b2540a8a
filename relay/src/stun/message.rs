//! STUN messages (RFC 8489), as far as a server needs them that answers Binding requests alone.

use std::net::{IpAddr, SocketAddr};

/// The longest request that is read: what fits into one packet everywhere.
pub(crate) const REQUEST_BYTES: usize = 1_280;

/// Returns the answer to a datagram, if it is a Binding request that is whole and understood.
///
/// The answer has 32 or 44 bytes and a request at least 20, so it is no means to amplify.
/// Credentials are not looked at, and no other attribute is sent: there is nothing to tell but
/// the sender's own address.
pub(crate) fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (id, attributes) = parse_request(datagram)?;
    if !are_understood(attributes) {
        return None;
    }
    let port = (from.port() ^ COOKIE_PORT).to_be_bytes();
    let mut value = Vec::with_capacity(20);
    match from.ip().to_canonical() {
        IpAddr::V4(ip) => {
            value.extend([0, 1]);
            value.extend(port);
            value.extend((ip.to_bits() ^ COOKIE).to_be_bytes());
        }
        IpAddr::V6(ip) => {
            value.extend([0, 2]);
            value.extend(port);
            value.extend((ip.to_bits() ^ mask(&id)).to_be_bytes());
        }
    }
    // Both lengths are known to be small.
    let length = u8::try_from(value.len()).ok()?;
    let mut answer = Vec::with_capacity(44);
    answer.extend(BINDING_SUCCESS);
    answer.extend([0, length.checked_add(4)?]);
    answer.extend(COOKIE.to_be_bytes());
    answer.extend(id);
    answer.extend(XOR_MAPPED_ADDRESS);
    answer.extend([0, length]);
    answer.extend(value);
    Some(answer)
}

type TransactionId = [u8; 12];

/// Returns the user name in a Binding request, which ICE puts there.
pub(crate) fn username(datagram: &[u8]) -> Option<&str> {
    let (_, mut attributes) = parse_request(datagram)?;
    loop {
        let (kind, value, rest) = next_attribute(attributes)?;
        if kind == USERNAME {
            return str::from_utf8(value).ok();
        }
        attributes = rest;
    }
}

/// Returns transaction and attributes of a Binding request; anything else in any way is none.
fn parse_request(datagram: &[u8]) -> Option<(TransactionId, &[u8])> {
    let (header, attributes) = datagram.split_first_chunk::<20>()?;
    let [kind0, kind1, length0, length1, cookie0, cookie1, cookie2, cookie3, id @ ..] = *header;
    let is_request = [kind0, kind1] == BINDING_REQUEST
        && [cookie0, cookie1, cookie2, cookie3] == COOKIE.to_be_bytes()
        && usize::from(u16::from_be_bytes([length0, length1])) == attributes.len();
    is_request.then_some((id, attributes))
}

/// Tells whether attributes are whole, and none is unknown that must be understood.
fn are_understood(mut attributes: &[u8]) -> bool {
    while !attributes.is_empty() {
        let Some((kind, _, rest)) = next_attribute(attributes) else { return false };
        if kind < FIRST_OPTIONAL && !MAY_BE_PASSED_OVER.contains(&kind) {
            return false;
        }
        attributes = rest;
    }
    true
}

/// Splits off one attribute: its kind, its value, and what follows.
fn next_attribute(attributes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([kind0, kind1, length0, length1], rest) = attributes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([*length0, *length1]));
    let (padded, rest) = rest.split_at_checked(length.next_multiple_of(4))?;
    Some((u16::from_be_bytes([*kind0, *kind1]), padded.get(..length)?, rest))
}

/// The cookie and the transaction: what an IPv6 address is hidden by.
fn mask(id: &TransactionId) -> u128 {
    let id = id.iter().fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
    u128::from(COOKIE) << 96 | id
}

const COOKIE: u32 = 0x2112_a442;

/// The first half of the cookie: what a port is hidden by.
const COOKIE_PORT: u16 = 0x2112;

const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const USERNAME: u16 = 0x0006;
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];

/// Attributes from here on may be ignored by those who do not know them.
const FIRST_OPTIONAL: u16 = 0x8000;

/// Credentials and ICE's own attributes: they ask nothing of a server without accounts.
const MAY_BE_PASSED_OVER: [u16; 8] = [
    USERNAME, 0x0008, // MESSAGE-INTEGRITY
    0x0014, // REALM
    0x0015, // NONCE
    0x001c, // MESSAGE-INTEGRITY-SHA256
    0x001e, // USERHASH
    0x0024, // PRIORITY
    0x0025, // USE-CANDIDATE
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5769, 2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME,
    /// MESSAGE-INTEGRITY and FINGERPRINT.
    const SAMPLE_REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae\
        802200105354554e207465737420636c69656e74\
        002400046e0001ff80290008932ff9b151263b36\
        000600096576746a3a68367659202020\
        000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2\
        80280004e57a3bcf";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
            .collect()
    }

    fn request(attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        [&BINDING_REQUEST, &length, &COOKIE.to_be_bytes()[..], &[7; 12], attributes].concat()
    }

    #[test]
    fn the_addresses_of_rfc_5769_are_told_as_there() {
        for (from, attribute) in [
            ("192.0.2.1:32853", "002000080001a147e112a643"),
            ("[::ffff:192.0.2.1]:32853", "002000080001a147e112a643"),
            (
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
                "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
            ),
        ] {
            let answer = answer(&bytes(SAMPLE_REQUEST), from.parse().unwrap()).unwrap();
            let (header, rest) = answer.split_at(20);
            let length = u8::try_from(rest.len()).unwrap();
            let expected = bytes(&format!("0101{length:04x}2112a442b7e7a701bc34d686fa87dfae"));
            assert_eq!((header, rest), (&expected[..], &bytes(attribute)[..]), "{from}");
        }
    }

    #[test]
    fn the_user_name_of_a_check_is_found() {
        assert_eq!(username(&bytes(SAMPLE_REQUEST)), Some("evtj:h6vY"));
        assert_eq!(username(&request(&[])), None);
        assert_eq!(username(&request(&bytes("00060001ff000000"))), None, "not UTF-8");
        assert_eq!(username(&request(&bytes("0006000861000000"))), None, "beyond the end");
    }

    #[test]
    fn only_whole_binding_requests_are_answered() {
        let from: SocketAddr = "192.0.2.1:7".parse().unwrap();
        assert!(answer(&request(&[]), from).is_some());
        assert!(answer(&request(&bytes("8022000161000000")), from).is_some());
        let sample = bytes(SAMPLE_REQUEST);
        for cut in 0..sample.len() {
            assert_eq!(answer(&sample[..cut], from), None, "{cut}");
        }
        for (name, at, byte) in [
            ("an indication", 1, 0x11),
            ("an answer", 0, 0x01),
            ("an Allocate request", 1, 0x03),
            ("no cookie", 4, 0),
            ("a wrong length", 3, 4),
        ] {
            let mut wrong = request(&[]);
            wrong[at] = byte;
            assert_eq!(answer(&wrong, from), None, "{name}");
        }
        assert_eq!(answer(&request(&bytes("00030004000000ff")), from), None, "CHANGE-REQUEST");
        assert_eq!(answer(&request(&bytes("80220008ffffffff")), from), None, "beyond the end");
        assert_eq!(answer(&[request(&[]), vec![0]].concat(), from), None, "more behind it");
    }

    proptest! {
        #[test]
        fn nonsense_is_neither_answered_nor_a_panic(
            datagram in prop::collection::vec(any::<u8>(), 0..200),
            v6 in any::<bool>(),
        ) {
            let from: SocketAddr = if v6 { "[2001:db8::1]:7" } else { "192.0.2.1:7" }.parse().unwrap();
            // A random cookie is right once in four thousand million times.
            prop_assert_eq!(answer(&datagram, from), None);
        }

        #[test]
        fn an_answer_goes_only_to_a_request_and_is_small(
            attributes in prop::collection::vec(any::<u8>(), 0..64),
            at in 0_usize..84,
            byte in any::<u8>(),
        ) {
            let mut datagram = request(&attributes);
            if let Some(place) = datagram.get_mut(at) {
                *place = byte;
            }
            let from: SocketAddr = "[2001:db8::1]:7".parse().unwrap();
            if let Some(answer) = answer(&datagram, from) {
                prop_assert_eq!(&datagram[..2], &BINDING_REQUEST);
                prop_assert_eq!(&answer[4..20], &datagram[4..20]);
                prop_assert_eq!(answer.len(), 44);
            }
        }
    }
}
