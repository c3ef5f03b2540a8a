//! What a backup holds: an archive of who we know and what was said (PROTOCOL.md, "Backup").
//!
//! An archive is a sequence of records, each behind its length: a head, ourselves, contacts,
//! messages, and an end that counts them. No key of a session, a prekey or the phrase is ever in
//! one: whoever reads it makes new sessions. [`Writer`] and [`Reader`] keep nothing but where they
//! are, so that a long history passes in parts.
//!
//! Invariant: no bytes make a reader panic, and what it gives is within all limits.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use crate::{
    Address, MessageOrder, RelayAddress, Timestamp,
    identity::{DhPublicKey, Generation},
    limits,
    wire::Origin,
};

mod wire;

use wire::Wire;

/// The format that is written, and the newest one that is read.
pub const FORMAT: u32 = 1;

/// One thing that an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Ourselves.
    Own(OwnRecord),
    /// Somebody we know, or have blocked.
    Contact(ContactRecord),
    /// Something that was said.
    Message(MessageRecord),
}

/// What we have set.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnRecord {
    /// The name that we give away.
    pub name: Option<String>,
    /// Whether the presence record is not published.
    pub hidden: bool,
    /// Whether nobody may learn our IP address.
    pub hides_address: bool,
}

/// Somebody we know, or have blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    /// Who.
    pub address: Address,
    /// What they are to us, blocking apart.
    pub bond: Bond,
    /// Whether they are blocked.
    pub blocked: bool,
    /// Our name for them.
    pub petname: Option<String>,
    /// Their name for themselves.
    pub own_name: Option<String>,
    /// The relays that their invite named.
    pub relays: Vec<RelayAddress>,
    /// Whether they may not learn our IP address.
    pub hides_address: bool,
    /// Their newest install: older ones stay refused.
    pub install: Option<(Generation, DhPublicKey)>,
    /// When somebody wrote last.
    pub used: Timestamp,
    /// The greatest Lamport time of either side.
    pub lamport: u64,
    /// The numbers that came, in each origin of theirs: nothing comes twice.
    pub arrived: Vec<(Origin, Vec<(u64, u64)>)>,
    /// The origins in which we sent.
    pub sent: Vec<Origin>,
}

/// What somebody is to us, blocking apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// We added them, and they have not answered.
    Invited,
    /// Both sides talk.
    Contact,
    /// Nobody; kept because they are blocked.
    Stranger,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Whose conversation.
    pub contact: Address,
    /// Its place, and in it its name.
    pub order: MessageOrder,
    /// Who wrote it, and what became of it.
    pub fate: Fate,
    /// What.
    pub text: String,
    /// The writer's time.
    pub sent: Timestamp,
}

/// Who wrote a message, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The contact wrote it.
    Received,
    /// We wrote it, and it arrived.
    Delivered,
    /// We wrote it, and nobody has acknowledged it.
    Unacknowledged,
    /// We wrote it, and it was given up.
    NotSent,
}

/// Why an archive is refused; it is read to its end before anything of it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is no archive, or was cut or changed.
    #[error("the backup is malformed, or was cut or changed")]
    Malformed,
    /// It is another identity's.
    #[error("the backup is of another identity")]
    OtherIdentity,
    /// A newer program wrote it.
    #[error("the backup has format {found}, and {known} is the newest that is known")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
}

/// Writes an archive.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    /// The contacts so far, by their number.
    contacts: BTreeMap<Address, u32>,
    messages: u64,
}

impl Writer {
    /// Begins an archive of this identity.
    pub fn new(own: &Address) -> Self {
        let mut bytes = Vec::new();
        wire::write(Wire::head(own), &mut bytes);
        Self { bytes, contacts: BTreeMap::new(), messages: 0 }
    }

    /// Adds a record. A message needs its contact before it; without one it is left out, as is a
    /// contact that is there already.
    pub fn push(&mut self, record: Record) {
        let wire = match record {
            Record::Own(own) => Wire::own(own),
            Record::Contact(contact) => {
                let number = u32::try_from(self.contacts.len()).unwrap_or(u32::MAX);
                let full = self.contacts.len() >= limits::ARCHIVE_CONTACTS;
                if full || self.contacts.contains_key(&contact.address) {
                    return;
                }
                self.contacts.insert(contact.address, number);
                Wire::contact(contact)
            }
            Record::Message(message) => {
                let Some(contact) = self.contacts.get(&message.contact) else { return };
                self.messages = self.messages.saturating_add(1);
                Wire::message(*contact, message)
            }
        };
        wire::write(wire, &mut self.bytes);
    }

    /// Ends the archive.
    pub fn finish(mut self) -> Vec<u8> {
        let contacts = u32::try_from(self.contacts.len()).unwrap_or(u32::MAX);
        wire::write(Wire::end(contacts, self.messages), &mut self.bytes);
        self.bytes
    }
}

/// Reads an archive; after an error nothing follows.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    contacts: Vec<Address>,
    messages: u64,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Reads the head: an archive of this identity, in a format that is known.
    pub fn open(bytes: &'a [u8], own: &Address) -> Result<Self, ArchiveError> {
        let mut rest = bytes;
        let head = wire::read(&mut rest).and_then(Wire::into_head);
        let (format, address) = head.ok_or(ArchiveError::Malformed)?;
        match format {
            0 => return Err(ArchiveError::Malformed),
            1..=FORMAT => {}
            found => return Err(ArchiveError::Newer { found, known: FORMAT }),
        }
        if address.as_slice() != own.key().as_bytes() {
            return Err(ArchiveError::OtherIdentity);
        }
        Ok(Self { rest, contacts: Vec::new(), messages: 0, ended: false })
    }

    /// Reads the next record; nothing follows the end, and an archive without one is cut.
    fn read(&mut self) -> Option<Option<Record>> {
        loop {
            let wire = wire::read(&mut self.rest)?;
            if let Some((contacts, messages)) = wire.as_end() {
                let counted = usize::try_from(contacts).ok() == Some(self.contacts.len())
                    && messages == self.messages;
                self.ended = true;
                return (counted && self.rest.is_empty()).then_some(None);
            }
            // What a later program of the same format added is passed over.
            let Some(record) = wire.into_record(&self.contacts)? else { continue };
            match &record {
                Record::Own(_) => {}
                Record::Contact(contact) => {
                    let room = self.contacts.len() < limits::ARCHIVE_CONTACTS;
                    room.then(|| self.contacts.push(contact.address))?;
                }
                Record::Message(_) => self.messages = self.messages.saturating_add(1),
            }
            return Some(Some(record));
        }
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Some(record) => record.map(Ok),
            None => {
                self.ended = true;
                Some(Err(ArchiveError::Malformed))
            }
        }
    }
}

#[cfg(test)]
mod tests;
