//! The small picture of a key: five by five cells, mirrored, and a hue, from the key's hash.
//!
//! It helps to recognise somebody; it is far too short to compare keys by (that is the safety
//! number's work).

use lowkey_protocol::Address;
use sha2::{Digest, Sha512};

/// Cells in a row and in a column.
const SIDE: usize = 5;

/// A key's picture.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Row by row; the right half mirrors the left.
    pub cells: [bool; SIDE * SIDE],
    /// Degrees, 0 to 359.
    pub hue: u16,
}

impl Pattern {
    /// Draws the picture of an address: SHA-512("lowkey/1/pattern" || A), one byte a cell.
    pub fn of(address: &Address) -> Self {
        let digest: [u8; 64] = Sha512::new()
            .chain_update(b"lowkey/1/pattern")
            .chain_update(address.key().as_bytes())
            .finalize()
            .into();
        let [high, low, bytes @ ..] = digest;
        let mut cells = [false; SIDE * SIDE];
        for (index, cell) in cells.iter_mut().enumerate() {
            let (row, column) = (index / SIDE, index % SIDE);
            let mirrored = column.min(SIDE - 1 - column);
            *cell = bytes.get(row * SIDE.div_ceil(2) + mirrored).is_some_and(|byte| byte & 1 == 1);
        }
        Self { cells, hue: u16::from_be_bytes([high, low]) % 360 }
    }
}
