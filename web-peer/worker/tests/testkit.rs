//! The test vectors of age itself (C2SP/CCTV, folder `age`), those that are about X25519.
//!
//! `testkit.json` holds the files as they are there, in base64.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use lowkey_worker::{AgeError, open_age};
use sha2::{Digest, Sha256};

const FILES: &str = include_str!("testkit.json");

struct Vector {
    name: String,
    fields: BTreeMap<String, Vec<String>>,
    file: Vec<u8>,
}

impl Vector {
    fn parse(name: String, bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in std::str::from_utf8(&bytes[..end]).unwrap().lines() {
            let (key, value) = line.split_once(": ").unwrap();
            fields.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        let rest = &bytes[end + 2..];
        let file = match fields.get("compressed") {
            Some(_) => miniz_oxide::inflate::decompress_to_vec_zlib(rest).unwrap(),
            None => rest.to_vec(),
        };
        Self { name, fields, file }
    }

    fn one(&self, key: &str) -> &str {
        &self.fields[key][0]
    }

    fn secret(&self) -> [u8; 32] {
        // The empty file names none.
        let Some(identity) = self.fields.get("identity") else { return [1; 32] };
        let (_, secret) = bech32::decode(&identity[0]).unwrap();
        secret.try_into().unwrap()
    }
}

#[test]
fn every_vector_of_the_testkit_is_met() {
    let lines = FILES.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(": "));
    let unquoted = |text: &str| text.trim_matches('"').to_owned();
    let vectors: Vec<Vector> = lines
        .map(|(name, file)| {
            Vector::parse(unquoted(name), &Base64::decode_vec(&unquoted(file)).unwrap())
        })
        .collect();
    assert_eq!(vectors.len(), 67);
    for vector in &vectors {
        let expected = match vector.one("expect") {
            "success" => Ok(vector.one("payload").to_owned()),
            "no match" => Err(AgeError::OtherIdentity),
            "header failure" | "HMAC failure" | "payload failure" => Err(AgeError::Malformed),
            other => panic!("{}: {other} is unknown", vector.name),
        };
        let opened = open_age(vector.file.clone(), &vector.secret());
        let found = opened.map(|plaintext| hex::encode(Sha256::digest(&*plaintext)));
        assert_eq!(found, expected, "{}", vector.name);
    }
}
