//! Who we know, and the one place that decides "may I answer?" (PROTOCOL.md, "Delivery").
//!
//! Invariant: to somebody for whom [`Contact::may_answer`] is false nothing goes out that tells
//! that we are there, or that anything has arrived.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    Address, IdentityKey, RelayAddress, Timestamp, VaultKey,
    engine::{
        OpenError,
        conversation::Conversation,
        direct::Upgrade,
        lookup::{Fetched, Seek},
        output::{ContactView, PeerAddress, Reach, RowKey, Standing, Table},
        own::{decode_seqs, encode_seqs},
        publish::Slot,
        rows::ContactRow,
        step::Step,
    },
    identity::{DhPublicKey, Generation},
    limits,
    record::Credential,
};

mod keys;

pub(crate) use keys::ContactKeys;

/// One person, or one stranger.
pub(crate) struct Contact {
    pub(crate) address: Address,
    pub(crate) credential: Credential,
    /// The prefix of all rows about them.
    pub(crate) tag: [u8; 16],
    /// What their rows are sealed with.
    pub(crate) keys: ContactKeys,
    pub(crate) relation: Relation,
    pub(crate) blocked: bool,
    /// Whether they may not learn our IP address.
    pub(crate) hides_address: bool,
    pub(crate) petname: Option<String>,
    pub(crate) own_name: Option<String>,
    pub(crate) relays: Vec<RelayAddress>,
    /// Their newest install that we know.
    pub(crate) install: Option<Install>,
    pub(crate) new_install: bool,
    pub(crate) unread: u32,
    /// When somebody last wrote, here or there.
    pub(crate) used: Timestamp,
    /// When a request of theirs was deleted last.
    pub(crate) deleted: Timestamp,
    /// The best sequence number seen at each location of theirs.
    pub(crate) seen: BTreeMap<Slot, u64>,
    /// Where they could be dialled last.
    pub(crate) places: Vec<PeerAddress>,
    /// The messages and texts that a request brought.
    pub(crate) request: RequestCount,
    /// The profile name that they were given last.
    pub(crate) told_name: Option<String>,
    /// The addresses of ours that they were told in this start.
    pub(crate) told_addresses: Vec<Vec<u8>>,
    pub(crate) talk: Conversation,
    /// Their prekeys, as long as they are fresh.
    pub(crate) bundle: Option<Fetched>,
    pub(crate) seek: Seek,
    pub(crate) upgrade: Upgrade,
    saved: Zeroizing<Vec<u8>>,
    shown: Option<ContactView>,
}

/// What somebody is to us, blocking apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// We added them, and nothing has come from them.
    Invited,
    /// Both sides talk.
    Contact,
    /// A stranger who asks.
    Request,
    /// A stranger whose request was deleted, or who was blocked without one.
    Deleted,
}

/// A key that an identity made for one of its installs: the greatest generation is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Install {
    pub(crate) generation: Generation,
    pub(crate) ikd: DhPublicKey,
}

/// How much a request has brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCount {
    pub(crate) messages: u32,
    pub(crate) texts: u32,
}

impl Contact {
    pub(crate) fn new(
        address: Address,
        relation: Relation,
        vault: &VaultKey,
        keys: ContactKeys,
    ) -> Self {
        Self {
            address,
            credential: Credential::public(address.key()),
            tag: contact_tag(vault, &address),
            keys,
            relation,
            blocked: false,
            hides_address: false,
            petname: None,
            own_name: None,
            relays: Vec::new(),
            install: None,
            new_install: false,
            unread: 0,
            used: Timestamp::default(),
            deleted: Timestamp::default(),
            seen: BTreeMap::new(),
            places: Vec::new(),
            request: RequestCount::default(),
            told_name: None,
            told_addresses: Vec::new(),
            talk: Conversation::default(),
            bundle: None,
            seek: Seek::default(),
            upgrade: Upgrade::default(),
            saved: Zeroizing::default(),
            shown: None,
        }
    }

    /// Tells whether this key may learn anything from us.
    pub(crate) const fn may_answer(&self) -> bool {
        !self.blocked && matches!(self.relation, Relation::Invited | Relation::Contact)
    }

    /// Tells whether a handshake of theirs is looked at: not of the blocked, and not for a day
    /// after a request was deleted.
    pub(crate) fn may_ask(&self, now: Timestamp) -> bool {
        // A deletion in the future was dated by a clock that was wrong.
        let paused = self.relation == Relation::Deleted
            && self.deleted <= now
            && now.millis_since(self.deleted) < limits::REQUEST_PAUSE_MS;
        !self.blocked && !paused
    }

    /// Pins their newest install; tells whether this one is not older than it.
    pub(crate) fn meet_install(&mut self, install: Install) -> bool {
        match self.install {
            Some(pinned) if pinned > install => return false,
            Some(pinned) if pinned < install => {
                self.new_install = true;
                // It knows nothing of what the old one said.
                self.talk.inbox.forget_debts();
            }
            _ => {}
        }
        self.install = Some(install);
        true
    }

    /// Remembers the sequence number at a location; tells whether it is not older than the best.
    pub(crate) fn meet_seq(&mut self, slot: Slot, seq: u64) -> bool {
        let best = self.seen.entry(slot).or_insert(seq);
        let newer = seq >= *best;
        *best = seq.max(*best);
        while self.seen.len() > limits::SEEN_LOCATIONS {
            let oldest = self.seen.keys().min_by_key(|slot| slot.start()).copied();
            oldest.map(|slot| self.seen.remove(&slot));
        }
        newer
    }

    /// Returns the key of the row with this end.
    pub(crate) fn row_key(&self, end: &[u8]) -> RowKey {
        RowKey([self.tag.as_slice(), end].concat())
    }

    /// Saves row and keys as far as they have changed.
    pub(crate) fn save(&mut self, vault: &VaultKey, step: &mut Step<'_>) {
        self.keys.save(&self.tag, vault, step);
        let plain = Zeroizing::new(self.encode().encode_to_vec());
        if plain != self.saved {
            let key = self.row_key(&[]);
            let sealed = vault.seal(Table::Contacts, &key, &plain, step.rng);
            step.put(Table::Contacts, key, sealed);
            self.saved = plain;
        }
    }

    /// Returns the view if it differs from the one shown last; a deleted request has none.
    pub(crate) fn changed_view(&mut self, reach: Reach) -> Option<ContactView> {
        let standing = match self.relation {
            _ if self.blocked => Standing::Blocked,
            Relation::Invited => Standing::Invited,
            Relation::Contact => Standing::Contact,
            Relation::Request => Standing::Request,
            Relation::Deleted => return None,
        };
        let view = ContactView {
            address: self.address,
            petname: self.petname.clone(),
            own_name: self.own_name.clone(),
            standing,
            reach,
            unread: self.unread,
            new_install: self.new_install,
            hides_address: self.hides_address,
            ended: self.talk.ended,
        };
        (self.shown.as_ref() != Some(&view)).then(|| self.shown.insert(view).clone())
    }

    /// Notes that the screen no longer has them.
    pub(crate) fn forget_view(&mut self) {
        self.shown = None;
    }

    fn encode(&self) -> ContactRow {
        let mut row = ContactRow {
            key: self.address.key().as_bytes().to_vec(),
            standing: match self.relation {
                Relation::Invited => 1,
                Relation::Contact => 2,
                Relation::Request => 3,
                Relation::Deleted => 4,
            },
            blocked: self.blocked,
            petname: self.petname.clone(),
            own_name: self.own_name.clone(),
            relays: self.relays.iter().map(|relay| relay.as_bytes().to_vec()).collect(),
            generation: self.install.map(|install| install.generation.0),
            ikd: self.install.map(|install| install.ikd.0.to_vec()).unwrap_or_default(),
            new_install: self.new_install,
            unread: self.unread,
            used_ms: self.used.as_millis(),
            deleted_ms: self.deleted.as_millis(),
            seen: encode_seqs(&self.seen),
            peer_id: self.places.first().map(|place| place.peer_id.clone()).unwrap_or_default(),
            addresses: self.places.iter().map(|place| place.address.clone()).collect(),
            request_messages: self.request.messages,
            request_texts: self.request.texts,
            told_name: self.told_name.clone(),
            hides_address: self.hides_address,
            ..ContactRow::default()
        };
        self.talk.encode(&mut row);
        row
    }

    /// Reads what `save` wrote.
    pub(crate) fn restore(
        vault: &VaultKey,
        plain: &[u8],
        keys: ContactKeys,
    ) -> Result<Self, OpenError> {
        let row = ContactRow::decode(plain).map_err(|_| OpenError::Row(Table::Contacts))?;
        Self::decode(vault, row, plain, keys).ok_or(OpenError::Row(Table::Contacts))
    }

    fn decode(vault: &VaultKey, row: ContactRow, plain: &[u8], keys: ContactKeys) -> Option<Self> {
        let key = IdentityKey::from_bytes(row.key.as_slice().try_into().ok()?).ok()?;
        let relation = match row.standing {
            1 => Relation::Invited,
            2 => Relation::Contact,
            3 => Relation::Request,
            4 => Relation::Deleted,
            _ => return None,
        };
        let install = match row.generation {
            Some(generation) => Some(Install {
                generation: Generation(generation),
                ikd: DhPublicKey(row.ikd.as_slice().try_into().ok()?),
            }),
            None => None,
        };
        let place = |address: &Vec<u8>| PeerAddress {
            peer_id: row.peer_id.clone(),
            address: address.clone(),
        };
        Some(Self {
            blocked: row.blocked,
            hides_address: row.hides_address,
            petname: row.petname.clone(),
            own_name: row.own_name.clone(),
            relays: row
                .relays
                .iter()
                .filter_map(|relay| RelayAddress::new(relay.clone()).ok())
                .collect(),
            install,
            new_install: row.new_install,
            unread: row.unread,
            used: Timestamp::from_millis(row.used_ms),
            deleted: Timestamp::from_millis(row.deleted_ms),
            places: row.addresses.iter().map(place).collect(),
            request: RequestCount { messages: row.request_messages, texts: row.request_texts },
            told_name: row.told_name.clone(),
            seen: decode_seqs(row.seen.clone()).collect(),
            talk: Conversation::decode(&row)?,
            saved: Zeroizing::new(plain.to_vec()),
            ..Self::new(Address::new(key), relation, vault, keys)
        })
    }
}

/// Returns the prefix of all rows about a contact.
pub(crate) fn contact_tag(vault: &VaultKey, address: &Address) -> [u8; 16] {
    vault.tag(b"contact", address.key().as_bytes())
}
