//! `session.json`: both sides of the handshake, and the messages that follow.
//! The envelope is part of the mailboxes; what is in it is checked here.

use core::convert::Infallible;

use lowkey_protocol::{
    HandshakePrefix, Session, Timestamp,
    handshake::{
        self, Bundle, Responder,
        kem::{Kem, KemCiphertext, KemError, KemKeyPair, KemPublicKey, KemSecret},
        prekeys::PrekeyPair,
    },
    identity::{DhIdentity, DhKeyPair, Generation, IdentityKeyPair},
    wire::Frame,
};
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use serde_json::Value;
use shake::{ExtendableOutput, Shake256, Update, XofReader};

use super::{Report, array, number, unhex};

const NOW: Timestamp = Timestamp::from_minutes(29_900_000);

pub(super) fn run(report: &mut Report, file: &Value) {
    let ours = IdentityKeyPair::from_seed(&array(&file["seedA"]));
    let theirs = IdentityKeyPair::from_seed(&array(&file["seedB"]));
    let pair = |name: &str| DhKeyPair::from_secret(&array(&file[name]));
    let generation = Generation(number(&file["genA"]));
    let own = DhIdentity::new(&ours, generation, pair("ikA"));
    let peer = DhIdentity::new(&theirs, Generation(0), pair("ikB"));
    let kem = KemKeyPair::from_seed(&array(&file["kem_seed"]));
    let prekeys = PrekeyPair::new(number(&file["spk_id"]), NOW, pair("spk"), kem);
    let whole = unhex(&file["hs1_and_first_message"]);
    let (expected_prefix, first) = whole.split_at(handshake::HANDSHAKE_BYTES);

    // The initiator, with the KEM's answer given.
    let bundle = Bundle {
        identity: theirs.key(),
        ikd: peer.pair().public(),
        generation: peer.generation(),
        spk_id: prekeys.id(),
        spk: prekeys.dh().public(),
        kem_key: prekeys.kem().public().clone(),
    };
    let fixed = FixedKem(file);
    let mut rng_a = VectorRng::new("alice", Some(unhex(&file["ekA"])));
    let mut a =
        handshake::initiate(&ours.key(), &own, &bundle, &fixed, &mut rng_a).expect("a handshake");
    let prefix = a.unconfirmed().expect("unconfirmed").clone();
    report.holds("HS1 written", prefix.as_bytes() == expected_prefix, || {
        hex::encode(prefix.as_bytes())
    });
    report.bytes("HS1 id", prefix.id().0, &file["hs1_id"]);
    report.bytes("SID of the initiator", a.id().0, &file["SID"]);
    let message = seal(&mut a, &file["messages"][0], &mut rng_a);
    report.bytes("message 0 written", &message, &file["messages"][0]["message"]);

    // The responder, from the bytes in the file.
    let prefix = HandshakePrefix::decode(expected_prefix).expect("a handshake");
    let responder = Responder::open(&prefix, &theirs.key(), &peer, &prekeys, &|_| None)
        .expect("a handshake that opens");
    report.holds("HS1 read", *responder.peer() == ours.key(), || "another key".into());
    let told = (responder.generation(), responder.ikd());
    report.holds("HS1 install", told == (generation, own.pair().public()), || format!("{told:?}"));
    let secret = prekeys.kem().decapsulate(&FixedKem(file).ciphertext());
    report.bytes("kem_ss", secret.as_bytes(), &file["kem_ss"]);
    for (name, key) in
        ["RK", "HK_i", "NHK_r", "EXP", "SID"].into_iter().zip(responder.keys_for_vectors())
    {
        report.bytes(name, key, &file[name]);
    }
    let (b, plain) = responder.finish(first, NOW).expect("the first message opens");
    report.bytes("message 0 read", &*plain, &file["messages"][0]["plain"]);
    let binding = array(&file["binding"]);
    report.bytes("HELLO of the initiator", a.hello_tag(&binding), &file["hello"]);
    report.bytes("HELLO of the responder", b.hello_tag(&binding), &file["hello"]);
    let frame = Frame::Hello(a.hello_tag(&binding)).encode().expect("a frame");
    report.holds("HELLO in its frame", frame.len() == 256, || frame.len().to_string());

    conversation(report, file, (a, rng_a), (b, VectorRng::new("bob", None)));
}

/// The messages after the first, in the order in which the reference exchanged them.
fn conversation(
    report: &mut Report,
    file: &Value,
    (mut a, mut rng_a): (Session, VectorRng),
    (mut b, mut rng_b): (Session, VectorRng),
) {
    let messages = file["messages"].as_array().expect("a list");
    let mut withheld = Vec::new();
    for (index, vector) in messages.iter().enumerate().skip(1) {
        let by_initiator = vector["by"] == "A";
        let (sender, rng, receiver) =
            if by_initiator { (&mut a, &mut rng_a, &mut b) } else { (&mut b, &mut rng_b, &mut a) };
        let message = seal(sender, vector, rng);
        report.bytes(format!("message {index} written"), &message, &vector["message"]);
        // A reload between any two messages changes nothing.
        *sender = Session::decode(&sender.encode()).expect("a stored session");
        if vector["note"].as_str().is_some_and(|note| note.starts_with("withheld")) {
            withheld.push((index, vector, message));
            continue;
        }
        let read = receiver.decrypt(&message, NOW).expect("a message that opens");
        report.bytes(format!("message {index} read"), &*read, &vector["plain"]);
        *receiver = Session::decode(&receiver.encode()).expect("a stored session");
    }
    report.holds("a message was withheld", withheld.len() == 1, || withheld.len().to_string());
    for (index, vector, message) in withheld {
        let read = b.decrypt(&message, NOW).expect("a message that opens");
        report.bytes(format!("message {index} read, late"), &*read, &vector["plain"]);
        let again = b.decrypt(&message, NOW);
        report.holds(format!("message {index} refused again"), again.is_err(), String::new);
    }
}

/// Encrypts what a vector says, padded as long as the vector is.
fn seal(session: &mut Session, vector: &Value, rng: &mut VectorRng) -> Vec<u8> {
    let whole = unhex(&vector["message"]).len();
    let pad_to = whole - lowkey_protocol::session::MESSAGE_OVERHEAD;
    session.encrypt(&unhex(&vector["plain"]), pad_to, rng).expect("a message")
}

/// The KEM whose one answer is in the file.
struct FixedKem<'a>(&'a Value);

impl FixedKem<'_> {
    fn ciphertext(&self) -> KemCiphertext {
        KemCiphertext(Box::new(array(&self.0["kem_ct"])))
    }
}

impl Kem for FixedKem<'_> {
    fn encapsulate(
        &self,
        _key: &KemPublicKey,
        _rng: &mut dyn CryptoRng,
    ) -> Result<(KemCiphertext, KemSecret), KemError> {
        Ok((self.ciphertext(), KemSecret::new(array(&self.0["kem_ss"]))))
    }
}

/// The reference's generator: draw i is SHAKE-256("NAME i") of the length asked for. The
/// initiator's ephemeral key comes before, from the file.
struct VectorRng {
    name: &'static str,
    draw: u32,
    before: Option<Vec<u8>>,
}

impl VectorRng {
    fn new(name: &'static str, before: Option<Vec<u8>>) -> Self {
        Self { name, draw: 0, before }
    }
}

impl TryRng for VectorRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if let Some(before) = self.before.take() {
            out.copy_from_slice(&before);
            return Ok(());
        }
        self.draw += 1;
        let mut shake = Shake256::default();
        shake.update(format!("{} {}", self.name, self.draw).as_bytes());
        shake.finalize_xof().read(out);
        Ok(())
    }
}

impl TryCryptoRng for VectorRng {}
