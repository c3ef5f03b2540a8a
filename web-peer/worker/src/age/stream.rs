//! The payload of an age file: chunks of 64 KiB, each authenticated with its place and with
//! whether it is the last one.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag, aead::AeadInOut};
use zeroize::Zeroizing;

use super::{FileKey, derive};

const CHUNK_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;

/// Writes the payload to the end of `file`.
pub(super) fn encrypt(key: &FileKey, nonce: &[u8; 16], plaintext: &[u8], file: &mut Vec<u8>) {
    let cipher = cipher(key, nonce);
    let count = plaintext.len().div_ceil(CHUNK_BYTES).max(1);
    file.reserve_exact(NONCE_BYTES + plaintext.len() + count * TAG_BYTES);
    file.extend_from_slice(nonce);
    // An empty payload has one chunk, an empty one.
    let empty = plaintext.is_empty().then_some([].as_slice());
    for (at, chunk) in plaintext.chunks(CHUNK_BYTES).chain(empty).enumerate() {
        let start = file.len();
        file.extend_from_slice(chunk);
        let Some(place) = file.get_mut(start..) else { return };
        let nonce = chunk_nonce(at, at + 1 == count);
        let Ok(tag) = cipher.encrypt_inout_detached(&nonce, &[], place.into()) else { return };
        file.extend_from_slice(&tag);
    }
}

/// Reads the payload.
pub(super) fn decrypt(key: &FileKey, payload: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, payload) = payload.split_first_chunk::<NONCE_BYTES>()?;
    let cipher = cipher(key, nonce);
    let count = payload.len().div_ceil(CHUNK_BYTES + TAG_BYTES);
    let mut plaintext = Zeroizing::new(Vec::with_capacity(payload.len()));
    for (at, chunk) in payload.chunks(CHUNK_BYTES + TAG_BYTES).enumerate() {
        let (chunk, tag) = chunk.split_last_chunk::<TAG_BYTES>()?;
        // A last chunk without content would be a second form of the same file.
        (at == 0 || !chunk.is_empty()).then_some(())?;
        let start = plaintext.len();
        plaintext.extend_from_slice(chunk);
        let place = plaintext.get_mut(start..)?;
        let nonce = chunk_nonce(at, at + 1 == count);
        cipher.decrypt_inout_detached(&nonce, &[], place.into(), &Tag::from(*tag)).ok()?;
    }
    (count > 0).then_some(plaintext)
}

fn cipher(key: &FileKey, nonce: &[u8; 16]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new((&*derive(key.as_slice(), nonce, b"payload")).into())
}

/// BE88(number of the chunk) || 1 for the last one, else 0.
fn chunk_nonce(at: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    let number = u64::try_from(at).unwrap_or(u64::MAX).to_be_bytes();
    let bytes = [0; 3].into_iter().chain(number).chain([u8::from(last)]);
    nonce.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    nonce.into()
}
