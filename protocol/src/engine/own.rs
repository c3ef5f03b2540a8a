//! Our own side: identity, install, name, presence switch, and what we have published.

use alloc::{
    collections::BTreeMap,
    string::String,
    vec::{self, Vec},
};

use prost::Message;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Identity, Timestamp, VaultKey,
    engine::{
        OpenError,
        input::{OwnAddresses, PresenceMode},
        output::{Findable, OwnView, RowKey, Table},
        publish::Slot,
        rows::{OwnRow, SeqRow},
        step::Step,
    },
    identity::{DhIdentity, Generation},
    record::{Credential, Epoch, Kind},
};

/// Who can know of this install.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KnownTo {
    /// Nothing that names it has left this machine.
    Nobody,
    /// A handshake has.
    Contacts,
    /// A record has: it was looked for others before, so a newer one is another machine's.
    All,
}

impl KnownTo {
    const fn number(self) -> u32 {
        match self {
            Self::Nobody => 0,
            Self::Contacts => 1,
            Self::All => 2,
        }
    }

    const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Nobody,
            1 => Self::Contacts,
            _ => Self::All,
        }
    }
}

/// Our own side.
pub(crate) struct Own {
    pub(crate) identity: Identity,
    pub(crate) credential: Credential,
    pub(crate) install: DhIdentity,
    pub(crate) name: Option<String>,
    pub(crate) presence: PresenceMode,
    /// Whether nobody may learn our IP address.
    pub(crate) hides_address: bool,
    /// The generation that another machine with our phrase has, if we have stopped because of it.
    pub(crate) elsewhere: Option<Generation>,
    /// The greatest sequence number given at each location.
    pub(crate) published: BTreeMap<Slot, u64>,
    /// How far this install has become known; it never becomes unknown again.
    pub(crate) known: KnownTo,
    /// Where we can be dialled now; none at the start.
    pub(crate) addresses: OwnAddresses,
    saved: Zeroizing<Vec<u8>>,
    shown: Option<OwnView>,
}

impl Own {
    /// Makes a new install of this identity.
    pub(crate) fn new(identity: Identity, now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let generation = Generation::new(now, None);
        let install = DhIdentity::generate(identity.keys(), generation, rng);
        Self {
            credential: Credential::public(&identity.key()),
            identity,
            install,
            name: None,
            presence: PresenceMode::Visible,
            hides_address: false,
            elsewhere: None,
            published: BTreeMap::new(),
            known: KnownTo::Nobody,
            addresses: OwnAddresses::default(),
            saved: Zeroizing::default(),
            shown: None,
        }
    }

    /// Takes what `save` wrote in place of a new install.
    pub(crate) fn restore(&mut self, row: &[u8]) -> Result<(), OpenError> {
        let stored = OwnRow::decode(row).map_err(|_| OpenError::Row(Table::Own))?;
        let secret = Zeroizing::new(stored.install);
        self.install = DhIdentity::decode(&secret).ok_or(OpenError::Row(Table::Own))?;
        self.name = stored.name;
        self.presence = if stored.hidden { PresenceMode::Hidden } else { PresenceMode::Visible };
        self.elsewhere = stored.elsewhere.map(Generation);
        self.hides_address = stored.hides_address;
        self.published = decode_seqs(stored.published).collect();
        self.known = KnownTo::from_number(stored.known);
        self.saved = Zeroizing::new(row.to_vec());
        Ok(())
    }

    /// Makes a new install, newer than all that was found of ours.
    pub(crate) fn renew_install(&mut self, found: Generation, step: &mut Step<'_>) {
        // Only a generation that nobody has seen may go down: it may be of a clock that was wrong.
        let unseen = self.known == KnownTo::Nobody;
        let own = if unseen { Generation::default() } else { self.install.generation() };
        let generation = Generation::new(step.now, Some(found.max(own)));
        self.install = DhIdentity::generate(self.identity.keys(), generation, step.rng);
    }

    /// Saves our row if it has changed.
    pub(crate) fn save(&mut self, vault: &VaultKey, step: &mut Step<'_>) {
        let row = OwnRow {
            install: self.install.encode().to_vec(),
            name: self.name.clone(),
            hidden: self.presence == PresenceMode::Hidden,
            elsewhere: self.elsewhere.map(|generation| generation.0),
            published: encode_seqs(&self.published),
            known: self.known.number(),
            hides_address: self.hides_address,
        };
        let plain = Zeroizing::new(row.encode_to_vec());
        let _wiped = Zeroizing::new(row.install);
        if plain != self.saved {
            let key = row_key();
            let sealed = vault.seal(Table::Own, &key, &plain, step.rng);
            step.put(Table::Own, key, sealed);
            self.saved = plain;
        }
    }

    /// Notes that a screen has just come, which has no view.
    pub(crate) fn forget_view(&mut self) {
        self.shown = None;
    }

    /// Returns our view if it differs from the one shown last.
    pub(crate) fn changed_view(&mut self, findable: Findable) -> Option<OwnView> {
        let view = OwnView {
            address: self.identity.address(),
            name: self.name.clone(),
            presence: self.presence,
            findable,
            hides_address: self.hides_address,
        };
        (self.shown.as_ref() != Some(&view)).then(|| self.shown.insert(view).clone())
    }
}

/// The key of our only row.
pub(crate) fn row_key() -> RowKey {
    RowKey(Vec::from(*b"own"))
}

pub(crate) fn encode_seqs(seqs: &BTreeMap<Slot, u64>) -> Vec<SeqRow> {
    let row = |(slot, seq): (&Slot, &u64)| SeqRow {
        kind: slot.kind.as_byte().into(),
        epoch: slot.epoch.0,
        seq: *seq,
    };
    seqs.iter().map(row).collect()
}

pub(crate) fn decode_seqs(rows: Vec<SeqRow>) -> impl Iterator<Item = (Slot, u64)> {
    let slot = |row: SeqRow| {
        let kind = Kind::from_byte(u8::try_from(row.kind).ok()?)?;
        Some((Slot { kind, epoch: Epoch(row.epoch) }, row.seq))
    };
    let rows: vec::IntoIter<SeqRow> = rows.into_iter();
    rows.filter_map(slot)
}
