//! The profile of this browser: what it keeps, and the peer that is made of it.

use lowkey_network::{MemoryStorage, Origin, PeerConfig, PeerEvents, PeerHandle};
use lowkey_protocol::Phrase;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::{
    error::Coded,
    slow::Slow,
    types::{self, OpenOptions, StorageView},
};

/// What opens a locked profile without its passphrase: a key that cannot be read out, only used.
#[derive(Clone, Debug)]
pub(super) struct Pass(JsValue);

impl Pass {
    /// Takes what another tab handed out.
    pub(super) fn received(value: JsValue) -> Option<Self> {
        (!value.is_undefined() && !value.is_null()).then_some(Self(value))
    }

    pub(super) fn as_js(&self) -> &JsValue {
        &self.0
    }
}

/// Looks what this browser keeps, without opening it.
pub(crate) async fn look() -> Result<types::Profile, Coded> {
    if super::lock::is_held().await {
        return Ok(types::Profile::Here { locked: false });
    }
    Ok(types::Profile::None)
}

/// Asks the browser not to clear what is kept by itself. Some browsers ask the person.
pub(crate) async fn persist() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let Ok(asked) = window.navigator().storage().persist() else { return false };
    JsFuture::from(asked).await.is_ok_and(|answer| answer.is_truthy())
}

/// An open profile.
#[derive(Debug)]
pub(super) struct Profile {
    epoch: u32,
}

impl Profile {
    /// Opens what is there, or begins.
    pub(super) async fn open(_options: &OpenOptions, _slow: &Slow) -> Result<Self, Coded> {
        Ok(Self { epoch: 1 })
    }

    /// Opens what another tab had open.
    pub(super) async fn take_over(_pass: Option<Pass>, _slow: &Slow) -> Result<Self, Coded> {
        Err(Coded::new("identityGone", "what was in memory went with its tab"))
    }

    pub(super) async fn close(&self) {}

    /// How often this profile has been opened.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn pass(&self) -> Option<Pass> {
        None
    }

    pub(super) async fn view(&self) -> StorageView {
        StorageView::default()
    }
}

/// Starts the peer of an open profile.
pub(super) async fn spawn(
    _profile: &Profile,
    options: &OpenOptions,
    first: Option<&OpenOptions>,
) -> Result<(PeerHandle, PeerEvents), Coded> {
    let phrase = first.and_then(|options| options.phrase.as_deref());
    let phrase = phrase.map(Phrase::parse).transpose().map_err(Coded::from)?;
    let origin = match &options.relay {
        Some(origin) => Origin::parse(origin),
        None => Origin::of_page(),
    }
    .map_err(Coded::internal)?;
    let config = PeerConfig::for_page(origin);
    lowkey_network::spawn(config, phrase, MemoryStorage::default()).await.map_err(Coded::from)
}
