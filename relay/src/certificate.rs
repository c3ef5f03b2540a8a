//! The certificate for WebRTC-direct: made in the data folder at the first start, then read.
//!
//! Its hash is part of addresses that others remember, so it stays over restarts. It holds a
//! private key.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use libp2p_webrtc::tokio::Certificate;

use crate::identity;

/// Reads the certificate, or makes one if there is none.
pub(crate) fn load_or_create(folder: &Path) -> Result<Certificate, CertificateError> {
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => decode(&text).ok_or(CertificateError::Broken { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder, path),
        Err(source) => Err(CertificateError::Io { path, source }),
    }
}

/// Why there is no certificate for WebRTC-direct.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file is not a certificate.
    #[error(
        "{} is not a certificate of a relay; put the right file there, or move it away to get a \
         new one (the relay will then have other addresses for WebRTC)",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be used.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

const FILE: &str = "webrtc.pem";

fn decode(text: &str) -> Option<Certificate> {
    // The first block is a date of 8 bytes; the library panics at a shorter one.
    let is_whole = text.lines().nth(1).is_some_and(|date| date.len() == 12);
    if is_whole { Certificate::from_pem(text).ok() } else { None }
}

fn create(folder: &Path, path: PathBuf) -> Result<Certificate, CertificateError> {
    // The generator is not asked: the library takes the system's.
    let made = Certificate::generate(&mut rand::rng());
    let Ok(certificate) = made else { return Err(CertificateError::Broken { path }) };
    match identity::write_new(folder, FILE, certificate.serialize_pem().as_bytes()) {
        Ok(()) => Ok(certificate),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load_or_create(folder),
        Err(source) => Err(CertificateError::Io { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_of_the_first_start_stays_and_is_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_create(folder.path()).unwrap().fingerprint();
        assert_eq!(load_or_create(folder.path()).unwrap().fingerprint(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_certificate_is_an_error_and_stays_as_it_is() {
        for broken in ["", "rubbish", "-----BEGIN EXPIRES-----\nAAAA\n-----END EXPIRES-----\n"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(FILE);
            fs::write(&file, broken).unwrap();
            let error = load_or_create(folder.path()).unwrap_err();
            assert!(matches!(error, CertificateError::Broken { .. }), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), broken);
        }
    }
}
