//! From the core's types to those of [`types`](crate::types): one exhaustive `match` each.

use lowkey_network::{DirectStatus, NetworkStatus, RelayState, RelayStatus};
use lowkey_protocol::engine::{input, output};

use crate::types::{
    Author, CandidateKind, ContactView, DeliveryState, DirectView, EndedBy, Findable, Found,
    Message, NetworkView, OwnView, PeerEvent, PresenceMode, Reach, RelayView, RelayViewState,
    Standing,
};

impl From<output::Event> for PeerEvent {
    fn from(event: output::Event) -> Self {
        use output::Event;
        match event {
            Event::Own(own) => Self::Own { own: own.into() },
            Event::Contact(contact) => Self::Contact { contact: contact.into() },
            Event::ContactRemoved(address) => Self::ContactRemoved { address: address.to_string() },
            Event::HistoryDeleted(address) => Self::HistoryDeleted { address: address.to_string() },
            Event::Message(message) => Self::Message { message: message.into() },
            Event::Delivery { contact, message, state } => Self::Delivery {
                contact: contact.to_string(),
                message: hex(&message.0),
                state: state.into(),
            },
            Event::ClockWrong(offset) => Self::ClockWrong { offset_ms: offset.0 as f64 },
        }
    }
}

impl From<output::OwnView> for OwnView {
    fn from(own: output::OwnView) -> Self {
        Self {
            address: own.address.to_string(),
            name: own.name,
            presence: own.presence.into(),
            findable: match own.findable {
                output::Findable::NotYet => Findable::NotYet,
                output::Findable::Yes => Findable::Yes,
                output::Findable::No => Findable::No,
                output::Findable::InUseElsewhere => Findable::InUseElsewhere,
            },
            hides_address: own.hides_address,
        }
    }
}

impl From<input::PresenceMode> for PresenceMode {
    fn from(mode: input::PresenceMode) -> Self {
        match mode {
            input::PresenceMode::Visible => Self::Visible,
            input::PresenceMode::Hidden => Self::Hidden,
        }
    }
}

impl From<PresenceMode> for input::PresenceMode {
    fn from(mode: PresenceMode) -> Self {
        match mode {
            PresenceMode::Visible => Self::Visible,
            PresenceMode::Hidden => Self::Hidden,
        }
    }
}

impl From<output::ContactView> for ContactView {
    fn from(contact: output::ContactView) -> Self {
        Self {
            address: contact.address.to_string(),
            petname: contact.petname,
            own_name: contact.own_name,
            standing: match contact.standing {
                output::Standing::Invited => Standing::Invited,
                output::Standing::Contact => Standing::Contact,
                output::Standing::Request => Standing::Request,
                output::Standing::Blocked => Standing::Blocked,
            },
            reach: match contact.reach {
                output::Reach::NotOnline => Reach::NotOnline,
                output::Reach::Looking => Reach::Looking,
                output::Reach::ThroughRelay(relay) => Reach::ThroughRelay { relay },
                output::Reach::Direct => Reach::Direct,
            },
            unread: contact.unread,
            new_install: contact.new_install,
            hides_address: contact.hides_address,
            ended: contact.ended.map(|by| match by {
                output::EndedBy::Us => EndedBy::Us,
                output::EndedBy::Them => EndedBy::Them,
            }),
        }
    }
}

impl From<output::MessageView> for Message {
    fn from(message: output::MessageView) -> Self {
        Self {
            contact: message.contact.to_string(),
            id: hex(&message.id.0),
            author: match message.author {
                output::Author::Me => Author::Me,
                output::Author::Them => Author::Them,
            },
            text: message.text,
            sent_ms: message.sent.as_millis() as f64,
            order: hex(&message.order.0),
            state: message.state.into(),
            gap_before: message.gap_before,
        }
    }
}

impl From<lowkey_network::Found> for Found {
    fn from(found: lowkey_network::Found) -> Self {
        Self {
            messages: found.messages.into_iter().map(Message::from).collect(),
            complete: found.complete,
        }
    }
}

impl From<output::DeliveryState> for DeliveryState {
    fn from(state: output::DeliveryState) -> Self {
        match state {
            output::DeliveryState::Waiting => Self::Waiting,
            output::DeliveryState::Sending => Self::Sending,
            output::DeliveryState::SentAwaitingAnswer => Self::SentAwaitingAnswer,
            output::DeliveryState::Delivered => Self::Delivered,
            output::DeliveryState::NotSent => Self::NotSent,
        }
    }
}

impl From<NetworkStatus> for NetworkView {
    fn from(status: NetworkStatus) -> Self {
        Self {
            online: status.online,
            relays: status.relays.into_iter().map(RelayView::from).collect(),
            direct: status.direct.into_iter().map(DirectView::from).collect(),
        }
    }
}

impl From<DirectStatus> for DirectView {
    fn from(way: DirectStatus) -> Self {
        Self {
            local: way.local.into(),
            remote: way.remote.into(),
            round_trip_ms: way.round_trip.map(|trip| trip.as_secs_f64() * 1_000.0),
        }
    }
}

impl From<lowkey_network::CandidateKind> for CandidateKind {
    fn from(kind: lowkey_network::CandidateKind) -> Self {
        use lowkey_network::CandidateKind as Kind;
        match kind {
            Kind::Host => Self::Host,
            Kind::ServerReflexive => Self::ServerReflexive,
            Kind::PeerReflexive => Self::PeerReflexive,
            Kind::Relayed => Self::Relayed,
        }
    }
}

impl From<RelayStatus> for RelayView {
    fn from(relay: RelayStatus) -> Self {
        Self {
            name: relay.name,
            address: relay.address,
            state: match relay.state {
                RelayState::Connecting => RelayViewState::Connecting,
                RelayState::Connected => RelayViewState::Connected,
                RelayState::Lost => RelayViewState::Lost,
            },
            reserved: relay.reserved,
            round_trip_ms: relay.round_trip.map(|trip| trip.as_secs_f64() * 1_000.0),
        }
    }
}

/// Returns lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the bytes of exactly `N` hexadecimal pairs, or nothing.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
