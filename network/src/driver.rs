//! THE loop: one wait for whatever happens next, one engine, its outputs in their order.
//!
//! Everything that happens becomes an [`Input`]; everything the engine asks for is done before the
//! next input. A step is saved before anything of it is sent or shown: when saving fails, the rest
//! of the step is dropped, every link is closed, and a new engine is opened from storage.

mod backup;
mod core;
mod links;
mod outputs;
mod search;
mod stamps;
mod streams;
mod swarm;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    select,
    stream::FuturesUnordered,
};
use libp2p::{
    Multiaddr, Swarm,
    swarm::{ConnectionId, SwarmEvent},
};
use lowkey_protocol::{Address, CommandId, Input, Output, OwnAddresses, Phrase, Reply};
use web_time::Instant;

use self::{core::Core, links::Links, stamps::Stamps};
use crate::{
    behaviour::{self, Behaviour, BehaviourEvent},
    bootstrap::{self, Bootstrap, Description, NodeError},
    dht::Dht,
    peer::{PeerConfig, PeerError, PeerEvent, Request},
    platform::{self, BoxFuture, WakeSignals},
    relays::Relays,
    status::NetworkStatus,
    storage::{Storage, StorageError},
    streams::ByteStream,
};

/// How the network behaves in time; the default is for people.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long after a put a record is read back.
    pub read_back_after: Duration,
    /// How often the relays are asked for the time.
    pub ask_time_every: Duration,
    /// How long a connection rests between two pings. Two in a row must fail until the other side
    /// counts as gone, and libp2p gives the second one 10 seconds: by default that is after 20 to
    /// 25 seconds.
    pub ping_every: Duration,
    /// How long the answer to a ping may take.
    pub ping_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            read_back_after: Duration::from_secs(10),
            ask_time_every: Duration::from_secs(30 * 60),
            ping_every: Duration::from_secs(5),
            ping_timeout: Duration::from_secs(5),
        }
    }
}

/// Storage that failed is opened again at once, then after 1, 2, 4 … 60 seconds.
const LAST_REOPEN_SECS: u64 = 60;

/// Runs one peer.
pub(crate) struct Driver<S> {
    core: Core<S>,
    swarm: Swarm<Behaviour>,
    relays: Relays,
    bootstrap: Bootstrap,
    dht: Dht,
    links: Links,
    stamps: Stamps,
    // Where the servers and relays are that we dialled.
    dialled: BTreeMap<ConnectionId, Multiaddr>,
    timing: Timing,
    ask_time_at: Instant,
    // When a new engine is due, how often storage has failed since it last worked, and what was
    // said of that.
    reopen_at: Option<Instant>,
    storage_failures: u32,
    told_failure: Option<StorageError>,
    inputs: VecDeque<Input>,
    first: Vec<Output>,
    replies: BTreeMap<CommandId, oneshot::Sender<Result<Reply, PeerError>>>,
    next_command: u64,
    told_addresses: OwnAddresses,
    told_status: NetworkStatus,
    questions: FuturesUnordered<BoxFuture<'static, Result<Description, NodeError>>>,
    signals: WakeSignals,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<PeerEvent>,
    // Where streams go that contacts open.
    streams: Option<mpsc::Sender<(Address, ByteStream)>>,
}

/// What the loop waited for.
enum Happening {
    Request(Option<Box<Request>>),
    Swarm(Box<SwarmEvent<BehaviourEvent>>),
    Node(Result<Description, NodeError>),
    Slice,
    Alarm,
    Woken,
}

/// Whether the loop goes on.
enum Run {
    On,
    Stopped(Option<oneshot::Sender<Result<(), PeerError>>>),
}

/// Opens an engine from storage and everything around it.
pub(crate) async fn open<S: Storage>(
    config: PeerConfig,
    phrase: Option<Phrase>,
    storage: S,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<PeerEvent>,
) -> Result<Driver<S>, PeerError> {
    let mut core = Core::new(phrase, config.vault_key, config.params, storage)?;
    let first = core.reopen().await?;
    let swarm = behaviour::swarm(&config.timing, config.loopback, config.streams.is_some())
        .map_err(|error| {
            tracing::error!(%error, "no transport");
            PeerError::Platform
        })?;
    let own = *swarm.local_peer_id();
    let now = platform::now();
    Ok(Driver {
        core,
        swarm,
        relays: Relays::new(own, bootstrap::pinned(config.relays), now),
        bootstrap: Bootstrap::new(config.origin, now),
        dht: Dht::new(config.timing.read_back_after),
        links: Links::new(own),
        stamps: Stamps::default(),
        dialled: BTreeMap::new(),
        timing: config.timing,
        ask_time_at: now + config.timing.ask_time_every,
        reopen_at: None,
        storage_failures: 0,
        told_failure: None,
        inputs: VecDeque::new(),
        first,
        replies: BTreeMap::new(),
        next_command: 0,
        told_addresses: OwnAddresses::default(),
        told_status: NetworkStatus::default(),
        questions: FuturesUnordered::new(),
        signals: WakeSignals::listen(),
        requests,
        events,
        streams: config.streams,
    })
}

impl<S: Storage> Driver<S> {
    /// Runs until a handle asks for the end, or no handle is left.
    pub(crate) async fn run(mut self) {
        let first = std::mem::take(&mut self.first);
        self.run_outputs("start", first).await;
        let answer = loop {
            self.settle().await;
            let happening = self.wait().await;
            if let Run::Stopped(answer) = self.handle(happening).await {
                break answer;
            }
        };
        let Self { swarm, mut events, replies, .. } = self;
        drop(swarm);
        drop(replies);
        // Nobody may be there to read it.
        let _ = events.try_send(PeerEvent::Stopped);
        if let Some(answer) = answer {
            let _ = answer.send(Ok(()));
        }
    }

    async fn wait(&mut self) -> Happening {
        let alarm = self.next_alarm();
        let wait = async {
            match alarm {
                Some(alarm) => {
                    platform::sleep(alarm.saturating_duration_since(platform::now())).await;
                }
                None => std::future::pending().await,
            }
        };
        let busy = self.stamps.is_busy() || self.core.is_indexing();
        let slice =
            async { if busy { platform::yield_now().await } else { std::future::pending().await } };
        futures::pin_mut!(wait, slice);
        select! {
            request = self.requests.next() => Happening::Request(request.map(Box::new)),
            event = self.swarm.select_next_some() => Happening::Swarm(Box::new(event)),
            answer = self.questions.select_next_some() => Happening::Node(answer),
            () = self.signals.next().fuse() => Happening::Woken,
            () = wait.fuse() => Happening::Alarm,
            () = slice.fuse() => Happening::Slice,
        }
    }

    async fn handle(&mut self, happening: Happening) -> Run {
        match happening {
            Happening::Request(None) => return Run::Stopped(None),
            Happening::Request(Some(request)) => return self.handle_request(*request).await,
            Happening::Swarm(event) => self.handle_swarm(*event),
            Happening::Node(answer) => {
                let now = platform::now();
                let candidates = self.bootstrap.handle(answer, now);
                let stun = self.bootstrap.stun_servers().to_vec();
                self.swarm.behaviour_mut().rtc.set_stun_servers(stun);
                self.relays.learn(candidates, now);
            }
            Happening::Slice => {
                self.inputs.extend(self.stamps.slice());
                self.core.index_slice().await;
            }
            Happening::Alarm => self.handle_alarm().await,
            Happening::Woken => {
                self.retry_now();
                // The monotonic clock of a machine that slept may have stood still.
                self.ask_time();
            }
        }
        Run::On
    }

    async fn handle_request(&mut self, request: Request) -> Run {
        match request {
            Request::Command(command, answer) => {
                if let Some(why) = self.core.refusal() {
                    let _ = answer.send(Err(why));
                    return Run::On;
                }
                self.next_command = self.next_command.wrapping_add(1);
                let id = CommandId(self.next_command);
                self.replies.insert(id, answer);
                self.inputs.push_back(Input::Command(id, command));
            }
            Request::History { contact, before, limit, answer } => {
                let _ = answer.send(self.core.history(contact, before, limit).await);
            }
            Request::Later { contact, after, limit, answer } => {
                let _ = answer.send(self.core.later(contact, after, limit).await);
            }
            Request::LastMessages(answer) => {
                let _ = answer.send(self.core.last_messages().await);
            }
            Request::Search { text, limit, answer } => {
                let _ = answer.send(self.core.search(&text, limit).await);
            }
            Request::Backup(ask) => self.handle_backup(ask).await,
            Request::OpenStream(contact, answer) => self.open_stream(&contact, answer),
            Request::Reconnect(answer) => {
                self.retry_now();
                let _ = answer.send(Ok(()));
            }
            Request::Shutdown(answer) => return Run::Stopped(Some(answer)),
        }
        Run::On
    }

    async fn handle_alarm(&mut self) {
        let now = platform::now();
        self.dht.handle_deadline(self.swarm.behaviour_mut(), now);
        self.links.handle_deadline(&mut self.swarm.behaviour_mut().link, now);
        if self.ask_time_at <= now {
            self.ask_time();
        }
        if self.reopen_at.is_some_and(|at| at <= now) {
            self.reopen().await;
        }
        if self.core.deadline().is_some_and(|deadline| deadline <= self.core.clock.now()) {
            self.inputs.push_back(Input::DeadlinePassed);
        }
    }

    fn retry_now(&mut self) {
        let now = platform::now();
        self.bootstrap.retry_now(now);
        self.relays.retry_now(now);
    }

    fn ask_time(&mut self) {
        self.ask_time_at = platform::now() + self.timing.ask_time_every;
        for relay in self.relays.connected() {
            self.swarm.behaviour_mut().time.ask(relay);
        }
    }

    fn next_alarm(&self) -> Option<Instant> {
        let now = platform::now();
        let engine = self.core.deadline().map(|deadline| now + self.core.clock.until(deadline));
        [
            engine,
            self.dht.deadline(),
            self.links.deadline(),
            self.relays.deadline(now),
            self.bootstrap.deadline(),
            self.reopen_at,
            Some(self.ask_time_at),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
