//! Rows in IndexedDB.

use std::rc::Rc;

use idb::{CursorDirection, KeyRange, ObjectStore, Query};
use js_sys::{ArrayBuffer, Uint8Array};
use lowkey_network::{
    Storage, StorageError,
    platform::BoxFuture,
    storage::{CONTACT_TAG, Row, TABLES, after_prefix, table_name},
};
use lowkey_protocol::{Change, Changes, RowKey, Stored, Table};
use wasm_bindgen::prelude::*;

use super::database::{Database, META, unavailable};

const HISTORY: &str = table_name(Table::History);

/// Keeps rows in a database that this tab has opened last: when another opens it, saving fails, so
/// that a tab that slept for long never goes on with state that is old.
pub struct IndexedStorage {
    database: Rc<Database>,
    epoch: u32,
    /// Called once, when something was saved.
    saved: Option<fn()>,
}

impl IndexedStorage {
    /// Makes one of a database whose epoch this is; `saved` is called after the first save.
    pub fn new(database: Rc<Database>, epoch: u32, saved: fn()) -> Self {
        Self { database, epoch, saved: Some(saved) }
    }

    async fn save_all(&mut self, changes: Changes) -> Result<(), StorageError> {
        let mut stores: Vec<&str> =
            changes.0.iter().map(|change| table_name(table(change))).collect();
        stores.push(META);
        stores.sort_unstable();
        stores.dedup();
        let writing = self.database.write(&stores)?;
        // Whoever opened the database since then ends this here.
        let opened = writing.opened(self.epoch)?;
        for change in changes.0 {
            if let Err(error) = apply(&writing.store(table_name(table(&change)))?, change) {
                writing.abort();
                let _ = writing.done().await;
                return Err(error);
            }
        }
        writing.done_in(opened).await?;
        if let Some(saved) = self.saved.take() {
            saved();
        }
        Ok(())
    }

    async fn load_all(&self) -> Result<Stored, StorageError> {
        let names: Vec<&str> = loaded().map(table_name).collect();
        let reading = self.database.read(&names)?;
        let mut asked = Vec::new();
        for table in loaded() {
            let store = reading.object_store(table_name(table)).map_err(unavailable)?;
            let keys = store.get_all_keys(None, None).map_err(unavailable)?.into_future();
            let values = store.get_all(None, None).map_err(unavailable)?.into_future();
            asked.push((table, keys, values));
        }
        let mut stored = Vec::new();
        for (table, keys, values) in asked {
            let keys = keys.await.map_err(unavailable)?;
            let values = values.await.map_err(unavailable)?;
            for (key, value) in keys.iter().zip(&values) {
                stored.push((table, RowKey(bytes(key)?), bytes(value)?));
            }
        }
        Ok(Stored(stored))
    }

    /// Returns rows of the history in a range, ascending.
    async fn rows(
        &self,
        history: &ObjectStore,
        range: Option<KeyRange>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StorageError> {
        let query = || range.clone().map(Query::KeyRange);
        let keys = history.get_all_keys(query(), limit).map_err(unavailable)?.into_future();
        let values = history.get_all(query(), limit).map_err(unavailable)?.into_future();
        let keys = keys.await.map_err(unavailable)?;
        let values = values.await.map_err(unavailable)?;
        keys.iter()
            .zip(&values)
            .map(|(key, value)| Ok((RowKey(bytes(key)?), bytes(value)?)))
            .collect()
    }

    async fn page(
        &self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: u32,
    ) -> Result<Vec<Row>, StorageError> {
        let end = before.or_else(|| after_prefix(&prefix));
        if limit == 0 || end.as_ref().is_some_and(|end| *end <= prefix) {
            return Ok(Vec::new());
        }
        let first = js_key(&prefix);
        let end = end.as_ref().map(js_key);
        let history = self.history_store()?;
        // A cursor jumps back to where the page begins: two events, whatever the length of the page.
        let whole = range(&first, end.as_ref())?;
        let cursor = history.open_key_cursor(Some(whole.into()), Some(CursorDirection::Prev));
        let Some(cursor) = cursor.map_err(unavailable)?.await.map_err(unavailable)? else {
            return Ok(Vec::new());
        };
        let mut cursor = cursor.into_managed();
        if let Some(back) = limit.checked_sub(1).filter(|back| *back > 0) {
            cursor.advance(back).await.map_err(unavailable)?;
        }
        let begin = cursor.key().map_err(unavailable)?.unwrap_or(first);
        let page = range(&begin, end.as_ref())?;
        self.rows(&history, Some(page), None).await
    }

    /// A cursor that goes backwards reads all that it passes, wherever it is told to go on. So this
    /// hops forwards from conversation to conversation, and asks for the end of each by itself.
    async fn lasts(&self) -> Result<Vec<Row>, StorageError> {
        let history = self.history_store()?;
        let mut asked = Vec::new();
        let mut rest = None;
        loop {
            let keys = history.get_all_keys(rest.take(), Some(1)).map_err(unavailable)?;
            let keys = keys.await.map_err(unavailable)?;
            let Some(key) = keys.first() else { break };
            let first = conversation(RowKey(bytes(key)?));
            let end = after_prefix(&first);
            let all = range(&js_key(&first), end.as_ref().map(js_key).as_ref())?;
            let last = history.open_cursor(Some(all.into()), Some(CursorDirection::Prev));
            asked.push(last.map_err(unavailable)?.into_future());
            let Some(end) = end else { break };
            rest = Some(range(&js_key(&end), None)?.into());
        }
        let mut rows = Vec::new();
        for last in asked {
            let Some(last) = last.await.map_err(unavailable)? else { continue };
            let key = last.key().map_err(unavailable)?;
            let value = last.value().map_err(unavailable)?;
            rows.push((RowKey(bytes(&key)?), bytes(&value)?));
        }
        Ok(rows)
    }

    async fn scan_from(&self, after: Option<RowKey>, limit: u32) -> Result<Vec<Row>, StorageError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let range = after.map(|after| KeyRange::lower_bound(&js_key(&after), Some(true)));
        let range = range.transpose().map_err(unavailable)?;
        self.rows(&self.history_store()?, range, Some(limit)).await
    }

    async fn pick_all(&self, keys: Vec<RowKey>) -> Result<Vec<Row>, StorageError> {
        let history = self.history_store()?;
        let mut asked = Vec::new();
        for key in keys {
            let found = history.get(js_key(&key)).map_err(unavailable)?.into_future();
            asked.push((key, found));
        }
        let mut rows = Vec::new();
        for (key, found) in asked {
            if let Some(value) = found.await.map_err(unavailable)? {
                rows.push((key, bytes(&value)?));
            }
        }
        Ok(rows)
    }

    fn history_store(&self) -> Result<ObjectStore, StorageError> {
        self.database.read(&[HISTORY])?.object_store(HISTORY).map_err(unavailable)
    }
}

impl Storage for IndexedStorage {
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>> {
        Box::pin(self.load_all())
    }

    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>> {
        Box::pin(self.save_all(changes))
    }

    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.page(prefix, before, count(limit)))
    }

    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.lasts())
    }

    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.scan_from(after, count(limit)))
    }

    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>> {
        Box::pin(self.pick_all(keys))
    }
}

impl std::fmt::Debug for IndexedStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexedStorage").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

fn loaded() -> impl Iterator<Item = Table> {
    TABLES.into_iter().filter(|table| *table != Table::History)
}

fn apply(store: &ObjectStore, change: Change) -> Result<(), StorageError> {
    match change {
        Change::Put(_, key, value) => {
            let value = Uint8Array::from(value.as_slice());
            store.put(&value, Some(&js_key(&key))).map_err(unavailable)?;
        }
        Change::Delete(_, key) => {
            store.delete(js_key(&key)).map_err(unavailable)?;
        }
        Change::DeleteAll(_, prefix) => {
            let end = after_prefix(&prefix).as_ref().map(js_key);
            let all = range(&js_key(&prefix), end.as_ref())?;
            store.delete(all).map_err(unavailable)?;
        }
    }
    Ok(())
}

const fn table(change: &Change) -> Table {
    match change {
        Change::Put(table, ..) | Change::Delete(table, _) | Change::DeleteAll(table, _) => *table,
    }
}

fn js_key(key: &RowKey) -> JsValue {
    Uint8Array::from(key.0.as_slice()).into()
}

/// Returns what the keys of a conversation begin with, of one of them.
fn conversation(mut key: RowKey) -> RowKey {
    key.0.truncate(CONTACT_TAG);
    key
}

/// Returns the keys from the first one up to, but without, the end.
fn range(first: &JsValue, end: Option<&JsValue>) -> Result<KeyRange, StorageError> {
    let range = match end {
        Some(end) => KeyRange::bound(first, end, None, Some(true)),
        None => KeyRange::lower_bound(first, None),
    };
    range.map_err(unavailable)
}

/// Keys come as array buffers, values as what was put.
fn bytes(value: &JsValue) -> Result<Vec<u8>, StorageError> {
    if value.is_instance_of::<Uint8Array>() || value.is_instance_of::<ArrayBuffer>() {
        Ok(Uint8Array::new(value).to_vec())
    } else {
        Err(StorageError::Damaged)
    }
}

fn count(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
