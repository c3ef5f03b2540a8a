//! From a passphrase to a key: argon2id, version 1.3 (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// The most memory that is taken, in KiB: more would end a tab of a phone.
const MEMORY_KIB: u32 = 256 << 10;
/// The most passes over it.
const PASSES: u32 = 16;
/// The most lanes; in a browser they run one after the other.
const LANES: u32 = 4;
/// The least bytes of salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 8;

/// What a guess of the passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes, which others may compute at the same time.
    pub lanes: u32,
}

/// Stretches a passphrase to a key.
pub fn stretch(
    passphrase: &[u8],
    salt: &[u8],
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, StretchError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let most = memory_kib <= MEMORY_KIB && passes <= PASSES && lanes <= LANES;
    if !most || salt.len() < SALT_BYTES {
        return Err(StretchError);
    }
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| StretchError)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0; 32]);
    argon2.hash_password_into(passphrase, salt, key.as_mut_slice()).map_err(|_| StretchError)?;
    Ok(key)
}

/// The cost or the salt is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cost of stretching or its salt is out of bounds")]
pub struct StretchError;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(memory_kib: u32, lanes: u32, passphrase: &str, salt: &str, expected: &str) {
        let cost = Cost { memory_kib, passes: 2, lanes };
        let key = stretch(passphrase.as_bytes(), salt.as_bytes(), cost).unwrap();
        assert_eq!(hex::encode(*key), expected);
    }

    // From the tests of the reference implementation (phc-winner-argon2, src/test.c).
    #[test]
    fn keys_are_those_of_the_reference_implementation() {
        let one = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        check(1 << 16, 1, "password", "somesalt", one);
        let small = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe";
        check(1 << 8, 1, "password", "somesalt", small);
        let lanes = "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037";
        check(1 << 8, 2, "password", "somesalt", lanes);
        let other = "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde";
        check(1 << 16, 1, "differentpassword", "somesalt", other);
        let salt = "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c";
        check(1 << 16, 1, "password", "diffsalt", salt);
    }

    // RFC 9106, section 5.3: with a secret and associated data, which `stretch` does not take.
    #[test]
    fn the_crate_computes_the_vector_of_rfc_9106() {
        let mut params = argon2::ParamsBuilder::new();
        let data = argon2::AssociatedData::new(&[4; 12]).unwrap();
        params.m_cost(32).t_cost(3).p_cost(4).output_len(32).data(data);
        let (id, version) = (Algorithm::Argon2id, Version::V0x13);
        let argon2 = Argon2::new_with_secret(&[3; 8], id, version, params.build().unwrap());
        let mut tag = [0; 32];
        argon2.unwrap().hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(
            hex::encode(tag),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        );
    }

    #[test]
    fn a_cost_out_of_bounds_is_refused() {
        let good = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let refused = |cost| stretch(b"a", &[0; 16], cost) == Err(StretchError);
        assert!(!refused(good));
        assert!(refused(Cost { memory_kib: MEMORY_KIB + 1, ..good }));
        assert!(refused(Cost { memory_kib: 7, ..good }));
        assert!(refused(Cost { passes: PASSES + 1, ..good }));
        assert!(refused(Cost { passes: 0, ..good }));
        assert!(refused(Cost { lanes: LANES + 1, ..good }));
        assert!(refused(Cost { lanes: 0, ..good }));
        assert_eq!(stretch(b"a", &[0; 7], good), Err(StretchError));
    }
}
