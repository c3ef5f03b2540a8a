//! The database: its versions, its transactions, and what its failures mean.
//!
//! An object store for each table, with binary keys and values, and `meta` for what is not the
//! engine's: how the vault key is wrapped, and how often the profile was opened. The version of the
//! database is the number of the format.

use std::{cell::Cell, rc::Rc};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{Either, LocalBoxFuture, select},
};
use gloo_timers::future::TimeoutFuture;
use idb::{Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Array, Object, Reflect};
use lowkey_network::{
    StorageError,
    storage::{FORMAT, TABLES, table_name},
};
use wasm_bindgen::prelude::*;
use web_sys::{DomException, IdbDatabase, IdbTransaction};

#[wasm_bindgen]
extern "C" {
    // web-sys does not know the options of `transaction`, nor does idb.
    type DatabaseWithOptions;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn begin(
        this: &DatabaseWithOptions,
        stores: &Array,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;
}

/// How long a tab that still has a database open may keep us from deleting it.
const PATIENCE_MILLIS: u32 = 10_000;

/// The object store of what is not the engine's.
pub(super) const META: &str = "meta";

/// The fields of `meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// How the vault key is wrapped.
    Wrap,
    /// How often the profile was opened.
    Epoch,
}

impl Field {
    pub(super) fn key(self) -> JsValue {
        match self {
            Self::Wrap => "wrap".into(),
            Self::Epoch => "epoch".into(),
        }
    }
}

/// An open database; it closes when it is dropped, or when somebody deletes it.
#[derive(Debug)]
pub struct Database {
    database: idb::Database,
    raw: IdbDatabase,
}

impl Database {
    /// Opens a database, or makes one.
    pub async fn open(name: &str) -> Result<Self, OpenDatabaseError> {
        let factory = Factory::new().map_err(|_| OpenDatabaseError::Denied)?;
        let mut request =
            factory.open(name, Some(FORMAT)).map_err(|_| OpenDatabaseError::Denied)?;
        request.on_upgrade_needed(|event| {
            // What fails here fails the opening as well.
            if let Ok(database) = idb::DatabaseEvent::database(&event) {
                make_stores(&database);
            }
        });
        let opened = match request.await {
            Ok(opened) => opened,
            Err(error) => return Err(refusal(&factory, name, &error).await),
        };
        let raw: IdbDatabase = opened.into();
        let mut database = idb::Database::from(raw.clone());
        let closing = raw.clone();
        database.on_version_change(move |_| closing.close());
        let found = Self { database, raw };
        let stores = found.database.store_names();
        let is_whole = TABLES.into_iter().map(table_name).chain([META]);
        if is_whole.into_iter().all(|name| stores.iter().any(|store| store == name)) {
            Ok(found)
        } else {
            Err(OpenDatabaseError::Damaged)
        }
    }

    /// Deletes a database. Tabs close it when they hear of that; one that sleeps does not hear.
    pub async fn delete(name: &str) -> Result<(), OpenDatabaseError> {
        let factory = Factory::new().map_err(|_| OpenDatabaseError::Denied)?;
        let request = factory.delete(name).map_err(|_| OpenDatabaseError::Denied)?;
        let (sender, deleted) = oneshot::channel();
        // The browser goes on with it when nobody waits any more, and calls back then too.
        wasm_bindgen_futures::spawn_local(async move {
            let _ = sender.send(request.await.map_err(|_| OpenDatabaseError::Failed));
        });
        let patience = TimeoutFuture::new(PATIENCE_MILLIS);
        match select(deleted, patience.boxed_local()).await {
            Either::Left((deleted, _)) => deleted.unwrap_or(Err(OpenDatabaseError::Failed)),
            Either::Right(_) => Err(OpenDatabaseError::Busy),
        }
    }

    /// Deletes all that is kept, whoever has the database open: it counts as opened once more, so
    /// that they can save nothing.
    pub async fn clear(&self) -> Result<(), StorageError> {
        let names: Vec<&str> = TABLES.into_iter().map(table_name).chain([META]).collect();
        let writing = self.write(&names)?;
        let meta = writing.store(META)?;
        let found = meta.get(Field::Epoch.key()).map_err(unavailable)?.await;
        let found = found.map_err(unavailable)?.and_then(|epoch| epoch.as_f64());
        for name in names {
            writing.store(name)?.clear().map_err(unavailable)?;
        }
        let next = found.unwrap_or(0.0) + 1.0;
        meta.put(&next.into(), Some(&Field::Epoch.key())).map_err(unavailable)?;
        writing.done().await
    }

    /// Begins a transaction that only reads.
    pub(super) fn read(&self, stores: &[&str]) -> Result<idb::Transaction, StorageError> {
        self.database.transaction(stores, TransactionMode::ReadOnly).map_err(unavailable)
    }

    /// Begins a transaction that is on the disk when it is committed.
    pub(super) fn write(&self, stores: &[&str]) -> Result<Writing, StorageError> {
        let names: Array = stores.iter().map(|name| JsValue::from(*name)).collect();
        let options = Object::new();
        // Setting fails only on frozen objects; this one was just made.
        let _ = Reflect::set(&options, &"durability".into(), &"strict".into());
        let database: &DatabaseWithOptions = self.raw.unchecked_ref();
        let raw = database.begin(&names, "readwrite", &options).map_err(unavailable)?;
        Ok(Writing::watch(raw))
    }

    /// Returns a field of `meta`, or `undefined`.
    pub async fn get(&self, field: Field) -> Result<JsValue, StorageError> {
        let meta = self.read(&[META])?.object_store(META).map_err(unavailable)?;
        let found = meta.get(field.key()).map_err(unavailable)?.await.map_err(unavailable)?;
        Ok(found.unwrap_or(JsValue::UNDEFINED))
    }

    /// Sets fields of `meta`, all or none.
    pub async fn set(&self, fields: &[(Field, JsValue)]) -> Result<(), StorageError> {
        let writing = self.write(&[META])?;
        writing.set(fields)?;
        writing.done().await
    }

    /// The same, if nobody has opened the database since this epoch.
    pub async fn set_in(
        &self,
        epoch: u32,
        fields: &[(Field, JsValue)],
    ) -> Result<(), StorageError> {
        let writing = self.write(&[META])?;
        let opened = writing.opened(epoch)?;
        writing.set(fields)?;
        writing.done_in(opened).await
    }

    /// Whether the engine has stored anything.
    pub async fn has_rows(&self) -> Result<bool, StorageError> {
        let names = TABLES.map(table_name);
        let reading = self.read(&names)?;
        let mut asked = Vec::new();
        for name in names {
            let store = reading.object_store(name).map_err(unavailable)?;
            // Counting would go through all of a long history.
            let first = store.get_all_keys(None, Some(1)).map_err(unavailable)?;
            asked.push(first.into_future());
        }
        let mut has_rows = false;
        for first in asked {
            has_rows |= !first.await.map_err(unavailable)?.is_empty();
        }
        Ok(has_rows)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.raw.close();
    }
}

/// Whether an epoch is the last one, as soon as the transaction has looked.
pub(super) type Asked = LocalBoxFuture<'static, Result<bool, idb::Error>>;

/// A transaction that writes.
pub(super) struct Writing {
    raw: IdbTransaction,
    ended: oneshot::Receiver<Result<(), StorageError>>,
    // Called when the transaction ends, however it does.
    _callbacks: [Closure<dyn FnMut()>; 2],
}

impl Writing {
    fn watch(raw: IdbTransaction) -> Self {
        let (sender, ended) = oneshot::channel();
        let sender = Rc::new(Cell::new(Some(sender)));
        let tell = |result: fn(&IdbTransaction) -> Result<(), StorageError>| {
            let (sender, raw) = (sender.clone(), raw.clone());
            Closure::new(move || {
                if let Some(sender) = sender.take() {
                    let _ = sender.send(result(&raw));
                }
            })
        };
        let complete: Closure<dyn FnMut()> = tell(|_| Ok(()));
        let abort: Closure<dyn FnMut()> =
            tell(|raw| Err(raw.error().map_or(StorageError::Unavailable, |why| meaning(&why))));
        raw.set_oncomplete(Some(complete.as_ref().unchecked_ref()));
        raw.set_onabort(Some(abort.as_ref().unchecked_ref()));
        Self { raw, ended, _callbacks: [complete, abort] }
    }

    pub(super) fn store(&self, name: &str) -> Result<idb::ObjectStore, StorageError> {
        self.raw.object_store(name).map(Into::into).map_err(unavailable)
    }

    fn set(&self, fields: &[(Field, JsValue)]) -> Result<(), StorageError> {
        let meta = self.store(META)?;
        for (field, value) in fields {
            meta.put(value, Some(&field.key())).map_err(unavailable)?;
        }
        Ok(())
    }

    /// Asks whether this is still the last epoch. Asked first, it is answered first.
    pub(super) fn opened(&self, epoch: u32) -> Result<Asked, StorageError> {
        let found = self.store(META)?.get(Field::Epoch.key()).map_err(unavailable)?.into_future();
        Ok(async move { Ok(found.await?.and_then(|found| found.as_f64()) == Some(epoch.into())) }
            .boxed_local())
    }

    pub(super) fn abort(&self) {
        // It may have ended by itself.
        let _ = self.raw.abort();
    }

    /// Waits until it is on the disk.
    pub(super) async fn done(mut self) -> Result<(), StorageError> {
        // The callbacks stay alive until one was called: `self` is dropped at the end.
        (&mut self.ended).await.unwrap_or(Err(StorageError::Unavailable))
    }

    /// The same, if nobody has opened the database since then: else it changes nothing.
    pub(super) async fn done_in(self, opened: Asked) -> Result<(), StorageError> {
        let refusal = match opened.await {
            Ok(true) => return self.done().await,
            Ok(false) => "another tab has opened the storage",
            Err(_) => "the storage cannot say who has opened it",
        };
        tracing::warn!("{refusal}");
        self.abort();
        // If it had ended by itself, it knows why.
        self.done().await.and(Err(StorageError::Unavailable))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.raw.set_oncomplete(None);
        self.raw.set_onabort(None);
    }
}

/// Why a database was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenDatabaseError {
    /// This browser keeps nothing here.
    #[error("this browser keeps nothing here")]
    Denied,
    /// A newer page made it.
    #[error("the database has format {found}, and only {FORMAT} is known")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It is not what it should be.
    #[error("the database is damaged")]
    Damaged,
    /// There is no room left.
    #[error("there is no room left")]
    Full,
    /// A tab that does not answer has it open.
    #[error("a tab that does not answer has the database open")]
    Busy,
    /// The browser did not do it, whatever the reason.
    #[error("the browser failed")]
    Failed,
}

fn make_stores(database: &idb::Database) {
    for name in TABLES.map(table_name).into_iter().chain([META]) {
        if database.create_object_store(name, ObjectStoreParams::new()).is_err() {
            tracing::error!("a table could not be made");
        }
    }
}

async fn refusal(factory: &Factory, name: &str, error: &idb::Error) -> OpenDatabaseError {
    let idb::Error::DomException(error) = error else { return OpenDatabaseError::Failed };
    match error.name().as_str() {
        "VersionError" => match factory.open(name, None) {
            Ok(request) => match request.await.map(|database| (database.version(), database)) {
                Ok((Ok(found), database)) => {
                    database.close();
                    OpenDatabaseError::Newer { found }
                }
                _ => OpenDatabaseError::Failed,
            },
            Err(_) => OpenDatabaseError::Failed,
        },
        "QuotaExceededError" => OpenDatabaseError::Full,
        "AbortError" => OpenDatabaseError::Failed,
        _ => OpenDatabaseError::Denied,
    }
}

fn meaning(error: &DomException) -> StorageError {
    match error.name().as_str() {
        "QuotaExceededError" => StorageError::Full,
        _ => StorageError::Unavailable,
    }
}

/// Whatever the browser says: now it does not work.
pub(super) fn unavailable(error: impl std::fmt::Debug) -> StorageError {
    tracing::debug!(?error, "IndexedDB failed");
    StorageError::Unavailable
}
