//! The peer of a page: its swarm, and what JavaScript may ask of it.

use std::collections::HashMap;

use futures::{
    SinkExt, StreamExt,
    channel::{mpsc, oneshot},
};
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm,
    core::transport::ListenerId,
    identify, identity,
    multiaddr::Protocol,
    ping, relay,
    swarm::{
        ConnectionId, DialError, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use crate::{proof, streams};

/// A peer in this page, with a new key.
#[wasm_bindgen]
pub struct Peer {
    id: PeerId,
    orders: mpsc::Sender<Order>,
}

#[wasm_bindgen]
impl Peer {
    /// Starts it. STUN servers are written `stun:host:port`.
    #[wasm_bindgen(constructor)]
    pub fn new(stun_servers: Vec<String>) -> Result<Self, JsError> {
        console_error_panic_hook::set_once();
        let swarm = swarm(stun_servers)?;
        let (orders, receiver) = mpsc::channel(16);
        let id = *swarm.local_peer_id();
        wasm_bindgen_futures::spawn_local(run(swarm, receiver));
        Ok(Self { id, orders })
    }

    /// Returns the peer id.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Reserves at a relay (`…/ws/p2p/ID`); returns the address of the circuit to here.
    pub async fn reserve(&self, relay: String) -> Result<String, JsError> {
        let relay: Multiaddr = relay.parse()?;
        let circuit = self.ask(|reply| Order::Reserve { relay, reply }).await?;
        Ok(circuit.with_p2p(self.id).map_err(|_| error("another peer's circuit"))?.to_string())
    }

    /// Dials a peer directly, by the address of a circuit to it; returns the milliseconds.
    pub async fn dial(&self, circuit: String) -> Result<f64, JsError> {
        let circuit: Multiaddr = circuit.parse()?;
        let peer = peer_of(&circuit)?;
        let address = lowkey_webrtc::direct_address(&circuit, peer);
        let begin = Instant::now();
        self.ask(|reply| Order::Dial { peer, address, reply }).await?;
        Ok(begin.elapsed().as_secs_f64() * 1e3)
    }

    /// Dials a peer through the relay; returns the milliseconds.
    #[wasm_bindgen(js_name = dialCircuit)]
    pub async fn dial_circuit(&self, circuit: String) -> Result<f64, JsError> {
        let address: Multiaddr = circuit.parse()?;
        let peer = peer_of(&address)?;
        let begin = Instant::now();
        self.ask(|reply| Order::Dial { peer, address, reply }).await?;
        Ok(begin.elapsed().as_secs_f64() * 1e3)
    }

    /// Ends the direct connection to a peer, and waits until it is gone.
    #[wasm_bindgen(js_name = hangUp)]
    pub async fn hang_up(&self, peer: String) -> Result<(), JsError> {
        let peer = peer.parse()?;
        self.ask(|reply| Order::HangUp { peer, reply }).await
    }

    /// Waits until a peer is connected directly.
    #[wasm_bindgen(js_name = isMet)]
    pub async fn is_met(&self, peer: String) -> Result<(), JsError> {
        let peer = peer.parse()?;
        self.ask(|reply| Order::Meet { peer, reply }).await
    }

    /// Sends bytes on a direct stream, ends the sending side, returns what comes back.
    pub async fn echo(&self, peer: String, bytes: Vec<u8>) -> Result<Vec<u8>, JsError> {
        Ok(proof::ask_echo(self.open(&peer, Way::Direct).await?, &bytes).await?)
    }

    /// Sends so many bytes; returns the milliseconds until the other side has them all.
    pub async fn upload(&self, peer: String, bytes: u32) -> Result<f64, JsError> {
        let stream = self.open(&peer, Way::Direct).await?;
        Ok(proof::ask_sink(stream, u64::from(bytes)).await?.as_secs_f64() * 1e3)
    }

    /// As `upload`, on the relayed connection.
    #[wasm_bindgen(js_name = uploadRelayed)]
    pub async fn upload_relayed(&self, peer: String, bytes: u32) -> Result<f64, JsError> {
        let stream = self.open(&peer, Way::Relayed).await?;
        Ok(proof::ask_sink(stream, u64::from(bytes)).await?.as_secs_f64() * 1e3)
    }

    /// Sends 64 bytes and waits for them, so many times; returns the milliseconds of each.
    pub async fn trips(&self, peer: String, count: u32) -> Result<Vec<f64>, JsError> {
        let times = proof::ask_trips(self.open(&peer, Way::Direct).await?, count).await?;
        Ok(times.iter().map(|time| time.as_secs_f64() * 1e3).collect())
    }

    async fn open(&self, peer: &str, way: Way) -> Result<Stream, JsError> {
        let peer = peer.parse()?;
        self.ask(|reply| Order::Open { peer, way, reply }).await
    }

    async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, JsError> {
        let (reply, answer) = oneshot::channel();
        self.orders.clone().send(order(reply)).await?;
        answer.await.map_err(|_| error("the peer has ended"))?.map_err(|why| error(&why))
    }
}

/// How a peer is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    Relayed,
}

type Reply<T> = oneshot::Sender<Result<T, String>>;

enum Order {
    Reserve { relay: Multiaddr, reply: Reply<Multiaddr> },
    Dial { peer: PeerId, address: Multiaddr, reply: Reply<()> },
    HangUp { peer: PeerId, reply: Reply<()> },
    Meet { peer: PeerId, reply: Reply<()> },
    Open { peer: PeerId, way: Way, reply: Reply<Stream> },
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    circuits: relay::client::Behaviour,
    rtc: lowkey_webrtc::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    streams: streams::Behaviour,
}

fn swarm(stun_servers: Vec<String>) -> Result<Swarm<Behaviour>, JsError> {
    let keys = identity::Keypair::generate_ed25519();
    let id = keys.public().to_peer_id();
    let config = lowkey_webrtc::Config { stun_servers, ..lowkey_webrtc::Config::default() };
    let (direct, rtc) = lowkey_webrtc::new(id, config);
    let (transport, circuits) = relay::client::new(id);
    let transport = lowkey_network::platform::transport(&keys, transport, direct)?;
    let about = identify::Config::new("/lowkey-proof/1".to_owned(), keys.public());
    let behaviour = Behaviour {
        circuits,
        rtc,
        identify: identify::Behaviour::new(about),
        ping: ping::Behaviour::default(),
        streams: streams::Behaviour::default(),
    };
    let config = libp2p::swarm::Config::with_wasm_executor();
    let mut swarm = Swarm::new(transport, behaviour, id, config);
    swarm.listen_on(lowkey_webrtc::listen_address())?;
    Ok(swarm)
}

/// What the peer waits for.
#[derive(Default)]
struct Waiting {
    reservations: HashMap<ListenerId, Reply<Multiaddr>>,
    dials: HashMap<ConnectionId, Reply<()>>,
    ends: Vec<(ConnectionId, Reply<()>)>,
    meetings: Vec<(PeerId, Reply<()>)>,
    connections: Vec<(PeerId, ConnectionId, Way)>,
}

async fn run(mut swarm: Swarm<Behaviour>, mut orders: mpsc::Receiver<Order>) {
    let mut waiting = Waiting::default();
    loop {
        futures::select! {
            order = orders.next() => match order {
                Some(order) => waiting.take(order, &mut swarm),
                None => return,
            },
            event = swarm.select_next_some() => waiting.handle(event),
        }
    }
}

impl Waiting {
    fn take(&mut self, order: Order, swarm: &mut Swarm<Behaviour>) {
        match order {
            Order::Reserve { relay, reply } => {
                match swarm.listen_on(relay.with(Protocol::P2pCircuit)) {
                    Ok(listener) => drop(self.reservations.insert(listener, reply)),
                    Err(error) => answer(reply, Err(error.to_string())),
                }
            }
            Order::Dial { peer, address, reply } => {
                let dial = DialOpts::peer_id(peer)
                    .condition(PeerCondition::Always)
                    .addresses(vec![address])
                    .build();
                let id = dial.connection_id();
                match swarm.dial(dial) {
                    Ok(()) => drop(self.dials.insert(id, reply)),
                    Err(error) => answer(reply, Err(describe(&error))),
                }
            }
            Order::HangUp { peer, reply } => match self.connection(peer, Way::Direct) {
                Some(connection) => {
                    swarm.close_connection(connection);
                    self.ends.push((connection, reply));
                }
                None => answer(reply, Ok(())),
            },
            Order::Meet { peer, reply } => match self.connection(peer, Way::Direct) {
                Some(_) => answer(reply, Ok(())),
                None => self.meetings.push((peer, reply)),
            },
            Order::Open { peer, way, reply } => match self.connection(peer, way) {
                Some(connection) => {
                    swarm.behaviour_mut().streams.open(peer, connection, reply);
                }
                None => answer(reply, Err(format!("no connection: {way:?}"))),
            },
        }
    }

    fn handle(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { listener_id, address } => {
                if let Some(reply) = self.reservations.remove(&listener_id) {
                    answer(reply, Ok(address));
                }
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                if let Some(reply) = self.reservations.remove(&listener_id) {
                    answer(reply, Err(format!("the reservation ended: {reason:?}")));
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let direct = lowkey_webrtc::is_direct(&endpoint);
                let way = if direct { Way::Direct } else { Way::Relayed };
                self.connections.push((peer_id, connection_id, way));
                if let Some(reply) = self.dials.remove(&connection_id) {
                    answer(reply, Ok(()));
                }
                let met = |(peer, _): &mut (PeerId, Reply<()>)| direct && *peer == peer_id;
                for (_, reply) in self.meetings.extract_if(.., met) {
                    answer(reply, Ok(()));
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(reply) = self.dials.remove(&connection_id) {
                    answer(reply, Err(describe(&error)));
                }
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                self.connections.retain(|(_, id, _)| *id != connection_id);
                let ended = |(id, _): &mut (ConnectionId, Reply<()>)| *id == connection_id;
                for (_, reply) in self.ends.extract_if(.., ended) {
                    answer(reply, Ok(()));
                }
            }
            _ => {}
        }
    }

    /// Returns the newest connection of this kind.
    fn connection(&self, peer: PeerId, way: Way) -> Option<ConnectionId> {
        let found = |known: &&(PeerId, ConnectionId, Way)| known.0 == peer && known.2 == way;
        self.connections.iter().rev().find(found).map(|(_, connection, _)| *connection)
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, String>) {
    // A page that no longer waits does not want to know.
    let _ = reply.send(result);
}

fn describe(error: &DialError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn peer_of(address: &Multiaddr) -> Result<PeerId, JsError> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Ok(peer),
        _ => Err(error("the address names no peer")),
    }
}

fn error(text: &str) -> JsError {
    JsError::new(text)
}
