//! What has ended is gone from storage: who takes every row and the vault key finds no key of a
//! conversation that both sides have ended, no text of a burned one, and opens nothing that the
//! disk may still hold of either. A state that is taken earlier opens no earlier message.

use lowkey_protocol::{
    Changes, Stored, Table,
    engine::{input::Command, output::Change},
    session::key_log::{self, Secret},
    vault::open_rows,
};
use lowkey_tests::world::{Conditions, MachineId, World, opening};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
const TEXTS: [&str; 4] = ["the first secret", "the second secret", "the third one", "the fourth"];

/// Two friends who have said something, and a note of every secret that they had.
fn friends(seed: u64) -> (World, [MachineId; 2]) {
    let mut world = World::new(seed, Conditions::good());
    key_log::watch_secrets(true);
    let people = [world.add(), world.add()];
    world.add_contact(people[0], people[1]);
    world.add_contact(people[1], people[0]);
    for (turn, text) in TEXTS.iter().enumerate() {
        say(&mut world, people, turn % 2, text);
    }
    (world, people)
}

fn say(world: &mut World, people: [MachineId; 2], from: usize, text: &str) {
    let to = world.machines[people[1 - from]].address;
    assert!(world.write(people[from], to, text));
    let verdict = world.verdict(60 * MINUTE);
    assert!(verdict.is_ok(), "{verdict:?}");
}

fn end(world: &mut World, people: [MachineId; 2], burn: bool) {
    let contact = world.machines[people[1]].address;
    let reply = world.ask(people[0], Command::EndConversation { contact, burn });
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    world.run_for(MINUTE);
}

/// Returns every row of a machine in clear; each must open.
fn opened(world: &World, id: MachineId) -> Vec<u8> {
    let rows = world.machines[id].rows.all();
    let plain = open_rows(&opening::vault(), &rows);
    assert!(plain.iter().all(Option::is_some));
    plain.into_iter().flatten().flat_map(|row| row.to_vec()).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn found<'a>(world: &World, id: MachineId, secrets: &'a [Secret]) -> Vec<&'a str> {
    let bytes = opened(world, id);
    let held = |secret: &&Secret| holds(&bytes, &secret.bytes);
    secrets.iter().filter(held).map(|secret| secret.name).collect()
}

#[test]
fn no_key_of_an_ended_conversation_is_left_on_either_side() {
    for seed in 0..8 {
        let (mut world, people) = friends(seed);
        let mut secrets = key_log::take_secrets();
        // The search finds what is there.
        for id in people {
            let names = found(&world, id, &secrets);
            for name in ["root key", "header key", "chain key", "exporter"] {
                assert!(names.contains(&name), "seed {seed}: {id} has no {name}: {names:?}");
            }
        }
        end(&mut world, people, false);
        secrets.extend(key_log::take_secrets());
        let names: std::collections::BTreeSet<_> = secrets.iter().map(|it| it.name).collect();
        println!("seed {seed}: {} secrets of {names:?}", secrets.len());
        let (prekeys, keys): (Vec<_>, Vec<_>) =
            secrets.into_iter().partition(|secret| secret.name == "prekey");
        for id in people {
            let names = found(&world, id, &keys);
            assert!(names.is_empty(), "seed {seed}: {id} still has {names:?}");
        }
        // Prekeys serve others as well: they go when a newer pair has been known for two days.
        assert!(!prekeys.is_empty());
        world.run_for(5 * DAY);
        for id in people {
            let names = found(&world, id, &prekeys);
            assert!(names.is_empty(), "seed {seed}: {id} still has {names:?}");
        }
    }
    key_log::watch_secrets(false);
}

#[test]
fn what_a_disk_still_holds_of_a_burned_conversation_does_not_open() {
    let (mut world, people) = friends(20);
    let old = people.map(|id| world.machines[id].rows.all());
    for id in people {
        let plain = opened(&world, id);
        assert!(TEXTS.iter().all(|text| holds(&plain, text.as_bytes())));
    }
    end(&mut world, people, true);
    let plain = opened(&world, people[0]);
    assert!(TEXTS.iter().all(|text| !holds(&plain, text.as_bytes())), "a text is left");
    // The other side keeps what it has read, and no session.
    assert!(TEXTS.iter().all(|text| holds(&opened(&world, people[1]), text.as_bytes())));
    for (id, old, sealed) in [
        (people[0], &old[0], [Table::Sessions, Table::Outbox, Table::History].as_slice()),
        (people[1], &old[1], &[Table::Sessions, Table::Outbox]),
    ] {
        let now = world.machines[id].rows.all();
        let keys = now.0.iter().filter(|(table, ..)| *table == Table::Keys);
        let ghosts = old.0.iter().filter(|(table, ..)| sealed.contains(table));
        let disk = Stored(keys.chain(ghosts).cloned().collect());
        let plain = open_rows(&opening::vault(), &disk);
        let opens = disk
            .0
            .iter()
            .zip(&plain)
            .filter(|(row, plain)| row.0 != Table::Keys && plain.is_some());
        assert!(disk.0.iter().any(|(table, ..)| sealed.contains(table)));
        assert_eq!(opens.count(), 0);
    }
}

#[test]
fn a_state_that_is_taken_opens_no_message_of_the_past() {
    let mut world = World::new(30, Conditions::good());
    world.wire = Some(Vec::new());
    let people = [world.add(), world.add()];
    world.add_contact(people[0], people[1]);
    world.add_contact(people[1], people[0]);
    say(&mut world, people, 0, "hello");
    say(&mut world, people, 1, "hello to you");
    key_log::watch_secrets(true);
    let mut past: Vec<Secret> = Vec::new();
    for (step, text) in TEXTS.iter().cycle().take(12).enumerate() {
        // Each message key that was ever used is searched for in every later state.
        say(&mut world, people, step % 2, &format!("{step} {text}"));
        let used = key_log::take_secrets();
        past.extend(used.into_iter().filter(|secret| secret.name == "message key"));
        assert!(past.len() > step);
        for id in people {
            let left = found(&world, id, &past);
            assert!(left.is_empty(), "step {step}: {} old message keys are left", left.len());
        }
    }
    key_log::watch_secrets(false);
}

#[test]
fn a_deleted_history_is_unreadable_on_the_disk() {
    let (mut world, people) = friends(40);
    let old = world.machines[people[0]].rows.all();
    let contact = world.machines[people[1]].address;
    let reply = world.ask(people[0], Command::DeleteHistory(contact));
    assert!(matches!(reply, Some(Ok(_))), "{reply:?}");
    // The disk had not yet overwritten the rows.
    let ghosts = old.0.into_iter().filter(|(table, ..)| *table == Table::History);
    let ghosts = ghosts.map(|(table, key, value)| Change::Put(table, key, value)).collect();
    world.machines[people[0]].rows.save(Changes(ghosts));
    let plain = open_rows(&opening::vault(), &world.machines[people[0]].rows.all());
    assert_eq!(plain.iter().filter(|row| row.is_none()).count(), TEXTS.len());
}
