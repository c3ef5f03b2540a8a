//! The profile of this browser, and the peer that is made of it.

use std::cell::Cell;

use lowkey_network::{Origin, PeerConfig, PeerEvents, PeerHandle};
use lowkey_protocol::Phrase;

use crate::{
    error::Coded,
    profile::{self, OpenError, Opened, Pass},
    slow::Slow,
    types::{OpenOptions, StorageView},
};

/// How the peer comes to be here.
#[derive(Debug)]
pub(super) enum Why {
    /// The page asked for it, as the first tab.
    First,
    /// The tab that had it went, and left this.
    TakesOver(Option<Pass>),
}

/// A peer that has just been opened.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) handle: PeerHandle,
    pub(super) events: PeerEvents,
    pub(super) profile: Profile,
    pub(super) pass: Option<Pass>,
    /// How often this profile was opened.
    pub(super) epoch: u32,
}

/// What is known of an open profile.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) kept: Option<profile::Kept>,
    pub(super) locks: Cell<bool>,
}

impl Profile {
    pub(super) async fn view(&self) -> StorageView {
        let kept = self.kept.is_some();
        let persisted = if kept { profile::persisted().await } else { None };
        StorageView { kept, persisted, problem: None, locks: self.locks.get() }
    }
}

/// Opens the profile and starts its peer.
pub(super) async fn open(options: &OpenOptions, why: Why, slow: &Slow) -> Result<Fresh, Coded> {
    let is_first = matches!(why, Why::First);
    // Whatever is wrong with these is found before anything is deleted.
    let phrase = options.phrase.as_deref().filter(|_| is_first);
    let phrase = phrase.map(Phrase::parse).transpose()?;
    let origin = match &options.relay {
        Some(origin) => Origin::parse(origin),
        None => Origin::of_page(),
    }
    .map_err(Coded::internal)?;
    let opening = match why {
        Why::First => profile::Options {
            passphrase: options.passphrase.as_deref(),
            pass: None,
            replace: options.replace == Some(true),
        },
        Why::TakesOver(pass) => profile::Options { passphrase: None, pass, replace: false },
    };
    let opened = profile::open(opening, slow).await?;
    if !is_first && (opened.is_new || opened.kept.is_none()) {
        return Err(Coded::new("identityGone", "what another tab had is not here any more"));
    }
    let Opened { storage, vault_key, pass, kept, locks, epoch, .. } = opened;
    let config = PeerConfig { vault_key: Some(vault_key), ..PeerConfig::for_page(origin) };
    let (handle, events) = lowkey_network::spawn(config, phrase, storage).await?;
    let profile = Profile { kept, locks: Cell::new(locks) };
    Ok(Fresh { handle, events, profile, pass, epoch })
}

impl From<OpenError> for Coded {
    fn from(error: OpenError) -> Self {
        let code = match error {
            OpenError::Locked => "locked",
            OpenError::PassphraseWrong => "passphraseWrong",
            OpenError::Gone => "identityGone",
            OpenError::Newer { .. } => "storageNewer",
            OpenError::Damaged => "storageDamaged",
            OpenError::Full => "storageFull",
            OpenError::Busy => "storageBusy",
            OpenError::Failed => "internal",
        };
        Self::new(code, error)
    }
}
