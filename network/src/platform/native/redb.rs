//! Storage of native peers: one file, by redb.
//!
//! A table of redb for each of ours, and `meta` with the number of the format. Each `Changes` is one
//! transaction, which is on the disk when it returns. redb refuses everything after an error of the
//! file, so the file is opened anew after each.

use std::{
    io::ErrorKind,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

use lowkey_protocol::{Change, Changes, RowKey, Stored, Table};
use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase,
    TableDefinition, TableError, WriteTransaction,
};

use super::BoxFuture;
use crate::storage::{
    CONTACT_TAG, FORMAT, Row, Storage, StorageError, TABLES, after_prefix, table_name,
};

/// The number of the format, under `FORMAT_KEY`.
const META: TableDefinition<'_, &str, u32> = TableDefinition::new("meta");
const FORMAT_KEY: &str = "format";

/// Opens the file: at the start, and after each error.
type Open = Arc<dyn Fn() -> Result<Database, Failure> + Send + Sync>;

/// Keeps rows in a file.
pub struct RedbStorage {
    open: Open,
    database: Option<Arc<Database>>,
}

impl RedbStorage {
    /// Opens a file, or makes one. One program may have it open at a time.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let path: PathBuf = path.as_ref().to_owned();
        Self::open_by(Arc::new(move || {
            // To open it for writing writes already, and a newer program's file is not ours.
            match ReadOnlyDatabase::open(&path) {
                Ok(database) => check_format(&database.begin_read()?).map(drop)?,
                Err(DatabaseError::Storage(redb::StorageError::Io(error)))
                    if error.kind() == ErrorKind::NotFound => {}
                // It was not closed, and must be repaired first.
                Err(DatabaseError::RepairAborted) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(Database::create(&path)?)
        }))
        .await
    }

    async fn open_by(open: Open) -> Result<Self, StorageError> {
        let mut storage = Self { open, database: None };
        storage.database().await?;
        Ok(storage)
    }

    /// Returns the open database.
    async fn database(&mut self) -> Result<Arc<Database>, StorageError> {
        if let Some(database) = &self.database {
            return Ok(Arc::clone(database));
        }
        let open = Arc::clone(&self.open);
        let database = blocking(move || {
            let database = open()?;
            if check_format(&database.begin_read()?)? == Format::None {
                let transaction = database.begin_write()?;
                transaction.open_table(META)?.insert(FORMAT_KEY, FORMAT)?;
                transaction.commit()?;
            }
            Ok(Arc::new(database))
        })
        .await?;
        self.database = Some(Arc::clone(&database));
        Ok(database)
    }

    async fn read<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.run(move |database| read(&database.begin_read()?)).await
    }

    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Database) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StorageError> {
        let database = self.database().await?;
        let done = blocking(move || work(&database)).await;
        if done.is_err() {
            self.database = None;
        }
        done
    }
}

impl Storage for RedbStorage {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        Box::pin(self.read(|transaction| {
            let mut stored = Vec::new();
            for table in TABLES.into_iter().filter(|table| *table != Table::History) {
                let rows = open_table(transaction, table)?;
                for row in rows.iter().flat_map(|rows| rows.range::<&[u8]>(..)).flatten() {
                    let (key, value) = row?;
                    stored.push((table, RowKey(key.value().to_vec()), value.value().to_vec()));
                }
            }
            Ok(Stored(stored))
        }))
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        Box::pin(self.run(move |database| {
            // redb's default durability: when it is committed, it is on the disk.
            let transaction = database.begin_write()?;
            for change in changes.0 {
                apply(&transaction, change)?;
            }
            Ok(transaction.commit()?)
        }))
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        let end = before.or_else(|| after_prefix(&prefix));
        if end.as_ref().is_some_and(|end| *end <= prefix) {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        Box::pin(self.read(move |transaction| {
            let Some(history) = open_table(transaction, Table::History)? else {
                return Ok(Vec::new());
            };
            let end =
                end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.0.as_slice()));
            let range = history.range::<&[u8]>((Bound::Included(prefix.0.as_slice()), end))?;
            let mut rows: Vec<Row> = range.rev().take(limit).map(row).collect::<Result<_, _>>()?;
            rows.reverse();
            Ok(rows)
        }))
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.read(|transaction| {
            let Some(history) = open_table(transaction, Table::History)? else {
                return Ok(Vec::new());
            };
            // From the last key of all to the last one before each contact's first.
            let mut rows = Vec::new();
            let mut end = Bound::Unbounded;
            loop {
                let bounds = (Bound::Unbounded, end.as_ref().map(|end: &Vec<u8>| end.as_slice()));
                let Some(last) = history.range::<&[u8]>(bounds)?.next_back() else { break };
                let (key, value) = row(last)?;
                end = Bound::Excluded(key.0.iter().copied().take(CONTACT_TAG).collect());
                rows.push((key, value));
            }
            rows.reverse();
            Ok(rows)
        }))
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.read(move |transaction| {
            let Some(history) = open_table(transaction, Table::History)? else {
                return Ok(Vec::new());
            };
            let first =
                after.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.0.as_slice()));
            let range = history.range::<&[u8]>((first, Bound::Unbounded))?;
            range.take(limit).map(row).collect()
        }))
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.read(move |transaction| {
            let history = open_table(transaction, Table::History)?;
            let mut rows = Vec::new();
            for key in keys {
                let value = history.as_ref().map(|rows| rows.get(key.0.as_slice())).transpose()?;
                if let Some(value) = value.flatten().map(|value| value.value().to_vec()) {
                    rows.push((key, value));
                }
            }
            Ok(rows)
        }))
    }
}

impl std::fmt::Debug for RedbStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbStorage").finish_non_exhaustive()
    }
}

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table_name(table))
}

/// Opens a table to read it; nothing may ever have been written into it.
fn open_table(transaction: &ReadTransaction, table: Table) -> Result<Option<Rows>, Failure> {
    match transaction.open_table(definition(table)) {
        Ok(rows) => Ok(Some(rows)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn apply(transaction: &WriteTransaction, change: Change) -> Result<(), Failure> {
    match change {
        Change::Put(table, key, value) => {
            let mut rows = transaction.open_table(definition(table))?;
            rows.insert(key.0.as_slice(), value.as_slice())?;
        }
        Change::Delete(table, key) => {
            transaction.open_table(definition(table))?.remove(key.0.as_slice())?;
        }
        Change::DeleteAll(table, prefix) => {
            let end = after_prefix(&prefix);
            let end =
                end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.0.as_slice()));
            let mut rows = transaction.open_table(definition(table))?;
            rows.retain_in::<&[u8], _>((Bound::Included(prefix.0.as_slice()), end), |_, _| false)?;
        }
    }
    Ok(())
}

/// Refuses what a newer program wrote.
fn check_format(transaction: &ReadTransaction) -> Result<Format, Failure> {
    let found = match transaction.open_table(META) {
        Ok(meta) => meta.get(FORMAT_KEY)?.map(|found| found.value()),
        Err(TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(error.into()),
    };
    match found {
        Some(FORMAT) => Ok(Format::Ours),
        Some(found) if found > FORMAT => Err(Failure(StorageError::Newer { found, known: FORMAT })),
        // There was no format before the first.
        Some(_) => Err(Failure(StorageError::Damaged)),
        None if transaction.list_tables()?.next().is_some() => Err(Failure(StorageError::Damaged)),
        None => Ok(Format::None),
    }
}

/// What a file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Ours,
    /// It is new.
    None,
}

/// A table that is open to read.
type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

type Bytes<'a> = redb::AccessGuard<'a, &'static [u8]>;

type Found<'a> = Result<(Bytes<'a>, Bytes<'a>), redb::StorageError>;

fn row(found: Found<'_>) -> Result<Row, Failure> {
    let (key, value) = found?;
    Ok((RowKey(key.value().to_vec()), value.value().to_vec()))
}

/// Runs what waits for the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|Failure(error)| error),
        Err(_) => Err(StorageError::Unavailable),
    }
}

/// What redb's errors mean to us.
struct Failure(StorageError);

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: redb::Error = error.into();
        tracing::debug!(%error, "redb failed");
        Self(match error {
            redb::Error::Io(error) => match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StorageError::Full,
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => StorageError::Damaged,
                _ => StorageError::Unavailable,
            },
            redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. } => StorageError::Damaged,
            _ => StorageError::Unavailable,
        })
    }
}

#[cfg(test)]
mod tests;
