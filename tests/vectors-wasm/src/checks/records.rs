//! `records.json`: phrase, address, safety number, blinding, sealed records, stamps, invite.

use lowkey_protocol::{
    Address, Identity, IdentityKey, Invite, Phrase, Timestamp,
    identity::IdentityKeyPair,
    limits::STAMP_BITS,
    pow::{self, Puzzle},
    record::{self, Credential, Draft, Epoch, Kind, Publisher},
    safety_number::{half, safety_number},
};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

use super::{Report, array, number, unhex};

pub(super) fn run(report: &mut Report, file: &Value) {
    phrase(report, &file["phrase"]);
    for (index, vector) in file["vectors"].as_array().expect("a list").iter().enumerate() {
        blinding(report, &format!("blinding {index}"), vector);
    }
    let key = IdentityKeyPair::from_seed(&array(&file["vectors"][0]["seed"])).key();
    text_forms(report, &key, file);
    for sealed in file["sealed"].as_array().expect("a list") {
        seal(report, &format!("record of kind {}", sealed["kind"]), sealed);
    }
    invite(report, &file["invite"]);
}

fn phrase(report: &mut Report, vector: &Value) {
    let words = vector["words"].as_str().expect("words");
    let phrase = Phrase::parse(words).expect("a phrase");
    report.text("phrase words", &phrase.words(), &vector["words"]);
    report.bytes("phrase seed64", phrase.seed_for_vectors().as_slice(), &vector["seed64"]);
    let identity = Identity::from_phrase(phrase);
    let pair = IdentityKeyPair::from_seed(&array(&vector["id_seed"]));
    report.holds("phrase id_seed", identity.key() == pair.key(), || "another key".into());
    report.bytes("phrase bk_key", identity.backup_key().as_bytes(), &vector["bk_key"]);
}

fn text_forms(report: &mut Report, key: &IdentityKey, file: &Value) {
    let text = file["id_text"].as_str().expect("a text");
    report.text("address written", &Address::new(*key).to_string(), &file["id_text"]);
    report.holds("address read", Address::parse(text) == Ok(Address::new(*key)), String::new);
    report.text("safety number, a half", &half(key), &file["safety_half"]);
    let whole = safety_number(key, key);
    report.holds("safety number, both", whole.starts_with(&half(key)), || whole);
}

fn blinding(report: &mut Report, name: &str, vector: &Value) {
    let owner = IdentityKeyPair::from_seed(&array(&vector["seed"]));
    report.bytes(format!("{name} A"), owner.key().as_bytes(), &vector["A"]);
    let secret = unhex(&vector["s"]);
    let credential = match <[u8; 32]>::try_from(secret) {
        Ok(visibility) => Credential::contacts(&owner.key(), &visibility),
        Err(_) => Credential::public(&owner.key()),
    };
    let kind = Kind::from_byte(number(&vector["kind"])).expect("a kind");
    let epoch = Epoch(number(&vector["epoch"]));
    let [cred, scalar, record_key] =
        credential.secrets_for_vectors(kind, epoch).expect("a scalar that is not zero");
    report.bytes(format!("{name} cred"), cred, &vector["cred"]);
    report.bytes(format!("{name} h"), scalar, &vector["h"]);
    report.bytes(format!("{name} rec_key"), record_key, &vector["rec_key"]);
    let key = credential.blinded_key(kind, epoch).expect("a blinded key");
    report.bytes(format!("{name} A_blind"), key.0, &vector["A_blind"]);
    let location = Sha256::digest(key.to_kad_key());
    report.bytes(format!("{name} kad_location_sha256"), location, &vector["kad_location_sha256"]);
    let message = unhex(&vector["msg"]);
    let signature =
        credential.sign_for_vectors(&owner, kind, epoch, &message).expect("a signature");
    report.bytes(format!("{name} sig_norand"), signature, &vector["sig_norand"]);
}

fn seal(report: &mut Report, name: &str, vector: &Value) {
    let owner = IdentityKeyPair::from_seed(&array(&vector["seed"]));
    let credential = Credential::public(&owner.key());
    let kind = Kind::from_byte(number(&vector["kind"])).expect("a kind");
    let epoch = Epoch(number(&vector["epoch"]));
    let expires = Timestamp::from_minutes(number(&vector["expires"]));
    let seq = number(&vector["seq"]);
    let expected = unhex(&vector["record"]);
    let key = credential.blinded_key(kind, epoch).expect("a blinded key");

    let puzzle = Puzzle::record(kind, &key, expires, STAMP_BITS);
    let stamp = pow::search(&puzzle, 0, 10_000_000).expect("a stamp");
    report.holds(format!("{name} stamp"), expected.get(48..56) == Some(&stamp.0), || {
        hex::encode(stamp.0)
    });
    let body = unhex(&vector["body"]);
    let draft = Draft { kind, epoch, seq, expires, stamp };
    let sealed =
        record::seal_for_vectors(&owner, &credential, &draft, &body, &array(&vector["nonce"]))
            .expect("a record");
    report.bytes(format!("{name} sealed"), &sealed, &vector["record"]);
    report.bytes(format!("{name} sha512"), Sha512::digest(&sealed), &vector["sha512"]);

    let now = expires.minus_millis(60_000);
    let kad_key = key.to_kad_key();
    let meta = record::validate(&kad_key, &expected, Publisher::Absent, now, STAMP_BITS);
    report.holds(
        format!("{name} valid"),
        meta.is_ok_and(|meta| (meta.kind, meta.key, meta.seq) == (kind, key, seq)),
        || format!("{meta:?}"),
    );
    let opened = record::open(&credential, kind, epoch, &expected, now, STAMP_BITS);
    report.holds(
        format!("{name} opened"),
        opened.as_ref().is_ok_and(|opened| opened.seq == seq && *opened.body == body),
        || format!("{opened:?}"),
    );
}

fn invite(report: &mut Report, vector: &Value) {
    let key = IdentityKey::from_bytes(&array(&vector["A"])).expect("an identity key");
    let name = vector["name"].as_str().map(String::from);
    let invite = Invite { address: Address::new(key), relays: Vec::new(), expires: None, name };
    let fragment = invite.encode().expect("an invite");
    report.text("invite written", &fragment, &vector["fragment"]);
    let read = Invite::parse(vector["fragment"].as_str().expect("a text"));
    report.holds("invite read", read.as_ref() == Ok(&invite), || format!("{read:?}"));
}
