//! The search for what must never be readable: in frames, in DHT messages, in anything.

use std::collections::{BTreeSet, HashMap};

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
use lowkey_protocol::Address;

/// What must not be found, each under its name, in every form in which it could be written.
#[derive(Clone, Debug, Default)]
pub struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    /// Searches for a text, as it is.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.0.push((format!("the text {text:?}"), text.as_bytes().to_vec()));
        self
    }

    /// Searches for a key: raw, as hexadecimal digits, as base64 in its three alphabets.
    #[must_use]
    pub fn with_key(mut self, name: &str, key: &[u8]) -> Self {
        let forms = [
            ("raw", key.to_vec()),
            ("hex", hex::encode(key).into_bytes()),
            ("hex, upper case", hex::encode_upper(key).into_bytes()),
            ("base64", Base64::encode_string(key).into_bytes()),
            ("base64 without padding", Base64Unpadded::encode_string(key).into_bytes()),
            ("base64url", Base64UrlUnpadded::encode_string(key).into_bytes()),
        ];
        self.0.extend(forms.map(|(form, bytes)| (format!("{name}, {form}"), bytes)));
        self
    }

    /// Searches for a person: the identity key in all forms, and the address as it is handed out.
    #[must_use]
    pub fn with_person(self, name: &str, address: &Address) -> Self {
        let text = address.to_string();
        let mut needles =
            self.with_key(&format!("{name}'s identity key"), address.key().as_bytes());
        needles.0.push((format!("{name}'s address"), text.to_uppercase().into_bytes()));
        // Without its prefix: the data part alone names the person as well.
        let data = text.rsplit('1').next().unwrap_or_default().to_owned();
        needles.0.push((format!("{name}'s address"), data.into_bytes()));
        needles
    }

    /// Returns the names of all needles that these bytes hold.
    pub fn search(&self, bytes: &[u8]) -> Vec<&str> {
        // One pass over the bytes, however many needles: they are found by how they begin.
        let mut beginnings: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (number, (_, needle)) in self.0.iter().enumerate() {
            beginnings.entry(&needle[..BEGINNING]).or_default().push(number);
        }
        let mut held = BTreeSet::new();
        for (at, beginning) in bytes.windows(BEGINNING).enumerate() {
            for &number in beginnings.get(beginning).into_iter().flatten() {
                if bytes[at..].starts_with(&self.0[number].1) {
                    held.insert(number);
                }
            }
        }
        held.into_iter().map(|number| self.0[number].0.as_str()).collect()
    }

    /// Returns every needle, for control runs that plant each.
    pub fn all(&self) -> &[(String, Vec<u8>)] {
        &self.0
    }
}

/// How many bytes each needle has at least.
const BEGINNING: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_key_is_found_wherever_it_stands() {
        let key: Vec<u8> = (100..132).collect();
        let needles = Needles::default().with_key("the key", &key).with_text("canary");
        assert_eq!(needles.all().len(), 7);
        for (name, needle) in needles.all() {
            let hay = [b"some bytes before ".as_slice(), needle, b" and after"].concat();
            assert!(needles.search(&hay).contains(&name.as_str()), "{name}");
            let broken = &hay[..hay.len() - 12];
            assert!(!needles.search(broken).contains(&name.as_str()), "{name}");
        }
        assert!(needles.search(b"nothing here").is_empty());
    }
}
