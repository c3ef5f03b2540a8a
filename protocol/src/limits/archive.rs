//! Bounds of a backup's archive (PROTOCOL.md, "Backup").

/// Contacts and blocked keys in an archive.
pub const ARCHIVE_CONTACTS: usize = 10_000;
/// Bytes of one record of an archive: a contact with every origin and range that is kept.
pub const ARCHIVE_RECORD_BYTES: usize = 1 << 20;
/// Records of an archive that are taken in one step, so that nothing waits for long.
pub const IMPORT_RECORDS: usize = 128;
