//! The two AEADs: XChaCha20-Poly1305 with random nonces, ChaCha20-Poly1305 for keys used once.

use alloc::vec::Vec;

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;

/// A random nonce of XChaCha20-Poly1305.
pub(crate) type Nonce = [u8; 24];

/// Encrypts under a key that may be used again, with a nonce that may not.
pub(crate) fn seal(key: &[u8; 32], nonce: &Nonce, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    // This fails over 256 GiB only, far beyond every limit; then nothing comes out, never a
    // plaintext, and an empty ciphertext never opens.
    XChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg: plaintext, aad })
        .unwrap_or_default()
}

/// Decrypts what `seal` made.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &Nonce,
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), Payload { msg: ciphertext, aad })
        .ok()
        .map(Zeroizing::new)
}

/// Encrypts under a key that is used for nothing else; the nonce is zero.
pub(crate) fn seal_once(key: &[u8; 32], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(key.into())
        .encrypt((&[0; 12]).into(), Payload { msg: plaintext, aad })
        .unwrap_or_default()
}

/// Decrypts what `seal_once` made.
pub(crate) fn open_once(
    key: &[u8; 32],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    ChaCha20Poly1305::new(key.into())
        .decrypt((&[0; 12]).into(), Payload { msg: ciphertext, aad })
        .ok()
        .map(Zeroizing::new)
}
