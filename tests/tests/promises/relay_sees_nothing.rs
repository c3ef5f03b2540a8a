//! A relay reads nothing of what people say, and never learns who they are: everything that it
//! decodes, every byte of every stream through it, and every frame that an engine gives to a link
//! are searched for texts, identity keys, install keys and publishers. Control runs plant each of
//! them and must be found.

use lowkey_protocol::{
    Address,
    record::{Credential, Inbox, Kind, epoch},
    time::Timestamp,
};
use lowkey_tests::{
    leaks::Needles,
    native::{Person, listener::ListeningRelay},
    world::{Talk, World, opening::STAMP_BITS, talk},
};

/// What two people say; each text holds this.
const CANARY: &str = "canary-9f2d17c0";

/// Returns the install key in somebody's inbox record, as whoever knows their address reads it.
fn install_key<'a>(
    address: &Address,
    values: impl Iterator<Item = &'a [u8]>,
    now: Timestamp,
    stamp_bits: u8,
) -> [u8; 32] {
    let credential = Credential::public(address.key());
    let epochs = epoch::epochs_to_read(Kind::Inbox, now);
    let opened = values.flat_map(|value| epochs.iter().map(move |epoch| (value, *epoch)));
    let mut inboxes = opened.filter_map(|(value, epoch)| {
        let opened =
            lowkey_protocol::record::open(&credential, Kind::Inbox, epoch, value, now, stamp_bits);
        Inbox::decode(address.key(), &opened.ok()?.body).ok()
    });
    inboxes.next().expect("an inbox record of this person").bundle.ikd.0
}

/// Searches every piece; returns what was found.
fn leaks<'a>(needles: &Needles, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let found = pieces.into_iter().flat_map(|piece| needles.search(piece));
    found.map(str::to_owned).collect()
}

/// Every needle, put into the middle of the longest piece, must be found there.
fn control(needles: &Needles, pieces: &[Vec<u8>]) {
    let piece = pieces.iter().max_by_key(|piece| piece.len()).expect("pieces");
    let middle = piece.len() / 2;
    for (name, needle) in needles.all() {
        let planted = [&piece[..middle], needle, &piece[middle..]].concat();
        let found = leaks(needles, [planted.as_slice()]);
        assert!(found.contains(name), "{name} was planted and not found");
    }
}

fn world() -> World {
    let script = Talk { record_wire: true, ..Talk::default() };
    let (world, verdict) = talk(77, &script);
    assert!(verdict.is_ok(), "{verdict:?}");
    world
}

#[test]
fn frames_of_an_engine_give_nothing_away() {
    let world = world();
    let now = Timestamp::from_millis(world.now());
    let mut needles = Needles::default();
    for (number, machine) in world.machines.iter().enumerate() {
        let name = format!("person {number}");
        let values = world.dht.values().map(|(_, value)| value);
        let ikd = install_key(&machine.address, values, now, STAMP_BITS);
        needles =
            needles.with_person(&name, &machine.address).with_key(&format!("{name}'s IKd"), &ikd);
        for contact in machine.screen.contacts.keys() {
            for view in machine.screen.conversation(*contact) {
                needles = needles.with_text(&view.text);
            }
        }
    }
    let mut pieces: Vec<Vec<u8>> =
        world.wire.iter().flatten().map(|(_, bytes)| bytes.clone()).collect();
    assert!(pieces.len() > 50, "{} frames", pieces.len());
    // What storing nodes hold is no secret to them either.
    pieces.extend(world.dht.values().map(|(_, value)| value.to_vec()));
    let found = leaks(&needles, pieces.iter().map(Vec::as_slice));
    assert!(found.is_empty(), "{found:?}");
    control(&needles, &pieces);
}

#[test]
fn frames_have_five_sizes_only() {
    let world = world();
    for (_, bytes) in world.wire.iter().flatten() {
        assert!([256, 1_024, 2_048, 4_096, 16_384].contains(&bytes.len()), "{}", bytes.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_reads_nothing_and_no_record_names_its_publisher() {
    let relay = ListeningRelay::start().await;
    let one = Person::start(1, vec![relay.address.clone()]).await;
    let other = Person::start(2, vec![relay.address.clone()]).await;
    one.until_findable().await;
    other.until_findable().await;
    one.add(other.address).await;
    let id = one.write(other.address, &format!("{CANARY} one")).await;
    other.accept(one.address).await;
    one.until_delivered(other.address, id).await;
    let id = other.write(one.address, &format!("{CANARY} other")).await;
    other.until_delivered(one.address, id).await;

    let puts = relay.puts();
    assert!(puts.len() >= 4, "{} records: two kinds of two people", puts.len());
    let named: Vec<_> = puts.iter().filter(|record| record.publisher.is_some()).collect();
    assert!(named.is_empty(), "{named:?}");

    let now = lowkey_network::clock::wall_clock();
    let mut needles = Needles::default().with_text(CANARY);
    for (name, person) in [("one", &one), ("other", &other)] {
        let values = puts.iter().map(|record| record.value.as_slice());
        let ikd = install_key(&person.address, values, now, 16);
        needles =
            needles.with_person(name, &person.address).with_key(&format!("{name}'s IKd"), &ikd);
    }
    let mut pieces: Vec<Vec<u8>> = relay.streams().into_iter().flatten().collect();
    pieces.extend(relay.identities());
    let all: usize = pieces.iter().map(Vec::len).sum();
    assert!(all > 20_000, "{all} bytes are less than a conversation");
    // The tape is in the clear as far as a relay can read: it holds the names of the protocols.
    assert!(
        !leaks(&Needles::default().with_text("/lowkey/kad/1"), pieces.iter().map(Vec::as_slice))
            .is_empty()
    );
    let found = leaks(&needles, pieces.iter().map(Vec::as_slice));
    assert!(found.is_empty(), "{found:?}");
    control(&needles, &pieces);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_would_be_noticed() {
    let relay = ListeningRelay::start().await;
    let publisher = relay.publish_naively(b"/lowkey/1/any key", vec![0; 1_170]).await;
    let named = relay.puts().iter().filter(|record| record.publisher == Some(publisher)).count();
    assert_eq!(named, 1);
}
