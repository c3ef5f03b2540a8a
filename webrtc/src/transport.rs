//! The transport: gives dials to the behaviour, and takes from it what was answered.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    future::{Either, Ready, ready, select},
};
use libp2p::{
    Multiaddr, PeerId,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    multiaddr::Protocol,
};

use crate::{Connection, Error, address, backend};

/// Dials `<relay>/p2p-circuit/webrtc/p2p/PEER` and listens on `/webrtc`.
///
/// It works only beside the [`Behaviour`](crate::Behaviour) that was made with it.
pub struct Transport {
    requests: mpsc::Sender<DialRequest>,
    answered: mpsc::Receiver<(PeerId, Connection)>,
    listening: Arc<AtomicBool>,
    listener: Option<ListenerId>,
    events: VecDeque<Event>,
    timeout: Duration,
}

type Event = TransportEvent<<Transport as libp2p::Transport>::ListenerUpgrade, Error>;

/// A dial that the behaviour is asked to do.
#[derive(Debug)]
pub(crate) struct DialRequest {
    pub(crate) peer: PeerId,
    /// The circuit to dial if there is no relayed connection yet.
    pub(crate) circuit: Multiaddr,
    /// Gone when nobody waits for the connection any more.
    pub(crate) reply: oneshot::Sender<Result<Connection, Error>>,
}

impl Transport {
    pub(crate) fn new(
        requests: mpsc::Sender<DialRequest>,
        answered: mpsc::Receiver<(PeerId, Connection)>,
        listening: Arc<AtomicBool>,
        timeout: Duration,
    ) -> Self {
        Self { requests, answered, listening, listener: None, events: VecDeque::new(), timeout }
    }
}

impl libp2p::Transport for Transport {
    type Output = (PeerId, Connection);
    type Error = Error;
    type ListenerUpgrade = Ready<Result<Self::Output, Error>>;
    type Dial = backend::Task<Result<Self::Output, Error>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<Error>> {
        if !address::is_listen_address(&address) || self.listener.is_some() {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        self.listener = Some(id);
        self.listening.store(true, Ordering::Relaxed);
        self.events.push_back(TransportEvent::NewAddress { listener_id: id, listen_addr: address });
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        if self.listener != Some(id) {
            return false;
        }
        self.listener = None;
        self.listening.store(false, Ordering::Relaxed);
        self.events.push_back(TransportEvent::ListenerClosed { listener_id: id, reason: Ok(()) });
        true
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<Error>> {
        let parsed = address::parse_direct(&address);
        let Some((peer, circuit)) = parsed.filter(|_| opts.role.is_dialer()) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let mut requests = self.requests.clone();
        let timeout = self.timeout;
        Ok(backend::task(async move {
            let dial = async {
                let (reply, answer) = oneshot::channel();
                let request = DialRequest { peer, circuit, reply };
                requests.send(request).await.map_err(|_| Error::BehaviourGone)?;
                answer.await.unwrap_or(Err(Error::Cancelled))
            };
            match select(std::pin::pin!(dial), backend::sleep(timeout)).await {
                Either::Left((result, _)) => result.map(|connection| (peer, connection)),
                Either::Right(_) => Err(Error::Timeout),
            }
        }))
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(event);
            }
            match self.answered.poll_next_unpin(cx) {
                Poll::Ready(Some((peer, connection))) => {
                    // Without a listener the connection is dropped, and so closed.
                    let Some(listener_id) = self.listener else { continue };
                    let webrtc = Multiaddr::empty().with(Protocol::WebRTC);
                    return Poll::Ready(TransportEvent::Incoming {
                        listener_id,
                        upgrade: ready(Ok((peer, connection))),
                        local_addr: webrtc.clone(),
                        send_back_addr: webrtc.with(Protocol::P2p(peer)),
                    });
                }
                // The next listen or the behaviour's end changes nothing here.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("listener", &self.listener).finish_non_exhaustive()
    }
}
