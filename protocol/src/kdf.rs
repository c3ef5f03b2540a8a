//! SHA-512, HMAC-SHA-512 and HKDF-SHA-512 (RFC 5869): the one hash of the protocol.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Returns SHA-512 over the parts, one after the other.
pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Returns HMAC-SHA-512 over the parts under a key of at most one block.
pub(crate) fn hmac<const N: usize>(key: &[u8; N], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// A pseudorandom key: what HKDF-Extract returns.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Prk([u8; 64]);

impl Prk {
    /// HKDF-Extract over the parts of the input key material.
    pub(crate) fn extract<const N: usize>(salt: &[u8; N], ikm: &[&[u8]]) -> Self {
        Self(*hmac(salt, ikm))
    }

    /// HKDF-Expand to `N` bytes with the parts of an info.
    pub(crate) fn expand<const N: usize>(&self, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
        const { assert!(N <= 255 * 64) }
        let start = keyed(&self.0);
        let mut okm = Zeroizing::new([0; N]);
        let mut block = Zeroizing::new([0; 64]);
        for (counter, chunk) in (1..=u8::MAX).zip(okm.chunks_mut(64)) {
            let mut mac = start.clone();
            if counter > 1 {
                mac.update(block.as_slice());
            }
            for part in info {
                mac.update(part);
            }
            mac.update(&[counter]);
            *block = mac.finalize().into_bytes().into();
            for (to, from) in chunk.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
        okm
    }

    /// Returns the key itself, for the golden vectors.
    #[cfg(any(test, feature = "test-support"))]
    pub(crate) const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// HMAC pads a key with zeros to one block of 128 bytes; a longer one does not compile.
fn keyed<const N: usize>(key: &[u8; N]) -> Hmac<Sha512> {
    const { assert!(N <= 128) }
    let mut block = Zeroizing::new([0; 128]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hkdf::Hkdf;
    use std::vec;

    #[test]
    fn expand_agrees_with_the_hkdf_crate() {
        let ikm = [7; 45];
        let prk = Prk::extract(b"a salt", &[&ikm[..20], &ikm[20..]]);
        let theirs = Hkdf::<Sha512>::new(Some(b"a salt"), &ikm);
        let mut okm = vec![0; 144];
        theirs.expand_multi_info(&[b"in", b"fo"], &mut okm).unwrap();
        assert_eq!(prk.expand::<144>(&[b"info"]).as_slice(), okm);
        assert_eq!(prk.expand::<64>(&[b"info"]).as_slice(), &okm[..64]);
        assert_eq!(prk.expand::<1>(&[b"i", b"nfo"]).as_slice(), &okm[..1]);
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let mac = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        let expected = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                        9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        assert_eq!(hex::encode(mac.as_slice()), expected);
    }
}
