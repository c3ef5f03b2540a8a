//! The relay's libp2p key: made in the data folder at the first start, then read, never replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use libp2p::identity::Keypair;

/// Reads the key, or makes one if there is none.
pub(crate) fn load_or_create(folder: &Path) -> Result<Keypair, IdentityError> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => decode(&bytes).ok_or(IdentityError::Broken { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder, &path),
        Err(source) => Err(IdentityError::Io { path, source }),
    }
}

/// Why there is no key to start with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file is not a key.
    #[error(
        "{} is not an Ed25519 key of a relay; put the right file there, or move it away to get a \
         new key (the relay will then have another peer id)",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be used.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

const FILE: &str = "identity.key";

fn decode(bytes: &[u8]) -> Option<Keypair> {
    let pair = Keypair::from_protobuf_encoding(bytes).ok()?;
    pair.clone().try_into_ed25519().is_ok().then_some(pair)
}

fn create(folder: &Path, path: &Path) -> Result<Keypair, IdentityError> {
    let pair = Keypair::generate_ed25519();
    // Encoding an Ed25519 key cannot fail; were it so, the key must not be used.
    let bytes =
        pair.to_protobuf_encoding().map_err(|_| IdentityError::Broken { path: path.to_owned() })?;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| IdentityError::Io { path, source }
    };
    create_folder(folder).map_err(io(folder))?;
    match write_new(folder, FILE, &bytes) {
        Ok(()) => Ok(pair),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load_or_create(folder),
        Err(source) => Err(io(path)(source)),
    }
}

/// Writes a file that only the owner can read; one that is there already is an error, and stays.
pub(crate) fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!("{name}.{}", std::process::id()));
    let written = write_private(&draft, bytes).and_then(|()| {
        // Unlike a rename, a link never replaces a file that another start made meanwhile.
        fs::hard_link(&draft, folder.join(name))?;
        File::open(folder)?.sync_all()
    });
    // The draft is spent either way; one that cannot be removed does no harm.
    drop(fs::remove_file(&draft));
    written
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_first_start_stays() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("deep/data");
        let first = load_or_create(&data).unwrap();
        let second = load_or_create(&data).unwrap();
        assert_eq!(first.public(), second.public());
        let names: Vec<_> = fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [FILE]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        load_or_create(&data).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.join(FILE)), 0o600);
        assert_eq!(mode(&data), 0o700);
    }

    #[test]
    fn a_broken_key_is_an_error_and_stays_as_it_is() {
        for broken in [&b""[..], b"not a key", &[0; 68]] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(FILE), broken).unwrap();
            let error = load_or_create(folder.path()).unwrap_err();
            assert!(matches!(error, IdentityError::Broken { .. }), "{error}");
            assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), broken);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(matches!(load_or_create(&file.join("data")), Err(IdentityError::Io { .. })));
    }
}
