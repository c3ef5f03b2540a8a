//! What sessions have done, for tests: nothing of it exists in a build for people.
//!
//! Under `test-support` each thread notes a hash of every key and nonce under which something was
//! encrypted, so that a test can tell that none was used twice; and, where a test asks for it, the
//! secrets themselves, so that it can search for them where they must be gone.

#[cfg(feature = "test-support")]
pub use log::{Secret, take, take_secrets, watch_secrets};

/// Notes that something was encrypted.
pub(crate) fn sealed(_key: &[u8; 32], _nonce: &[u8; 24]) {
    #[cfg(feature = "test-support")]
    log::sealed(_key, _nonce);
}

/// Notes a secret.
pub(crate) fn secret(_name: &'static str, _bytes: &[u8]) {
    #[cfg(feature = "test-support")]
    log::secret(_name, _bytes);
}

#[cfg(feature = "test-support")]
mod log {
    extern crate std;

    use alloc::vec::Vec;
    use core::cell::RefCell;

    use sha2::{Digest, Sha256};

    /// A secret that a session had, or was made with.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Secret {
        /// What it is.
        pub name: &'static str,
        /// It.
        pub bytes: Vec<u8>,
    }

    std::thread_local! {
        static SEALED: RefCell<Vec<[u8; 32]>> = const { RefCell::new(Vec::new()) };
        static SECRETS: RefCell<Option<Vec<Secret>>> = const { RefCell::new(None) };
    }

    /// The most hashes that are noted, for tests that never ask.
    const MOST: usize = 1 << 20;

    /// Returns SHA-256(key || nonce) of all that sessions of this thread have encrypted since the
    /// last call, headers and bodies.
    pub fn take() -> Vec<[u8; 32]> {
        SEALED.with(RefCell::take)
    }

    /// Notes secrets from now on in this thread, or no more.
    pub fn watch_secrets(watch: bool) {
        SECRETS.with(|log| *log.borrow_mut() = watch.then(Vec::new));
    }

    /// Returns the secrets noted since the last call.
    pub fn take_secrets() -> Vec<Secret> {
        SECRETS.with(|log| log.borrow_mut().as_mut().map(core::mem::take).unwrap_or_default())
    }

    pub(super) fn sealed(key: &[u8; 32], nonce: &[u8; 24]) {
        let hash = Sha256::new().chain_update(key).chain_update(nonce).finalize().into();
        SEALED.with(|log| {
            let mut log = log.borrow_mut();
            if log.len() < MOST {
                log.push(hash);
            }
        });
    }

    pub(super) fn secret(name: &'static str, bytes: &[u8]) {
        SECRETS.with(|log| {
            if let Some(log) = log.borrow_mut().as_mut() {
                log.push(Secret { name, bytes: bytes.to_vec() });
            }
        });
    }
}
