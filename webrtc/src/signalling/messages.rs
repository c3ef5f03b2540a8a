//! The messages of `/webrtc-signaling/0.0.1`, and reading and writing them on a stream.

use bytes::{Bytes, BytesMut};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use prost::Message as _;

use crate::{
    Error,
    delimited::{Decoder, put_length},
};

/// The largest message: an offer of a browser takes about 600 bytes, one with all candidates of a
/// busy machine in it a few thousand.
pub(super) const MESSAGE_BYTES: usize = 32 * 1024;

/// The largest candidate; real ones take up to 300 bytes.
const CANDIDATE_BYTES: usize = 2 * 1024;

/// What one side tells the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// The text of an SDP offer.
    Offer(String),
    /// The text of an SDP answer.
    Answer(String),
    /// What `RTCIceCandidate.toJSON()` gives, or `null` after the last.
    Candidate(String),
}

/// The message as the specification encodes it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Encoded {
    #[prost(enumeration = "Kind", optional, tag = "1")]
    kind: Option<i32>,
    #[prost(string, optional, tag = "2")]
    data: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum Kind {
    Offer = 0,
    Answer = 1,
    Candidate = 2,
}

impl Message {
    pub(crate) fn decode(bytes: Bytes) -> Result<Self, Error> {
        let Encoded { kind, data } = Encoded::decode(bytes).map_err(|_| Error::Malformed)?;
        let data = data.unwrap_or_default();
        match kind.and_then(|kind| Kind::try_from(kind).ok()).ok_or(Error::Malformed)? {
            Kind::Offer => Ok(Self::Offer(data)),
            Kind::Answer => Ok(Self::Answer(data)),
            Kind::Candidate if data.len() > CANDIDATE_BYTES => Err(Error::Malformed),
            Kind::Candidate => Ok(Self::Candidate(data)),
        }
    }

    /// Returns the bytes of the message with their length before them.
    pub(crate) fn encode(self) -> BytesMut {
        let (kind, data) = match self {
            Self::Offer(data) => (Kind::Offer, data),
            Self::Answer(data) => (Kind::Answer, data),
            Self::Candidate(data) => (Kind::Candidate, data),
        };
        let message = Encoded { kind: Some(kind.into()), data: Some(data) };
        let mut bytes = BytesMut::new();
        put_length(message.encoded_len(), &mut bytes);
        message.encode_raw(&mut bytes);
        bytes
    }
}

/// Reads messages.
#[derive(Debug)]
pub(super) struct Reader<R> {
    io: R,
    decoder: Decoder,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(io: R) -> Self {
        Self { io, decoder: Decoder::new(MESSAGE_BYTES) }
    }

    /// Returns the next message; the end of the stream is an error here.
    pub(super) async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if let Some(bytes) = self.decoder.next()? {
                return Message::decode(bytes);
            }
            let mut buffer = [0; READ_AT_ONCE];
            let count = self.io.read(&mut buffer).await.map_err(|_| Error::SignallingEnded)?;
            if count == 0 {
                return Err(Error::SignallingEnded);
            }
            let read = buffer.get(..count).unwrap_or_default();
            self.decoder.push(Bytes::copy_from_slice(read));
        }
    }
}

/// Writes messages.
#[derive(Debug)]
pub(super) struct Writer<W> {
    io: W,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(io: W) -> Self {
        Self { io }
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        let bytes = message.encode();
        let ended = |_| Error::SignallingEnded;
        self.io.write_all(&bytes).await.map_err(ended)?;
        self.io.flush().await.map_err(ended)
    }

    pub(super) async fn close(&mut self) {
        // Both sides may close first; the connection stands by itself.
        let _ = self.io.close().await;
    }
}

const READ_AT_ONCE: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, io::Cursor};
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> (Vec<Message>, Error) {
        let mut reader = Reader::new(Cursor::new(bytes));
        let mut messages = Vec::new();
        loop {
            match block_on(reader.next()) {
                Ok(message) => messages.push(message),
                Err(error) => return (messages, error),
            }
        }
    }

    #[test]
    fn messages_are_encoded_as_the_specification_says() {
        let bytes = Message::Offer("v=0".to_owned()).encode();
        assert_eq!(&bytes[..], b"\x07\x08\x00\x12\x03v=0");
        let bytes = Message::Candidate("{}".to_owned()).encode();
        assert_eq!(&bytes[..], b"\x06\x08\x02\x12\x02{}");
    }

    #[test]
    fn a_message_without_a_type_or_with_a_foreign_one_is_refused() {
        for bytes in [&b"\x02\x12\x00"[..], b"\x02\x08\x03", b"\x03\x12\x05a", b"\x00"] {
            assert_eq!(read_all(bytes), (vec![], Error::Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn oversized_messages_are_refused() {
        let long = Message::Candidate("a".repeat(CANDIDATE_BYTES + 1)).encode();
        assert_eq!(read_all(&long).1, Error::Malformed);
        let long = Message::Offer("a".repeat(MESSAGE_BYTES)).encode();
        assert!(matches!(read_all(&long).1, Error::Delimit(_)));
    }

    proptest! {
        #[test]
        fn messages_are_read_as_they_were_written(texts in prop::collection::vec(".{0,300}", 0..6)) {
            let kinds = [Message::Offer, Message::Answer, Message::Candidate];
            let messages: Vec<_> =
                texts.into_iter().enumerate().map(|(at, text)| kinds[at % 3](text)).collect();
            let bytes: Vec<u8> =
                messages.iter().flat_map(|message| message.clone().encode()).collect();
            prop_assert_eq!(read_all(&bytes), (messages, Error::SignallingEnded));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            read_all(&bytes);
        }
    }
}
