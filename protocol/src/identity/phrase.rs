//! The twelve words (BIP-39, English, no passphrase).

use alloc::string::String;
use core::fmt;

use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Words of a phrase: 128 bits, as much as the curve is worth.
const WORDS: usize = 12;

/// Twelve words from which an identity can be made again.
#[derive(ZeroizeOnDrop)]
pub struct Phrase(Mnemonic);

impl Phrase {
    /// Draws a new phrase.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut entropy = Zeroizing::new([0; 16]);
        loop {
            rng.fill_bytes(entropy.as_mut_slice());
            // Sixteen bytes always make a phrase.
            if let Ok(phrase) = Self::from_entropy(&entropy) {
                return phrase;
            }
        }
    }

    /// Makes the phrase of stored entropy.
    pub fn from_entropy(entropy: &[u8; 16]) -> Result<Self, PhraseError> {
        Ok(Self(Mnemonic::from_entropy_in(Language::English, entropy)?))
    }

    /// Reads what a person typed: any case, any white space.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        let found = text.split_whitespace().count();
        if found != WORDS {
            return Err(PhraseError::WordCount { found });
        }
        let lower = Zeroizing::new(text.to_lowercase());
        Ok(Self(Mnemonic::parse_in_normalized(Language::English, &lower)?))
    }

    /// Returns the words with one space between two.
    pub fn words(&self) -> Zeroizing<String> {
        // The longest English word has 8 letters: no growing, so no copies are left behind.
        let mut words = Zeroizing::new(String::with_capacity(WORDS * 9));
        for word in self.0.words() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    /// Returns the 128 bits behind the words, for the vault.
    pub fn entropy(&self) -> Zeroizing<[u8; 16]> {
        let (bytes, _) = self.0.to_entropy_array();
        let bytes = Zeroizing::new(bytes);
        let mut entropy = Zeroizing::new([0; 16]);
        for (to, from) in entropy.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
        entropy
    }

    /// Returns BIP-39's seed of 64 bytes.
    pub(super) fn seed(&self) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.0.to_seed_normalized(""))
    }

    /// Returns BIP-39's seed of 64 bytes, for the golden vectors.
    #[cfg(feature = "test-support")]
    pub fn seed_for_vectors(&self) -> Zeroizing<[u8; 64]> {
        self.seed()
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phrase").finish_non_exhaustive()
    }
}

/// Why a text is not a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// Not twelve words.
    #[error("phrase of {found} words; 12 were expected")]
    WordCount {
        /// How many there are.
        found: usize,
    },
    /// A word is not in the list.
    #[error("word {position} is not in the list")]
    UnknownWord {
        /// Which one, counted from 1.
        position: usize,
    },
    /// All words are known, but they do not belong together.
    #[error("the words do not belong together: one is wrong, or two are swapped")]
    Checksum,
}

impl From<bip39::Error> for PhraseError {
    fn from(error: bip39::Error) -> Self {
        match error {
            bip39::Error::BadWordCount(found) => Self::WordCount { found },
            bip39::Error::UnknownWord(index) => {
                Self::UnknownWord { position: index.saturating_add(1) }
            }
            bip39::Error::BadEntropyBitCount(_)
            | bip39::Error::InvalidChecksum
            | bip39::Error::AmbiguousLanguages(_) => Self::Checksum,
        }
    }
}
