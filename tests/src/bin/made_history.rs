//! Writes a backup of somebody who has talked for years, for benchmarks: an age file that a page
//! takes in.
//!
//! `made_history FILE MESSAGES` reads the twelve words of its owner from standard input. The same
//! words and number give the same people and texts. `ferry` stands in one message of 20,000,
//! `garden` in one of 100, `the` in nearly all.

use std::{env, fs, io};

use lowkey_protocol::{
    Address, Identity, MessageOrder, Phrase, Timestamp,
    archive::{Bond, ContactRecord, Fate, MessageRecord, OwnRecord, Record, Writer},
    wire::Origin,
};
use lowkey_worker::{Randomness, seal_age};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// How many people.
const PEOPLE: u64 = 50;
/// The parts of the history, of a hundred, that the first of them have; the rest is shared evenly.
const LONG: [u64; 4] = [20, 10, 5, 5];
/// When it ended, 2026-01-01, and how long before that it began.
const END_MS: u64 = 1_767_225_600_000;
const YEARS_MS: u64 = 3 * 365 * 86_400_000;
/// Words of a text, and the words that there are.
const WORDS: u64 = 24;
const VOCABULARY: u64 = 4_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, messages] = arguments.as_slice() else { panic!("FILE and MESSAGES") };
    let words = io::read_to_string(io::stdin()).expect("words");
    let own = Identity::from_phrase(Phrase::parse(&words).expect("twelve words"));
    let archive = archive(&own.address(), messages.parse().expect("a number of messages"));
    let random = Randomness::draw().expect("randomness");
    fs::write(file, seal_age(&archive, own.backup_key().as_bytes(), random)).expect("a place");
}

/// Returns an archive of so many messages; whoever comes first has talked last.
fn archive(own: &Address, messages: u64) -> Vec<u8> {
    let mut writer = Writer::new(own);
    writer.push(Record::Own(OwnRecord::default()));
    let people: Vec<Address> = (1..=PEOPLE).map(person).collect();
    for (number, who) in (1..).zip(&people) {
        writer.push(Record::Contact(contact(*who, number)));
    }
    let long: u64 = LONG.iter().sum();
    for (number, who) in (0_u64..).zip(&people) {
        let share = LONG.get(usize::try_from(number).expect("small"));
        let each = messages * (100 - long) / 100 / (PEOPLE - LONG.len() as u64);
        talk(*who, number, share.map_or(each, |share| messages * share / 100), &mut writer);
    }
    writer.finish()
}

fn person(number: u64) -> Address {
    let mut entropy = [7; 16];
    entropy[..8].copy_from_slice(&number.to_be_bytes());
    Identity::from_phrase(Phrase::from_entropy(&entropy).expect("16 bytes")).address()
}

fn contact(address: Address, number: u64) -> ContactRecord {
    ContactRecord {
        address,
        bond: Bond::Contact,
        blocked: false,
        petname: Some(format!("Person {number}")),
        own_name: None,
        relays: Vec::new(),
        hides_address: false,
        install: None,
        used: Timestamp::from_millis(END_MS - number),
        lamport: 0,
        arrived: Vec::new(),
        sent: Vec::new(),
    }
}

/// Writes one conversation: both sides write, some lines at a time.
fn talk(contact: Address, number: u64, messages: u64, writer: &mut Writer) {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let (mut written, mut mine) = ([0_u64; 2], true);
    for lamport in 1..=messages {
        mine ^= rng.next_u64().is_multiple_of(3);
        let side = usize::from(mine);
        written[side] += 1;
        let origin = Origin([u8::try_from(side).expect("0 or 1") + 1; 8]);
        let order = [lamport.to_be_bytes(), origin.0, written[side].to_be_bytes()].concat();
        writer.push(Record::Message(MessageRecord {
            contact,
            order: MessageOrder(order.try_into().expect("24 bytes")),
            fate: if mine { Fate::Delivered } else { Fate::Received },
            text: text(&mut rng),
            sent: Timestamp::from_millis(
                END_MS - YEARS_MS + YEARS_MS / messages * lamport - number * 60_000,
            ),
        }));
    }
}

/// Returns a line or two: few words are said often, most of them seldom.
fn text(rng: &mut ChaCha8Rng) -> String {
    let count = 1 + rng.next_u64() % (1 + rng.next_u64() % WORDS);
    let mut words: Vec<String> = (0..count).map(|_| word(rng)).collect();
    if !rng.next_u64().is_multiple_of(20) {
        words.push("the".to_owned());
    }
    for (one_of, rare) in [(100, "garden"), (20_000, "ferry")] {
        if rng.next_u64().is_multiple_of(one_of) {
            words.push(rare.to_owned());
        }
    }
    words.join(" ")
}

/// Returns a word of two to four syllables.
fn word(rng: &mut ChaCha8Rng) -> String {
    const SYLLABLES: [&str; 16] = [
        "ka", "lo", "mi", "ren", "sta", "tu", "vel", "bor", "da", "gis", "ha", "jun", "pel", "wo",
        "zi", "nat",
    ];
    let mut number = VOCABULARY;
    for _ in 0..3 {
        number = 1 + rng.next_u64() % number;
    }
    let mut word = String::new();
    while number > 0 || word.len() < 4 {
        word += SYLLABLES[usize::try_from(number % 16).expect("below 16")];
        number /= 16;
    }
    word
}
