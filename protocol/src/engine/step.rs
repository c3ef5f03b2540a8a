//! One step of the engine: what it will save and what it will say, collected.
//!
//! Invariant (I4, I5): all changes of a step become one `Persist`, before everything else.

use alloc::{collections::BTreeSet, vec::Vec};

use rand_core::CryptoRng;

use crate::{
    Address, Timestamp,
    engine::{
        input::CommandId,
        output::{Change, Changes, CommandError, Event, Output, Reply, RowKey, Table},
    },
};

/// What a step has come to so far.
pub(crate) struct Step<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    /// Contacts that must be looked after before the step ends: sent to, sought, saved, shown.
    pub(crate) touched: BTreeSet<Address>,
    changes: Vec<Change>,
    reply: Option<Output>,
    outputs: Vec<Output>,
}

impl<'a> Step<'a> {
    pub(crate) const fn new(now: Timestamp, rng: &'a mut dyn CryptoRng) -> Self {
        Self {
            now,
            rng,
            touched: BTreeSet::new(),
            changes: Vec::new(),
            reply: None,
            outputs: Vec::new(),
        }
    }

    /// Asks that a contact be looked after.
    pub(crate) fn touch(&mut self, who: Address) {
        self.touched.insert(who);
    }

    /// Saves a row; its value is sealed already.
    pub(crate) fn put(&mut self, table: Table, key: RowKey, sealed: Vec<u8>) {
        self.forget_change(table, &key);
        self.changes.push(Change::Put(table, key, sealed));
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, table: Table, key: RowKey) {
        self.forget_change(table, &key);
        self.changes.push(Change::Delete(table, key));
    }

    /// Removes all rows whose key begins so.
    pub(crate) fn delete_all(&mut self, table: Table, prefix: RowKey) {
        self.changes.push(Change::DeleteAll(table, prefix));
    }

    /// Answers the command of this step.
    pub(crate) fn reply(&mut self, id: CommandId, answer: Result<Reply, CommandError>) {
        self.reply = Some(Output::Reply(id, answer));
    }

    /// Tells the screen.
    pub(crate) fn emit(&mut self, event: Event) {
        self.outputs.push(Output::Emit(event));
    }

    /// Asks the driver for something.
    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Draws bytes.
    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// Draws a duration of `millis` ± `percent`.
    pub(crate) fn jitter(&mut self, millis: u64, percent: u32) -> u64 {
        let spread = millis / 100 * u64::from(percent.min(100));
        millis - spread + self.below(spread.saturating_mul(2).saturating_add(1))
    }

    /// Draws a number below `bound`, 0 for an empty range; the bias does not matter for pauses.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64().checked_rem(bound).unwrap_or_default()
    }

    /// Returns the list for the driver.
    pub(crate) fn finish(self) -> Vec<Output> {
        let saved = (!self.changes.is_empty()).then(|| Output::Persist(Changes(self.changes)));
        saved.into_iter().chain(self.reply).chain(self.outputs).collect()
    }

    fn forget_change(&mut self, table: Table, key: &RowKey) {
        self.changes.retain(|change| {
            !matches!(change, Change::Put(t, k, _) | Change::Delete(t, k) if *t == table && k == key)
        });
    }
}
