//! Somebody who publishes records, for unit and integration tests.

use libp2p::kad;
use lowkey_protocol::{
    identity::IdentityKeyPair,
    limits::TEST_STAMP_BITS,
    pow::{self, Puzzle},
    record::{Credential, Draft, Kind, epoch, seal},
    time::Timestamp,
};
use rand::{SeedableRng, rngs::StdRng};

pub(crate) struct Person {
    pair: IdentityKeyPair,
    seed: u64,
}

impl Person {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self { pair: IdentityKeyPair::from_seed(&bytes), seed }
    }

    /// Makes a record that every relay of the tests should take.
    pub(crate) fn presence(&self, seq: u64, now: Timestamp) -> kad::Record {
        let day = epoch::epoch(Kind::Presence, now);
        self.record(Kind::Presence, seq, epoch::expires(Kind::Presence, day, now), now)
    }

    pub(crate) fn record(
        &self,
        kind: Kind,
        seq: u64,
        expires: Timestamp,
        now: Timestamp,
    ) -> kad::Record {
        let epoch = epoch::epoch(kind, now);
        let credential = Credential::public(&self.pair.key());
        let key = credential.blinded_key(kind, epoch).unwrap();
        let puzzle = Puzzle::record(kind, &key, expires, TEST_STAMP_BITS);
        let stamp = pow::search(&puzzle, 0, u32::MAX).unwrap();
        let draft = Draft { kind, epoch, seq, expires, stamp };
        let mut rng = StdRng::seed_from_u64(self.seed ^ (seq << 32));
        let value = seal(&self.pair, &credential, &draft, b"body", &mut rng).unwrap();
        kad::Record { key: key.to_kad_key().into(), value, publisher: None, expires: None }
    }
}
