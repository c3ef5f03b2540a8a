//! The text a person hands out (PROTOCOL.md, "Text form").
//!
//! An [`Address`] exists only for a valid identity key; `parse` is the only way from text.

use alloc::string::String;
use core::{fmt, str::FromStr};

use bech32::{
    Bech32, Bech32m, Hrp,
    primitives::decode::{CharError, CheckedHrpstring, UncheckedHrpstring},
};

use crate::{bytes::Reader, identity::IdentityKey};

/// The first part of every address.
const PREFIX: &str = "lowkey";
/// The first byte of the data.
const VERSION: u8 = 1;
/// Characters of an address of version 1: prefix, separator, 33 bytes in base 32, checksum.
const CHARACTERS: usize = 66;
/// The alphabet of the data part (BIP-173).
const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// An identity key in its text form `lowkey1…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(IdentityKey);

impl Address {
    /// Returns the address of a key.
    pub const fn new(key: IdentityKey) -> Self {
        Self(key)
    }

    /// Reads what a person typed or pasted; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if let Some(kind) = OtherKind::of(text) {
            return Err(AddressError::OtherKind(kind));
        }
        let unchecked = UncheckedHrpstring::new(text).map_err(|error| explain(text, &error))?;
        if !unchecked.hrp().as_str().eq_ignore_ascii_case(PREFIX) {
            return Err(AddressError::OtherKind(OtherKind::Unknown));
        }
        let Ok(checked) = CheckedHrpstring::new::<Bech32m>(text) else {
            return Err(checksum_error(text, &unchecked));
        };
        let mut data = [0; 33];
        let found = checked.byte_iter().count();
        for (to, from) in data.iter_mut().zip(checked.byte_iter()) {
            *to = from;
        }
        let mut reader = Reader::new(&data);
        match (reader.u8(), found) {
            (Some(VERSION), 33) => {}
            (Some(version), 1..) if version > VERSION => {
                return Err(AddressError::NewerVersion { found: version });
            }
            (Some(VERSION), _) => {
                return Err(AddressError::Length { found: text.len(), expected: CHARACTERS });
            }
            _ => return Err(AddressError::BadKey),
        }
        let key: [u8; 32] = reader
            .array()
            .ok_or(AddressError::Length { found: text.len(), expected: CHARACTERS })?;
        let address = Self(IdentityKey::from_bytes(&key).map_err(|_| AddressError::BadKey)?);
        // The iterator above skips the padding: only the one spelling of a key is accepted.
        if !address.spelled(|spelled| spelled.eq_ignore_ascii_case(text)) {
            return Err(AddressError::BadKey);
        }
        Ok(address)
    }

    /// Returns the key.
    pub const fn key(&self) -> &IdentityKey {
        &self.0
    }

    fn spelled<R>(&self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = String::with_capacity(CHARACTERS);
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{self}"));
        read(&text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut data = [VERSION; 33];
        for (to, from) in data.iter_mut().skip(1).zip(self.0.as_bytes()) {
            *to = *from;
        }
        bech32::encode_lower_to_fmt::<Bech32m, _>(f, Hrp::parse_unchecked(PREFIX), &data)
            .map_err(|_| fmt::Error)
    }
}

/// Shows the first characters only, so that a log line holds no whole address.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spelled(|text| write!(f, "{}…", text.get(..16).unwrap_or_default()))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("no address was given")]
    Empty,
    /// It is something else that looks alike.
    #[error("this is {0}, not a LowKey address")]
    OtherKind(OtherKind),
    /// Upper and lower case are mixed.
    #[error("upper and lower case are mixed")]
    MixedCase,
    /// A character that no address has, or the only one that keeps the checksum from fitting.
    #[error("character {position}, {found:?}, is wrong")]
    WrongCharacter {
        /// Which one, counted from 1.
        position: usize,
        /// What is there.
        found: char,
    },
    /// Too short or too long.
    #[error("address of {found} characters; {expected} were expected")]
    Length {
        /// Its characters.
        found: usize,
        /// The characters of an address.
        expected: usize,
    },
    /// More than one character is wrong.
    #[error("the checksum does not fit: some characters are wrong")]
    Checksum,
    /// Made by a newer program.
    #[error("address of version {found} needs a newer program")]
    NewerVersion {
        /// Its version.
        found: u8,
    },
    /// The checksum fits, but no program would write this: the key in it is no identity key, or
    /// not spelled the one right way.
    #[error("the address holds no valid key")]
    BadKey,
}

/// What people mistake for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtherKind {
    /// `bc1…`, `tb1…`.
    #[error("a Bitcoin address")]
    Bitcoin,
    /// `npub1…`, `nsec1…`, `nprofile1…`.
    #[error("a Nostr key")]
    Nostr,
    /// `12D3Koo…`, `Qm…`.
    #[error("a libp2p peer id")]
    PeerId,
    /// `https://…` or `#i/…`: an invite or another link.
    #[error("a link")]
    Link,
    /// `lowkey1…` with the checksum of bech32 instead of bech32m.
    #[error("text with an outdated checksum")]
    Bech32,
    /// Anything else.
    #[error("something else")]
    Unknown,
}

impl OtherKind {
    fn of(text: &str) -> Option<Self> {
        let begins = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if ["bc1", "tb1", "bcrt1"].into_iter().any(begins) {
            Some(Self::Bitcoin)
        } else if ["npub1", "nsec1", "nprofile1", "nostr:"].into_iter().any(begins) {
            Some(Self::Nostr)
        } else if text.starts_with("12D3Koo") || text.starts_with("Qm") {
            Some(Self::PeerId)
        } else if text.contains("://") || text.starts_with("#i/") {
            Some(Self::Link)
        } else {
            None
        }
    }
}

/// Names what keeps a text from being bech32 of any kind.
fn explain(
    text: &str,
    error: &bech32::primitives::decode::UncheckedHrpstringError,
) -> AddressError {
    use bech32::primitives::decode::UncheckedHrpstringError as Unchecked;
    let begins_like_ours =
        text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    if !begins_like_ours {
        return AddressError::OtherKind(OtherKind::Unknown);
    }
    if matches!(error, Unchecked::Char(CharError::MixedCase)) {
        return AddressError::MixedCase;
    }
    let data_start = PREFIX.len().saturating_add(1);
    let wrong = text.chars().enumerate().find(|(index, found)| {
        if *index == PREFIX.len() {
            *found != '1'
        } else {
            *index >= data_start && !ALPHABET.contains(found.to_ascii_lowercase())
        }
    });
    match wrong {
        Some((index, found)) => {
            AddressError::WrongCharacter { position: index.saturating_add(1), found }
        }
        None => AddressError::Length { found: text.chars().count(), expected: CHARACTERS },
    }
}

/// Names what keeps bech32 with our prefix from having a right checksum.
fn checksum_error(text: &str, unchecked: &UncheckedHrpstring<'_>) -> AddressError {
    if unchecked.has_valid_checksum::<Bech32>() {
        return AddressError::OtherKind(OtherKind::Bech32);
    }
    if text.len() != CHARACTERS {
        return AddressError::Length { found: text.len(), expected: CHARACTERS };
    }
    typo(text).unwrap_or(AddressError::Checksum)
}

/// Names the only character whose change makes the checksum right.
///
/// Two addresses differ in at least five characters, so one error has one place. The place is
/// told, never the character: a guess that is wrong would be somebody else's address.
fn typo(text: &str) -> Option<AddressError> {
    let lower = text.to_ascii_lowercase();
    let data_start = PREFIX.len().saturating_add(1);
    for position in data_start..lower.len() {
        let (before, rest) = lower.split_at_checked(position)?;
        let after = rest.get(1..)?;
        for symbol in ALPHABET.chars() {
            let mut candidate = String::with_capacity(CHARACTERS);
            candidate.push_str(before);
            candidate.push(symbol);
            candidate.push_str(after);
            if CheckedHrpstring::new::<Bech32m>(&candidate).is_ok() {
                let found = text.chars().nth(position)?;
                let position = position.saturating_add(1);
                return Some(AddressError::WrongCharacter { position, found });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
