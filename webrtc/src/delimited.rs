//! Messages with their length before them, as an unsigned varint, in a stream of bytes.
//!
//! Nothing is taken on trust: a length over the limit, or one not written in the shortest way, is
//! an error before a byte of the message is kept.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes that a length below 2^28 takes at most.
const LENGTH_BYTES: usize = 4;

/// Cuts a stream of bytes into messages.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit: usize,
    rest: Bytes,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DelimitError {
    /// The length is no varint of up to four bytes in its shortest form.
    #[error("the length of a message is malformed")]
    Length,
    /// The message is longer than allowed.
    #[error("message of {found} bytes is over the limit of {limit}")]
    TooLong {
        /// The length that the remote announced.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
}

impl Decoder {
    /// Makes a decoder of messages of up to `limit` bytes, their length not counted.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, rest: Bytes::new() }
    }

    /// Takes bytes in; `next` gives what became whole.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if self.rest.is_empty() {
            self.rest = bytes;
        } else {
            let mut joined = BytesMut::with_capacity(self.rest.len().saturating_add(bytes.len()));
            joined.put_slice(&self.rest);
            joined.put_slice(&bytes);
            self.rest = joined.freeze();
        }
    }

    /// Returns the next whole message, or nothing if more bytes are needed.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, DelimitError> {
        let Some((length, prefix)) = decode_length(&self.rest)? else { return Ok(None) };
        if length > self.limit {
            return Err(DelimitError::TooLong { found: length, limit: self.limit });
        }
        if self.rest.len() < prefix.saturating_add(length) {
            return Ok(None);
        }
        self.rest.advance(prefix);
        Ok(Some(self.rest.split_to(length)))
    }
}

/// Returns a length and how many bytes it took.
fn decode_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, DelimitError> {
    let mut length = 0usize;
    for (at, byte) in bytes.iter().take(LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let shortest = at == 0 || *byte != 0;
            return if shortest { Ok(Some((length, at + 1))) } else { Err(DelimitError::Length) };
        }
    }
    if bytes.len() < LENGTH_BYTES { Ok(None) } else { Err(DelimitError::Length) }
}

/// Writes a length; one of 2^28 or more never occurs, since every message is bounded.
pub(crate) fn put_length(length: usize, into: &mut BytesMut) {
    let mut rest = length;
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or_default();
        rest >>= 7;
        if rest == 0 {
            into.put_u8(low);
            return;
        }
        into.put_u8(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode_all(decoder: &mut Decoder) -> Result<Vec<Bytes>, DelimitError> {
        let mut messages = Vec::new();
        while let Some(message) = decoder.next()? {
            messages.push(message);
        }
        Ok(messages)
    }

    fn encode(messages: &[Vec<u8>]) -> BytesMut {
        let mut bytes = BytesMut::new();
        for message in messages {
            put_length(message.len(), &mut bytes);
            bytes.put_slice(message);
        }
        bytes
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_the_message_is_there() {
        let mut decoder = Decoder::new(300);
        decoder.push(Bytes::from_static(&[0xad, 0x02]));
        assert_eq!(decoder.next(), Err(DelimitError::TooLong { found: 301, limit: 300 }));
    }

    #[test]
    fn lengths_written_too_long_are_refused() {
        for bytes in [&[0x80, 0x00][..], &[0xff, 0xff, 0xff, 0xff, 0x01], &[0x80; 4]] {
            let mut decoder = Decoder::new(300);
            decoder.push(Bytes::copy_from_slice(bytes));
            assert_eq!(decoder.next(), Err(DelimitError::Length), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn messages_survive_any_cut(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..8),
            cut in 1usize..600,
        ) {
            let mut decoder = Decoder::new(400);
            let mut found = Vec::new();
            for part in encode(&messages).chunks(cut) {
                decoder.push(Bytes::copy_from_slice(part));
                found.extend(decode_all(&mut decoder).unwrap());
            }
            prop_assert_eq!(found, messages);
        }

        #[test]
        fn no_bytes_make_it_keep_more_than_one_message(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..32),
        ) {
            let mut decoder = Decoder::new(100);
            for part in parts {
                decoder.push(Bytes::from(part));
                if decode_all(&mut decoder).is_err() {
                    return Ok(());
                }
                prop_assert!(decoder.rest.len() <= 100 + LENGTH_BYTES);
            }
        }
    }
}
