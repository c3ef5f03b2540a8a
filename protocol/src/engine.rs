//! The engine: what happened goes in, what must be done comes out.

pub mod input;
pub mod output;
