//! Records: what a storing node refuses, and what a reader gets.

use std::vec::Vec;

use proptest::{prelude::*, sample::Index};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{validate::Layout, *};
use crate::{
    handshake::prekeys::PrekeyPair,
    identity::{DhIdentity, Generation},
    limits::TEST_STAMP_BITS,
    pow::{self, Puzzle},
};

const NOW: Timestamp = Timestamp::from_minutes(29_912_000);
const MINUTE: u64 = 60_000;

struct Example {
    owner: IdentityKeyPair,
    credential: Credential,
    kind: Kind,
    epoch: Epoch,
    record: Vec<u8>,
}

impl Example {
    fn new(kind: Kind, body: &[u8]) -> Self {
        let owner = IdentityKeyPair::from_seed(&[7; 32]);
        let epoch = epoch::epoch(kind, NOW);
        let expires = epoch::expires(kind, epoch, NOW);
        let credential = Credential::public(&owner.key());
        let mut example = Self { owner, credential, kind, epoch, record: Vec::new() };
        example.record = example.seal(5, expires, body);
        example
    }

    fn seal(&self, seq: u64, expires: Timestamp, body: &[u8]) -> Vec<u8> {
        let Self { owner, credential, kind, epoch, .. } = self;
        let key = credential.blinded_key(*kind, *epoch).unwrap();
        let puzzle = Puzzle::record(*kind, &key, expires, TEST_STAMP_BITS);
        let stamp = pow::search(&puzzle, 0, 100_000).unwrap();
        let draft = Draft { kind: *kind, epoch: *epoch, seq, expires, stamp };
        seal(owner, credential, &draft, body, &mut ChaCha8Rng::seed_from_u64(seq)).unwrap()
    }

    fn kad_key(&self) -> Vec<u8> {
        self.credential.blinded_key(self.kind, self.epoch).unwrap().to_kad_key()
    }

    fn validate(&self, value: &[u8], now: Timestamp) -> Result<Meta, Reject> {
        validate(&self.kad_key(), value, Publisher::Absent, now, TEST_STAMP_BITS)
    }

    fn open(&self, value: &[u8], now: Timestamp) -> Result<OpenedRecord, OpenError> {
        open(&self.credential, self.kind, self.epoch, value, now, TEST_STAMP_BITS)
    }
}

#[test]
fn both_kinds_have_their_one_length_and_open() {
    for kind in Kind::ALL {
        for body in [Vec::new(), Vec::from(&b"body"[..]), [1].repeat(kind.body_bytes())] {
            let example = Example::new(kind, &body);
            assert_eq!(example.record.len(), kind.record_bytes());
            let meta = example.validate(&example.record, NOW).unwrap();
            assert_eq!((meta.kind, meta.seq), (kind, 5));
            let opened = example.open(&example.record, NOW).unwrap();
            assert_eq!((&*opened.body, opened.seq, opened.expires), (&body, 5, meta.expires));
        }
        let example = Example::new(kind, &[]);
        let draft =
            Draft { kind, epoch: example.epoch, seq: 1, expires: NOW, stamp: Stamp([0; 8]) };
        let (found, limit) = (kind.body_bytes() + 1, kind.body_bytes());
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let body = [0].repeat(found);
        let sealed = seal(&example.owner, &example.credential, &draft, &body, &mut rng);
        assert_eq!(sealed, Err(SealError::BodyTooLong { found, limit }));
        let other = IdentityKeyPair::from_seed(&[8; 32]);
        let sealed = seal(&other, &example.credential, &draft, &[], &mut rng);
        assert_eq!(sealed, Err(SealError::OtherOwner));
    }
}

#[test]
fn broken_rules_have_names() {
    let example = Example::new(Kind::Presence, b"body");
    let check = |change: &dyn Fn(&mut Vec<u8>), error| {
        let mut bad = example.record.clone();
        change(&mut bad);
        assert_eq!(example.validate(&bad, NOW), Err(error));
    };
    check(&|bad| bad.truncate(3), Reject::Length { found: 3, expected: 1_170 });
    check(&|bad| bad.push(0), Reject::Length { found: 1_171, expected: 1_170 });
    check(&|bad| bad[0] = 2, Reject::Version { found: 2 });
    check(&|bad| bad[1] = 3, Reject::Kind { found: 3 });
    check(&|bad| bad[1] = 2, Reject::Length { found: 1_170, expected: 3_218 });
    check(&|bad| bad[2] = 1, Reject::Flags);
    check(&|bad| bad[4] ^= 1, Reject::Key);
    check(&|bad| bad[80] ^= 1, Reject::Length { found: 1_170, expected: 1_170 });
    check(&|bad| bad[82] ^= 1, Reject::Signature);
    check(&|bad| bad[1_169] ^= 0x80, Reject::Signature);
    check(&|bad| bad[44..48].fill(0), Reject::Expired);
    check(&|bad| bad[44..48].fill(0xff), Reject::TooFarAhead);
    let record = &example.record;
    let key = example.kad_key();
    let bits = TEST_STAMP_BITS;
    let set = validate(&key, record, Publisher::Set, NOW, bits);
    assert_eq!(set, Err(Reject::Publisher));
    assert_eq!(validate(&key[1..], record, Publisher::Absent, NOW, bits), Err(Reject::Key));
    assert_eq!(validate(&[], record, Publisher::Absent, NOW, bits), Err(Reject::Key));
    assert_eq!(validate(&key, record, Publisher::Absent, NOW, 40), Err(Reject::Stamp));
}

#[test]
fn weak_and_second_keys_are_refused() {
    let example = Example::new(Kind::Presence, &[]);
    let mut not_canonical = [0xff; 32];
    not_canonical[0] = 0xee;
    not_canonical[31] = 0x7f;
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    for key in [not_canonical, identity, off_curve] {
        let mut bad = example.record.clone();
        bad[4..36].copy_from_slice(&key);
        let layout = Layout::parse(&bad).unwrap();
        assert_eq!(layout.check(layout.expires, NOW, 0), Err(Reject::BlindedKey));
    }
}

#[test]
fn a_record_is_kept_until_its_end_and_read_a_little_longer() {
    for (kind, grace) in [(Kind::Presence, 120), (Kind::Inbox, 0)] {
        let example = Example::new(kind, b"body");
        let end = example.validate(&example.record, NOW).unwrap().expires;
        assert!(example.validate(&example.record, end.minus_millis(1)).is_ok());
        assert_eq!(example.validate(&example.record, end), Err(Reject::Expired));
        let read_end = end.plus_millis(grace * MINUTE);
        assert!(example.open(&example.record, read_end.minus_millis(1)).is_ok());
        let error = OpenError::Reject(Reject::Expired);
        assert_eq!(example.open(&example.record, read_end).unwrap_err(), error);
        let life = u64::from(epoch::life_minutes(kind)) + 15;
        let earliest = end.minus_millis(life * MINUTE);
        assert!(example.validate(&example.record, earliest).is_ok());
        let before = earliest.minus_millis(1);
        assert_eq!(example.validate(&example.record, before), Err(Reject::TooFarAhead));
    }
}

#[test]
fn a_reader_takes_what_it_asked_for_only() {
    let example = Example::new(Kind::Presence, b"body");
    let error = OpenError::Reject(Reject::Key);
    let other = Example::new(Kind::Inbox, b"body");
    assert_eq!(example.open(&other.record, NOW).unwrap_err(), error);
    let stranger = Credential::public(&IdentityKeyPair::from_seed(&[9; 32]).key());
    let (kind, epoch, bits) = (example.kind, example.epoch, TEST_STAMP_BITS);
    let opened = open(&stranger, kind, epoch, &example.record, NOW, bits);
    assert_eq!(opened.unwrap_err(), error);
    let opened = open(&example.credential, kind, Epoch(1), &example.record, NOW, bits);
    assert_eq!(opened.unwrap_err(), error);
}

#[test]
fn an_inbox_body_holds_the_keys_of_its_owner() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let owner = IdentityKeyPair::from_seed(&[7; 32]);
    let own = DhIdentity::generate(&owner, Generation(5), &mut rng);
    let prekeys = PrekeyPair::generate(NOW, &mut rng);
    let body = Inbox::encode(&own, &prekeys, &[1, 2]).unwrap();
    assert!(body.len() <= Kind::Inbox.body_bytes());
    let inbox = Inbox::decode(&owner.key(), &body).unwrap();
    assert_eq!(inbox.versions, [1, 2]);
    assert_eq!(inbox.bundle.ikd, own.pair().public());
    assert_eq!(inbox.bundle.generation, Generation(5));
    assert_eq!((inbox.bundle.spk_id, inbox.bundle.spk), (prekeys.id(), prekeys.dh().public()));
    assert_eq!(&inbox.bundle.kem_key, prekeys.kem().public());
    let stranger = IdentityKeyPair::from_seed(&[8; 32]).key();
    assert_eq!(Inbox::decode(&stranger, &body), Err(InboxError::Certificate));
    assert_eq!(Inbox::decode(&owner.key(), &[]), Err(InboxError::KeyLength));
    assert_eq!(Inbox::decode(&owner.key(), &[0xff]), Err(InboxError::Malformed));
    assert_eq!(Inbox::encode(&own, &prekeys, &[1; 17]), Err(InboxError::TooManyVersions));
    for end in 0..body.len() {
        // A cut body is refused, but where the cut falls between the list and its end.
        let cut = Inbox::decode(&owner.key(), &body[..end]);
        assert!(cut.is_err() || cut.is_ok_and(|cut| cut.versions.is_empty()));
    }
}

#[test]
fn kad_keys_have_one_spelling() {
    let key = RecordKey([5; 32]);
    assert_eq!(RecordKey::from_kad_key(&key.to_kad_key()), Some(key));
    for bad in [&b""[..], b"/lowkey/1/", &[5; 32], &[&key.to_kad_key()[..], &[0]].concat()] {
        assert_eq!(RecordKey::from_kad_key(bad), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_flipped_bit_is_refused(inbox: bool, at: Index, bit in 0_u8..8) {
        let kind = if inbox { Kind::Inbox } else { Kind::Presence };
        let example = Example::new(kind, b"body");
        let mut bad = example.record.clone();
        let at = at.index(bad.len());
        bad[at] ^= 1_u8 << bit;
        prop_assert!(example.validate(&bad, NOW).is_err());
        prop_assert!(example.open(&bad, NOW).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..3_300), fit: bool, inbox: bool,
    ) {
        let kind = if inbox { Kind::Inbox } else { Kind::Presence };
        let example = Example::new(kind, &[]);
        if fit {
            bytes.resize(kind.record_bytes(), 0);
            bytes[..82].copy_from_slice(&example.record[..82]);
        }
        prop_assert!(example.validate(&bytes, NOW).is_err());
        prop_assert!(example.open(&bytes, NOW).is_err());
        let _ = select(&bytes, &example.record);
        let _ = Inbox::decode(&example.owner.key(), &bytes);
    }
}
