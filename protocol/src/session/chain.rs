//! Chains: one key for each message, from which no earlier one can be had.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{key_log, ratchet::HeaderKey};
use crate::kdf::hmac;

/// CK: makes the message keys of one chain.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct ChainKey(pub(super) [u8; 32]);

impl ChainKey {
    /// Moves on by one message, and returns its key.
    pub(super) fn step(&mut self) -> MessageKey {
        let output = hmac(&self.0, &[&[1]]);
        let mut key = MessageKey([0; 32]);
        let (message, chain) = output.split_at(32);
        key.0.copy_from_slice(message);
        self.0.copy_from_slice(chain);
        key_log::secret("message key", &key.0);
        key_log::secret("chain key", &self.0);
        key
    }
}

/// MK: encrypts one message.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct MessageKey(pub(super) [u8; 32]);

/// CKs with its header key and its count.
pub(super) struct SendingChain {
    pub(super) header: HeaderKey,
    pub(super) key: ChainKey,
    /// Ns: how many messages were sent in it.
    pub(super) count: u32,
}

/// CKr with its header key and its count.
#[derive(Clone)]
pub(super) struct ReceivingChain {
    pub(super) header: HeaderKey,
    pub(super) key: ChainKey,
    /// Nr: the number of the next message expected in it.
    pub(super) next: u32,
    /// Which turn of the other side began it.
    pub(super) turn: u32,
}
