//! What tests in browsers call: only in builds with `test-support`, never in one for people.

use std::cell::Cell;

use lowkey_network::{Storage, fail_point, storage::contract};
use lowkey_protocol::{Change, Changes, RowKey, Table, session::key_log};
use wasm_bindgen::prelude::*;

use crate::{
    error::Coded,
    storage::{Database, Field, IndexedStorage},
};

#[wasm_bindgen]
extern "C" {
    /// The test's own function; it may stop the page there and then.
    #[wasm_bindgen(js_namespace = globalThis, js_name = lowkeyFailPoint, catch)]
    fn reached(name: &str) -> Result<(), JsValue>;
}

/// Has `globalThis.lowkeyFailPoint(name)` called at every moment at which a test may kill the page.
#[wasm_bindgen(js_name = watchFailPoints)]
pub fn watch_fail_points() {
    fail_point::set_hook(|name| {
        // A page without that function is not watched.
        let _ = reached(name);
    });
}

/// Returns the names of the moments that every talk comes to.
#[wasm_bindgen(js_name = failPointNames)]
pub fn fail_point_names() -> Vec<String> {
    fail_point::NAMES.iter().map(|name| (*name).to_owned()).collect()
}

/// Returns, in hexadecimal, SHA-256(key || nonce) of all that this page has encrypted for contacts
/// since the last call.
#[wasm_bindgen(js_name = keyLog)]
pub fn take_key_log() -> Vec<String> {
    key_log::take().iter().map(|hash| hash.map(|byte| format!("{byte:02x}")).concat()).collect()
}

/// Checks the contract of storage, in databases whose names begin so.
#[wasm_bindgen(js_name = checkStorageContract)]
pub async fn check_storage_contract(prefix: &str) {
    let number = Cell::new(0_u32);
    contract::check(|| {
        number.set(number.get().wrapping_add(1));
        let name = format!("{prefix}-{}", number.get());
        async move { made(&name).await }
    })
    .await;
    let name = format!("{prefix}-again");
    contract::check_reopening(|| made(&name)).await;
}

/// Checks that a save that fails changes nothing; saves of this database must fail now.
#[wasm_bindgen(js_name = checkFailedSave)]
pub async fn check_failed_save(name: &str) {
    contract::a_save_that_fails_changes_nothing(&mut made(name).await).await;
}

/// Rows of a database of a test.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TestRows(IndexedStorage);

#[wasm_bindgen]
impl TestRows {
    /// Opens a database, so that whoever had it open can save nothing more.
    pub async fn open(name: &str) -> Result<Self, JsValue> {
        let opened = opened(name).await.map_err(Coded::internal)?;
        Ok(Self(opened))
    }

    /// Saves rows of the history of contacts that take turns: `count` from the number `first` on, of
    /// `bytes` bytes each, in one transaction. Rejects with the text of the storage's error.
    pub async fn save(
        &mut self,
        first: u32,
        count: u32,
        contacts: u32,
        bytes: usize,
    ) -> Result<(), JsValue> {
        let row = |number: u32| {
            let contact = number.checked_rem(contacts).unwrap_or_default();
            let (tag, order) = (u128::from(contact).to_be_bytes(), [0; 20]);
            let key = [&tag[..], &order, &number.to_be_bytes()].concat();
            Change::Put(Table::History, RowKey(key), vec![7; bytes])
        };
        let changes = (first..first.saturating_add(count)).map(row).collect();
        self.0.save(Changes(changes)).await.map_err(|error| JsValue::from(error.to_string()))
    }

    /// Returns how many rows there are.
    pub async fn count(&mut self) -> Result<u32, JsValue> {
        let mut after = None;
        let mut count = 0_u32;
        loop {
            let rows = self.0.scan(after, 1_000).await.map_err(Coded::internal)?;
            let Some((last, _)) = rows.last() else { return Ok(count) };
            count = count.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            after = Some(last.clone());
        }
    }

    /// Reads the last page of a contact, and returns how many rows it has.
    pub async fn page(&mut self, contact: u32, limit: usize) -> Result<usize, JsValue> {
        let tag = RowKey(u128::from(contact).to_be_bytes().to_vec());
        let rows = self.0.history(tag, None, limit).await.map_err(Coded::internal)?;
        Ok(rows.len())
    }

    /// Reads the last row of each contact, and returns how many there are.
    pub async fn lasts(&mut self) -> Result<usize, JsValue> {
        Ok(self.0.last_messages().await.map_err(Coded::internal)?.len())
    }
}

async fn opened(name: &str) -> Result<IndexedStorage, lowkey_network::StorageError> {
    let database =
        Database::open(name).await.map_err(|_| lowkey_network::StorageError::Unavailable)?;
    let epoch = database.get(Field::Epoch).await?.as_f64().and_then(crate::keys::to_u32);
    let epoch = epoch.unwrap_or_default().wrapping_add(1);
    database.set(&[(Field::Epoch, epoch.into())]).await?;
    Ok(IndexedStorage::new(database.into(), epoch, || {}))
}

#[allow(clippy::panic, reason = "a test may end there")]
async fn made(name: &str) -> IndexedStorage {
    match opened(name).await {
        Ok(storage) => storage,
        Err(error) => panic!("{name}: {error}"),
    }
}
