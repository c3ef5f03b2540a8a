//! Where a peer keeps its rows: sealed by the engine, so that storage sees no secret.

#[cfg(feature = "test-support")]
pub mod contract;
mod memory;

use lowkey_protocol::{Changes, RowKey, Stored, Table};

pub use self::memory::MemoryStorage;
use crate::platform::{BoxFuture, MaybeSend};

/// Keeps rows. Every implementation passes the tests of `storage::contract`.
pub trait Storage: MaybeSend {
    /// Returns all rows but the history.
    fn load(&mut self) -> BoxFuture<'_, Result<Stored, StorageError>>;

    /// Saves all changes in their order, or none; when it returns, they survive a crash.
    fn save(&mut self, changes: Changes) -> BoxFuture<'_, Result<(), StorageError>>;

    /// Returns the last `limit` rows of the history whose key begins with `prefix` and is smaller
    /// than `before`, ascending.
    fn history(
        &mut self,
        prefix: RowKey,
        before: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;

    /// Returns the last row of the history of each contact: keys that agree in their first
    /// [`CONTACT_TAG`] bytes are those of one.
    fn last_messages(&mut self) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;

    /// Returns the first `limit` rows of the history whose key is greater than `after`, ascending.
    fn scan(
        &mut self,
        after: Option<RowKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;

    /// Returns the rows of the history with these keys, in their order; those that are gone are
    /// left out.
    fn pick(&mut self, keys: Vec<RowKey>) -> BoxFuture<'_, Result<Vec<Row>, StorageError>>;
}

/// Bytes of a contact's tag at the beginning of a history key.
pub const CONTACT_TAG: usize = 16;

/// The number of the form in which rows are kept: tables, keys, and what seals them. Storage that
/// says a greater one was written by a newer program, and is left alone.
pub const FORMAT: u32 = 1;

/// All tables; `Table::History` is the only one that `Storage::load` leaves out.
pub const TABLES: [Table; 8] = [
    Table::Own,
    Table::Contacts,
    Table::Keys,
    Table::Sessions,
    Table::Prekeys,
    Table::Replays,
    Table::Outbox,
    Table::History,
];

/// A key and its sealed value.
pub type Row = (RowKey, Vec<u8>);

/// Storage did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// There is no room left.
    #[error("there is no room left")]
    Full,
    /// It cannot be read or written now.
    #[error("storage cannot be used")]
    Unavailable,
    /// What is stored cannot be understood.
    #[error("what is stored is damaged")]
    Damaged,
    /// A newer program wrote it.
    #[error("stored in format {found}, and only {known} is known")]
    Newer {
        /// The format found.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
}

/// Returns the name of a table where tables have names.
pub const fn table_name(table: Table) -> &'static str {
    match table {
        Table::Own => "own",
        Table::Contacts => "contacts",
        Table::Keys => "keys",
        Table::Sessions => "sessions",
        Table::Prekeys => "prekeys",
        Table::Replays => "replays",
        Table::Outbox => "outbox",
        Table::History => "history",
    }
}

/// Returns the smallest key that is greater than all that begin with `prefix`; none if every
/// greater key begins so.
pub fn after_prefix(prefix: &RowKey) -> Option<RowKey> {
    let end = prefix.0.iter().rposition(|byte| *byte != 0xff)?;
    let mut next: Vec<u8> = prefix.0.iter().take(end.saturating_add(1)).copied().collect();
    if let Some(last) = next.last_mut() {
        *last = last.wrapping_add(1);
    }
    Some(RowKey(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_key() {
        let check = |prefix: &[u8], next: Option<&[u8]>| {
            let found = after_prefix(&RowKey(prefix.to_vec()));
            assert_eq!(found, next.map(|next| RowKey(next.to_vec())), "{prefix:?}");
        };
        check(&[], None);
        check(&[0xff, 0xff], None);
        check(&[1], Some(&[2]));
        check(&[1, 0xff], Some(&[2]));
        check(&[1, 0xff, 0], Some(&[1, 0xff, 1]));
    }

    #[test]
    fn the_tables_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = TABLES.into_iter().map(table_name).collect();
        assert_eq!(names.len(), TABLES.len());
    }
}
