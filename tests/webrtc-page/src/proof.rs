//! What is said on a stream: the first byte names the service, the rest is its data.
//!
//! `e`: every byte comes back, and after the last one the end. `s`: the bytes are counted, and
//! after the last one the count comes back as eight bytes, big-endian.

use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, future};
use libp2p::{Stream, StreamProtocol};
use web_time::Instant;

pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/lowkey-proof/1");

const ECHO: u8 = b'e';
const SINK: u8 = b's';
/// What is read or written in one go.
const CHUNK: usize = 64 * 1024;

/// Serves a stream that the other side opened. It may break off at any byte.
pub(crate) async fn serve(mut stream: Stream) {
    let mut service = [0];
    if stream.read_exact(&mut service).await.is_err() {
        return;
    }
    let served = match service[0] {
        ECHO => echo(&mut stream).await,
        SINK => sink(&mut stream).await,
        _ => return,
    };
    if served.is_ok() {
        let _ = stream.close().await;
    }
}

async fn echo(stream: &mut Stream) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
        stream.flush().await?;
    }
}

async fn sink(stream: &mut Stream) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut count = 0_u64;
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        count += read as u64;
    }
    stream.write_all(&count.to_be_bytes()).await?;
    stream.flush().await
}

/// Sends bytes, ends the sending side, and returns what came back until their end.
pub(crate) async fn ask_echo(stream: Stream, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let (mut reader, mut writer) = stream.split();
    let write = async {
        writer.write_all(&[ECHO]).await?;
        writer.write_all(bytes).await?;
        writer.close().await
    };
    let read = async {
        let mut back = Vec::with_capacity(bytes.len());
        reader.read_to_end(&mut back).await.map(|_| back)
    };
    future::try_join(write, read).await.map(|((), back)| back)
}

/// Sends so many bytes; returns the time until the other side has said that it has them all.
pub(crate) async fn ask_sink(mut stream: Stream, bytes: u64) -> std::io::Result<Duration> {
    let chunk = vec![0x5a; CHUNK];
    let begin = Instant::now();
    stream.write_all(&[SINK]).await?;
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        stream.write_all(&chunk[..part]).await?;
        left -= part as u64;
    }
    stream.close().await?;
    let mut count = [0; 8];
    stream.read_exact(&mut count).await?;
    if u64::from_be_bytes(count) != bytes {
        return Err(std::io::Error::other("the other side counted differently"));
    }
    Ok(begin.elapsed())
}

/// Sends 64 bytes and waits for them, so many times; returns the time of each.
pub(crate) async fn ask_trips(mut stream: Stream, count: u32) -> std::io::Result<Vec<Duration>> {
    stream.write_all(&[ECHO]).await?;
    let mut times = Vec::new();
    let mut buffer = [7; 64];
    for _ in 0..count {
        let begin = Instant::now();
        stream.write_all(&buffer).await?;
        stream.flush().await?;
        stream.read_exact(&mut buffer).await?;
        times.push(begin.elapsed());
    }
    stream.close().await?;
    Ok(times)
}
