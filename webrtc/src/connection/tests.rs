#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests measure")]

use std::{future::poll_fn, io::ErrorKind, time::Instant};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::core::muxing::StreamMuxerExt;
use tokio::{sync::mpsc as tokio_mpsc, task::JoinHandle};

use super::*;
use crate::{
    CandidateKind,
    testing::{config, connections},
};

/// A connection that runs by itself.
struct Running {
    streams: tokio_mpsc::Receiver<Stream>,
    orders: tokio_mpsc::Sender<()>,
    opened: tokio_mpsc::Receiver<Result<Stream, Error>>,
    end: JoinHandle<Error>,
}

impl Running {
    fn new(mut connection: Connection) -> Self {
        let (streams_in, streams) = tokio_mpsc::channel(1000);
        let (orders, mut to_open) = tokio_mpsc::channel(1);
        let (opened_in, opened) = tokio_mpsc::channel(1);
        let end = tokio::spawn(async move {
            let mut opening = false;
            poll_fn(|cx| {
                loop {
                    if let Poll::Ready(event) = connection.poll_unpin(cx) {
                        return Poll::Ready(event.unwrap_err());
                    }
                    if let Poll::Ready(stream) = connection.poll_inbound_unpin(cx) {
                        let Ok(stream) = stream else { continue };
                        streams_in.try_send(stream).unwrap();
                        continue;
                    }
                    if !opening && let Poll::Ready(order) = to_open.poll_recv(cx) {
                        if order.is_none() {
                            return Poll::Ready(Error::BehaviourGone);
                        }
                        opening = true;
                    }
                    if opening && let Poll::Ready(stream) = connection.poll_outbound_unpin(cx) {
                        opening = false;
                        opened_in.try_send(stream).unwrap();
                        continue;
                    }
                    return Poll::Pending;
                }
            })
            .await
        });
        Self { streams, orders, opened, end }
    }

    async fn try_open(&mut self) -> Result<Stream, Error> {
        self.orders.send(()).await.unwrap();
        self.opened.recv().await.unwrap()
    }

    async fn open(&mut self) -> Stream {
        self.try_open().await.unwrap()
    }

    async fn accept(&mut self) -> Stream {
        self.streams.recv().await.unwrap()
    }
}

async fn running(config: &Config) -> (Running, Running) {
    let (a, b) = connections(config).await;
    (Running::new(a), Running::new(b))
}

/// Opens a stream from one to the other; a remote learns of it by the first message.
async fn stream(a: &mut Running, b: &mut Running) -> (Stream, Stream) {
    let mut ours = a.open().await;
    ours.write_all(b"!").await.unwrap();
    let mut theirs = b.accept().await;
    theirs.read_exact(&mut [0]).await.unwrap();
    (ours, theirs)
}

#[tokio::test]
async fn a_stream_closes_one_half_after_the_other() {
    let (mut a, mut b) = running(&config()).await;
    let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
    ours.write_all(b"question").await.unwrap();
    ours.close().await.unwrap();
    let mut question = Vec::new();
    theirs.read_to_end(&mut question).await.unwrap();
    assert_eq!(question, b"question");
    theirs.write_all(b"answer").await.unwrap();
    theirs.close().await.unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
    assert_eq!(ours.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn closing_waits_for_the_remote_and_not_for_its_reader() {
    let (mut a, mut b) = running(&config()).await;
    let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
    let data = vec![7; 4 * 1024 * 1024];
    ours.write_all(&data).await.unwrap();
    ours.close().await.unwrap();
    drop(ours);
    a.end.abort();
    let mut read = Vec::new();
    theirs.read_to_end(&mut read).await.unwrap();
    assert!(read == data, "all that was acknowledged is there");
}

#[tokio::test]
async fn a_dropped_stream_is_reset() {
    let (mut a, mut b) = running(&config()).await;
    let (ours, mut theirs) = stream(&mut a, &mut b).await;
    drop(ours);
    let error = theirs.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = theirs.write(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_writer_is_stopped_when_the_reader_is_gone() {
    let (mut a, mut b) = running(&config()).await;
    let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
    theirs.close().await.unwrap();
    drop(theirs);
    let error = loop {
        if let Err(error) = ours.write_all(&[0; 10_000]).await {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
}

#[tokio::test]
async fn many_streams_work_at_once() {
    let (mut a, mut b) = running(&config()).await;
    let mut tasks = Vec::new();
    for number in 0..100u8 {
        // webrtc-rs forgets streams when more than 16 begin in one moment, so one after the other.
        let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
        tasks.push(tokio::spawn(async move {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).await.unwrap();
            theirs.write_all(&all).await.unwrap();
            theirs.close().await.unwrap();
        }));
        tasks.push(tokio::spawn(async move {
            let data = vec![number; 20_000];
            ours.write_all(&data).await.unwrap();
            ours.close().await.unwrap();
            let mut back = Vec::new();
            ours.read_to_end(&mut back).await.unwrap();
            assert!(back == data);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn sixty_four_mebibytes_pass_in_bounded_memory() {
    const CHUNK: usize = 64 * 1024;
    let (mut a, mut b) = running(&config()).await;
    let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
    let started = Instant::now();
    let writer = tokio::spawn(async move {
        let mut most = 0;
        for number in 0..1024u32 {
            let byte = u8::try_from(number % 251).unwrap();
            ours.write_all(&[byte; CHUNK]).await.unwrap();
            most = most.max(ours.channel.buffered());
        }
        ours.close().await.unwrap();
        most
    });
    let mut chunk = vec![0; CHUNK];
    for number in 0..1024u32 {
        theirs.read_exact(&mut chunk).await.unwrap();
        assert!(chunk.iter().all(|byte| u32::from(*byte) == number % 251));
    }
    assert_eq!(theirs.read(&mut chunk).await.unwrap(), 0);
    let most = writer.await.unwrap();
    println!("64 MiB in {:?}, {most} bytes buffered at most", started.elapsed());
    assert!(most <= 2 * 1024 * 1024, "{most}");
}

#[tokio::test]
async fn a_reader_that_does_not_read_loses_its_stream_and_no_other() {
    let config = Config { unread: 256 * 1024, ..config() };
    let (mut a, mut b) = running(&config).await;
    let (mut ours, mut theirs) = stream(&mut a, &mut b).await;
    let error = loop {
        if let Err(error) = ours.write_all(&[0; 10_000]).await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = theirs.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    stream(&mut a, &mut b).await;
}

#[tokio::test]
async fn streams_over_the_limit_are_refused() {
    let (mut a, _b) = running(&Config { streams: 4, ..config() }).await;
    let mut kept = Vec::new();
    while let Ok(stream) = a.try_open().await {
        kept.push(stream);
    }
    // The channel that began the connection may count for a moment.
    assert!(matches!(kept.len(), 3 | 4), "{}", kept.len());
    drop(kept);
    // Their places become free when the channels are closed.
    while a.try_open().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_end_of_one_side_ends_the_other_soon() {
    let (a, mut b) = running(&config()).await;
    let started = Instant::now();
    a.end.abort();
    let error = (&mut b.end).await.unwrap();
    println!("noticed after {:?}: {error}", started.elapsed());
    // A packet may be lost; then the silence tells.
    assert!(matches!(error, Error::Closed | Error::NoPath) && started.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn streams_end_with_their_connection() {
    let (mut a, mut b) = running(&config()).await;
    let (mut ours, _theirs) = stream(&mut a, &mut b).await;
    a.end.abort();
    let error = ours.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(ours.write(b"more").await.is_err());
}

#[tokio::test]
async fn closing_the_connection_waits_for_closed_streams() {
    let (mut a, b) = connections(&config()).await;
    let mut b = Running::new(b);
    let mut ours = poll_fn(|cx| a.poll_outbound_unpin(cx)).await.unwrap();
    ours.write_all(&[1; 500_000]).await.unwrap();
    // Closing has begun and nobody waits for its end.
    let closing = futures::future::select(ours.close(), futures::future::ready(()));
    drop(closing.await);
    drop(ours);
    poll_fn(|cx| a.poll_close_unpin(cx)).await.unwrap();
    let mut read = Vec::new();
    b.accept().await.read_to_end(&mut read).await.unwrap();
    assert_eq!(read.len(), 500_000);
}

#[tokio::test]
async fn the_path_is_told() {
    let (paths, mut told) = mpsc::channel(8);
    let (a, _b) = connections(&config()).await;
    let watch = watch_path(a.peer_connection.clone(), PeerId::random(), paths);
    let watch = tokio::spawn(watch);
    let (_, pair) = told.next().await.unwrap();
    watch.abort();
    assert!(pair.is_direct());
    assert_ne!(pair.local, CandidateKind::Relayed);
}
