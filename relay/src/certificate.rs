//! The certificate for WebRTC-direct: made in the data folder at the first start, then read.
//!
//! Its hash is part of addresses that others remember, so it stays over restarts. It holds a
//! private key.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use libp2p_webrtc_utils::Fingerprint;
use rcgen::KeyPair;
use webrtc::peer_connection::certificate::RTCCertificate;

use crate::identity;

/// A certificate and its private key.
#[derive(Clone)]
pub(crate) struct Certificate {
    rtc: RTCCertificate,
    fingerprint: Fingerprint,
}

impl Certificate {
    fn new(rtc: RTCCertificate) -> Option<Self> {
        let told = rtc.get_fingerprints();
        let hex = told.iter().find(|told| told.algorithm == "sha-256")?.value.replace(':', "");
        let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok();
        let bytes: Vec<u8> = (0..32_usize).map(byte).collect::<Option<_>>()?;
        Some(Self { rtc, fingerprint: Fingerprint::raw(bytes.try_into().ok()?) })
    }

    pub(crate) fn rtc(&self) -> RTCCertificate {
        self.rtc.clone()
    }

    /// Returns its SHA-256, which addresses carry.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

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
    is_whole.then(|| RTCCertificate::from_pem(text).ok()).flatten().and_then(Certificate::new)
}

fn create(folder: &Path, path: PathBuf) -> Result<Certificate, CertificateError> {
    // An ECDSA key on P-256, as browsers have.
    let made = KeyPair::generate().ok().and_then(|key| RTCCertificate::from_key_pair(key).ok());
    let Some(certificate) = made.and_then(Certificate::new) else {
        return Err(CertificateError::Broken { path });
    };
    match identity::write_new(folder, FILE, certificate.rtc.serialize_pem().as_bytes()) {
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
