//! The handshake between two people in memory, and what an attacker can try.

use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{kem::MlKem, *};
use crate::identity::IdentityKeyPair;

const NOW: Timestamp = Timestamp::from_minutes(29_912_000);

struct Person {
    keys: IdentityKeyPair,
    own: DhIdentity,
    prekeys: PrekeyPair,
}

impl Person {
    fn new(seed: u8) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(seed));
        let keys = IdentityKeyPair::from_seed(&[seed; 32]);
        let own = DhIdentity::generate(&keys, Generation(u32::from(seed)), &mut rng);
        Self { keys, own, prekeys: PrekeyPair::generate(NOW, &mut rng) }
    }

    fn bundle(&self) -> Bundle {
        Bundle {
            identity: self.keys.key(),
            ikd: self.own.pair().public(),
            generation: self.own.generation(),
            spk_id: self.prekeys.id(),
            spk: self.prekeys.dh().public(),
            kem_key: self.prekeys.kem().public().clone(),
        }
    }

    fn begin(&self, bundle: &Bundle) -> Result<Session, HandshakeError> {
        initiate(&self.keys.key(), &self.own, bundle, &MlKem, &mut ChaCha8Rng::seed_from_u64(9))
    }

    fn open(&self, prefix: &HandshakePrefix) -> Result<Responder, HandshakeError> {
        Responder::open(prefix, &self.keys.key(), &self.own, &self.prekeys, &|_| None)
    }
}

/// A session of Alice with Bob, its handshake, and a first message in it.
fn begun() -> (Person, Person, Session, HandshakePrefix, alloc::vec::Vec<u8>) {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let mut session = alice.begin(&bob.bundle()).unwrap();
    let prefix = session.unconfirmed().unwrap().clone();
    let message = session.encrypt(b"hello", 64, &mut ChaCha8Rng::seed_from_u64(10)).unwrap();
    (alice, bob, session, prefix, message)
}

#[test]
fn two_people_get_one_session() {
    let (alice, bob, mut session, prefix, message) = begun();
    assert_eq!(prefix.spk_id(), bob.prekeys.id());
    let responder = bob.open(&prefix).unwrap();
    assert_eq!(responder.peer(), &alice.keys.key());
    assert_eq!(responder.generation(), alice.own.generation());
    assert_eq!(responder.ikd(), alice.own.pair().public());
    let (mut theirs, content) = responder.finish(&message, NOW).unwrap();
    assert_eq!(content.as_slice(), b"hello");
    assert_eq!((theirs.id(), theirs.handshake()), (session.id(), prefix.id()));
    assert!(!session.is_confirmed() && theirs.is_confirmed());
    let answer = theirs.encrypt(b"hi", 0, &mut ChaCha8Rng::seed_from_u64(11)).unwrap();
    assert_eq!(session.decrypt(&answer, NOW).unwrap().as_slice(), b"hi");
    assert!(session.is_confirmed());
}

#[test]
fn any_of_the_first_messages_makes_the_session() {
    let (_, bob, mut session, prefix, first) = begun();
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let second = session.encrypt(b"second", 0, &mut rng).unwrap();
    let (mut theirs, content) = bob.open(&prefix).unwrap().finish(&second, NOW).unwrap();
    assert_eq!(content.as_slice(), b"second");
    assert_eq!(theirs.decrypt(&first, NOW).unwrap().as_slice(), b"hello");
}

#[test]
fn a_known_key_is_taken_without_a_second_look_but_never_another_one() {
    let (alice, bob, _, prefix, _) = begun();
    let open = |known: &dyn Fn(&[u8; 32]) -> Option<IdentityKey>| {
        Responder::open(&prefix, &bob.keys.key(), &bob.own, &bob.prekeys, known)
    };
    assert_eq!(open(&|_| Some(alice.keys.key())).unwrap().peer(), &alice.keys.key());
    assert_eq!(open(&|_| Some(bob.keys.key())).unwrap().peer(), &alice.keys.key());
}

#[test]
fn wrong_keys_are_refused_by_name() {
    let (alice, bob, _, prefix, message) = begun();
    let carol = Person::new(3);
    assert_eq!(carol.open(&prefix).unwrap_err(), HandshakeError::OtherPrekey);
    // Carol's keys under Bob's number.
    let (dh, kem) = (carol.prekeys.dh(), carol.prekeys.kem());
    let (dh, kem) = (DhKeyPair::from_secret(dh.secret()), kem::KemKeyPair::from_seed(kem.seed()));
    let prekeys = PrekeyPair::new(bob.prekeys.id(), NOW, dh, kem);
    let open = |person: &Person, prekeys: &PrekeyPair| {
        let key = person.keys.key();
        Responder::open(&prefix, &key, &person.own, prekeys, &|_| None).map(|_| ()).unwrap_err()
    };
    assert_eq!(open(&carol, &prekeys), HandshakeError::Open);
    assert_eq!(open(&bob, &prekeys), HandshakeError::Open);
    assert_eq!(open(&carol, &bob.prekeys), HandshakeError::Open);
    // Our own key, mirrored to us.
    let session = bob.begin(&bob.bundle()).unwrap();
    let own = bob.open(session.unconfirmed().unwrap()).unwrap_err();
    assert_eq!(own, HandshakeError::OwnKey);
    // A bundle of keys that force agreements to zero.
    let bad = Bundle { spk: DhPublicKey([0; 32]), ..bob.bundle() };
    let error = HandshakeError::Agreement(DhAgreementError);
    assert_eq!(alice.begin(&bad).unwrap_err(), error);
    let bad = Bundle { ikd: DhPublicKey([0; 32]), ..bob.bundle() };
    assert_eq!(alice.begin(&bad).unwrap_err(), error);
    let mut kem_key = bob.bundle().kem_key;
    kem_key.0[..3].fill(0xff);
    let bad = Bundle { kem_key, ..bob.bundle() };
    assert_eq!(alice.begin(&bad).unwrap_err(), HandshakeError::Kem(KemError));
    // The handshake alone, or with another's message, is no session.
    assert!(bob.open(&prefix).unwrap().finish(&[], NOW).is_err());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut other =
        initiate(&alice.keys.key(), &alice.own, &bob.bundle(), &MlKem, &mut rng).unwrap();
    let foreign = other.encrypt(b"x", 0, &mut rng).unwrap();
    assert!(bob.open(&prefix).unwrap().finish(&foreign, NOW).is_err());
    let mut bad = message;
    *bad.last_mut().unwrap() ^= 1;
    assert!(bob.open(&prefix).unwrap().finish(&bad, NOW).is_err());
}

/// Who claims a DH key of somebody else cannot finish: the first message does not open.
#[test]
fn a_stolen_certificate_is_worth_nothing_without_its_key() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let mallory = Person::new(4);
    let pair = DhKeyPair::from_secret(mallory.own.pair().secret());
    // Mallory's own DH key, Alice's identity: the certificate cannot fit.
    let forged = DhIdentity::new(&mallory.keys, Generation(1), pair);
    let key = alice.keys.key();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let session = initiate(&key, &forged, &bob.bundle(), &MlKem, &mut rng).unwrap();
    let error = bob.open(session.unconfirmed().unwrap()).unwrap_err();
    assert_eq!(error, HandshakeError::Certificate);
}

/// Unknown key share: Mallory publishes Bob's keys as her own and passes on what comes.
#[test]
fn a_handshake_meant_for_somebody_else_is_refused() {
    let (alice, bob, mallory) = (Person::new(1), Person::new(2), Person::new(4));
    let posing = Bundle { identity: mallory.keys.key(), ..bob.bundle() };
    let session = alice.begin(&posing).unwrap();
    let error = bob.open(session.unconfirmed().unwrap()).unwrap_err();
    assert_eq!(error, HandshakeError::Open);
}

#[test]
fn nothing_opens_for_the_side_that_sent_it() {
    let (alice, bob, mut session, prefix, message) = begun();
    assert_eq!(alice.open(&prefix).unwrap_err(), HandshakeError::OtherPrekey);
    assert_eq!(session.decrypt(&message, NOW), Err(DecryptError::OtherSession));
    let (mut theirs, _) = bob.open(&prefix).unwrap().finish(&message, NOW).unwrap();
    let answer = theirs.encrypt(b"hi", 0, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert_eq!(theirs.decrypt(&answer, NOW), Err(DecryptError::OtherSession));
}

#[test]
fn prekeys_survive_the_vault() {
    let pair = Person::new(1).prekeys;
    let again = PrekeyPair::decode(&pair.encode()).unwrap();
    assert_eq!((again.id(), again.made()), (pair.id(), pair.made()));
    assert_eq!(again.dh().public(), pair.dh().public());
    assert_eq!(again.kem().public(), pair.kem().public());
    assert!(PrekeyPair::decode(&pair.encode()[1..]).is_none());
}

#[test]
fn headers_of_other_versions_are_refused() {
    let (_, _, _, prefix, _) = begun();
    for at in 0..4 {
        let mut bytes = *prefix.as_bytes();
        bytes[at] ^= 1;
        assert_eq!(HandshakePrefix::decode(&bytes), Err(HandshakeError::Malformed));
    }
    let short = &prefix.as_bytes()[1..];
    assert_eq!(HandshakePrefix::decode(short), Err(HandshakeError::Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_flipped_bit_is_refused(at in 4..HANDSHAKE_BYTES, bit in 0_u8..8) {
        let (_, bob, _, prefix, _) = begun();
        let mut bytes = *prefix.as_bytes();
        bytes[at] ^= 1_u8 << bit;
        let bad = HandshakePrefix::decode(&bytes).unwrap();
        prop_assert_ne!(bad.id(), prefix.id());
        // The top bit of an X25519 key does not count in the agreement, but in the transcript.
        prop_assert!(bob.open(&bad).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), HANDSHAKE_BYTES - 4)) {
        let bob = Person::new(2);
        let whole = [&HEADER[..], &bytes].concat();
        prop_assert!(bob.open(&HandshakePrefix::decode(&whole).unwrap()).is_err());
        let mut named = whole;
        named[4..8].copy_from_slice(&bob.prekeys.id().to_le_bytes());
        prop_assert!(bob.open(&HandshakePrefix::decode(&named).unwrap()).is_err());
    }
}
