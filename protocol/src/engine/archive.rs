//! Backups: what an engine knows as records of an archive, and records taken in (PROTOCOL.md,
//! "Backup").
//!
//! Invariant: no secret of a session leaves here, and taking records twice is the same as once.

use alloc::vec::Vec;

use crate::{
    Address,
    archive::{Bond, ContactRecord, Fate, MessageRecord, OwnRecord, Record},
    engine::{
        Engine, OpenError,
        contacts::{Contact, ContactKeys, Install, Relation},
        conversation::entry::{Entry, Payload, message_id},
        input::PresenceMode,
        output::{Author, DeliveryState, MessageOrder, MessageView, Reply, RowKey},
        step::Step,
        timer::Timer,
    },
    identity::BackupKey,
    limits,
    wire::Origin,
};

impl Engine {
    /// Returns what an archive begins with: ourselves and everybody we know, but for requests.
    pub fn archive(&self) -> Vec<Record> {
        let own = OwnRecord {
            name: self.own.name.clone(),
            hidden: self.own.presence == PresenceMode::Hidden,
            hides_address: self.own.hides_address,
        };
        let contacts = self.contacts.values().filter_map(Contact::archive).map(Record::Contact);
        core::iter::once(Record::Own(own)).chain(contacts).collect()
    }

    /// Returns a row of the history as a record, if it is somebody's whom an archive names.
    pub fn archive_message(&self, key: &RowKey, row: &[u8]) -> Result<Option<Record>, OpenError> {
        let Some(who) = self.contact_of(key) else { return Ok(None) };
        let bond = self.contacts.get(&who).and_then(Contact::bond);
        if matches!(bond, None | Some(Bond::Stranger)) {
            return Ok(None);
        }
        let view = self.read_history(&who, key, row)?;
        let fate = match (view.author, view.state) {
            (Author::Them, _) => Fate::Received,
            (Author::Me, DeliveryState::Delivered) => Fate::Delivered,
            (Author::Me, DeliveryState::NotSent) => Fate::NotSent,
            (Author::Me, _) => Fate::Unacknowledged,
        };
        let MessageView { order, text, sent, .. } = view;
        Ok(Some(Record::Message(MessageRecord { contact: who, order, fate, text, sent })))
    }

    /// Returns the key of a message's row in the history.
    pub fn history_key(&self, message: &MessageRecord) -> RowKey {
        let tag = self.contact_tag(&message.contact);
        RowKey([tag.0.as_slice(), &message.order.0].concat())
    }

    /// Returns our address.
    pub fn address(&self) -> Address {
        self.own.identity.address()
    }

    /// Returns the key for backups.
    pub const fn backup_key(&self) -> &BackupKey {
        self.own.identity.backup_key()
    }

    /// Takes records in; those of messages that the history has must not be among them.
    pub(crate) fn import(&mut self, records: Vec<Record>, step: &mut Step<'_>) -> Reply {
        let (mut contacts, mut messages) = (0, 0);
        for record in records {
            match record {
                Record::Own(own) => self.import_own(own, step),
                Record::Contact(contact) => {
                    contacts += u32::from(self.import_contact(contact, step));
                }
                Record::Message(message) => {
                    messages += u32::from(self.import_message(message, step));
                }
            }
        }
        Reply::Imported { contacts, messages }
    }

    /// Takes a name where we have none, and every switch that gives less away.
    fn import_own(&mut self, own: OwnRecord, step: &mut Step<'_>) {
        if self.own.name.is_none() {
            self.own.name = own.name.filter(|name| !name.is_empty());
        }
        if own.hidden {
            self.set_presence(PresenceMode::Hidden, step);
        }
        self.own.hides_address |= own.hides_address;
        let all: Vec<Address> = self.contacts.keys().copied().collect();
        all.into_iter().for_each(|who| step.touch(who));
    }

    /// Takes somebody in; tells whether they are new here.
    fn import_contact(&mut self, record: ContactRecord, step: &mut Step<'_>) -> bool {
        let who = record.address;
        if who == self.own.identity.address() {
            return false;
        }
        let accepted = self.contacts.values().filter(|contact| contact.may_answer()).count();
        let full = accepted >= limits::CONTACTS;
        let before = match self.contacts.get(&who) {
            // Who is accepted or blocked here stays so, whatever the file says.
            Some(contact) if contact.may_answer() || contact.blocked => {
                self.learn(record, step);
                return false;
            }
            _ if full && !record.blocked => return false,
            _ if record.bond == Bond::Stranger && !record.blocked => return false,
            Some(contact) => Some(contact.relation),
            None => None,
        };
        let (blocked, bond) = (record.blocked, record.bond);
        let new = || {
            let keys = ContactKeys::generate(step.rng);
            Contact::new(who, Relation::Deleted, &self.vault, keys)
        };
        let contact = self.contacts.entry(who).or_insert_with(new);
        contact.relation = match bond {
            Bond::Invited => Relation::Invited,
            Bond::Contact => Relation::Contact,
            Bond::Stranger => Relation::Deleted,
        };
        contact.petname.clone_from(&record.petname);
        contact.used = contact.used.max(record.used.min(step.now));
        contact.hides_address |= record.hides_address;
        let pinned = record.install.map(|(generation, ikd)| Install { generation, ikd });
        contact.install = contact.install.max(pinned);
        self.learn(record, step);
        let asked = before == Some(Relation::Request);
        if blocked {
            // It is refused for our own address only.
            return self.block(who, step).is_ok();
        }
        if asked || bond == Bond::Contact {
            self.announce(who, asked, step);
        }
        true
    }

    /// Learns what the file knows of somebody and we do not: what came, and where we sent.
    fn learn(&mut self, record: ContactRecord, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&record.address) else { return };
        contact.petname = contact.petname.take().or(record.petname);
        contact.own_name = contact.own_name.take().or(record.own_name);
        if contact.relays.is_empty() {
            contact.relays = record.relays;
        }
        contact.talk.lamport = contact.talk.lamport.max(record.lamport);
        for (origin, ranges) in record.arrived.into_iter().rev() {
            contact.talk.inbox.learn(origin, ranges);
        }
        record.sent.into_iter().rev().for_each(|origin| contact.talk.outbox.learn_sent(origin));
        step.touch(record.address);
    }

    /// Tells a contact of this install, some time soon: they know a session that is not here. One
    /// who asks has a session already, and learns that they are accepted.
    fn announce(&mut self, who: Address, asked: bool, step: &mut Step<'_>) {
        if let Some(contact) = self.contacts.get_mut(&who) {
            contact.talk.owes_sign |= asked;
        }
        let pause = step.below(limits::RENEW_SPREAD_MS);
        self.timers.set(Timer::Seek(who), step.now.plus_millis(pause));
        self.queue(who, Payload::Accept, None, step);
    }

    /// Takes a message in; tells whether there is room for it.
    fn import_message(&mut self, record: MessageRecord, step: &mut Step<'_>) -> bool {
        let MessageRecord { contact: who, order, fate, text, sent } = record;
        let (lamport, origin, number) = parts(order);
        let Some(contact) = self.contacts.get_mut(&who) else { return false };
        if !matches!(contact.relation, Relation::Invited | Relation::Contact) {
            return false;
        }
        let mine = fate != Fate::Received;
        let state = match fate {
            Fate::Received | Fate::Delivered => DeliveryState::Delivered,
            Fate::Unacknowledged => DeliveryState::Waiting,
            Fate::NotSent => DeliveryState::NotSent,
        };
        let open = state != DeliveryState::Delivered;
        if open && contact.talk.outbox.len() >= limits::OUTBOX {
            return false;
        }
        if mine {
            contact.talk.outbox.learn_sent(origin);
        } else {
            contact.talk.inbox.learn(origin, [(number, number)]);
        }
        contact.talk.lamport = contact.talk.lamport.max(lamport);
        if open {
            contact.talk.outbox.restore(Entry {
                origin,
                number,
                lamport,
                sent_ms: sent.as_millis(),
                payload: Payload::Text(text.clone()),
                state,
                queued: step.now,
                first_out: None,
                ciphertext: None,
                link: None,
            });
            // Somebody waits for this one: it goes out now.
            self.timers.stop(Timer::Seek(who));
            self.save_entry(who, order, step);
        }
        let view = MessageView {
            contact: who,
            id: message_id(origin, number),
            author: if mine { Author::Me } else { Author::Them },
            text,
            sent,
            order,
            state,
            gap_before: false,
        };
        self.save_history(&view, step);
        step.touch(who);
        true
    }
}

impl Contact {
    /// Returns the record about them; nothing for requests and forgotten ones.
    fn archive(&self) -> Option<ContactRecord> {
        let arrived = self.talk.inbox.arrived();
        Some(ContactRecord {
            address: self.address,
            bond: self.bond()?,
            blocked: self.blocked,
            petname: self.petname.clone(),
            own_name: self.own_name.clone(),
            relays: self.relays.clone(),
            hides_address: self.hides_address,
            install: self.install.map(|install| (install.generation, install.ikd)),
            used: self.used,
            lamport: self.talk.lamport,
            arrived: arrived.map(|(origin, ranges)| (origin, ranges.to_vec())).collect(),
            sent: self.talk.outbox.sent().map(|(origin, _)| origin).collect(),
        })
    }

    const fn bond(&self) -> Option<Bond> {
        match self.relation {
            Relation::Invited => Some(Bond::Invited),
            Relation::Contact => Some(Bond::Contact),
            Relation::Request | Relation::Deleted if self.blocked => Some(Bond::Stranger),
            Relation::Request | Relation::Deleted => None,
        }
    }
}

/// Returns what an order is made of: Lamport time, origin, number.
fn parts(order: MessageOrder) -> (u64, Origin, u64) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, number @ ..] = order.0;
    let lamport = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    (lamport, Origin([i, j, k, l, m, n, o, p]), u64::from_be_bytes(number))
}
