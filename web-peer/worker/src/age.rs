//! Files of age, version 1, to one X25519 recipient (c2sp.org/age), so that the tools of others
//! open a backup as well.
//!
//! Sealing writes one stanza; opening takes any number, of which one must be ours. There are no
//! passphrases, no plug-ins and no armour. Whatever is wrong, nothing of a file comes out.

mod header;
mod stream;

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use header::{Header, Stanza};

/// The key of one file.
type FileKey = Zeroizing<[u8; 16]>;

/// All that a new file draws: each byte is used once.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Randomness {
    /// The key of the file.
    pub file_key: [u8; 16],
    /// The secret half of the pair that agrees with the recipient.
    pub ephemeral: [u8; 32],
    /// What tells this file's stream from others.
    pub nonce: [u8; 16],
}

impl Randomness {
    /// Draws it from the system.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut drawn = Self { file_key: [0; 16], ephemeral: [0; 32], nonce: [0; 16] };
        getrandom::fill(&mut drawn.file_key)?;
        getrandom::fill(&mut drawn.ephemeral)?;
        getrandom::fill(&mut drawn.nonce)?;
        Ok(drawn)
    }
}

impl core::fmt::Debug for Randomness {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Randomness").finish_non_exhaustive()
    }
}

/// Encrypts to the identity with this X25519 secret.
pub fn seal_age(plaintext: &[u8], secret: &[u8; 32], random: Randomness) -> Vec<u8> {
    let recipient = PublicKey::from(&StaticSecret::from(*secret));
    let ephemeral = StaticSecret::from(random.ephemeral);
    let share = PublicKey::from(&ephemeral);
    let shared = ephemeral.diffie_hellman(&recipient);
    let key = wrapping_key(shared.as_bytes(), &share, &recipient);
    // It fails over 256 GiB only; an empty body is refused by whoever opens it.
    let body = ChaCha20Poly1305::new((&*key).into())
        .encrypt(&[0; 12].into(), random.file_key.as_slice())
        .unwrap_or_default();
    let file_key = Zeroizing::new(random.file_key);
    let mut file = header::encode(share.as_bytes(), &body, &file_key);
    stream::encrypt(&file_key, &random.nonce, plaintext, &mut file);
    file
}

/// Decrypts a file; all of it, or nothing.
pub fn open_age(file: Vec<u8>, secret: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    let Header { stanzas, authenticated, mac, payload } =
        header::decode(&file).ok_or(AgeError::Malformed)?;
    let secret = StaticSecret::from(*secret);
    let mut file_key = None;
    for stanza in &stanzas {
        file_key = file_key.or(unwrap(stanza, &secret)?);
    }
    let file_key = file_key.ok_or(AgeError::OtherIdentity)?;
    if !header::mac_fits(&file_key, authenticated, &mac) {
        return Err(AgeError::Malformed);
    }
    stream::decrypt(&file_key, payload).ok_or(AgeError::Malformed)
}

/// Why a file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgeError {
    /// It is no age file, or was cut or changed.
    #[error("the file is no backup, or was cut or changed")]
    Malformed,
    /// It is encrypted to somebody else.
    #[error("the file is encrypted to another identity")]
    OtherIdentity,
}

/// Opens a stanza with our key; one that is for others is not an error.
fn unwrap(stanza: &Stanza<'_>, secret: &StaticSecret) -> Result<Option<FileKey>, AgeError> {
    let ["X25519", arguments @ ..] = stanza.arguments.as_slice() else { return Ok(None) };
    let [share] = arguments else { return Err(AgeError::Malformed) };
    let share = header::key_of(share).ok_or(AgeError::Malformed)?;
    // A stanza that could hold another length would let a file have two keys.
    let body: &[u8; 32] = stanza.body.as_slice().try_into().map_err(|_| AgeError::Malformed)?;
    let share = PublicKey::from(share);
    let shared = secret.diffie_hellman(&share);
    if !shared.was_contributory() {
        return Err(AgeError::Malformed);
    }
    let key = wrapping_key(shared.as_bytes(), &share, &PublicKey::from(secret));
    let opened = ChaCha20Poly1305::new((&*key).into())
        .decrypt(&[0; 12].into(), body.as_slice())
        .map(Zeroizing::new);
    Ok(opened.ok().and_then(|key| Some(Zeroizing::new(key.as_slice().try_into().ok()?))))
}

fn wrapping_key(
    shared: &[u8; 32],
    share: &PublicKey,
    recipient: &PublicKey,
) -> Zeroizing<[u8; 32]> {
    let salt = [share.to_bytes(), recipient.to_bytes()].concat();
    derive(shared, &salt, b"age-encryption.org/v1/X25519")
}

/// HKDF-SHA-256.
fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // It fails over 8,160 bytes only; 32 are asked for.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, key.as_mut_slice());
    key
}

#[cfg(test)]
mod tests;
