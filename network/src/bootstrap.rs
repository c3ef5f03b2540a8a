//! Machine: asks the page's relay for first addresses, until it has told some.

mod node;
mod origin;

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use web_time::Instant;

pub(crate) use self::node::{Description, NodeError, fetch};
pub use self::origin::{Origin, OriginError};
use crate::{
    addresses,
    status::{RelayState, RelayStatus},
};

/// With all relays lost, the page's relay is asked again after so long: it may have a new key.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Seconds between two vain questions: 1, 2, 4 … 60.
const LAST_RETRY_SECS: u64 = 60;

/// A relay to try: its peer id, and where to dial it, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) peer: PeerId,
    /// Without peer id.
    pub(crate) addresses: Vec<Multiaddr>,
    /// Whether it is pinned in the settings, or the page's own.
    pub(crate) home: bool,
}

/// Groups the addresses of relays from the settings; one without a peer id is left out.
pub(crate) fn pinned(relays: Vec<Multiaddr>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (peer, address) in relays.into_iter().filter_map(addresses::split_peer) {
        match candidates.iter_mut().find(|known| known.peer == peer) {
            Some(known) => known.addresses.push(address),
            None => candidates.push(Candidate { peer, addresses: vec![address], home: true }),
        }
    }
    candidates
}

/// When to ask the page's relay.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    origin: Option<Origin>,
    state: State,
    failures: u32,
    stun: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Due(Instant),
    Asking,
    Told(Instant),
}

impl Bootstrap {
    /// Asks at once, if there is a page.
    pub(crate) fn new(origin: Option<Origin>, now: Instant) -> Self {
        Self { origin, state: State::Due(now), failures: 0, stun: Vec::new() }
    }

    /// Returns whom to ask now; the answer comes back by `handle`.
    pub(crate) fn ask(&mut self, now: Instant) -> Option<Origin> {
        match self.state {
            State::Due(at) if at <= now => {
                let origin = self.origin.clone()?;
                self.state = State::Asking;
                Some(origin)
            }
            _ => None,
        }
    }

    /// Takes the answer, and returns the relays in it.
    pub(crate) fn handle(
        &mut self,
        answer: Result<Description, NodeError>,
        now: Instant,
    ) -> Vec<Candidate> {
        match answer {
            Ok(Description { relays, stun }) => {
                self.failures = 0;
                self.state = State::Told(now);
                self.stun = stun;
                relays
            }
            Err(error) => {
                tracing::debug!(%error, "the page's relay told nothing");
                let wait = 1_u64.checked_shl(self.failures).unwrap_or(LAST_RETRY_SECS);
                self.failures = self.failures.saturating_add(1);
                let wait = Duration::from_secs(wait.clamp(1, LAST_RETRY_SECS));
                self.state = State::Due(now + wait);
                Vec::new()
            }
        }
    }

    /// Takes the news that no relay can be reached.
    pub(crate) fn handle_all_lost(&mut self, now: Instant) {
        if let State::Told(at) = self.state
            && now >= at + ASK_AGAIN
        {
            self.state = State::Due(now);
        }
    }

    /// Asks now, if nothing was told yet.
    pub(crate) fn retry_now(&mut self, now: Instant) {
        self.failures = 0;
        if let State::Due(_) = self.state {
            self.state = State::Due(now);
        }
    }

    /// Returns the STUN servers that the page's relay has told: its own, and nobody else's.
    pub(crate) fn stun_servers(&self) -> &[String] {
        &self.stun
    }

    /// Returns the page's relay as long as it has told nothing.
    pub(crate) fn status(&self) -> Option<RelayStatus> {
        let origin = self.origin.as_ref()?;
        let state = match self.state {
            State::Told(_) => return None,
            _ if self.failures == 0 => RelayState::Connecting,
            _ => RelayState::Lost,
        };
        Some(RelayStatus {
            name: addresses::name(origin.address()),
            address: origin.address().to_string(),
            state,
            reserved: false,
            round_trip: None,
        })
    }

    /// Returns the next moment at which `ask` has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Due(at) if self.origin.is_some() => Some(at),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform;

    #[test]
    fn a_silent_relay_is_asked_again_and_again() {
        let mut now = platform::now();
        let mut bootstrap = Bootstrap::new(Origin::parse("http://localhost").ok(), now);
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(bootstrap.ask(now).is_some());
            assert!(bootstrap.ask(now).is_none(), "one question at a time");
            assert_eq!(bootstrap.handle(Err(NodeError::TimedOut), now), []);
            assert_eq!(bootstrap.deadline(), Some(now + Duration::from_secs(wait)));
            assert_eq!(bootstrap.status().unwrap().state, RelayState::Lost);
            now += Duration::from_secs(wait);
        }
    }

    #[test]
    fn a_relay_that_told_is_asked_again_when_all_are_lost() {
        let now = platform::now();
        let mut bootstrap = Bootstrap::new(Origin::parse("http://localhost").ok(), now);
        assert!(bootstrap.ask(now).is_some());
        let stun = vec!["stun:localhost:3478".to_owned()];
        bootstrap.handle(Ok(Description { relays: Vec::new(), stun: stun.clone() }), now);
        assert_eq!(bootstrap.stun_servers(), stun);
        assert_eq!(bootstrap.status(), None);
        bootstrap.handle_all_lost(now);
        assert!(bootstrap.ask(now).is_none(), "not at once");
        bootstrap.handle_all_lost(now + ASK_AGAIN);
        assert!(bootstrap.ask(now + ASK_AGAIN).is_some());
    }

    #[test]
    fn pinned_relays_are_grouped_by_peer_id() {
        let peer = PeerId::random();
        let texts = [
            format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{peer}"),
            "/ip4/127.0.0.1/tcp/2/ws".to_owned(),
            format!("/ip4/127.0.0.1/tcp/3/p2p/{peer}"),
        ];
        let found = pinned(texts.iter().map(|text| text.parse().unwrap()).collect());
        let [only] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((only.peer, only.addresses.len(), only.home), (peer, 2, true));
    }
}
