//! What is kept: peers that are killed, storage that is full, identities, search.

use std::sync::atomic::Ordering;

use lowkey_network::{
    PeerConfig, PeerError, PeerEvent, StorageError, platform::RedbStorage, spawn,
};
use lowkey_protocol::{
    Address, Author, Change, Command, DeliveryState, Params, Phrase, RowKey, Table, VaultKey,
};

use crate::{
    person::{self, Person},
    relay::TestRelay,
    storage::{Failing, Shared},
};

#[tokio::test]
async fn a_peer_that_is_killed_goes_on_and_nothing_is_lost_or_doubled() {
    let relay = TestRelay::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer");
    let mut killed = Killed::start(&relay, &path).await;
    let mut other = Person::start(&[&relay]).await;
    person::become_contacts(&mut killed.person, &mut other).await;
    let (mortal, immortal) = (killed.person.address(), other.address());

    // Both talk all the time; one is killed wherever it is after what it said was taken.
    let mut said = Vec::new();
    for round in 0..6 {
        for number in 0..5 {
            let text = format!("mortal {round}.{number}");
            killed.person.say(immortal, &text).await;
            said.push(text);
            other.say(mortal, &format!("immortal {round}.{number}")).await;
        }
        killed.kill();
        killed = Killed::start(&relay, &path).await;
        assert_eq!(killed.person.address(), mortal, "the same identity");
    }

    for (person, contact) in [(&mut other, mortal), (&mut killed.person, immortal)] {
        settle(person, contact, 30, 30).await;
    }
    let theirs = |messages: &[(Author, String)], author| -> Vec<String> {
        let of = messages.iter().filter(|(by, _)| *by == author);
        of.map(|(_, text)| text.clone()).filter(|text| text != "hello").collect()
    };
    let one = talk(&killed.person, immortal).await;
    let two = talk(&other, mortal).await;
    assert_eq!(theirs(&one, Author::Me), said);
    assert_eq!(theirs(&two, Author::Them), said);
    assert_eq!(theirs(&one, Author::Them), theirs(&two, Author::Me));
    // The screen that was there all the time was shown each message once.
    let last = said.last().cloned();
    other.wait("the last text", |seen| seen.arrivals.last() == last.as_ref()).await;
    let mut shown = other.seen.arrivals.clone();
    shown.retain(|text| text != "hello");
    assert_eq!(shown, said);
    killed.kill();
}

#[tokio::test]
async fn full_storage_breaks_nothing_and_what_waits_goes_on_when_there_is_room() {
    let relay = TestRelay::start().await;
    let storage = Failing::default();
    let full = storage.switch();
    let mut one = Person::start_with(relay.addresses(), storage).await;
    let mut two = Person::start(&[&relay]).await;
    person::become_contacts(&mut one, &mut two).await;
    let (first, second) = (one.address(), two.address());

    full.store(true, Ordering::SeqCst);
    two.say(first, "to somebody without room").await;
    one.wait("the failure", |seen| seen.storage_failed == Some(StorageError::Full)).await;
    // Again and again: whatever comes in or is asked for, nothing of it is said to have happened.
    for _ in 0..3 {
        let lost = Command::SendText { contact: second, text: "lost".into(), numbered: None };
        // Also in the pauses, when there is no engine that could try to save it.
        assert_eq!(one.handle.command(lost).await.unwrap_err(), PeerError::StorageFull);
    }
    assert!(one.seen.with(second).iter().all(|message| message.author == Author::Me));
    let theirs = two.handle.history(first, None, 1).await.unwrap();
    assert!(theirs.iter().all(|message| message.state != DeliveryState::Delivered));

    full.store(false, Ordering::SeqCst);
    one.wait("storage that works", |seen| seen.storage_failed.is_none()).await;
    one.wait("what waited", |seen| seen.arrivals == ["to somebody without room"]).await;
    one.say(second, "kept").await;
    two.wait("what was kept", |seen| seen.arrivals.last().is_some_and(|text| text == "kept")).await;
    assert!(!two.seen.arrivals.iter().any(|text| text == "lost"));
    let texts = talk(&one, second).await;
    assert_eq!(texts.iter().filter(|(_, text)| text == "lost").count(), 0);
}

#[tokio::test]
async fn storage_has_one_identity_and_never_quietly_another() {
    let storage = Shared::default();
    let key = || Some(VaultKey::from_bytes([1; 32]));
    let open = async |key, phrase: Option<&str>| -> Result<Address, PeerError> {
        let params = Params { stamp_bits: 4 };
        let config = PeerConfig { vault_key: key, params, ..PeerConfig::default() };
        let phrase = phrase.map(|words| Phrase::parse(words).unwrap());
        let (handle, mut events) = spawn(config, phrase, storage.clone()).await?;
        let address = own_address(&mut events).await;
        handle.shutdown().await?;
        Ok(address)
    };
    let first = open(key(), None).await.unwrap();
    assert_eq!(open(key(), None).await, Ok(first), "what is stored is opened");
    let other = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    assert_eq!(open(key(), Some(other)).await, Err(PeerError::OtherIdentity));
    let wrong = Some(VaultKey::from_bytes([2; 32]));
    assert_eq!(open(wrong, None).await, Err(PeerError::StorageDamaged));

    // Rows whose owner is gone are of somebody, still.
    let before = storage.rows();
    storage.change(Change::Delete(Table::Own, RowKey(b"phrase".to_vec())));
    assert_eq!(open(key(), None).await, Err(PeerError::StorageDamaged));
    assert_eq!(open(key(), Some(other)).await, Err(PeerError::StorageDamaged));
    storage.set(before.clone());
    // A value by a newer program: its first byte is its version.
    let newer = before.0.iter().find(|(table, ..)| *table == Table::Own).unwrap();
    let value = [&[9], &newer.2[1..]].concat();
    storage.change(Change::Put(newer.0, newer.1.clone(), value));
    assert_eq!(open(key(), None).await, Err(PeerError::StorageNewer { found: 9 }));
    storage.set(before);
    assert_eq!(open(key(), None).await, Ok(first), "nothing was changed");

    storage.set(Default::default());
    let restored = open(key(), Some(other)).await.unwrap();
    assert_ne!(restored, first);
    assert_eq!(open(key(), None).await, Ok(restored));
}

#[tokio::test]
async fn the_list_and_a_search_know_all_conversations_and_forget_what_is_deleted() {
    let relay = TestRelay::start().await;
    let storage = Shared::default();
    let mut one = Person::start_with(relay.addresses(), storage.clone()).await;
    let mut two = Person::start(&[&relay]).await;
    let mut three = Person::start(&[&relay]).await;
    for other in [&mut two, &mut three] {
        person::become_contacts(&mut one, other).await;
    }
    let (first, second, third) = (one.address(), two.address(), three.address());
    one.say(second, "Meet me in the garden").await;
    two.wait("the question", |seen| seen.arrivals.len() == 2).await;
    two.say(first, "which Garden?").await;
    three.say(first, "the garden is wet").await;
    one.wait("both answers", |seen| seen.arrivals.len() == 2).await;
    check_found(&one, third, second).await;

    // The same of what is stored, by a peer that has just started.
    one.stop().await;
    let again = Person::start_with(relay.addresses(), storage).await;
    check_found(&again, third, second).await;
    again.handle.command(Command::DeleteHistory(second)).await.unwrap();
    assert_eq!(found(&again, "garden").await, ["the garden is wet"]);
    let last = again.handle.last_messages().await.unwrap();
    assert_eq!(last.iter().map(|message| message.contact).collect::<Vec<_>>(), [third]);
}

async fn check_found(one: &Person, third: Address, second: Address) {
    let mut last = one.handle.last_messages().await.unwrap();
    last.sort_by_key(|message| message.text.clone());
    let last: Vec<_> = last.iter().map(|last| (last.contact, last.text.as_str())).collect();
    assert_eq!(last, [(third, "the garden is wet"), (second, "which Garden?")]);
    let mut all = found(one, "GARDEN").await;
    all.sort();
    assert_eq!(all, ["Meet me in the garden", "the garden is wet", "which Garden?"]);
    assert_eq!(found(one, "garden meet").await, ["Meet me in the garden"]);
    let history = one.handle.history(second, None, 10).await.unwrap();
    let (first, rest) = history.split_first().unwrap();
    assert_eq!(one.handle.later(second, first.order, 10).await.unwrap(), rest);
    assert_eq!(one.handle.later(second, first.order, 1).await.unwrap(), rest[..1]);
    assert_eq!(found(one, "nothing").await, Vec::<String>::new());
}

/// Searches as soon as the whole history is known.
async fn found(one: &Person, text: &str) -> Vec<String> {
    loop {
        let found = one.handle.search(text.to_owned(), 10).await.unwrap();
        if found.complete {
            return found.messages.into_iter().map(|message| message.text).collect();
        }
        tokio::task::yield_now().await;
    }
}

/// A peer on a file, in a runtime of its own that ends when it is killed.
struct Killed {
    person: Person,
    runtime: tokio::runtime::Runtime,
}

impl Killed {
    async fn start(relay: &TestRelay, path: &std::path::Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        // The file is free when the last thread of the one before has gone.
        let storage = loop {
            match RedbStorage::open(path).await {
                Ok(storage) => break storage,
                Err(StorageError::Unavailable) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        };
        let person = Person::start_in(runtime.handle(), relay.addresses(), storage).await;
        Self { person, runtime }
    }

    /// Ends everything of the peer where it stands; it is asked nothing.
    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

async fn own_address(events: &mut lowkey_network::PeerEvents) -> Address {
    use futures::StreamExt;
    loop {
        match events.next().await.unwrap() {
            PeerEvent::Core(lowkey_protocol::Event::Own(own)) => return own.address,
            _ => continue,
        }
    }
}

/// Waits until all of ours is delivered, and all of theirs has come.
async fn settle(person: &mut Person, contact: Address, ours: usize, theirs: usize) {
    loop {
        let history = person.handle.history(contact, None, 1_000).await.unwrap();
        let is_delivered = |state| state == DeliveryState::Delivered;
        let count =
            |author| history.iter().filter(move |m| m.author == author && m.text != "hello");
        if count(Author::Me).count() == ours
            && count(Author::Them).count() == theirs
            && history.iter().all(|message| is_delivered(message.state))
        {
            return;
        }
        person.next_event().await;
    }
}

async fn talk(person: &Person, contact: Address) -> Vec<(Author, String)> {
    let history = person.handle.history(contact, None, 1_000).await.unwrap();
    history.into_iter().map(|message| (message.author, message.text)).collect()
}
