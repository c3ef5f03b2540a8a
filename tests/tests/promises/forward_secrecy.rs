//! Keys of the past are gone, and keys of the future heal: whoever copies the whole state of one
//! end reads neither what came before nor what comes after a round trip.

use lowkey_protocol::{
    Identity, Phrase, Session,
    handshake::{self, Bundle, Responder, kem::MlKem, prekeys::PrekeyPair},
    identity::{DhIdentity, Generation},
    time::Timestamp,
};
use lowkey_tests::world::{Conditions, World};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

const NOW: Timestamp = Timestamp::from_secs(1_795_377_600);
const ROUNDS: usize = 12;

struct Party {
    identity: Identity,
    dh: DhIdentity,
    prekeys: PrekeyPair,
}

fn party(seed: u64) -> Party {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let identity = Identity::from_phrase(Phrase::generate(&mut rng));
    let dh = DhIdentity::generate(identity.keys(), Generation::new(NOW, None), &mut rng);
    Party { identity, dh, prekeys: PrekeyPair::generate(NOW, &mut rng) }
}

/// A session's two ends after one message each way.
fn sessions(rng: &mut ChaCha8Rng) -> [Session; 2] {
    let [one, other] = [party(1), party(2)];
    let bundle = Bundle {
        identity: other.identity.key(),
        ikd: other.dh.pair().public(),
        generation: other.dh.generation(),
        spk_id: other.prekeys.id(),
        spk: other.prekeys.dh().public(),
        kem_key: other.prekeys.kem().public().clone(),
    };
    let key = one.identity.key();
    let mut mine = handshake::initiate(&key, &one.dh, &bundle, &MlKem, rng).unwrap();
    let first = mine.encrypt(b"first", 100, rng).unwrap();
    let prefix = mine.unconfirmed().unwrap().clone();
    let responder =
        Responder::open(&prefix, &other.identity.key(), &other.dh, &other.prekeys, &|_| None);
    let (mut yours, _) = responder.unwrap().finish(&first, NOW).unwrap();
    let answer = yours.encrypt(b"answer", 100, rng).unwrap();
    mine.decrypt(&answer, NOW).unwrap();
    [mine, yours]
}

/// One round: three texts there, one of them late, two back; returns what was on the wire to the
/// second end.
fn round(ends: &mut [Session; 2], rng: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let [mine, yours] = ends;
    let there: Vec<_> = (0..3).map(|_| mine.encrypt(b"there", 100, rng).unwrap()).collect();
    for number in [0, 2, 1] {
        yours.decrypt(&there[number], NOW).unwrap();
    }
    for _ in 0..2 {
        let back = yours.encrypt(b"back", 100, rng).unwrap();
        mine.decrypt(&back, NOW).unwrap();
    }
    there
}

#[test]
fn a_stolen_state_reads_neither_the_past_nor_the_healed_future() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut ends = sessions(&mut rng);
    let mut wire = Vec::new();
    let mut stolen = Vec::new();
    for _ in 0..ROUNDS {
        stolen.push(ends[1].encode());
        wire.push(round(&mut ends, &mut rng));
    }
    stolen.push(ends[1].encode());
    for (when, state) in stolen.iter().enumerate() {
        for (round, messages) in wire.iter().enumerate() {
            for message in messages {
                let mut thief = Session::decode(state).unwrap();
                let read = thief.decrypt(message, NOW).is_ok();
                // What is under way when the state is taken can be read; one round trip heals.
                assert_eq!(read, round == when, "state {when}, round {round}");
            }
        }
    }
}

#[test]
fn a_removed_contact_leaves_no_row_behind() {
    use lowkey_protocol::engine::{input::Command, output::Table};
    let mut world = World::new(1, Conditions::good());
    let [one, other] = [world.add(), world.add()];
    world.add_contact(one, other);
    world.add_contact(other, one);
    let addresses = [one, other].map(|id| world.machines[id].address);
    assert!(world.write(one, addresses[1], "a text"));
    assert!(world.write(other, addresses[0], "another"));
    let verdict = world.verdict(3_600_000);
    assert!(verdict.is_ok(), "{verdict:?}");
    let kept = [Table::Contacts, Table::Sessions, Table::Outbox, Table::History];
    assert!(world.machines[one].rows.count(&kept) > 0);
    // Else they would come again, as a stranger.
    world.switch_off(other);
    let reply = world.ask(one, Command::Remove(addresses[1]));
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    world.run_for(3_600_000);
    let left = kept.map(|table| (table, world.machines[one].rows.count(&[table])));
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
}
