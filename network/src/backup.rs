//! Backups: everything that a peer knows as one archive, and an archive taken in (PROTOCOL.md,
//! "Backup").
//!
//! Both go on in parts, so that messages come and go meanwhile, and nothing but the archive itself
//! is held. An archive is read to its end before anything of it is taken.

use futures::channel::oneshot;
use lowkey_protocol::{
    Address, ArchiveError, Reply, RowKey,
    archive::{Reader, Record, Writer},
    limits,
};
use zeroize::Zeroizing;

use crate::{
    peer::{PeerError, PeerHandle, Request},
    platform,
};

/// How much of a backup was new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Contacts and blocked keys.
    pub contacts: u32,
    /// Messages.
    pub messages: u32,
}

/// What a backup asks of the driver.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Whose backup it is, and the key for it.
    Owner(oneshot::Sender<Result<Owner, PeerError>>),
    /// Everything but messages.
    People(oneshot::Sender<Result<Vec<Record>, PeerError>>),
    /// Some messages, from behind a place on.
    Messages(Option<RowKey>, oneshot::Sender<Result<Part, PeerError>>),
    /// Take these in.
    Import(Vec<Record>, oneshot::Sender<Result<Reply, PeerError>>),
}

/// Whose backup it is.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) address: Address,
    pub(crate) key: Zeroizing<[u8; 32]>,
}

/// Some messages.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) messages: Vec<Record>,
    /// Where more may follow.
    pub(crate) last: Option<RowKey>,
}

impl PeerHandle {
    /// Returns the key that backups are encrypted with: an X25519 secret, from the phrase.
    pub async fn backup_key(&self) -> Result<Zeroizing<[u8; 32]>, PeerError> {
        Ok(self.ask_backup(Ask::Owner).await?.key)
    }

    /// Returns an archive of everything but keys. It is not encrypted.
    pub async fn export(&self) -> Result<Vec<u8>, PeerError> {
        let owner = self.ask_backup(Ask::Owner).await?;
        let mut writer = Writer::new(&owner.address);
        let people = self.ask_backup(Ask::People).await?;
        people.into_iter().for_each(|record| writer.push(record));
        let mut after = None;
        loop {
            let part = self.ask_backup(|answer| Ask::Messages(after, answer)).await?;
            // One who became a contact meanwhile is not in the archive, nor are their messages.
            part.messages.into_iter().for_each(|record| writer.push(record));
            if part.last.is_none() {
                return Ok(writer.finish());
            }
            after = part.last;
            platform::yield_now().await;
        }
    }

    /// Takes an archive in: what is here already wins. One that is refused changes nothing; after
    /// another failure some of it may be here, and it can be taken again.
    pub async fn import(&self, archive: &[u8]) -> Result<Imported, PeerError> {
        let owner = self.ask_backup(Ask::Owner).await?;
        check(archive, &owner.address).await?;
        let mut imported = Imported::default();
        let mut reader = Reader::open(archive, &owner.address)?;
        loop {
            let records: Vec<Record> =
                reader.by_ref().take(limits::IMPORT_RECORDS).collect::<Result<_, _>>()?;
            if records.is_empty() {
                return Ok(imported);
            }
            let answer = self.ask_backup(|answer| Ask::Import(records, answer)).await?;
            if let Reply::Imported { contacts, messages } = answer {
                imported.contacts = imported.contacts.saturating_add(contacts);
                imported.messages = imported.messages.saturating_add(messages);
            }
            platform::yield_now().await;
        }
    }

    async fn ask_backup<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, PeerError>>) -> Ask,
    ) -> Result<T, PeerError> {
        self.ask(|answer| Request::Backup(ask(answer))).await
    }
}

/// Reads an archive to its end, so that none is taken in half.
async fn check(archive: &[u8], own: &Address) -> Result<(), ArchiveError> {
    for (count, record) in Reader::open(archive, own)?.enumerate() {
        record?;
        if count % CHECKED_AT_ONCE == 0 {
            platform::yield_now().await;
        }
    }
    Ok(())
}

/// Records that are read before others have their turn; far less than a step of the engine.
const CHECKED_AT_ONCE: usize = 1_024;
