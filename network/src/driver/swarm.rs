//! Takes what libp2p tells, and passes it to the machine that it concerns.

use libp2p::{
    core::ConnectedPoint,
    identify, ping, relay,
    swarm::{ConnectionError, DialError, SwarmEvent},
};
use lowkey_protocol::Input;

use super::Driver;
use crate::{
    behaviour::{Behaviour, BehaviourEvent},
    platform, protocols,
    storage::Storage,
};

impl<S: Storage> Driver<S> {
    pub(super) fn handle_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        let random = self.core.random();
        self.relays.handle(&event, random, platform::now());
        self.note_connection(&event);
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. }
                if self.relays.uses(connection_id) =>
            {
                self.swarm.behaviour_mut().time.ask(peer_id);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.links.forget_peer(&peer_id);
                let moved = self.core.clock.forget(&peer_id);
                self.inputs.extend(moved.map(Input::ClockCorrected));
            }
            SwarmEvent::ListenerClosed { reason: Err(error), .. } => {
                tracing::debug!(%error, "a reservation ended");
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(%error, "a dial failed");
                if let (Some(peer), false) = (peer_id, is_only_superfluous(&error)) {
                    self.swarm.behaviour_mut().kad.remove_peer(&peer);
                }
            }
            _ => {}
        }
    }

    fn handle_behaviour(&mut self, event: BehaviourEvent) {
        let now = platform::now();
        match event {
            BehaviourEvent::Kad(event) => {
                self.dht.handle_kad(event, self.swarm.behaviour_mut(), now);
            }
            BehaviourEvent::Ask(answer) => {
                self.dht.handle_answer(answer, self.swarm.behaviour_mut());
            }
            BehaviourEvent::Link(event) => {
                let Behaviour { link, rtc, .. } = self.swarm.behaviour_mut();
                self.inputs.extend(self.links.handle(event, link, rtc));
            }
            BehaviourEvent::Rtc(lowkey_webrtc::Event::Path { peer, pair }) => {
                self.inputs.extend(self.links.handle_path(peer, &pair));
            }
            BehaviourEvent::Time(sample) => {
                let moved = self.core.learn_time(&sample);
                self.inputs.extend(moved.map(Input::ClockCorrected));
            }
            BehaviourEvent::Circuits(relay::client::Event::ReservationReqAccepted {
                relay_peer_id,
                ..
            }) => self.relays.handle_reserved(relay_peer_id),
            BehaviourEvent::Ping(ping::Event { peer, connection, result }) => match result {
                Ok(time) => self.relays.handle_round_trip(peer, connection, time),
                Err(ping::Failure::Unsupported) => {}
                // ICE itself notices when the other side is gone, and an answer may be late behind
                // a file that fills the path.
                Err(_) if self.links.is_direct(connection) => {}
                Err(error) => {
                    tracing::debug!(%error, "the other side of a connection has vanished");
                    self.swarm.behaviour_mut().kad.remove_peer(&peer);
                    self.swarm.close_connection(connection);
                }
            },
            BehaviourEvent::Identify(identify::Event::Received {
                connection_id,
                peer_id,
                info,
            }) if info.protocols.contains(&protocols::KAD) => {
                if let Some(address) = self.dialled.get(&connection_id) {
                    let address = address.clone();
                    self.swarm.behaviour_mut().kad.add_address(&peer_id, address);
                }
            }
            BehaviourEvent::Circuits(event) => self.note_circuit(&event),
            BehaviourEvent::Streams(event) => self.handle_stream(event),
            BehaviourEvent::Identify(_) | BehaviourEvent::Rtc(_) => {}
        }
    }

    /// Remembers which connections are to servers, and where: only those whom we dialled come into
    /// Kademlia's table, and only once they have said that they are servers.
    fn note_connection(&mut self, event: &SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished {
                connection_id,
                endpoint: endpoint @ ConnectedPoint::Dialer { address, .. },
                ..
            } if !endpoint.is_relayed() => {
                self.dialled.insert(*connection_id, address.clone());
            }
            SwarmEvent::ConnectionClosed {
                connection_id, peer_id, num_established, cause, ..
            } => {
                self.dialled.remove(connection_id);
                let broken = matches!(cause, Some(ConnectionError::IO(_)));
                if broken && *num_established == 0 {
                    self.swarm.behaviour_mut().kad.remove_peer(peer_id);
                }
            }
            _ => {}
        }
    }
}

/// Whether a dial failed only because another one to the same peer is under way, or has succeeded.
fn is_only_superfluous(error: &DialError) -> bool {
    matches!(error, DialError::DialPeerConditionFalse(_))
}
