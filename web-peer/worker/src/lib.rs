//! What takes so long that the page would stand still: run by a Web Worker, loaded when needed.
//!
//! [`stretch()`] makes a key of a passphrase; [`seal_age`] and [`open_age`] encrypt a backup as an
//! age file. All three are pure but for the randomness of a new file; [`exports`] hands them to
//! JavaScript. Nothing here knows of chat.

mod age;
pub mod exports;
mod stretch;

pub use age::{AgeError, Randomness, open_age, seal_age};
pub use stretch::{Cost, StretchError, stretch};
