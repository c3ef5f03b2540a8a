//! Records of a backup, from the engine and the history.

use std::collections::BTreeSet;

use lowkey_protocol::{RowKey, archive::Record};
use zeroize::Zeroizing;

use super::Core;
use crate::{
    backup::{Owner, Part},
    peer::PeerError,
    storage::Storage,
};

impl<S: Storage> Core<S> {
    pub(in crate::driver) fn backup_owner(&self) -> Result<Owner, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let key = Zeroizing::new(*engine.backup_key().as_bytes());
        Ok(Owner { address: engine.address(), key })
    }

    pub(in crate::driver) fn archive(&self) -> Result<Vec<Record>, PeerError> {
        Ok(self.engine.as_ref().map_err(|why| *why)?.archive())
    }

    /// Returns messages from behind a row on; rows that do not open are left out.
    pub(in crate::driver) async fn archive_messages(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> Result<Part, PeerError> {
        let rows = self.storage.scan(after, limit).await?;
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let messages = rows
            .iter()
            .filter_map(|(key, row)| engine.archive_message(key, row).ok().flatten())
            .collect();
        let last = rows.into_iter().last().map(|(key, _)| key);
        Ok(Part { messages, last })
    }

    /// Takes out the messages that the history has.
    pub(in crate::driver) async fn without_known(
        &mut self,
        mut records: Vec<Record>,
    ) -> Result<Vec<Record>, PeerError> {
        let engine = self.engine.as_ref().map_err(|why| *why)?;
        let key = |record: &Record| match record {
            Record::Message(message) => Some(engine.history_key(message)),
            Record::Own(_) | Record::Contact(_) => None,
        };
        let keys = records.iter().filter_map(key).collect();
        let rows = self.storage.pick(keys).await?;
        let known: BTreeSet<RowKey> = rows.into_iter().map(|(key, _)| key).collect();
        records.retain(|record| key(record).is_none_or(|key| !known.contains(&key)));
        Ok(records)
    }
}
