//! One number for all that happened in a world, in its order.

/// FNV-1a over 64 bits: enough to tell two runs apart, and the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace(u64);

impl Trace {
    /// Starts an empty trace.
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds what happened: where, when, what.
    pub fn add(&mut self, tag: u8, machine: usize, at: u64, bytes: &[u8]) {
        self.bytes(&[tag]);
        self.bytes(&(machine as u64).to_le_bytes());
        self.bytes(&at.to_le_bytes());
        self.bytes(&(bytes.len() as u64).to_le_bytes());
        self.bytes(bytes);
    }

    /// Returns the number.
    pub const fn value(self) -> u64 {
        self.0
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}
