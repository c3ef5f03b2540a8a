//! What happens to a record that somebody puts: rates, `validate`, `select`, shares, in this order,
//! so that what costs most comes last.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use libp2p::{PeerId, kad::Record};
use lowkey_protocol::{
    record::{Publisher, Reject, Selection, select, validate},
    time::Timestamp,
};

use super::{Records, Source};
use crate::{addresses::Subnet, limits::Limits, status::Refused};

/// The rules for what is put, and their memory.
#[derive(Debug)]
pub(crate) struct Intake {
    stamp_bits: u8,
    share: usize,
    whole: NonZeroUsize,
    puts_of_peer: DefaultKeyedRateLimiter<PeerId>,
    puts_of_relay: DefaultKeyedRateLimiter<PeerId>,
    new_keys: DefaultKeyedRateLimiter<Subnet>,
}

/// Who puts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) peer: PeerId,
    pub(crate) subnet: Option<Subnet>,
    pub(crate) role: Role,
}

/// What a sender is to us: relays replicate what others published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Peer,
    /// A relay that we reached, one of so many.
    Relay {
        of: NonZeroUsize,
    },
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is held now.
    Stored,
    /// It was held before.
    Known,
}

/// Why a record is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the sender puts too many records a minute")]
    PutRate,
    #[error("the sender's subnet brings too many new keys an hour")]
    NewKeyRate,
    #[error("the sender has filled its share of the store")]
    Share,
    #[error("a newer record is held")]
    Older,
    #[error(transparent)]
    Invalid(#[from] Reject),
}

impl Refusal {
    /// Counts this refusal.
    pub(crate) fn count(self, refused: &mut Refused) {
        let counter = match self {
            Self::Invalid(Reject::Publisher) => &mut refused.publisher,
            Self::Invalid(_) => &mut refused.invalid,
            Self::Older => &mut refused.older,
            Self::PutRate | Self::NewKeyRate => &mut refused.rate,
            Self::Share => &mut refused.share,
        };
        *counter = counter.saturating_add(1);
    }
}

impl Intake {
    pub(crate) fn new(limits: &Limits, stamp_bits: u8) -> Self {
        let a_minute = |count| RateLimiter::keyed(Quota::per_minute(count));
        let share = limits.records.get().saturating_mul(limits.records_percent_per_subnet.get());
        Self {
            stamp_bits,
            share: (share / 100).max(1),
            whole: limits.records,
            puts_of_peer: a_minute(limits.puts_per_minute_per_peer),
            puts_of_relay: a_minute(limits.puts_per_minute_per_relay),
            new_keys: RateLimiter::keyed(Quota::per_hour(limits.new_keys_hourly_per_subnet)),
        }
    }

    /// Takes a record into the store, or says why not.
    pub(crate) fn take(
        &self,
        store: &mut Records,
        record: Record,
        sender: Sender,
        now: Moment,
    ) -> Result<Taken, Refusal> {
        let puts = match sender.role {
            Role::Peer => &self.puts_of_peer,
            Role::Relay { .. } => &self.puts_of_relay,
        };
        puts.check_key(&sender.peer).map_err(|_| Refusal::PutRate)?;
        let publisher = match record.publisher {
            Some(_) => Publisher::Set,
            None => Publisher::Absent,
        };
        let key = record.key.as_ref();
        let meta = validate(key, &record.value, publisher, now.protocol, self.stamp_bits)?;
        let is_new = match store.current(&record.key, now.local) {
            None => true,
            Some(held) => match select(&held.value, &record.value) {
                Selection::Replace => false,
                Selection::Same => return Ok(Taken::Known),
                Selection::Keep => return Err(Refusal::Older),
            },
        };
        let (source, share) = self.share_of(&sender);
        if let (true, Source::Subnet(subnet)) = (is_new, source) {
            self.new_keys.check_key(&subnet).map_err(|_| Refusal::NewKeyRate)?;
        }
        let left = Duration::from_millis(meta.expires.millis_since(now.protocol));
        // From here on only our own steady clock counts: neither the message's TTL nor a wall
        // clock that is set makes a record live longer or shorter.
        let record = Record { publisher: None, expires: Some(now.local + left), ..record };
        store.insert(record, source, share).map_err(|_| Refusal::Share)?;
        Ok(Taken::Stored)
    }

    /// Forgets senders who have been quiet long enough to count as new.
    pub(crate) fn forget_quiet(&self) {
        self.puts_of_peer.retain_recent();
        self.puts_of_relay.retain_recent();
        self.new_keys.retain_recent();
        self.puts_of_peer.shrink_to_fit();
    }

    fn share_of(&self, sender: &Sender) -> (Source, usize) {
        match (sender.role, sender.subnet) {
            (Role::Relay { of }, _) => {
                (Source::Peer(sender.peer), self.share.max(self.whole.get() / of))
            }
            (Role::Peer, Some(subnet)) => (Source::Subnet(subnet), self.share),
            (Role::Peer, None) => (Source::Peer(sender.peer), self.share),
        }
    }
}

/// The two clocks: protocol time, which records name, and our own, which only runs forward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) protocol: Timestamp,
    pub(crate) local: Instant,
}

#[cfg(test)]
mod tests;
