//! The golden backup: an age file that an independent program wrote (`tests/vectors/archive.json`).
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use lowkey_worker::{Randomness, open_age, seal_age};

const FILE: &str = include_str!("../../../tests/vectors/archive.json");

/// Returns the bytes of a field; every name stands once in the file.
fn field<const N: usize>(name: &str) -> [u8; N] {
    bytes(name).try_into().unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    let (_, after) = FILE.split_once(&format!("\"{name}\": \"")).unwrap();
    let (value, _) = after.split_once('"').unwrap();
    hex::decode(value).unwrap()
}

#[test]
fn a_backup_has_the_bytes_of_the_golden_one() {
    let (secret, archive) = (field("bk_key"), bytes("archive"));
    let random = Randomness {
        file_key: field("file_key"),
        ephemeral: field("ephemeral"),
        nonce: field("nonce"),
    };
    assert_eq!(hex::encode(seal_age(&archive, &secret, random)), hex::encode(bytes("file")));
    assert_eq!(*open_age(bytes("file"), &secret).unwrap(), archive);
}
