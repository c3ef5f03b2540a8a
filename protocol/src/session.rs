//! A session: two installs that share keys which change with every message
//! (PROTOCOL.md, "Double Ratchet with header encryption").
//!
//! `encrypt` and `decrypt` are all of it. Decryption works on the side and changes the session
//! only if the message opens: a forged or broken message changes nothing.
//! Until the other side has answered, the session is *unconfirmed*, and every message must be
//! sent with [`Session::unconfirmed`] before it; [`Session::encrypt_frame`] does that.
//! Save the session ([`Session::encode`]) before a message leaves.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    aead::TAG_BYTES,
    handshake::{HandshakeId, HandshakePrefix, Keys},
    identity::{DhAgreementError, DhKeyPair, DhPublicKey, IdentityKey},
    limits::{CONTENT_BYTES, FIRST_CONTENT_BYTES},
    time::Timestamp,
    wire::frame::{Frame, FrameSize},
};

mod chain;
mod closing;
pub mod key_log;
mod message;
mod ratchet;
mod skipped;
mod state;

pub use closing::ClosingKey;
use closing::Exporter;
use ratchet::Ratchet;

/// Bytes of a message beside content and padding: type, nonce, length, header, length, two tags.
pub const MESSAGE_OVERHEAD: usize = 1 + 24 + 2 + message::HEADER_PLAIN_BYTES + 4 + 2 * TAG_BYTES;
/// Bytes of the associated data: session id, initiator, responder.
const AD_BYTES: usize = 80;

/// Keys shared with one install of one contact.
pub struct Session {
    id: SessionId,
    handshake: HandshakeId,
    exporter: Exporter,
    /// Session id, then the identity keys, the initiator's first.
    ad: [u8; AD_BYTES],
    ratchet: Ratchet,
    /// The handshake, until the other side has answered.
    prefix: Option<Box<HandshakePrefix>>,
    sent: u32,
    received: u32,
}

impl Session {
    pub(crate) fn initiate(
        keys: Keys,
        prefix: Box<HandshakePrefix>,
        initiator: &IdentityKey,
        responder: &IdentityKey,
        spk: &DhPublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, DhAgreementError> {
        let ratchet = Ratchet::initiate(&keys, spk, rng)?;
        let handshake = prefix.id();
        Ok(Self::new(&keys, handshake, initiator, responder, ratchet, Some(prefix)))
    }

    pub(crate) fn respond(
        keys: Keys,
        handshake: HandshakeId,
        initiator: &IdentityKey,
        responder: &IdentityKey,
        spk: DhKeyPair,
        message: &[u8],
        now: Timestamp,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), DecryptError> {
        let ad = associated_data(&keys, initiator, responder);
        let (ratchet, content) = Ratchet::respond(&keys, spk, &ad, message, now)?;
        let mut session = Self::new(&keys, handshake, initiator, responder, ratchet, None);
        session.received = 1;
        Ok((session, content))
    }

    fn new(
        keys: &Keys,
        handshake: HandshakeId,
        initiator: &IdentityKey,
        responder: &IdentityKey,
        ratchet: Ratchet,
        prefix: Option<Box<HandshakePrefix>>,
    ) -> Self {
        Self {
            id: SessionId(keys.session),
            handshake,
            exporter: Exporter::new(keys.exporter),
            ad: associated_data(keys, initiator, responder),
            ratchet,
            prefix,
            sent: 0,
            received: 0,
        }
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoredSessionError> {
        state::decode(bytes).ok_or(StoredSessionError)
    }

    /// Encrypts content, with zeros after it up to `pad_to` bytes.
    pub fn encrypt(
        &mut self,
        content: &[u8],
        pad_to: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, EncryptError> {
        let limit = self.content_limit();
        if content.len() > limit {
            return Err(EncryptError::TooLong { found: content.len(), limit });
        }
        let message = self.ratchet.encrypt(content, pad_to, &self.ad, rng)?;
        self.sent = self.sent.saturating_add(1);
        Ok(message)
    }

    /// Encrypts content as one whole frame of the smallest length that holds it, with the
    /// handshake before it while the session is unconfirmed.
    pub fn encrypt_frame(
        &mut self,
        content: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, EncryptError> {
        let too_long = EncryptError::TooLong { found: content.len(), limit: self.content_limit() };
        let size = if self.prefix.is_some() { FrameSize::Handshake } else { FrameSize::Message };
        let pad_to = size.pad_to(content.len()).ok_or(too_long)?;
        let message = self.encrypt(content, pad_to, rng)?;
        let frame = match &self.prefix {
            Some(prefix) => Frame::Handshake { prefix: prefix.clone(), message },
            None => Frame::Message(message),
        };
        frame.encode().map_err(|_| too_long)
    }

    /// Decrypts a message and takes it out of the session: it never opens again.
    pub fn decrypt(
        &mut self,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let content = self.ratchet.decrypt(message, &self.ad, now)?;
        self.received = self.received.saturating_add(1);
        self.prefix = None;
        Ok(content)
    }

    /// Returns the session's name.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Returns the name of the handshake that made it.
    pub const fn handshake(&self) -> HandshakeId {
        self.handshake
    }

    /// Returns the handshake to send before every message, while the session is unconfirmed.
    pub fn unconfirmed(&self) -> Option<&HandshakePrefix> {
        self.prefix.as_deref()
    }

    /// Returns whether the other side has shown that it has this session.
    pub const fn is_confirmed(&self) -> bool {
        self.prefix.is_none()
    }

    /// Returns what proves this session on the link with this binding.
    pub fn hello_tag(&self, binding: &[u8; 32]) -> [u8; 16] {
        self.exporter.tag(binding)
    }

    /// Returns whether a tag proves this session on the link with this binding, be it that the
    /// other side has ended it.
    pub fn is_proven_by(&self, tag: &[u8; 16], binding: &[u8; 32]) -> bool {
        let lives: bool = self.hello_tag(binding).ct_eq(tag).into();
        lives || self.closing_key().is_proven_by(tag, binding)
    }

    /// Erases what encrypts. What is left decrypts what is still to come, above all the answer to
    /// the message that said so.
    pub fn end_sending(&mut self) {
        self.ratchet.end_sending();
    }

    /// Returns what proves this session when it has ended.
    pub fn closing_key(&self) -> ClosingKey {
        self.exporter.closing()
    }

    /// Returns how many messages were encrypted.
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// Returns how many messages were decrypted, each once.
    pub const fn received(&self) -> u32 {
        self.received
    }

    /// Returns the DH key of our sending chain; nothing if the next message begins a new one.
    /// A ciphertext is sent again as it is only while its chain is the current one.
    pub fn sending_chain(&self) -> Option<[u8; 32]> {
        self.ratchet.sending_chain()
    }

    /// Returns whether the sending chain has had all its messages: a new session is due.
    pub fn is_exhausted(&self) -> bool {
        self.ratchet.is_exhausted()
    }

    /// Returns how many skipped message keys are kept.
    pub fn skipped_keys(&self) -> usize {
        self.ratchet.skipped_keys()
    }

    /// Returns the most bytes of content that a message may have now.
    pub const fn content_limit(&self) -> usize {
        if self.is_confirmed() { CONTENT_BYTES } else { FIRST_CONTENT_BYTES }
    }

    /// Returns the whole state for the vault; it is secret.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        state::encode(self)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// The name of a session, known to its two ends only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

fn associated_data(
    keys: &Keys,
    initiator: &IdentityKey,
    responder: &IdentityKey,
) -> [u8; AD_BYTES] {
    let mut ad = [0; AD_BYTES];
    let parts = keys.session.iter().chain(initiator.as_bytes()).chain(responder.as_bytes());
    for (to, from) in ad.iter_mut().zip(parts) {
        *to = *from;
    }
    ad
}

/// Stored bytes are not those of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored session is malformed")]
pub struct StoredSessionError;

/// Why content was not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// The content is too long.
    #[error("content of {found} bytes is over the limit of {limit}")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// The allowed bytes.
        limit: usize,
    },
    /// The chain has had all its messages: a new session is due.
    #[error("the chain has ended: a new session is due")]
    ChainEnded,
    /// The other side's DH key is worthless: a new session is due.
    #[error(transparent)]
    Agreement(#[from] DhAgreementError),
}

/// Why a message was not decrypted; the session has not changed. The sender learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// Not a message of this version.
    #[error("the message is malformed")]
    Malformed,
    /// No header key of this session opens it: it may belong to another one.
    #[error("the message belongs to no chain of this session")]
    OtherSession,
    /// It was decrypted before, or its key is too old.
    #[error("the message was decrypted before, or its key is gone")]
    Duplicate,
    /// Too many messages before it are missing.
    #[error("a gap of {found} messages is over the limit of {limit}")]
    Gap {
        /// How many are missing.
        found: u32,
        /// How many may be missing.
        limit: u32,
    },
    /// The chain has had all its messages.
    #[error("the chain has ended")]
    ChainEnded,
    /// The header opens and the body does not.
    #[error("the body does not open")]
    Body,
    /// The length or the zeros after the content are wrong.
    #[error("the content is not padded right")]
    Padding,
    /// The DH key in the header forces the shared secret to zero.
    #[error(transparent)]
    Agreement(#[from] DhAgreementError),
}

#[cfg(test)]
mod tests;
