//! The cryptography beside vodozemac 0.11, in the same process and in turns.
//!
//! vodozemac has no KEM and no header encryption: the set-up does less work there.

use lowkey_protocol::{
    Identity, Phrase, Session,
    handshake::{self, Bundle, Responder, kem::MlKem, prekeys::PrekeyPair},
    identity::{DhIdentity, Generation},
    pow::{self, Puzzle},
    record::{self, Credential, Draft, Kind, Publisher, epoch},
    time::Timestamp,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use vodozemac::olm::{Account, OlmMessage, SessionConfig};

use crate::measure::{Line, alone, in_turns};

/// A moment in 2026.
const NOW: Timestamp = Timestamp::from_secs(1_795_377_600);

/// Measures everything.
pub fn lines() -> Vec<Line> {
    vec![
        set_up(),
        one_way("encrypt + decrypt 256 B", 256),
        one_way("encrypt + decrypt 14,900 B (the most)", 14_900),
        ping_pong(),
        validate(),
        stamps(),
    ]
}

/// Somebody with all keys.
struct Party {
    identity: Identity,
    dh: DhIdentity,
    prekeys: PrekeyPair,
}

impl Party {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let identity = Identity::from_phrase(Phrase::generate(&mut rng));
        let dh = DhIdentity::generate(identity.keys(), Generation::new(NOW, None), &mut rng);
        Self { identity, dh, prekeys: PrekeyPair::generate(NOW, &mut rng) }
    }

    fn bundle(&self) -> Bundle {
        Bundle {
            identity: self.identity.key(),
            ikd: self.dh.pair().public(),
            generation: self.dh.generation(),
            spk_id: self.prekeys.id(),
            spk: self.prekeys.dh().public(),
            kem_key: self.prekeys.kem().public().clone(),
        }
    }

    /// Begins a session with `other`; returns both ends, the other's after the first message.
    fn meet(&self, other: &Self, rng: &mut ChaCha8Rng) -> [Session; 2] {
        let own = self.identity.key();
        let mut session =
            handshake::initiate(&own, &self.dh, &other.bundle(), &MlKem, rng).expect("good keys");
        let first = session.encrypt(b"hello", 621, rng).expect("a new chain");
        let prefix = session.unconfirmed().expect("nobody has answered").clone();
        let known = |bytes: &[u8; 32]| (bytes == own.as_bytes()).then_some(own);
        let key = other.identity.key();
        let responder = Responder::open(&prefix, &key, &other.dh, &other.prekeys, &known)
            .expect("our own handshake");
        let (theirs, _) = responder.finish(&first, NOW).expect("our own message");
        [session, theirs]
    }
}

fn set_up() -> Line {
    let [one, other] = [Party::new(1), Party::new(2)];
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let [mine, mut yours] = [Account::new(), Account::new()];
    in_turns(
        "session set-up, both sides (ours with ML-KEM-768)",
        || drop(one.meet(&other, &mut rng)),
        || {
            yours.generate_one_time_keys(1);
            olm(&mine, &mut yours);
        },
    )
}

/// Begins an Olm session; both ends.
fn olm(mine: &Account, yours: &mut Account) -> [vodozemac::olm::Session; 2] {
    let key = *yours.one_time_keys().values().next().expect("one was made");
    yours.mark_keys_as_published();
    let config = SessionConfig::version_1();
    let mut session =
        mine.create_outbound_session(config, yours.curve25519_key(), key).expect("good keys");
    let OlmMessage::PreKey(first) = session.encrypt("hello").expect("a new chain") else {
        panic!("the first message carries the keys")
    };
    let theirs = yours
        .create_inbound_session(config, mine.curve25519_key(), &first)
        .expect("our own message");
    [session, theirs.session]
}

fn sessions() -> ([Session; 2], [vodozemac::olm::Session; 2]) {
    let [one, other] = [Party::new(1), Party::new(2)];
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let ours = one.meet(&other, &mut rng);
    let [mine, mut yours] = [Account::new(), Account::new()];
    yours.generate_one_time_keys(1);
    (ours, olm(&mine, &mut yours))
}

/// Many messages in one direction.
fn one_way(name: &str, bytes: usize) -> Line {
    let ([mut mine, mut yours], [mut olm_mine, mut olm_yours]) = sessions();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let content = vec![7; bytes];
    answer(&mut yours, &mut mine, &mut rng);
    let reply = olm_yours.encrypt("hello").expect("a chain");
    olm_mine.decrypt(&reply).expect("our own message");
    in_turns(
        name,
        || {
            let message = mine.encrypt(&content, bytes, &mut rng).expect("a chain");
            yours.decrypt(&message, NOW).expect("our own message");
        },
        || {
            let message = olm_mine.encrypt(&content).expect("a chain");
            olm_yours.decrypt(&message).expect("our own message");
        },
    )
}

/// Messages there and back: a turn of the ratchet each.
fn ping_pong() -> Line {
    let ([mut mine, mut yours], [mut olm_mine, mut olm_yours]) = sessions();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    in_turns(
        "ping-pong (there and back, two DH turns)",
        || {
            answer(&mut yours, &mut mine, &mut rng);
            answer(&mut mine, &mut yours, &mut rng);
        },
        || {
            let message = olm_yours.encrypt([7; 256]).expect("a chain");
            olm_mine.decrypt(&message).expect("our own message");
            let message = olm_mine.encrypt([7; 256]).expect("a chain");
            olm_yours.decrypt(&message).expect("our own message");
        },
    )
}

fn answer(from: &mut Session, to: &mut Session, rng: &mut ChaCha8Rng) {
    let message = from.encrypt(&[7; 256], 256, rng).expect("a chain");
    to.decrypt(&message, NOW).expect("our own message");
}

fn validate() -> Line {
    let owner = Party::new(6);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let key = owner.identity.key();
    let credential = Credential::public(&key);
    let of = epoch::epoch(Kind::Inbox, NOW);
    let expires = epoch::expires(Kind::Inbox, of, NOW);
    let blinded = credential.blinded_key(Kind::Inbox, of).expect("a key");
    let puzzle = Puzzle::record(Kind::Inbox, &blinded, expires, 16);
    let stamp = pow::search(&puzzle, 0, u32::MAX).expect("2^32 tries are enough");
    let draft = Draft { kind: Kind::Inbox, epoch: of, seq: 1, expires, stamp };
    let body = [7; 2_000];
    let value =
        record::seal(owner.identity.keys(), &credential, &draft, &body, &mut rng).expect("fits");
    let kad_key = blinded.to_kad_key();
    alone("validate an inbox record", || {
        let valid = record::validate(&kad_key, &value, Publisher::Absent, NOW, 16);
        assert!(valid.is_ok(), "{valid:?}");
    })
}

fn stamps() -> Line {
    let key = record::RecordKey([7; 32]);
    // No stamp has 64 zero bits: every try is made.
    let puzzle = Puzzle::record(Kind::Inbox, &key, NOW, 64);
    let mut line = alone("stamp hashes", || {
        assert!(pow::search(&puzzle, 0, 65_536).is_none());
    });
    line.ours *= 65_536.0;
    line
}
