//! Byte streams between the handle of a peer and the connections of its links.

use futures::channel::oneshot;
use libp2p::relay::client;
use lowkey_protocol::Address;

use super::Driver;
use crate::{
    storage::Storage,
    streams::{ByteStream, Circuit, Event, StreamError},
};

impl<S: Storage> Driver<S> {
    /// Opens a stream on the connection of the link that speaks to a contact.
    pub(super) fn open_stream(
        &mut self,
        contact: &Address,
        answer: oneshot::Sender<Result<ByteStream, StreamError>>,
    ) {
        let link = self.core.link_to(contact);
        let net = self.swarm.behaviour_mut();
        match link.and_then(|link| net.link.connection(link)) {
            Some(connection) => net.streams.open(connection, answer),
            None => {
                // Nobody may wait any more.
                let _ = answer.send(Err(StreamError::NotConnected));
            }
        }
    }

    /// Takes a stream if its connection carries a link of a contact; others are dropped.
    pub(super) fn handle_stream(&mut self, Event { connection, stream }: Event) {
        let links = self.links.on(connection);
        let contact = links.into_iter().find_map(|link| self.core.contact_behind(link));
        let (Some(contact), Some(streams)) = (contact, &mut self.streams) else {
            tracing::debug!("a stream of nobody we talk to is dropped");
            return;
        };
        if streams.try_send((contact, stream)).is_err() {
            tracing::debug!("a stream that nobody takes is dropped");
        }
    }

    /// Notes what a relay lets through.
    pub(super) fn note_circuit(&mut self, event: &client::Event) {
        let (circuit, limit) = match event {
            client::Event::OutboundCircuitEstablished { relay_peer_id, limit } => {
                (Circuit::Through(*relay_peer_id), limit)
            }
            client::Event::InboundCircuitEstablished { src_peer_id, limit } => {
                (Circuit::From(*src_peer_id), limit)
            }
            client::Event::ReservationReqAccepted { .. } => return,
        };
        // A relay without limits says nothing at all; one that hides a limit cuts what is over it.
        let bytes = limit.as_ref().and_then(|limit| limit.data_in_bytes());
        self.swarm.behaviour_mut().streams.note_limit(circuit, bytes);
    }
}
