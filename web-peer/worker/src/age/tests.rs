use proptest::prelude::*;

use super::*;

const SECRET: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];

fn random() -> Randomness {
    Randomness { file_key: [1; 16], ephemeral: [2; 32], nonce: [3; 16] }
}

fn sealed(plaintext: &[u8]) -> Vec<u8> {
    seal_age(plaintext, &SECRET, random())
}

/// A file that the crate `age` 0.12.1 wrote for `SECRET`: the text below.
const BY_THE_CRATE: &str = include_str!("../../tests/by_the_age_crate.txt");

#[test]
fn a_file_of_another_implementation_opens() {
    let file = hex::decode(BY_THE_CRATE.trim()).unwrap();
    assert_eq!(open_age(file, &SECRET).unwrap().as_slice(), b"written by the age crate\n");
}

#[test]
fn what_is_sealed_opens_again_at_every_edge_of_a_chunk() {
    let chunk = 64 << 10;
    for size in [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1] {
        let plaintext: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
        let file = sealed(&plaintext);
        assert_eq!(*open_age(file, &SECRET).unwrap(), plaintext, "{size}");
    }
}

#[test]
fn another_identity_is_told_apart() {
    assert_eq!(open_age(sealed(b"mine"), &OTHER).unwrap_err(), AgeError::OtherIdentity);
}

#[test]
fn a_change_of_any_byte_is_refused() {
    let plaintext: Vec<u8> = (0..100).collect();
    let file = sealed(&plaintext);
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            assert!(open_age(changed, &SECRET).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_file_that_was_cut_or_lengthened_is_refused() {
    let chunk = 64 << 10;
    let file = sealed(&vec![5; chunk + 10]);
    let near = |at: usize| at.saturating_sub(40)..at + 40;
    let header = file.len() - (chunk + 10 + 2 * 16 + 16);
    let edges = (0..header + 60).chain(near(header + 16 + chunk + 16));
    for at in edges.filter(|at| *at < file.len()) {
        assert_eq!(open_age(file[..at].to_vec(), &SECRET).err(), Some(AgeError::Malformed), "{at}");
    }
    for more in [vec![0], vec![0; 16], vec![0; 17], file.clone()] {
        let longer = [file.clone(), more].concat();
        assert_eq!(open_age(longer, &SECRET).err(), Some(AgeError::Malformed));
    }
}

#[test]
fn a_header_over_the_limit_is_refused() {
    let line = "A".repeat(64);
    let endless = format!("age-encryption.org/v1\n-> x\n{}", format!("{line}\n").repeat(4_096));
    assert_eq!(open_age(endless.into_bytes(), &SECRET).err(), Some(AgeError::Malformed));
    let many = format!("age-encryption.org/v1\n{}", "-> x\nAA\n".repeat(40_000));
    assert_eq!(open_age(many.into_bytes(), &SECRET).err(), Some(AgeError::Malformed));
}

proptest! {
    #[test]
    fn every_plaintext_comes_back(
        plaintext: Vec<u8>, file_key: [u8; 16], ephemeral: [u8; 32], nonce: [u8; 16]
    ) {
        let random = Randomness { file_key, ephemeral, nonce };
        let file = seal_age(&plaintext, &SECRET, random);
        prop_assert_eq!(&*open_age(file, &SECRET).unwrap(), &plaintext);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        prop_assert!(open_age(bytes, &SECRET).is_err());
    }

    #[test]
    fn no_header_makes_it_panic(rest in "(-> [ -~]{0,80}\n|[A-Za-z0-9+/]{0,70}\n|--- [ -~]{0,50}\n|.){0,8}") {
        let file = format!("age-encryption.org/v1\n{rest}");
        prop_assert!(open_age(file.into_bytes(), &SECRET).is_err());
    }
}
