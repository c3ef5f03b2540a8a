use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use lowkey_protocol::{Change, Changes, RowKey};
use redb::StorageBackend;

use super::*;
use crate::storage::contract;

#[tokio::test]
async fn redb_passes_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    contract::check(|| {
        number.set(number.get() + 1);
        let path = folder.path().join(number.get().to_string());
        async { RedbStorage::open(path).await.unwrap() }
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer");
    contract::check_reopening(|| async { RedbStorage::open(&path).await.unwrap() }).await;
}

#[tokio::test]
async fn a_file_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer");
    let storage = RedbStorage::open(&path).await.unwrap();
    assert_eq!(RedbStorage::open(&path).await.unwrap_err(), StorageError::Unavailable);
    drop(storage);
    RedbStorage::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer");
    let mut storage = RedbStorage::open(&path).await.unwrap();
    storage.save(numbered(1)).await.unwrap();
    drop(storage);
    set_format(&path, FORMAT + 1);
    let before = std::fs::read(&path).unwrap();
    let refused = RedbStorage::open(&path).await.unwrap_err();
    assert_eq!(refused, StorageError::Newer { found: FORMAT + 1, known: FORMAT });
    assert_eq!(refused.to_string(), "stored in format 2, and only 1 is known");
    assert!(std::fs::read(&path).unwrap() == before, "nothing was written");
    set_format(&path, FORMAT);
    let mut storage = RedbStorage::open(&path).await.unwrap();
    assert_eq!(numbers(&mut storage).await, [1]);
}

#[tokio::test]
async fn what_is_no_database_is_damaged_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peer");
    let mut storage = RedbStorage::open(&path).await.unwrap();
    storage.save(numbered(1)).await.unwrap();
    drop(storage);
    let whole = std::fs::read(&path).unwrap();
    for damaged in [b"no database at all".to_vec(), vec![7; whole.len()]] {
        std::fs::write(&path, &damaged).unwrap();
        assert_eq!(RedbStorage::open(&path).await.unwrap_err(), StorageError::Damaged);
        assert!(std::fs::read(&path).unwrap() == damaged, "nothing was written");
    }
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_writing_goes_on_when_there_is_room() {
    let disk = Disk::default();
    let mut storage = open_on(&disk).await;
    storage.save(numbered(1)).await.unwrap();
    disk.0.full.store(true, Ordering::SeqCst);
    contract::a_save_that_fails_changes_nothing(&mut storage).await;
    assert_eq!(storage.save(numbered(2)).await, Err(StorageError::Full));
    assert_eq!(numbers(&mut storage).await, [1]);
    disk.0.full.store(false, Ordering::SeqCst);
    storage.save(numbered(3)).await.unwrap();
    drop(storage);
    assert_eq!(numbers(&mut open_on(&disk).await).await, [1, 3]);
}

/// Every prefix of what was written is what a kill may leave: it opens, and holds whole
/// transactions only, all that were confirmed among them.
#[tokio::test]
async fn whatever_moment_it_is_killed_at_whole_transactions_are_left() {
    let disk = Disk::default();
    let mut storage = open_on(&disk).await;
    let mut confirmed = vec![(disk.log().len(), 0_u8)];
    for number in 1..=12 {
        storage.save(numbered(number)).await.unwrap();
        confirmed.push((disk.log().len(), number));
    }
    drop(storage);
    let log = disk.log();
    let first = confirmed[0].0;
    for killed_at in first..=log.len() {
        let done = confirmed.iter().rev().find(|(at, _)| *at <= killed_at).unwrap().1;
        // What was not synced may be lost: all of it, or every second write.
        for lost in [Lost::Nothing, Lost::Unsynced, Lost::EverySecond] {
            let left = Disk::of(&log[..killed_at], lost);
            let mut storage = open_on(&left).await;
            let found = numbers(&mut storage).await;
            let expected: Vec<u8> = (1..=done).collect();
            let one_more: Vec<u8> = (1..=done + 1).collect();
            assert!(found == expected || found == one_more, "{killed_at} {lost:?}: {found:?}");
            storage.save(numbered(99)).await.unwrap();
        }
    }
    assert!(log.len() > 100, "there were moments to be killed at: {}", log.len());
}

/// A transaction over three tables.
fn numbered(number: u8) -> Changes {
    let key = RowKey(vec![number]);
    Changes(vec![
        Change::Put(Table::Own, key.clone(), vec![number; 2_000]),
        Change::Put(Table::Outbox, key.clone(), vec![number]),
        Change::Put(Table::History, key, vec![number; 300]),
    ])
}

/// The numbers of the transactions that are there, each of which must be whole.
async fn numbers(storage: &mut RedbStorage) -> Vec<u8> {
    let rows = storage.load().await.unwrap().0;
    let history = storage.scan(None, 99).await.unwrap();
    let of = |table: Table| -> Vec<u8> {
        rows.iter().filter(|(of, ..)| *of == table).map(|(_, key, _)| key.0[0]).collect()
    };
    assert_eq!(of(Table::Own), of(Table::Outbox));
    assert_eq!(of(Table::Own), history.iter().map(|(key, _)| key.0[0]).collect::<Vec<_>>());
    of(Table::Own)
}

fn set_format(path: &Path, format: u32) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert(FORMAT_KEY, format).unwrap();
    transaction.commit().unwrap();
}

async fn open_on(disk: &Disk) -> RedbStorage {
    let disk = disk.clone();
    let open = move || Ok(Database::builder().create_with_backend(disk.clone())?);
    RedbStorage::open_by(Arc::new(open)).await.unwrap()
}

/// A disk that remembers every write, and can be full.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    bytes: Mutex<Vec<u8>>,
    log: Mutex<Vec<Act>>,
    /// The blocks that were ever written.
    blocks: Mutex<BTreeSet<usize>>,
    full: AtomicBool,
}

#[derive(Clone, Debug)]
enum Act {
    Write(usize, Vec<u8>),
    SetLength(usize),
    Sync,
}

/// Bytes that a disk gives at once.
const BLOCK: usize = 4_096;

/// What a kill takes from the writes after the last sync.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    Nothing,
    Unsynced,
    EverySecond,
}

impl Disk {
    fn of(log: &[Act], lost: Lost) -> Self {
        let disk = Self::default();
        let synced = log.iter().rposition(|act| matches!(act, Act::Sync)).unwrap_or(0);
        let mut bytes = disk.0.bytes.lock().unwrap();
        for (at, act) in log.iter().enumerate() {
            let is_lost = match lost {
                Lost::Nothing => false,
                Lost::Unsynced => at > synced,
                Lost::EverySecond => at > synced && at % 2 == 0,
            };
            match act {
                Act::Write(offset, data) if !is_lost => {
                    bytes[*offset..*offset + data.len()].copy_from_slice(data);
                }
                Act::SetLength(length) => bytes.resize(*length, 0),
                _ => {}
            }
        }
        drop(bytes);
        disk
    }

    fn log(&self) -> Vec<Act> {
        self.0.log.lock().unwrap().clone()
    }

    fn act(&self, act: Act) -> std::io::Result<()> {
        let full = self.0.full.load(Ordering::SeqCst);
        let mut bytes = self.0.bytes.lock().unwrap();
        match &act {
            Act::Write(offset, data) => {
                // A full disk still takes writes where something was written before.
                let end = offset + data.len();
                let mut blocks = self.0.blocks.lock().unwrap();
                let mut touched = offset / BLOCK..end.div_ceil(BLOCK);
                if full && touched.any(|block| !blocks.contains(&block)) {
                    return Err(ErrorKind::StorageFull.into());
                }
                blocks.extend(offset / BLOCK..end.div_ceil(BLOCK));
                bytes[*offset..end].copy_from_slice(data);
            }
            Act::SetLength(length) if full && *length > bytes.len() => {
                return Err(ErrorKind::StorageFull.into());
            }
            Act::SetLength(length) => bytes.resize(*length, 0),
            Act::Sync => {}
        }
        self.0.log.lock().unwrap().push(act);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> std::io::Result<u64> {
        Ok(self.0.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        let (offset, bytes) = (usize::try_from(offset).unwrap(), self.0.bytes.lock().unwrap());
        out.copy_from_slice(&bytes[offset..offset + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.act(Act::SetLength(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.act(Act::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.act(Act::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }
}
