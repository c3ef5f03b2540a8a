//! Takes what libp2p tells, and passes it to the machine that it concerns.

use libp2p::{ping, relay, swarm::SwarmEvent};
use lowkey_protocol::Input;

use super::Driver;
use crate::{behaviour::BehaviourEvent, platform, storage::Storage};

impl<S: Storage> Driver<S> {
    pub(super) fn handle_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        let random = self.core.random();
        self.relays.handle(&event, random, platform::now());
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. }
                if self.relays.uses(connection_id) =>
            {
                self.swarm.behaviour_mut().time.ask(peer_id);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.core.clock.forget(&peer_id);
            }
            SwarmEvent::ListenerClosed { reason: Err(error), .. } => {
                tracing::debug!(%error, "a reservation ended");
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                tracing::debug!(%error, "a dial failed");
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
                let input = self.links.handle(event, &self.swarm.behaviour().link);
                self.inputs.extend(input);
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
                Err(error) => {
                    tracing::debug!(%error, "the other side of a connection has vanished");
                    self.swarm.close_connection(connection);
                }
            },
            BehaviourEvent::Circuits(_) | BehaviourEvent::Identify(_) => {}
        }
    }
}
