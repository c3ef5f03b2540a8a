//! What a person is promised, as tests.
//!
//! [`world`] runs many engines in virtual time over a bad network; [`native`] runs real relays
//! and real peers on loopback. The promises themselves are in `tests/promises`, a module each.

pub mod leaks;
pub mod native;
pub mod world;
