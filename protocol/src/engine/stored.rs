//! From the storage and to it: what [`Engine::open`] reads, and what a step changed.

use alloc::{collections::BTreeMap, vec::Vec};

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    Address, SessionId, Timestamp,
    engine::{
        Engine, OpenError,
        contacts::{Contact, ContactKeys, contact_tag},
        conversation::{entry::Entry, held::Held, receive::emit_delivery},
        input::LinkId,
        output::{
            Author, DeliveryState, MessageId, MessageOrder, MessageView, RowKey, Stored, Table,
        },
        own::row_key,
        rows::{HistoryRow, OutboxRow},
        step::Step,
        timer::Timer,
    },
};

impl Engine {
    /// Reads all rows. Rows about somebody who is no contact are left alone.
    pub(crate) fn restore(&mut self, stored: Stored) -> Result<(), OpenError> {
        let (mut contacts, mut keys, mut rows) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (table, key, sealed) in stored.0 {
            if matches!(table, Table::Sessions | Table::Outbox | Table::History) {
                rows.push((table, key, sealed));
                continue;
            }
            let plain = self.vault.open(table, &key, &sealed)?;
            match table {
                Table::Own => self.restore_own(&key, &plain)?,
                Table::Contacts => contacts.push((key, plain)),
                Table::Keys => {
                    keys.insert(key, ContactKeys::decode(&plain).ok_or(OpenError::Row(table))?);
                }
                Table::Prekeys => self.prekeys.restore_pair(&plain)?,
                Table::Replays => self.prekeys.restore_replay(&plain)?,
                Table::Sessions | Table::Outbox | Table::History => {}
            }
        }
        for (key, plain) in contacts {
            let keys = keys.remove(&key).ok_or(OpenError::Row(Table::Keys))?;
            let contact = Contact::restore(&self.vault, &plain, keys)?;
            self.contacts.insert(contact.address, contact);
        }
        for (table, key, sealed) in rows {
            let Some(contact) =
                self.contacts.values_mut().find(|contact| key.0.starts_with(&contact.tag))
            else {
                continue;
            };
            if table == Table::History {
                continue;
            }
            let plain = contact.keys.open(table, &key, &sealed)?;
            match table {
                Table::Sessions => {
                    let restored = contact.talk.sessions.restore_row(&plain);
                    restored.ok_or(OpenError::Row(table))?;
                }
                _ => {
                    let row = OutboxRow::decode(plain.as_slice()).ok();
                    let entry = row.and_then(Entry::decode).ok_or(OpenError::Row(table))?;
                    contact.talk.outbox.restore(entry);
                }
            }
        }
        Ok(())
    }

    fn restore_own(&mut self, key: &RowKey, plain: &[u8]) -> Result<(), OpenError> {
        if *key == row_key() {
            self.own.restore(plain)?;
        }
        Ok(())
    }

    /// Saves a contact and their sessions, as far as something has changed.
    pub(crate) fn save_contact(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        contact.save(&self.vault, step);
        let Contact { tag, keys, talk, .. } = contact;
        for held in talk.sessions.iter_mut().filter(|held| held.dirty) {
            held.dirty = false;
            let key = session_key(tag, held.session.id());
            keys.put(Table::Sessions, key, &held.encode(), step);
        }
        for ended in talk.sessions.ended_mut().filter(|ended| ended.dirty) {
            ended.dirty = false;
            let key = session_key(tag, ended.id());
            keys.put(Table::Sessions, key, &ended.encode(), step);
        }
    }

    /// Deletes sessions that are over; their handshakes must not be used again.
    pub(crate) fn forget_sessions(
        &mut self,
        who: Address,
        gone: impl IntoIterator<Item = Held>,
        step: &mut Step<'_>,
    ) {
        let tag = contact_tag(&self.vault, &who);
        for held in gone {
            step.delete(Table::Sessions, session_key(&tag, held.session.id()));
            self.remember_handshake(&held, step);
        }
    }

    /// Drops all sessions with a contact, without a word.
    pub(crate) fn end_sessions(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let gone = contact.talk.sessions.clear();
        contact.talk.owes_sign = false;
        step.delete_all(Table::Sessions, contact.row_key(&[]));
        self.forget_sessions(who, gone, step);
        self.renew_talk_key(who, step);
    }

    /// Replaces the key that seals sessions and outbox: what their rows held before is unreadable.
    pub(crate) fn renew_talk_key(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        contact.keys.renew_talk(step.rng);
        contact.talk.sessions.iter_mut().for_each(|held| held.dirty = true);
        contact.talk.sessions.ended_mut().for_each(|ended| ended.dirty = true);
        let orders: Vec<MessageOrder> = contact.talk.outbox.orders().collect();
        orders.into_iter().for_each(|order| self.save_entry(who, order, step));
        step.touch(who);
    }

    /// Drops what is over in a conversation, and gives up what waited for too long.
    pub(crate) fn sweep_contact(&mut self, who: Address, step: &mut Step<'_>) {
        let own = self.own.install.generation();
        self.sweep_ended(who, step);
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let rests = !contact.talk.outbox.is_active() && !contact.talk.inbox.owes();
        let gone = contact.talk.sessions.drop_idle(contact.install, own, rests, step.now);
        let given_up = contact.talk.outbox.give_up(step.now);
        for order in &given_up {
            if let Some(entry) = contact.talk.outbox.get(*order) {
                emit_delivery(who, entry, DeliveryState::NotSent, step);
            }
        }
        if !given_up.is_empty() {
            contact.talk.taken.end();
        }
        if !gone.is_empty() || !given_up.is_empty() {
            step.touch(who);
        }
        if !gone.is_empty() {
            self.forget_sessions(who, gone, step);
            self.renew_talk_key(who, step);
        }
        for order in given_up {
            self.save_entry(who, order, step);
        }
    }

    /// Stops all that was to be done for a contact.
    pub(crate) fn stop_timers(&mut self, who: Address) {
        for timer in [
            Timer::Duplicate(who),
            Timer::Seek(who),
            Timer::Acknowledge(who),
            Timer::Resend(who),
            Timer::Upgrade(who),
            Timer::Renew(who),
        ] {
            self.timers.stop(timer);
        }
    }

    /// Adds a message to the history.
    pub(crate) fn save_history(&self, view: &MessageView, step: &mut Step<'_>) {
        let row = HistoryRow {
            id: view.id.0.to_vec(),
            mine: view.author == Author::Me,
            text: view.text.clone(),
            sent_ms: view.sent.as_millis(),
        };
        let plain = Zeroizing::new(row.encode_to_vec());
        let Some(contact) = self.contacts.get(&view.contact) else { return };
        contact.keys.put(Table::History, contact.row_key(&view.order.0), &plain, step);
    }

    /// Reads a row of the history; what can change meanwhile is told as it is now.
    pub(crate) fn read_history(
        &self,
        who: &Address,
        key: &RowKey,
        row: &[u8],
    ) -> Result<MessageView, OpenError> {
        let wrong = OpenError::Row(Table::History);
        let contact = self.contacts.get(who).ok_or(wrong)?;
        let plain = contact.keys.open(Table::History, key, row)?;
        let row = HistoryRow::decode(plain.as_slice()).map_err(|_| wrong)?;
        let order = key.0.strip_prefix(&contact.tag).ok_or(wrong)?;
        let order = MessageOrder(order.try_into().map_err(|_| wrong)?);
        let id = MessageId(row.id.as_slice().try_into().map_err(|_| wrong)?);
        let (state, gap_before) = if row.mine {
            let entry = contact.talk.outbox.get(order);
            (entry.map_or(DeliveryState::Delivered, |entry| entry.state), false)
        } else {
            let (origin, number) = id.split();
            (DeliveryState::Delivered, contact.talk.inbox.has_gap_before(origin, number))
        };
        Ok(MessageView {
            contact: *who,
            id,
            author: if row.mine { Author::Me } else { Author::Them },
            text: row.text,
            sent: Timestamp::from_millis(row.sent_ms),
            order,
            state,
            gap_before,
        })
    }

    /// Hears nothing from a contact's links any more.
    pub(crate) fn deafen_links_to(&mut self, who: Address, step: &Step<'_>) {
        let links: Vec<LinkId> = self.links.open_to(&who).collect();
        links.into_iter().for_each(|link| self.deafen_link(link, step));
    }
}

/// Returns the key of a session's row.
pub(crate) fn session_key(tag: &[u8; 16], id: SessionId) -> RowKey {
    RowKey([tag.as_slice(), &id.0].concat())
}
