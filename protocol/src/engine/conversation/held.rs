//! One session with what the engine keeps beside it.

use alloc::vec::Vec;

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    Session, Timestamp,
    engine::{contacts::Install, rows::SessionRow},
    identity::{DhPublicKey, Generation},
};

/// A session and what must be known beside it.
pub(crate) struct Held {
    pub(crate) session: Session,
    pub(crate) theirs: Install,
    pub(crate) own_generation: Generation,
    /// The prekey pair, theirs or ours, that the handshake used.
    pub(crate) spk_id: u32,
    /// Whether we began it.
    pub(crate) ours: bool,
    /// It never becomes the one that speaks again.
    pub(crate) broken: bool,
    pub(super) made: u64,
    pub(super) heard: u64,
    pub(super) used: Timestamp,
    /// The frame that said only that we are there, while the session is unconfirmed.
    pub(crate) opener: Option<Vec<u8>>,
    /// A listener whom we greeted with it did not know it.
    pub(crate) unknown: bool,
    /// It must be saved.
    pub(crate) dirty: bool,
}

impl Held {
    /// Wraps a session that was made just now.
    pub(crate) fn new(
        session: Session,
        theirs: Install,
        own_generation: Generation,
        spk_id: u32,
    ) -> Self {
        Self {
            ours: session.unconfirmed().is_some(),
            session,
            theirs,
            own_generation,
            spk_id,
            broken: false,
            made: 0,
            heard: 0,
            used: Timestamp::from_millis(0),
            opener: None,
            unknown: false,
            dirty: true,
        }
    }

    /// A message of theirs was newly decrypted.
    pub(super) fn hear(&mut self, count: u64, now: Timestamp) {
        self.heard = count;
        self.used = now;
        self.opener = None;
        self.dirty = true;
    }

    pub(super) fn may_speak(&self, theirs: Option<Install>, own: Generation) -> bool {
        !self.broken && self.own_generation == own && theirs.is_none_or(|it| it == self.theirs)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let row = SessionRow {
            session: self.session.encode().to_vec(),
            generation: self.theirs.generation.0,
            ikd: self.theirs.ikd.0.to_vec(),
            own_generation: self.own_generation.0,
            spk_id: self.spk_id,
            made: self.made,
            heard: self.heard,
            used_ms: self.used.as_millis(),
            broken: self.broken,
            ours: self.ours,
            ended: None,
        };
        let plain = Zeroizing::new(row.encode_to_vec());
        let _wiped = Zeroizing::new(row.session);
        plain
    }

    pub(crate) fn decode(row: SessionRow) -> Option<Self> {
        let secret = Zeroizing::new(row.session);
        let theirs = Install {
            generation: Generation(row.generation),
            ikd: DhPublicKey(row.ikd.as_slice().try_into().ok()?),
        };
        Some(Self {
            session: Session::decode(&secret).ok()?,
            theirs,
            own_generation: Generation(row.own_generation),
            spk_id: row.spk_id,
            ours: row.ours,
            broken: row.broken,
            made: row.made,
            heard: row.heard,
            used: Timestamp::from_millis(row.used_ms),
            opener: None,
            unknown: false,
            dirty: false,
        })
    }
}
