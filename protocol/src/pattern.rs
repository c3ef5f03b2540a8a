//! The small picture of a key: five by five cells, mirrored, and a hue, from the key's hash.
//!
//! It helps to recognise somebody; it is far too short to compare keys by (that is the safety
//! number's work).

use crate::{Address, kdf::sha512};

/// Cells in a row and in a column.
const SIDE: usize = 5;

/// A key's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    /// Row by row; the right half mirrors the left.
    pub cells: [bool; SIDE * SIDE],
    /// Degrees, 0 to 359.
    pub hue: u16,
}

impl KeyPattern {
    /// Draws the picture of an address: SHA-512("lowkey/1/pattern" || A), one byte a cell.
    pub fn of(address: &Address) -> Self {
        let digest = sha512(&[b"lowkey/1/pattern", address.key().as_bytes()]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const EXPECTED: [u8; SIDE * SIDE] = [
        0, 0, 0, 0, 0,
        1, 0, 0, 0, 1,
        0, 1, 0, 1, 0,
        0, 0, 1, 0, 0,
        1, 0, 0, 0, 1,
    ];

    #[test]
    fn a_pattern_is_mirrored_and_always_the_same() {
        let text = "lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy";
        let pattern = KeyPattern::of(&Address::parse(text).unwrap());
        for row in pattern.cells.chunks(SIDE) {
            assert_eq!((row[0], row[1]), (row[4], row[3]));
        }
        assert!(pattern.cells.contains(&true) && pattern.cells.contains(&false));
        let drawn: [u8; SIDE * SIDE] = pattern.cells.map(u8::from);
        assert_eq!((pattern.hue, drawn), (4, EXPECTED));
    }
}
