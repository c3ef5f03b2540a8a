//! The keys that prove a session on a new link: the one of a live session, and what is left of it
//! when the session has ended (PROTOCOL.md, "The end of a conversation").

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::key_log;
use crate::kdf::hmac;

/// EXP: proves a session on a new link.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Exporter(pub(super) [u8; 32]);

impl Exporter {
    pub(super) fn new(key: [u8; 32]) -> Self {
        key_log::secret("exporter", &key);
        Self(key)
    }

    /// Returns what proves the session on the link with this binding.
    pub(super) fn tag(&self, binding: &[u8; 32]) -> [u8; 16] {
        tag(&self.0, binding)
    }

    /// Returns the key that is left when the session ends. EXP cannot be had from it.
    pub(super) fn closing(&self) -> ClosingKey {
        let mac = hmac(&self.0, &[b"lowkey/1/closing"]);
        let mut key = ClosingKey([0; 32]);
        key.0.iter_mut().zip(mac.iter()).for_each(|(to, from)| *to = *from);
        key
    }
}

/// Proves a session that has ended: it opens nothing, and tells only whose link this is.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ClosingKey(pub(crate) [u8; 32]);

impl ClosingKey {
    /// Returns what proves the ended session on the link with this binding.
    pub fn tag(&self, binding: &[u8; 32]) -> [u8; 16] {
        tag(&self.0, binding)
    }

    /// Returns whether a tag proves the ended session on the link with this binding.
    pub fn is_proven_by(&self, tag: &[u8; 16], binding: &[u8; 32]) -> bool {
        self.tag(binding).ct_eq(tag).into()
    }
}

impl core::fmt::Debug for ClosingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ClosingKey").finish_non_exhaustive()
    }
}

fn tag(key: &[u8; 32], binding: &[u8; 32]) -> [u8; 16] {
    let mac = hmac(key, &[b"lowkey/1/hello", binding]);
    let mut tag = [0; 16];
    tag.iter_mut().zip(mac.iter()).for_each(|(to, from)| *to = *from);
    tag
}
