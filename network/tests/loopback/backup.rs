//! Backups of whole peers: what one knows, another install of the same phrase has.

use futures::{FutureExt, StreamExt, pin_mut, select};
use lowkey_network::{Imported, PeerConfig, PeerError, PeerHandle, spawn};
use lowkey_protocol::{
    Address, ArchiveError, Author, Command, DeliveryState, Identity, MessageOrder, MessageView,
    Params, Phrase, Reply, Timestamp, VaultKey,
    archive::{Bond, ContactRecord, Fate, MessageRecord, Record, Writer},
};

use crate::{
    person::{self, Person},
    relay::TestRelay,
    storage::Shared,
};

async fn phrase_of(handle: &PeerHandle) -> Phrase {
    match handle.command(Command::ShowPhrase).await.unwrap() {
        Reply::Phrase(phrase) => phrase,
        other => panic!("{other:?}"),
    }
}

/// Starts a new install of this phrase.
async fn restore(relay: &TestRelay, phrase: Phrase) -> Person {
    // Whoever starts on this storage afterwards has the identity that it keeps.
    let kept = Shared::default();
    let config = PeerConfig {
        params: Params { stamp_bits: 4 },
        vault_key: Some(VaultKey::from_bytes([7; 32])),
        ..PeerConfig::default()
    };
    let (handle, events) = spawn(config, Some(phrase), kept.clone()).await.unwrap();
    let told = events.for_each(|_| std::future::ready(()));
    let (ended, ()) = futures::join!(handle.shutdown(), told);
    ended.unwrap();
    Person::start_with(relay.addresses(), kept).await
}

async fn history(handle: &PeerHandle, with: Address) -> Vec<MessageView> {
    handle.history(with, None, 1_000).await.unwrap()
}

/// What does not change from one install to the next.
fn told(messages: &[MessageView]) -> Vec<(MessageOrder, Author, &str, DeliveryState)> {
    messages.iter().map(|m| (m.order, m.author, m.text.as_str(), m.state)).collect()
}

#[tokio::test]
async fn a_new_install_of_the_same_phrase_has_everything() {
    let relay = TestRelay::start().await;
    let mut old = Person::start(&[&relay]).await;
    let mut friend = Person::start(&[&relay]).await;
    person::become_contacts(&mut old, &mut friend).await;
    let (mine, theirs) = (old.address(), friend.address());
    for round in 0..10 {
        old.say(theirs, &format!("old {round}")).await;
        friend.say(mine, &format!("friend {round}")).await;
    }
    let all = |seen: &person::Seen, who| {
        let messages = seen.with(who);
        messages.len() == 21 && messages.iter().all(|m| m.state == DeliveryState::Delivered)
    };
    old.wait("all of it", |seen| all(seen, theirs)).await;
    friend.wait("all of it", |seen| all(seen, mine)).await;
    let before = history(&old.handle, theirs).await;
    let (phrase, archive) = (phrase_of(&old.handle).await, old.handle.export().await.unwrap());
    let key = old.handle.backup_key().await.unwrap();
    old.stop().await;

    let mut new = restore(&relay, phrase).await;
    assert_eq!(new.address(), mine);
    assert_eq!(new.handle.backup_key().await.unwrap(), key);
    let imported = new.handle.import(&archive).await.unwrap();
    assert_eq!(imported, Imported { contacts: 1, messages: 21 });
    let after = history(&new.handle, theirs).await;
    assert_eq!(told(&after), told(&before));
    let found = new.handle.search("friend 7".to_owned(), 10).await.unwrap();
    assert_eq!(found.messages.len(), 1, "the search finds what was imported");

    // Neither side has a session that the other one has: both heal.
    friend.say(mine, "to the new install").await;
    new.say(theirs, "from the new install").await;
    new.wait("their text", |seen| seen.arrivals == ["to the new install"]).await;
    let last = |seen: &person::Seen| {
        seen.arrivals.last().is_some_and(|text| text == "from the new install")
    };
    friend.wait("our text", last).await;
    assert_eq!(friend.seen.arrivals.len(), 12, "nothing comes twice");

    assert_eq!(new.handle.import(&archive).await.unwrap(), Imported::default());
    assert_eq!(history(&new.handle, theirs).await.len(), 23);
}

#[tokio::test]
async fn what_waited_in_the_backup_arrives_once() {
    let relay = TestRelay::start().await;
    let mut old = Person::start(&[&relay]).await;
    let kept = Shared::default();
    let mut friend = Person::start_with(relay.addresses(), kept.clone()).await;
    person::become_contacts(&mut old, &mut friend).await;
    let (mine, theirs) = (old.address(), friend.address());
    let (_, seen) = friend.stop().await;
    assert!(seen.arrivals.contains(&"hello".to_owned()));
    for text in ["one", "two", "three"] {
        old.say(theirs, text).await;
    }
    let (phrase, archive) = (phrase_of(&old.handle).await, old.handle.export().await.unwrap());
    old.stop().await;

    let new = restore(&relay, phrase).await;
    let imported = new.handle.import(&archive).await.unwrap();
    assert_eq!(imported, Imported { contacts: 1, messages: 4 });
    let states: Vec<_> = history(&new.handle, theirs).await.iter().map(|m| m.state).collect();
    assert_ne!(states[1..], [DeliveryState::Delivered; 3]);
    let mut friend = Person::start_with(relay.addresses(), kept).await;
    friend.wait("the last one", |seen| seen.arrivals.len() >= 3).await;
    assert_eq!(friend.seen.arrivals, ["one", "two", "three"]);
    new.say(theirs, "four").await;
    friend.wait("the next one", |seen| seen.arrivals.contains(&"four".to_owned())).await;
    assert_eq!(friend.seen.arrivals, ["one", "two", "three", "four"]);
    let messages: Vec<_> = history(&friend.handle, mine).await;
    assert_eq!(messages.len(), 5, "and each is stored once");
}

#[tokio::test]
async fn a_backup_that_is_refused_changes_nothing() {
    let person = Person::start_at(Vec::new()).await;
    let archive = long_archive(&person.address(), 300);
    let other = Person::start_at(Vec::new()).await;
    let refused = PeerError::Backup(ArchiveError::OtherIdentity);
    assert_eq!(other.handle.import(&archive).await, Err(refused));
    let malformed = Err(PeerError::Backup(ArchiveError::Malformed));
    assert_eq!(person.handle.import(&[]).await, malformed);
    assert_eq!(person.handle.import(&archive[..archive.len() - 1]).await, malformed);
    let mut changed = archive.clone();
    let last = changed.len() - 20;
    changed[last] ^= 0xff;
    assert_eq!(person.handle.import(&changed).await, malformed);
    assert_eq!(person.handle.export().await.unwrap().len(), empty(&person.address()));

    let imported = person.handle.import(&archive).await.unwrap();
    assert_eq!(imported, Imported { contacts: 1, messages: 300 });
    assert_eq!(person.handle.export().await.unwrap(), archive);
}

#[tokio::test]
async fn others_have_their_turn_while_a_long_history_goes_in_and_out() {
    let person = Person::start_at(Vec::new()).await;
    let archive = long_archive(&person.address(), MANY);
    let (imported, turns) = beside(&person.handle, person.handle.import(&archive)).await;
    let messages = u32::try_from(MANY).unwrap();
    assert_eq!(imported.unwrap(), Imported { contacts: 1, messages });
    assert!(turns > 50, "{turns} commands were answered meanwhile");
    let (exported, turns) = beside(&person.handle, person.handle.export()).await;
    assert!(exported.unwrap() == archive);
    assert!(turns > 50, "{turns} commands were answered meanwhile");
}

const MANY: usize = 20_000;

/// Sends one command after another until something is done; returns how many were answered.
async fn beside<T>(handle: &PeerHandle, what: impl Future<Output = T>) -> (T, usize) {
    let what = what.fuse();
    pin_mut!(what);
    let mut turns = 0;
    loop {
        let command = handle.command(Command::CreateInvite).fuse();
        pin_mut!(command);
        select! {
            done = what => return (done, turns),
            answer = command => {
                assert!(answer.is_ok());
                turns += 1;
            }
        }
    }
}

/// The length of the archive of somebody who knows nobody.
fn empty(own: &Address) -> usize {
    let mut writer = Writer::new(own);
    writer.push(Record::Own(Default::default()));
    writer.finish().len()
}

/// An archive with a blocked contact, so that nobody is called, and messages with them.
fn long_archive(own: &Address, messages: usize) -> Vec<u8> {
    let friend = Identity::from_phrase(Phrase::from_entropy(&[9; 16]).unwrap()).address();
    let mut writer = Writer::new(own);
    writer.push(Record::Own(Default::default()));
    let count = u64::try_from(messages).unwrap();
    writer.push(Record::Contact(ContactRecord {
        address: friend,
        bond: Bond::Contact,
        blocked: true,
        petname: Some("Bea".into()),
        own_name: None,
        relays: Vec::new(),
        hides_address: false,
        install: None,
        used: Timestamp::from_millis(1),
        lamport: count,
        arrived: vec![(lowkey_protocol::wire::Origin([3; 8]), vec![(1, count)])],
        sent: Vec::new(),
    }));
    for number in 1..=count {
        let order = [&number.to_be_bytes()[..], &[3; 8], &number.to_be_bytes()].concat();
        writer.push(Record::Message(MessageRecord {
            contact: friend,
            order: MessageOrder(order.try_into().unwrap()),
            fate: Fate::Received,
            text: format!("message {number} of a conversation that went on for years"),
            sent: Timestamp::from_millis(1_700_000_000_000 + number),
        }));
    }
    writer.finish()
}
