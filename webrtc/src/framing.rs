//! The framing of a stream in a data channel, as a machine without input or output.
//!
//! A data channel knows neither half-closing nor resets, so each message of it carries a protobuf
//! with a flag, data, or both (specification `webrtc/README.md`, "Multiplexing").
//! [`Framing::receive`] takes in what came, whenever it came: flags take effect at once, whether
//! anybody reads or not, and data waits, bounded, until it is read.
//! [`Framing::next_flag`] tells which flags are to be sent; data is sent by [`data_frame`].

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use prost::Message as _;

use crate::delimited::{Decoder, DelimitError, put_length};

/// The largest message that we send, with its length prefix: webrtc-rs, as libp2p uses it, ends a
/// stream that brings a longer one.
pub(crate) const SENT_MESSAGE_BYTES: usize = 8 * 1024;

/// The most data in one message: the rest is the length prefix (2), the field's tag (1) and its
/// length (2).
pub(crate) const SENT_DATA_BYTES: usize = SENT_MESSAGE_BYTES - 5;

/// The largest message that we take, as the specification says.
const RECEIVED_MESSAGE_BYTES: usize = 16 * 1024;

/// What one piece of unread data is counted for beside its bytes, so that a flood of tiny messages
/// is bounded as well.
const PIECE_COST: usize = 128;

/// A flag of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Flag {
    /// The sender sends no more.
    Fin = 0,
    /// The sender reads no more.
    StopSending = 1,
    /// The sender gave the stream up.
    ResetStream = 2,
    /// The sender has received our `Fin`, and all before it.
    FinAck = 3,
}

/// One message of the specification.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Message {
    #[prost(enumeration = "Flag", optional, tag = "1")]
    flag: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    message: Option<Bytes>,
}

/// What a remote did wrong on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The bytes are not cut into messages as they should be.
    #[error(transparent)]
    Delimit(#[from] DelimitError),
    /// A message is no protobuf of the specification.
    #[error("a message is not of the specification")]
    Malformed,
    /// More came than is kept for a reader that does not read.
    #[error("more than {limit} bytes came and were not read")]
    Unread {
        /// The bytes that may wait.
        limit: usize,
    },
}

/// Where the reading half stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    /// Their `Fin` came.
    Finished,
    /// We read no more, and said so.
    Stopped,
    Reset,
}

/// Where the writing half stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Open,
    /// Our `Fin` is sent.
    Finishing,
    /// Their `FinAck` came.
    Finished,
    /// They read no more.
    Stopped,
    Reset,
}

/// What a reader gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// This many bytes were copied.
    Data(usize),
    /// The remote closed its half, and all is read.
    End,
    /// Nothing is there now.
    Nothing,
    /// The stream was reset, by either side.
    Reset,
}

/// What a writer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// Write.
    Open,
    /// Our half is closed.
    Closed,
    /// The remote reads no more.
    Stopped,
    /// The stream was reset, by either side.
    Reset,
}

/// The state of one stream.
#[derive(Debug)]
pub(crate) struct Framing {
    decoder: Decoder,
    reading: Reading,
    writing: Writing,
    unread: VecDeque<Bytes>,
    unread_cost: usize,
    limit: usize,
    flags: VecDeque<Flag>,
    acknowledged: bool,
}

impl Framing {
    /// Makes a stream that keeps up to `limit` bytes for a slow reader.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            decoder: Decoder::new(RECEIVED_MESSAGE_BYTES),
            reading: Reading::Open,
            writing: Writing::Open,
            unread: VecDeque::new(),
            unread_cost: 0,
            limit,
            flags: VecDeque::new(),
            acknowledged: false,
        }
    }

    /// Takes in what the data channel brought.
    pub(crate) fn receive(&mut self, bytes: Bytes) -> Result<(), FramingError> {
        self.decoder.push(bytes);
        while let Some(message) = self.decoder.next()? {
            let message = Message::decode(message).map_err(|_| FramingError::Malformed)?;
            if let Some(data) = message.message {
                self.receive_data(data)?;
            }
            // A flag of a later specification is no error.
            if let Some(flag) = message.flag.and_then(|flag| Flag::try_from(flag).ok()) {
                self.receive_flag(flag);
            }
        }
        Ok(())
    }

    /// Copies data that waits into `buffer`.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Read {
        let mut copied = 0;
        while let Some(piece) = self.unread.front_mut() {
            let room = buffer.get_mut(copied..).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            let count = room.len().min(piece.len());
            piece.copy_to_slice(room.get_mut(..count).unwrap_or_default());
            copied = copied.saturating_add(count);
            self.unread_cost = self.unread_cost.saturating_sub(count);
            if piece.is_empty() {
                self.unread.pop_front();
                self.unread_cost = self.unread_cost.saturating_sub(PIECE_COST);
            }
        }
        match self.reading {
            _ if copied > 0 || buffer.is_empty() => Read::Data(copied),
            Reading::Open => Read::Nothing,
            Reading::Finished | Reading::Stopped => Read::End,
            Reading::Reset => Read::Reset,
        }
    }

    /// Closes our half; the remote will acknowledge it.
    pub(crate) fn finish(&mut self) {
        match self.writing {
            Writing::Open => self.writing = Writing::Finishing,
            // They need no acknowledged end, but may wait for one to forget the stream.
            Writing::Stopped => self.writing = Writing::Finished,
            Writing::Finishing | Writing::Finished | Writing::Reset => return,
        }
        self.flags.push_back(Flag::Fin);
    }

    /// Reads no more; what waits is dropped.
    pub(crate) fn stop_reading(&mut self) {
        self.drop_unread();
        if self.reading == Reading::Open {
            self.reading = Reading::Stopped;
            self.flags.push_back(Flag::StopSending);
        }
    }

    /// Gives the stream up.
    pub(crate) fn reset(&mut self) {
        if self.reading == Reading::Reset {
            return;
        }
        self.flags.clear();
        self.flags.push_back(Flag::ResetStream);
        self.become_reset();
    }

    /// The data channel is gone: what was not finished is lost.
    pub(crate) fn channel_closed(&mut self) {
        self.flags.clear();
        if self.reading == Reading::Open {
            self.reading = Reading::Reset;
        }
        match self.writing {
            // The remote closes a channel when it has all that it wants of it.
            Writing::Finishing => self.writing = Writing::Finished,
            Writing::Open => self.writing = Writing::Reset,
            Writing::Finished | Writing::Stopped | Writing::Reset => {}
        }
    }

    /// The handle of the stream is gone: what is open is given up, what is closed goes on closing.
    pub(crate) fn abandon(&mut self) {
        if self.writing == Writing::Open {
            self.reset();
        } else {
            self.stop_reading();
        }
    }

    /// Returns the next flag to send.
    pub(crate) fn next_flag(&mut self) -> Option<Flag> {
        self.flags.pop_front()
    }

    /// Whether a flag waits to be sent.
    pub(crate) fn has_flags(&self) -> bool {
        !self.flags.is_empty()
    }

    /// What a writer may do now.
    pub(crate) fn writing(&self) -> Write {
        match self.writing {
            Writing::Open => Write::Open,
            Writing::Finishing | Writing::Finished => Write::Closed,
            Writing::Stopped => Write::Stopped,
            Writing::Reset => Write::Reset,
        }
    }

    /// Whether our `Fin` is sent and not acknowledged yet.
    pub(crate) fn is_finishing(&self) -> bool {
        self.writing == Writing::Finishing
    }

    /// Whether the data channel has nothing more to do, whatever still waits to be read.
    pub(crate) fn is_over(&self) -> bool {
        let written = !matches!(self.writing, Writing::Open | Writing::Finishing);
        let reset = self.reading == Reading::Reset;
        self.flags.is_empty() && (reset || written && self.reading != Reading::Open)
    }

    /// What the unread data costs.
    pub(crate) fn unread_cost(&self) -> usize {
        self.unread_cost
    }

    fn receive_data(&mut self, data: Bytes) -> Result<(), FramingError> {
        if data.is_empty() || self.reading != Reading::Open {
            return Ok(());
        }
        let cost = self.unread_cost.saturating_add(data.len()).saturating_add(PIECE_COST);
        if cost > self.limit {
            return Err(FramingError::Unread { limit: self.limit });
        }
        self.unread_cost = cost;
        self.unread.push_back(data);
        Ok(())
    }

    fn receive_flag(&mut self, flag: Flag) {
        match flag {
            Flag::Fin => {
                if self.reading == Reading::Open {
                    self.reading = Reading::Finished;
                }
                if self.reading != Reading::Reset && !self.acknowledged {
                    self.acknowledged = true;
                    self.flags.push_back(Flag::FinAck);
                }
            }
            Flag::StopSending => match self.writing {
                Writing::Open => self.writing = Writing::Stopped,
                Writing::Finishing => self.writing = Writing::Finished,
                Writing::Finished | Writing::Stopped | Writing::Reset => {}
            },
            Flag::ResetStream => {
                self.flags.clear();
                self.become_reset();
            }
            Flag::FinAck => {
                if self.writing == Writing::Finishing {
                    self.writing = Writing::Finished;
                }
            }
        }
    }

    fn become_reset(&mut self) {
        self.drop_unread();
        self.reading = Reading::Reset;
        if self.writing != Writing::Finished {
            self.writing = Writing::Reset;
        }
    }

    fn drop_unread(&mut self) {
        self.unread = VecDeque::new();
        self.unread_cost = 0;
    }
}

/// Returns the message for data of up to [`SENT_DATA_BYTES`].
pub(crate) fn data_frame(data: &[u8]) -> Bytes {
    frame(&Message { flag: None, message: Some(Bytes::copy_from_slice(data)) })
}

/// Returns the message for a flag.
pub(crate) fn flag_frame(flag: Flag) -> Bytes {
    frame(&Message { flag: Some(flag.into()), message: None })
}

fn frame(message: &Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(length.saturating_add(5));
    put_length(length, &mut bytes);
    message.encode_raw(&mut bytes);
    bytes.freeze()
}

#[cfg(test)]
mod tests;
