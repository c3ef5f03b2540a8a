//! The two Kademlia messages that a question needs, and their lengths.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use prost::Message as _;

use crate::protocols::KAD_PACKET_BYTES;

const GET_VALUE: i32 = 1;

/// Sends a question and returns the value in the answer, if there is one under the same key.
pub(super) async fn get<S>(mut stream: S, key: &[u8]) -> io::Result<Option<Vec<u8>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let question = Message { kind: GET_VALUE, key: key.to_vec(), record: None };
    stream.write_all(&question.encode_length_delimited_to_vec()).await?;
    stream.flush().await?;
    let answer = read(&mut stream).await?;
    stream.close().await?;
    Ok(answer.record.filter(|record| record.key == key).map(|record| record.value))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Message> {
    let mut length = 0_usize;
    // A packet's length takes at most three bytes of seven bits.
    for shift in [0, 7, 14] {
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        let [byte] = byte;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return read_body(stream, length).await;
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

async fn read_body(stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Message> {
    if length > KAD_PACKET_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Message::decode(bytes.as_slice()).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Message {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(bytes = "vec", tag = "2")]
    key: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    record: Option<Record>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Record {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, io::Cursor};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_read_back() {
        let record = Record { key: b"key".to_vec(), value: vec![7; 3_218] };
        let answer = Message { kind: GET_VALUE, key: Vec::new(), record: Some(record) };
        let bytes = answer.encode_length_delimited_to_vec();
        assert_eq!(block_on(read(&mut Cursor::new(bytes))).unwrap(), answer);
    }

    #[test]
    fn an_oversized_answer_is_not_read() {
        let endless = [0xff, 0xff, 0x7f];
        let error = block_on(read(&mut Cursor::new(endless))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let longer = [0xff, 0xff, 0xff, 0x01];
        let error = block_on(read(&mut Cursor::new(longer))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = block_on(read(&mut Cursor::new(bytes)));
        }
    }
}
