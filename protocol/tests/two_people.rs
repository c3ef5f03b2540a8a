//! Two people who know nothing but each other's address, through the public parts of the crate:
//! phrase, address, record, handshake, frames. The engine does all of this by itself; this shows
//! what it does, and that the parts fit without it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use lowkey_protocol::{
    Address, HandshakePrefix, Identity, Phrase, Session, Timestamp,
    handshake::{self, Responder, kem::MlKem, prekeys::PrekeyPair},
    identity::{DhIdentity, Generation},
    limits::TEST_STAMP_BITS,
    pow::{self, Puzzle},
    record::{self, Credential, Draft, Inbox, Kind, Publisher, epoch},
    wire::{Body, Content, Frame, Origin},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW: Timestamp = Timestamp::from_minutes(29_912_000);

struct Person {
    identity: Identity,
    install: DhIdentity,
    prekeys: PrekeyPair,
}

impl Person {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let identity = Identity::from_phrase(Phrase::generate(rng));
        let install = DhIdentity::generate(identity.keys(), Generation::new(NOW, None), rng);
        Self { identity, install, prekeys: PrekeyPair::generate(NOW, rng) }
    }

    /// What this person puts into the DHT: the Kademlia key and the sealed inbox record.
    fn publish(&self, rng: &mut ChaCha20Rng) -> (Vec<u8>, Vec<u8>) {
        let credential = Credential::public(&self.identity.key());
        let (kind, of) = (Kind::Inbox, epoch::epoch(Kind::Inbox, NOW));
        let key = credential.blinded_key(kind, of).unwrap();
        let expires = epoch::expires(kind, of, NOW);
        let puzzle = Puzzle::record(kind, &key, expires, TEST_STAMP_BITS);
        let stamp = (0..).step_by(64).find_map(|from| pow::search(&puzzle, from, 64)).unwrap();
        let seq = epoch::next_seq(kind, of, NOW, None, None);
        let draft = Draft { kind, epoch: of, seq, expires, stamp };
        let body = Inbox::encode(&self.install, &self.prekeys, &[1]).unwrap();
        let value = record::seal(self.identity.keys(), &credential, &draft, &body, rng).unwrap();
        (key.to_kad_key(), value)
    }

    fn read(&self, frame: &[u8]) -> (Session, Content) {
        let Frame::Handshake { prefix, message } = Frame::decode(frame).unwrap() else {
            panic!("a stranger's first frame is a handshake");
        };
        assert_eq!(prefix.spk_id(), self.prekeys.id());
        let responder = self.open(&prefix);
        let (session, plain) = responder.finish(&message, NOW).unwrap();
        (session, Content::decode(&plain).unwrap())
    }

    fn open(&self, prefix: &HandshakePrefix) -> Responder {
        let key = self.identity.key();
        Responder::open(prefix, &key, &self.install, &self.prekeys, &|_| None).unwrap()
    }
}

fn text(cseq: u64, text: &str) -> Content {
    let body = Some(Body::Text(text.to_owned()));
    Content { origin: Origin([7; 8]), cseq, lamport: cseq, sent: NOW, body, ..Content::default() }
}

#[test]
fn two_people_talk_by_address_alone() {
    let rng = &mut ChaCha20Rng::seed_from_u64(2_026);
    let (alice, bob) = (Person::new(rng), Person::new(rng));
    let handed_out = bob.identity.address().to_string();

    // A node stores Bob's record without knowing whose it is.
    let (key, value) = bob.publish(rng);
    record::validate(&key, &value, Publisher::Absent, NOW, TEST_STAMP_BITS).unwrap();
    let names = |bytes: &[u8]| bytes.windows(32).any(|part| part == bob.identity.key().as_bytes());
    assert!(!names(&key) && !names(&value));

    // Alice has the address alone, finds the record and reads it.
    let address = Address::parse(&handed_out).unwrap();
    let credential = Credential::public(address.key());
    let [of] = epoch::epochs_to_read(Kind::Inbox, NOW)[..] else { panic!("one epoch") };
    assert_eq!(credential.blinded_key(Kind::Inbox, of).unwrap().to_kad_key(), key);
    let opened = record::open(&credential, Kind::Inbox, of, &value, NOW, TEST_STAMP_BITS).unwrap();
    let inbox = Inbox::decode(address.key(), &opened.body).unwrap();

    // She writes; Bob learns who she is from the handshake.
    let own = alice.identity.key();
    let mut hers = handshake::initiate(&own, &alice.install, &inbox.bundle, &MlKem, rng).unwrap();
    let hello = text(1, "hello, Bob");
    let frame = hers.encrypt_frame(&hello.encode().unwrap(), rng).unwrap();
    let (mut his, read) = bob.read(&frame);
    assert_eq!(read, hello);

    // He answers; from now on her frames need no handshake.
    let answer = text(1, "hello, Alice");
    let frame = his.encrypt_frame(&answer.encode().unwrap(), rng).unwrap();
    let Frame::Message(message) = Frame::decode(&frame).unwrap() else { panic!("a message") };
    let plain = hers.decrypt(&message, NOW).unwrap();
    assert_eq!(Content::decode(&plain), Ok(answer));
    let frame = hers.encrypt_frame(&text(2, "good").encode().unwrap(), rng).unwrap();
    assert!(matches!(Frame::decode(&frame), Ok(Frame::Message(_))));
}
