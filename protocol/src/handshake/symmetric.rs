//! The running transcript of a handshake, as in Noise.

use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Keys;
use crate::{
    aead,
    identity::DhSharedSecret,
    kdf::{Prk, sha512},
};

const PROTOCOL: &[u8] = b"lowkey/1/hs X25519+MLKEM768 ChaCha20Poly1305 SHA512";

/// All that was said (`h`) and all that was agreed (`ck`).
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct SymmetricState {
    hash: [u8; 64],
    chaining_key: [u8; 64],
}

/// A key that seals or opens once: using it consumes it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct CipherKey([u8; 32]);

impl SymmetricState {
    pub(super) fn new() -> Self {
        let hash = sha512(&[PROTOCOL]);
        Self { hash, chaining_key: hash }
    }

    /// Binds public bytes.
    pub(super) fn mix_hash(&mut self, data: &[u8]) {
        self.hash = sha512(&[&self.hash, data]);
    }

    /// Binds a secret, and returns a key for one use.
    pub(super) fn mix_key(&mut self, secret: &[u8]) -> CipherKey {
        let okm: Zeroizing<[u8; 96]> =
            Prk::extract(&self.chaining_key, &[secret]).expand(&[b"lowkey/1/hs/mix"]);
        let mut key = CipherKey([0; 32]);
        let (chaining_key, rest) = okm.split_at(64);
        self.chaining_key.copy_from_slice(chaining_key);
        key.0.copy_from_slice(rest);
        key
    }

    /// Binds a shared secret whose key nobody needs.
    pub(super) fn mix_dh(&mut self, secret: &DhSharedSecret) {
        let _unused = self.mix_key(secret.as_bytes());
    }

    /// Encrypts, and binds the ciphertext.
    pub(super) fn seal(&mut self, key: CipherKey, plaintext: &[u8]) -> Vec<u8> {
        let ciphertext = aead::seal_once(&key.0, &self.hash, plaintext);
        drop(key);
        self.mix_hash(&ciphertext);
        ciphertext
    }

    /// Decrypts, and binds the ciphertext.
    pub(super) fn open(&mut self, key: CipherKey, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let plaintext = aead::open_once(&key.0, &self.hash, ciphertext)?;
        drop(key);
        self.mix_hash(ciphertext);
        Some(plaintext)
    }

    /// Ends the handshake.
    pub(super) fn split(self) -> Keys {
        let okm: Zeroizing<[u8; 144]> =
            Prk::extract(&self.chaining_key, &[&self.hash]).expand(&[b"lowkey/1/hs/split"]);
        let mut keys = Keys {
            root: [0; 32],
            header_initiator: [0; 32],
            next_header_responder: [0; 32],
            exporter: [0; 32],
            session: [0; 16],
        };
        let parts: [&mut [u8]; 5] = [
            &mut keys.root,
            &mut keys.header_initiator,
            &mut keys.next_header_responder,
            &mut keys.exporter,
            &mut keys.session,
        ];
        for (to, from) in parts.into_iter().flatten().zip(okm.iter()) {
            *to = *from;
        }
        keys
    }
}
