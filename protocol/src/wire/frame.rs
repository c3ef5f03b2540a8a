//! Frames: what a link carries. Each has one of five lengths, so that little is told by length.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    bytes::Reader,
    engine::output::Misbehaviour,
    handshake::{HANDSHAKE_BYTES, HandshakePrefix},
    session::MESSAGE_OVERHEAD,
};

/// The only lengths of a whole frame, its own length field included.
pub const FRAME_BYTES: [usize; 5] = [256, 1_024, 2_048, 4_096, 16_384];
/// Bytes before the payload: length and type.
const HEAD_BYTES: usize = 5;

/// One thing said on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The dialler's proof that it has a session; random bytes if it has none.
    Hello([u8; 16]),
    /// The listener has that session.
    Known,
    /// The listener has not.
    Unknown,
    /// A ratchet message.
    Message(Vec<u8>),
    /// A handshake with the first ratchet message.
    Handshake {
        /// The handshake.
        prefix: Box<HandshakePrefix>,
        /// The ratchet message.
        message: Vec<u8>,
    },
}

impl Frame {
    /// Reads one whole frame, from its length to its last zero.
    pub fn decode(bytes: &[u8]) -> Result<Self, Misbehaviour> {
        let mut reader = Reader::new(bytes);
        let length = reader.array().ok_or(Misbehaviour::FrameLength)?;
        if frame_length(length)? != bytes.len() {
            return Err(Misbehaviour::FrameLength);
        }
        let kind = reader.u8().ok_or(Misbehaviour::FrameLength)?;
        let frame = match kind {
            1 => Self::Hello(reader.array().ok_or(Misbehaviour::FrameLength)?),
            2 => Self::Known,
            3 => Self::Unknown,
            4 => return Ok(Self::Message(reader.rest().to_vec())),
            5 => {
                let prefix = reader.slice(HANDSHAKE_BYTES).ok_or(Misbehaviour::Handshake)?;
                let prefix =
                    HandshakePrefix::decode(prefix).map_err(|_| Misbehaviour::Handshake)?;
                let message = reader.rest().to_vec();
                return Ok(Self::Handshake { prefix: Box::new(prefix), message });
            }
            _ => return Err(Misbehaviour::FrameType),
        };
        if reader.rest().iter().any(|byte| *byte != 0) {
            return Err(Misbehaviour::FramePadding);
        }
        Ok(frame)
    }

    /// Writes a whole frame. Messages must have been padded to fit: [`FrameSize::pad_to`].
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        match self {
            Self::Hello(tag) => Ok(short(1, tag)),
            Self::Known => Ok(short(2, &[])),
            Self::Unknown => Ok(short(3, &[])),
            Self::Message(message) => exact(4, &[message]),
            Self::Handshake { prefix, message } => exact(5, &[prefix.as_bytes(), message]),
        }
    }
}

/// Returns the bytes of a whole frame from its first four; the stream reader asks this.
pub fn frame_length(prefix: [u8; 4]) -> Result<usize, Misbehaviour> {
    let rest = usize::try_from(u32::from_le_bytes(prefix)).ok();
    let whole = rest.and_then(|rest| rest.checked_add(4)).ok_or(Misbehaviour::FrameLength)?;
    if FRAME_BYTES.contains(&whole) { Ok(whole) } else { Err(Misbehaviour::FrameLength) }
}

/// What a frame carries before its ratchet message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSize {
    /// Nothing: type 4.
    Message,
    /// The handshake: type 5.
    Handshake,
}

impl FrameSize {
    /// Returns to how many bytes a session must pad content of this length, so that the frame
    /// gets the smallest of its lengths; nothing if no frame can hold it.
    pub fn pad_to(self, content: usize) -> Option<usize> {
        let before = match self {
            Self::Message => HEAD_BYTES,
            Self::Handshake => HEAD_BYTES.checked_add(HANDSHAKE_BYTES)?,
        };
        FRAME_BYTES.iter().find_map(|whole| {
            let room = whole.checked_sub(before)?.checked_sub(MESSAGE_OVERHEAD)?;
            (room >= content).then_some(room)
        })
    }
}

fn short(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [smallest, ..] = FRAME_BYTES;
    let mut frame = head(kind, smallest);
    frame.extend_from_slice(payload);
    frame.resize(smallest, 0);
    frame
}

fn exact(kind: u8, payload: &[&[u8]]) -> Result<Vec<u8>, FrameError> {
    let found = payload.iter().fold(HEAD_BYTES, |sum, part| sum.saturating_add(part.len()));
    if !FRAME_BYTES.contains(&found) {
        return Err(FrameError { found });
    }
    let mut frame = head(kind, found);
    for part in payload {
        frame.extend_from_slice(part);
    }
    Ok(frame)
}

fn head(kind: u8, whole: usize) -> Vec<u8> {
    let rest = u32::try_from(whole.saturating_sub(4)).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(whole);
    frame.extend_from_slice(&rest.to_le_bytes());
    frame.push(kind);
    frame
}

/// A message was not padded to a frame's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame of {found} bytes is none of the five lengths")]
pub struct FrameError {
    found: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{CONTENT_BYTES, FIRST_CONTENT_BYTES};
    use proptest::{collection::vec, prelude::*};

    fn prefix(fill: u8) -> Box<HandshakePrefix> {
        let bytes = [&[1, 1, 0, 0][..], &[fill; HANDSHAKE_BYTES - 4]].concat();
        Box::new(HandshakePrefix::decode(&bytes).unwrap())
    }

    fn frame() -> impl Strategy<Value = Frame> {
        let room = |before: usize| {
            prop::sample::select(&FRAME_BYTES[..])
                .prop_filter_map("too small", move |whole| whole.checked_sub(before + HEAD_BYTES))
        };
        prop_oneof![
            any::<[u8; 16]>().prop_map(Frame::Hello),
            Just(Frame::Known),
            Just(Frame::Unknown),
            room(0).prop_flat_map(|len| vec(any::<u8>(), len)).prop_map(Frame::Message),
            (any::<u8>(), room(HANDSHAKE_BYTES).prop_flat_map(|len| vec(any::<u8>(), len)))
                .prop_map(|(fill, message)| Frame::Handshake { prefix: prefix(fill), message }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_round_trip_and_have_five_lengths(frame in frame()) {
            let bytes = frame.encode().unwrap();
            prop_assert!(FRAME_BYTES.contains(&bytes.len()));
            prop_assert_eq!(frame_length(bytes[..4].try_into().unwrap()), Ok(bytes.len()));
            prop_assert_eq!(Frame::decode(&bytes), Ok(frame));
        }

        #[test]
        fn no_bytes_make_it_panic(mut bytes in vec(any::<u8>(), 0..300), fit: bool, kind in 0_u8..7) {
            if fit {
                bytes.resize(256, 0);
                bytes[..5].copy_from_slice(&[252, 0, 0, 0, kind]);
            }
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(frame.encode(), Ok(bytes));
            }
        }
    }

    #[test]
    fn broken_rules_have_names() {
        let hello = Frame::Hello([7; 16]).encode().unwrap();
        let check = |change: &dyn Fn(&mut Vec<u8>), error| {
            let mut bad = hello.clone();
            change(&mut bad);
            assert_eq!(Frame::decode(&bad), Err(error));
        };
        check(&|bad| bad.truncate(3), Misbehaviour::FrameLength);
        check(&|bad| bad.truncate(255), Misbehaviour::FrameLength);
        check(&|bad| bad.push(0), Misbehaviour::FrameLength);
        check(&|bad| bad[0] = 251, Misbehaviour::FrameLength);
        check(&|bad| bad[4] = 0, Misbehaviour::FrameType);
        check(&|bad| bad[4] = 6, Misbehaviour::FrameType);
        check(&|bad| bad[255] = 1, Misbehaviour::FramePadding);
        check(&|bad| bad[21] = 1, Misbehaviour::FramePadding);
        // A known frame with a tag left in it.
        check(&|bad| bad[4] = 2, Misbehaviour::FramePadding);
        // A handshake does not fit into the shortest frame.
        check(&|bad| bad[4] = 5, Misbehaviour::Handshake);
        for length in [0, 4, 257, u32::MAX] {
            assert_eq!(frame_length(length.to_le_bytes()), Err(Misbehaviour::FrameLength));
        }
    }

    #[test]
    fn padding_gives_the_smallest_frame_that_fits() {
        let whole = |content, size: FrameSize| {
            let before = if size == FrameSize::Handshake { HANDSHAKE_BYTES } else { 0 };
            size.pad_to(content).map(|room| room + MESSAGE_OVERHEAD + before + 5)
        };
        assert_eq!(whole(0, FrameSize::Message), Some(256));
        assert_eq!(whole(148, FrameSize::Message), Some(256));
        assert_eq!(whole(149, FrameSize::Message), Some(1_024));
        assert_eq!(whole(CONTENT_BYTES, FrameSize::Message), Some(16_384));
        assert_eq!(whole(16_277, FrameSize::Message), None);
        assert_eq!(whole(0, FrameSize::Handshake), Some(2_048));
        assert_eq!(whole(FIRST_CONTENT_BYTES, FrameSize::Handshake), Some(4_096));
        assert_eq!(whole(CONTENT_BYTES, FrameSize::Handshake), Some(16_384));
    }
}
