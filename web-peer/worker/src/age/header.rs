//! The header of an age file: a line of version, stanzas, and an authentication of all that.

use base64ct::{Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{FileKey, derive};

const VERSION: &str = "age-encryption.org/v1";
/// Characters in a full line of a stanza's body.
const COLUMNS: usize = 64;
/// The most bytes of a header; ours has about 200.
const HEADER_BYTES: usize = 64 << 10;

/// A header that is well-formed; who made it is not known before `mac` was compared.
pub(super) struct Header<'a> {
    pub(super) stanzas: Vec<Stanza<'a>>,
    /// What `mac` covers.
    pub(super) authenticated: &'a [u8],
    pub(super) mac: [u8; 32],
    pub(super) payload: &'a [u8],
}

/// A file key, wrapped for somebody.
pub(super) struct Stanza<'a> {
    pub(super) arguments: Vec<&'a str>,
    pub(super) body: Vec<u8>,
}

/// Writes a header with one X25519 stanza.
pub(super) fn encode(share: &[u8; 32], body: &[u8], key: &FileKey) -> Vec<u8> {
    let share = Base64Unpadded::encode_string(share);
    let body = Base64Unpadded::encode_string(body);
    let mut header = format!("{VERSION}\n-> X25519 {share}\n{body}\n---");
    let mac = authenticate(key, header.as_bytes()).finalize().into_bytes();
    header.push(' ');
    header.push_str(&Base64Unpadded::encode_string(&mac));
    header.push('\n');
    header.into_bytes()
}

/// Reads a header and finds the payload behind it.
pub(super) fn decode(file: &[u8]) -> Option<Header<'_>> {
    let mut rest = file;
    (line(&mut rest)? == VERSION).then_some(())?;
    let mut stanzas = Vec::new();
    loop {
        let before = file.len() - rest.len();
        (before <= HEADER_BYTES).then_some(())?;
        let first = line(&mut rest)?;
        if let Some(mac) = first.strip_prefix("--- ") {
            let authenticated = file.get(..before.checked_add("---".len())?)?;
            let known = !stanzas.is_empty();
            return known.then_some(Header {
                stanzas,
                authenticated,
                mac: key_of(mac)?,
                payload: rest,
            });
        }
        stanzas.push(stanza(first, &mut rest)?);
    }
}

/// Tells whether who wrote the header had the file key.
pub(super) fn mac_fits(key: &FileKey, authenticated: &[u8], mac: &[u8; 32]) -> bool {
    authenticate(key, authenticated).verify_slice(mac).is_ok()
}

/// Reads 32 bytes of base64.
pub(super) fn key_of(text: &str) -> Option<[u8; 32]> {
    Base64Unpadded::decode_vec(text).ok()?.try_into().ok()
}

fn authenticate(key: &FileKey, bytes: &[u8]) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros to a block.
    let mut block = Zeroizing::new([0; 64]);
    let key = derive(key.as_slice(), &[], b"header");
    block.iter_mut().zip(key.iter()).for_each(|(to, from)| *to = *from);
    Hmac::<Sha256>::new((&*block).into()).chain_update(bytes)
}

fn stanza<'a>(first: &'a str, rest: &mut &'a [u8]) -> Option<Stanza<'a>> {
    let arguments: Vec<&str> = first.strip_prefix("-> ")?.split(' ').collect();
    let visible = |argument: &&str| {
        !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_graphic())
    };
    arguments.iter().all(visible).then_some(())?;
    let mut text = String::new();
    loop {
        let part = line(rest)?;
        (part.len() <= COLUMNS && text.len() <= HEADER_BYTES).then_some(())?;
        text.push_str(part);
        if part.len() < COLUMNS {
            let body = Base64Unpadded::decode_vec(&text).ok()?;
            return Some(Stanza { arguments, body });
        }
    }
}

/// Takes a line off; it ends with a line feed, and nothing else is taken for one.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().take(HEADER_BYTES).position(|byte| *byte == b'\n')?;
    let (line, after) = rest.split_at_checked(end)?;
    *rest = after.get(1..)?;
    let line = core::str::from_utf8(line).ok()?;
    line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()).then_some(line)
}
