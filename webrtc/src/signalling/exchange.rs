//! One exchange of offer, answer and candidates, until the connection is up or has failed.
//!
//! Written for two sides that trickle: candidates go out as they are found and are taken as they
//! come, also before the description that they belong to.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures::{
    AsyncRead, AsyncReadExt, AsyncWrite,
    future::{Either, select},
};

use super::messages::{Message, Reader, Writer};
use crate::{
    Error,
    backend::{self, Description, PeerConnection},
    config::Config,
    connection::Parts,
    progress::{Progress, State},
    stream::{Stream, Streams},
};

/// The name of the channel that only makes the offer have something to offer.
pub(crate) const INIT_LABEL: &str = "init";

/// Candidates that are taken from a remote; a browser on a machine with many interfaces sends
/// about twenty.
const CANDIDATES: usize = 64;

/// How long a connection may still take once the remote has ended the signalling.
const AFTER_END: Duration = Duration::from_secs(5);

/// How long both sides may take to end the signalling once the connection is up.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that is up, and what is left of its signalling.
pub(crate) struct Done<S> {
    pub(crate) parts: Parts,
    pub(crate) rest: Rest<S>,
}

/// What remains to be closed.
pub(crate) struct Rest<S> {
    reader: Reader<futures::io::ReadHalf<S>>,
    writer: Writer<futures::io::WriteHalf<S>>,
    init: Option<Stream>,
}

/// Offers a connection and waits until it is up.
pub(crate) async fn offer<S>(stream: S, config: &Config) -> Result<Done<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (reader, writer) = stream.split();
    let (mut reader, mut writer) = (Reader::new(reader), Writer::new(writer));
    let parts = open(config).await?;
    let init = parts.peer_connection.open_stream(INIT_LABEL, &parts.streams).await?;
    let offer = parts.peer_connection.create_offer().await?;
    writer.send(Message::Offer(offer.clone())).await?;
    // Only now are candidates gathered, so none can come before the offer.
    parts.peer_connection.set_local(Description::Offer, offer).await?;
    let connected = async {
        connected(&parts.progress).await?;
        // Open means that the data channels work, not the packets alone.
        init.opened().await.map_err(|_| Error::NoPath)
    };
    let talk = talk(&parts, Awaits::Answer, &mut reader, &mut writer);
    until_connected(connected, talk).await?;
    Ok(Done { parts, rest: Rest { reader, writer, init: Some(init) } })
}

/// Answers an offer and waits until the connection is up.
pub(crate) async fn answer<S>(stream: S, config: &Config) -> Result<Done<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (reader, writer) = stream.split();
    let (mut reader, mut writer) = (Reader::new(reader), Writer::new(writer));
    let Message::Offer(offer) = reader.next().await? else { return Err(Error::WrongOrder) };
    let parts = open(config).await?;
    parts.peer_connection.set_remote(Description::Offer, offer).await?;
    let answer = parts.peer_connection.create_answer().await?;
    writer.send(Message::Answer(answer.clone())).await?;
    parts.peer_connection.set_local(Description::Answer, answer).await?;
    let talk = talk(&parts, Awaits::Candidates, &mut reader, &mut writer);
    until_connected(connected(&parts.progress), talk).await?;
    Ok(Done { parts, rest: Rest { reader, writer, init: None } })
}

impl<S: AsyncRead + AsyncWrite + Unpin> Rest<S> {
    /// Ends the signalling; the connection does not wait for this.
    pub(crate) async fn close(mut self) {
        // Nobody waits for that one to close: the implementation uses its number again only then.
        if let Some(init) = self.init.take() {
            init.discard();
        }
        let ended = async {
            self.writer.close().await;
            // Late candidates are read and not needed; the remote ends its side.
            while self.reader.next().await.is_ok() {}
        };
        select(pin!(ended), backend::sleep(CLOSE_TIMEOUT)).await;
    }
}

async fn open(config: &Config) -> Result<Parts, Error> {
    let progress = Arc::new(Progress::new());
    let (streams, end) = Streams::new(config);
    let peer_connection = PeerConnection::open(config, &progress, &streams).await?;
    Ok(Parts { peer_connection, progress, streams, end })
}

/// Waits until the packets flow.
async fn connected(progress: &Progress) -> Result<(), Error> {
    poll_fn(|cx| match progress.poll_state(cx) {
        State::Connected => Poll::Ready(Ok(())),
        State::Ended => Poll::Ready(Err(Error::NoPath)),
        State::Connecting | State::Disconnected => Poll::Pending,
    })
    .await
}

/// Waits for the connection as long as the signalling goes on, and a little longer.
async fn until_connected(
    connected: impl Future<Output = Result<(), Error>>,
    talk: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let (connected, talk) = (pin!(connected), pin!(talk));
    let connected = match select(connected, talk).await {
        Either::Left((result, _)) => return result,
        Either::Right((Err(error), _)) => return Err(error),
        Either::Right((Ok(()), connected)) => connected,
    };
    match select(connected, backend::sleep(AFTER_END)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(Error::SignallingEnded),
    }
}

/// What the remote must send first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Answer,
    Candidates,
}

/// Sends and takes candidates until the stream ends; an end after the answer is no error.
async fn talk<R, W>(
    parts: &Parts,
    awaits: Awaits,
    reader: &mut Reader<R>,
    writer: &mut Writer<W>,
) -> Result<(), Error>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let sending = async {
        loop {
            let candidate = poll_fn(|cx| parts.progress.poll_candidate(cx)).await;
            if writer.send(Message::Candidate(candidate)).await.is_err() {
                // A remote that is connected may have closed its side; if it is not, reading ends.
                return std::future::pending::<Result<(), Error>>().await;
            }
        }
    };
    let taking = take(&parts.peer_connection, awaits, reader);
    match select(pin!(sending), pin!(taking)).await {
        Either::Left((result, _)) | Either::Right((result, _)) => result,
    }
}

async fn take<R: AsyncRead + Unpin>(
    peer_connection: &PeerConnection,
    mut awaits: Awaits,
    reader: &mut Reader<R>,
) -> Result<(), Error> {
    let mut early = Vec::new();
    let mut taken: usize = 0;
    loop {
        let message = match reader.next().await {
            Err(Error::SignallingEnded) if awaits == Awaits::Candidates => return Ok(()),
            other => other?,
        };
        match message {
            Message::Candidate(candidate) => {
                taken = taken.saturating_add(1);
                if taken > CANDIDATES {
                    return Err(Error::TooManyCandidates { limit: CANDIDATES });
                }
                match awaits {
                    Awaits::Answer => early.push(candidate),
                    Awaits::Candidates => peer_connection.add_candidate(&candidate).await,
                }
            }
            Message::Answer(answer) if awaits == Awaits::Answer => {
                peer_connection.set_remote(Description::Answer, answer).await?;
                awaits = Awaits::Candidates;
                for candidate in early.drain(..) {
                    peer_connection.add_candidate(&candidate).await;
                }
            }
            Message::Answer(_) | Message::Offer(_) => return Err(Error::WrongOrder),
        }
    }
}

#[cfg(test)]
mod tests;
