//! The tests that each storage must pass.
//!
//! They are plain functions, so that a browser's test runner can call them as well.

use std::future::Future;

use lowkey_protocol::{Change, Changes, RowKey, Stored, Table};

use super::{CONTACT_TAG, Row, Storage, TABLES};

/// Runs all tests; each gets a new, empty storage from `make`.
pub async fn check<S: Storage, F: Future<Output = S>>(make: impl Fn() -> F) {
    a_new_storage_is_empty(&mut make().await).await;
    what_was_put_is_loaded(make().await).await;
    a_put_replaces(make().await).await;
    a_delete_removes_one_row(make().await).await;
    a_prefix_deletes_its_rows_of_one_table(make().await).await;
    changes_apply_in_their_order(make().await).await;
    the_history_is_not_loaded(make().await).await;
    the_history_comes_in_pages(make().await).await;
    the_last_message_of_each_contact_comes(make().await).await;
    the_history_is_scanned_from_a_key_on(make().await).await;
    rows_of_the_history_are_picked(make().await).await;
    keys_are_sorted_as_bytes(make().await).await;
    a_big_transaction_is_stored_whole(make().await).await;
    many_rows_come_back(make().await).await;
}

/// Runs the tests of what outlives a program: `storage` is opened anew by `again`, and holds nothing
/// at first.
pub async fn check_reopening<S: Storage, F: Future<Output = S>>(again: impl Fn() -> F) {
    let mut storage = again().await;
    a_new_storage_is_empty(&mut storage).await;
    for table in TABLES {
        save(&mut storage, [put(table, &[0xff; 64], &[7; 3_000])]).await;
    }
    save(&mut storage, [message(3, 1), message(3, 2)]).await;
    drop(storage);
    let mut storage = again().await;
    let rows = loaded(&mut storage).await;
    assert_eq!(rows.len(), LOADED.len());
    assert!(rows.iter().all(|(_, key, value)| key.0 == [0xff; 64] && *value == [7; 3_000]));
    let page = storage.history(key(&[3; CONTACT_TAG]), None, 9).await;
    assert_eq!(page, Ok(vec![row(3, 1), row(3, 2)]));
}

/// Checks that a save that fails changes nothing; saves fail now.
pub async fn a_save_that_fails_changes_nothing(broken: &mut impl Storage) {
    let before = (loaded(broken).await, broken.scan(None, 99).await);
    let changes = [
        Change::DeleteAll(Table::Own, key(&[])),
        put(Table::Own, b"new", &[1; 100_000]),
        message(1, 1),
    ];
    assert!(broken.save(Changes(changes.into())).await.is_err());
    assert_eq!((loaded(broken).await, broken.scan(None, 99).await), before);
}

async fn a_new_storage_is_empty(storage: &mut impl Storage) {
    assert_eq!(storage.load().await, Ok(Stored::default()));
    assert_eq!(storage.history(RowKey(Vec::new()), None, 9).await, Ok(Vec::new()));
    assert_eq!(storage.last_messages().await, Ok(Vec::new()));
    assert_eq!(storage.scan(None, 9).await, Ok(Vec::new()));
    assert_eq!(storage.pick(vec![row(1, 1).0]).await, Ok(Vec::new()));
}

async fn what_was_put_is_loaded(mut storage: impl Storage) {
    for (number, table) in (0..).zip(LOADED) {
        save(&mut storage, [put(table, b"key", &[number; 40_000])]).await;
    }
    let rows = loaded(&mut storage).await;
    assert_eq!(rows.len(), LOADED.len());
    for (number, table) in (0..).zip(LOADED) {
        assert!(rows.contains(&(table, key(b"key"), vec![number; 40_000])), "{table:?}");
    }
}

async fn a_put_replaces(mut storage: impl Storage) {
    save(&mut storage, [put(Table::Own, b"key", b"old")]).await;
    save(&mut storage, [put(Table::Own, b"key", b"")]).await;
    assert_eq!(loaded(&mut storage).await, [(Table::Own, key(b"key"), Vec::new())]);
}

async fn a_delete_removes_one_row(mut storage: impl Storage) {
    save(&mut storage, [put(Table::Own, b"a", b"1"), put(Table::Own, b"ab", b"2")]).await;
    let gone = Change::Delete(Table::Own, key(b"a"));
    let never_there = Change::Delete(Table::Contacts, key(b"ab"));
    save(&mut storage, [gone, never_there]).await;
    assert_eq!(loaded(&mut storage).await, [(Table::Own, key(b"ab"), b"2".to_vec())]);
}

async fn a_prefix_deletes_its_rows_of_one_table(mut storage: impl Storage) {
    // 0xff at the end of a prefix is where "the next key" is easy to get wrong.
    let keys: [&[u8]; 4] = [&[1, 0xff], &[1, 0xff, 0], &[1, 0xff, 0xff], &[2]];
    for name in keys {
        save(&mut storage, [put(Table::Outbox, name, b"x"), put(Table::Sessions, name, b"x")])
            .await;
    }
    save(&mut storage, [Change::DeleteAll(Table::Outbox, key(&[1, 0xff]))]).await;
    let rows = loaded(&mut storage).await;
    let left = |table| rows.iter().filter(|(of, ..)| *of == table).count();
    assert_eq!((left(Table::Outbox), left(Table::Sessions)), (1, 4));

    save(&mut storage, [Change::DeleteAll(Table::Sessions, RowKey(Vec::new()))]).await;
    assert_eq!(loaded(&mut storage).await, [(Table::Outbox, key(&[2]), b"x".to_vec())]);
}

async fn changes_apply_in_their_order(mut storage: impl Storage) {
    let changes = [
        put(Table::Own, b"a", b"1"),
        Change::Delete(Table::Own, key(b"a")),
        Change::DeleteAll(Table::Own, key(b"b")),
        put(Table::Own, b"b", b"2"),
    ];
    save(&mut storage, changes).await;
    assert_eq!(loaded(&mut storage).await, [(Table::Own, key(b"b"), b"2".to_vec())]);
}

async fn the_history_is_not_loaded(mut storage: impl Storage) {
    save(&mut storage, [message(1, 1), put(Table::Own, b"a", b"1")]).await;
    assert_eq!(loaded(&mut storage).await.len(), 1);
}

async fn the_history_comes_in_pages(mut storage: impl Storage) {
    for number in [4, 2, 5, 1, 3] {
        save(&mut storage, [message(1, number), message(2, number)]).await;
    }
    let page = |rows: &[u8]| rows.iter().map(|number| row(1, *number)).collect::<Vec<_>>();
    let tag = key(&[1; CONTACT_TAG]);
    let mut read = async |before: Option<u8>, limit| {
        let before = before.map(|number| row(1, number).0);
        storage.history(tag.clone(), before, limit).await.unwrap_or_default()
    };
    assert_eq!(read(None, 2).await, page(&[4, 5]));
    assert_eq!(read(Some(4), 2).await, page(&[2, 3]));
    assert_eq!(read(Some(2), 2).await, page(&[1]));
    assert_eq!(read(Some(1), 2).await, page(&[]));
    assert_eq!(read(None, 99).await, page(&[1, 2, 3, 4, 5]));
    assert_eq!(read(None, 0).await, page(&[]));
}

async fn the_last_message_of_each_contact_comes(mut storage: impl Storage) {
    let messages =
        [message(1, 7), message(1, 9), message(2, 3), message(1, 8), message(u8::MAX, 1)];
    save(&mut storage, messages).await;
    let mut rows = storage.last_messages().await.unwrap_or_default();
    rows.sort();
    assert_eq!(rows, [row(1, 9), row(2, 3), row(u8::MAX, 1)]);
}

async fn the_history_is_scanned_from_a_key_on(mut storage: impl Storage) {
    save(&mut storage, [message(2, 1), message(1, 2), message(1, 1), put(Table::Own, b"a", b"1")])
        .await;
    let all = [row(1, 1), row(1, 2), row(2, 1)];
    assert_eq!(storage.scan(None, 9).await, Ok(all.to_vec()));
    let mut after = None;
    for expected in &all {
        let rows = storage.scan(after, 1).await.unwrap_or_default();
        assert_eq!(rows, std::slice::from_ref(expected));
        after = Some(expected.0.clone());
    }
    assert_eq!(storage.scan(after, 1).await, Ok(Vec::new()));
    // A key that is not there is a place all the same.
    assert_eq!(storage.scan(Some(key(&[1, 2])), 9).await, Ok(vec![row(2, 1)]));
    assert_eq!(storage.scan(None, 0).await, Ok(Vec::new()));
}

async fn rows_of_the_history_are_picked(mut storage: impl Storage) {
    save(&mut storage, [message(1, 1), message(1, 2), message(2, 1)]).await;
    let keys = [row(2, 1), row(9, 9), row(1, 1)].map(|(key, _)| key);
    assert_eq!(storage.pick(keys.into()).await, Ok(vec![row(2, 1), row(1, 1)]));
    assert_eq!(storage.pick(Vec::new()).await, Ok(Vec::new()));
}

async fn keys_are_sorted_as_bytes(mut storage: impl Storage) {
    // Neither as text nor by length: 0x80 comes after 0x7f, and a prefix before what it begins.
    let keys: [&[u8]; 6] = [&[0], &[0, 0], &[0x7f], &[0x80], &[0x80, 1], &[0xff; 64]];
    for name in keys.iter().rev() {
        save(&mut storage, [put(Table::History, name, b"x")]).await;
    }
    let found = storage.scan(None, 9).await.unwrap_or_default();
    assert_eq!(found.into_iter().map(|(key, _)| key.0).collect::<Vec<_>>(), keys);
}

async fn a_big_transaction_is_stored_whole(mut storage: impl Storage) {
    let old = (0..200_u8).map(|number| put(Table::Outbox, &[number], &[number; 5_000]));
    assert_eq!(storage.save(Changes(old.collect())).await, Ok(()));
    let new = (100..250_u8).map(|number| put(Table::Outbox, &[number, 0], &[number]));
    let all = Change::DeleteAll(Table::Outbox, key(&[]));
    let changes = std::iter::once(all).chain(new).chain([message(1, 1)]);
    assert_eq!(storage.save(Changes(changes.collect())).await, Ok(()));
    let rows = loaded(&mut storage).await;
    assert_eq!(rows.len(), 150);
    assert!(
        rows.iter()
            .all(|(_, key, value)| matches!(key.0.as_slice(), [number, 0] if *value == [*number]))
    );
    assert_eq!(storage.scan(None, 9).await, Ok(vec![row(1, 1)]));
}

async fn many_rows_come_back(mut storage: impl Storage) {
    let contacts = 40;
    for contact in 0..contacts {
        let rows = (0..100).map(|number| message(contact, number));
        assert_eq!(storage.save(Changes(rows.collect())).await, Ok(()));
    }
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map(|(key, _): &Row| key.clone());
        let rows = storage.scan(after, 333).await.unwrap_or_default();
        if rows.is_empty() {
            break;
        }
        seen.extend(rows);
    }
    let all = (0..contacts).flat_map(|contact| (0..100).map(move |number| row(contact, number)));
    assert_eq!(seen, all.collect::<Vec<_>>());
    let page = storage.history(key(&[7; CONTACT_TAG]), Some(row(7, 50).0), 30).await;
    assert_eq!(page, Ok((20..50).map(|number| row(7, number)).collect()));
    let last = storage.last_messages().await.unwrap_or_default();
    assert_eq!(last, (0..contacts).map(|contact| row(contact, 99)).collect::<Vec<_>>());
    save(&mut storage, [Change::DeleteAll(Table::History, key(&[7; CONTACT_TAG]))]).await;
    assert_eq!(storage.history(key(&[7; CONTACT_TAG]), None, 30).await, Ok(Vec::new()));
    assert_eq!(storage.last_messages().await.map(|rows| rows.len()), Ok(39));
}

/// The tables that `load` returns.
const LOADED: [Table; 7] = [
    Table::Own,
    Table::Contacts,
    Table::Keys,
    Table::Sessions,
    Table::Prekeys,
    Table::Replays,
    Table::Outbox,
];

async fn save<const N: usize>(storage: &mut impl Storage, changes: [Change; N]) {
    assert_eq!(storage.save(Changes(changes.into())).await, Ok(()));
}

async fn loaded(storage: &mut impl Storage) -> Vec<(Table, RowKey, Vec<u8>)> {
    storage.load().await.unwrap_or_default().0
}

fn key(bytes: &[u8]) -> RowKey {
    RowKey(bytes.to_vec())
}

fn put(table: Table, name: &[u8], value: &[u8]) -> Change {
    Change::Put(table, key(name), value.to_vec())
}

fn row(contact: u8, number: u8) -> Row {
    (key(&[&[contact; CONTACT_TAG][..], &[number; 24]].concat()), vec![number])
}

fn message(contact: u8, number: u8) -> Change {
    let (key, value) = row(contact, number);
    Change::Put(Table::History, key, value)
}
