//! The bytes of a message, and of the header inside it.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{AD_BYTES, DecryptError, chain::MessageKey, key_log, ratchet::HeaderKey};
use crate::{
    aead::{self, Nonce, TAG_BYTES},
    bytes::Reader,
    identity::DhPublicKey,
    limits::HEADER_BYTES,
};

/// Bytes of a header without extensions.
pub(super) const HEADER_PLAIN_BYTES: usize = 40;
/// The first byte of a message.
const TYPE: u8 = 2;

/// The parts of a message.
pub(super) struct Message<'a> {
    nonce: Nonce,
    header: &'a [u8],
    body: &'a [u8],
}

impl<'a> Message<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, DecryptError> {
        Self::read(bytes).ok_or(DecryptError::Malformed)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != TYPE {
            return None;
        }
        let nonce = reader.array()?;
        let length = usize::from(reader.le16()?);
        if !(HEADER_PLAIN_BYTES.saturating_add(TAG_BYTES)..=HEADER_BYTES).contains(&length) {
            return None;
        }
        let header = reader.slice(length)?;
        Some(Self { nonce, header, body: reader.rest() })
    }

    /// Tries one header key.
    pub(super) fn open_header(&self, key: &HeaderKey, ad: &[u8; AD_BYTES]) -> Option<Header> {
        let plain = aead::open(&key.0, &self.nonce, ad, self.header)?;
        Header::decode(&plain)
    }

    /// Decrypts the body and takes the padding off.
    pub(super) fn open_body(
        &self,
        key: &MessageKey,
        ad: &[u8; AD_BYTES],
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let aad = [ad.as_slice(), self.header].concat();
        let mut plain =
            aead::open(&key.0, &self.nonce, &aad, self.body).ok_or(DecryptError::Body)?;
        let mut reader = Reader::new(&plain);
        let length = reader.le32().and_then(|length| usize::try_from(length).ok());
        let content = length.and_then(|length| reader.slice(length));
        let content = content.ok_or(DecryptError::Padding)?.len();
        if reader.rest().iter().any(|byte| *byte != 0) {
            return Err(DecryptError::Padding);
        }
        plain.drain(..4);
        plain.truncate(content);
        Ok(plain)
    }
}

/// Encrypts header and content under one nonce and their two keys.
pub(super) fn seal(
    header: &Header,
    keys: (&HeaderKey, &MessageKey),
    nonce: &Nonce,
    (content, pad_to): (&[u8], usize),
    ad: &[u8; AD_BYTES],
) -> Vec<u8> {
    let (header_key, message_key) = keys;
    key_log::sealed(&header_key.0, nonce);
    key_log::sealed(&message_key.0, nonce);
    let header = aead::seal(&header_key.0, nonce, ad, header.encode().as_slice());
    let padded_len = content.len().max(pad_to).saturating_add(4);
    let mut padded = Zeroizing::new(Vec::with_capacity(padded_len));
    // The session refuses content over 14,900 bytes.
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(content);
    padded.resize(padded_len, 0);
    let aad = [ad.as_slice(), &header].concat();
    let body = aead::seal(&message_key.0, nonce, &aad, &padded);
    let header_len = u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes();
    [[TYPE].as_slice(), nonce, &header_len, &header, &body].concat()
}

/// What tells the receiver which key to use.
pub(super) struct Header {
    /// The sender's ratchet key.
    pub(super) key: DhPublicKey,
    /// PN: messages in the sender's previous chain.
    pub(super) previous: u32,
    /// N: this message's number in its chain.
    pub(super) number: u32,
}

impl Header {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let parts: [&[u8]; 3] =
            [&self.key.0, &self.previous.to_le_bytes(), &self.number.to_le_bytes()];
        Zeroizing::new(parts.concat())
    }

    /// Reads a header; extensions of later versions are skipped.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let key = DhPublicKey(reader.array()?);
        let previous = reader.le32()?;
        let number = reader.le32()?;
        while reader.end().is_none() {
            let _kind = reader.u8()?;
            let length = usize::from(reader.le16()?);
            reader.slice(length)?;
        }
        Some(Self { key, previous, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn extensions_are_skipped_and_broken_ones_refused() {
        let header = Header { key: DhPublicKey([1; 32]), previous: 2, number: 3 };
        let plain = header.encode().to_vec();
        let read = |extension: &[u8]| {
            let header = Header::decode(&[&plain[..], extension].concat())?;
            Some((header.key, header.previous, header.number))
        };
        let same = Some((DhPublicKey([1; 32]), 2, 3));
        assert_eq!(read(&[]), same);
        assert_eq!(read(&[1, 2, 0, 9, 9]), same);
        assert_eq!(read(&[1, 0, 0, 2, 1, 0, 7]), same);
        assert_eq!(read(&[1]), None);
        assert_eq!(read(&[1, 2, 0, 9]), None);
    }

    #[test]
    fn header_lengths_are_bounded() {
        let message = |length: u16| {
            let mut bytes = vec![TYPE];
            bytes.extend([0; 24]);
            bytes.extend(length.to_le_bytes());
            bytes.resize(5_000, 0);
            Message::parse(&bytes).is_ok()
        };
        assert!(!message(55));
        assert!(message(56));
        assert!(message(2_560));
        assert!(!message(2_561));
    }
}
