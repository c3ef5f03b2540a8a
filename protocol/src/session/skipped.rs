//! Keys of messages that have not come yet. Bounded in number, age and chains.

use alloc::{collections::BTreeMap, collections::VecDeque, vec::Vec};

use super::{
    chain::{MessageKey, ReceivingChain},
    ratchet::HeaderKey,
};
use crate::{
    limits::{SKIPPED_CHAINS, SKIPPED_KEYS, SKIPPED_MINUTES, SKIPPED_STEPS},
    time::Timestamp,
};

/// Skipped message keys, by chain, the oldest chain first.
#[derive(Default)]
pub(super) struct SkippedKeys {
    chains: VecDeque<SkippedChain>,
}

/// The skipped keys of one chain.
pub(super) struct SkippedChain {
    /// Which turn of the other side began the chain.
    pub(super) turn: u32,
    pub(super) header: HeaderKey,
    pub(super) keys: BTreeMap<u32, SkippedKey>,
}

/// A key with the moment at which it was put aside.
pub(super) struct SkippedKey {
    pub(super) key: MessageKey,
    pub(super) minute: u32,
}

impl SkippedKeys {
    /// Puts chains as they were stored.
    pub(super) fn restore(chains: Vec<SkippedChain>) -> Self {
        Self { chains: chains.into() }
    }

    /// Puts keys of a chain aside, and drops the oldest ones beyond the limits.
    pub(super) fn add(
        &mut self,
        chain: &ReceivingChain,
        keys: Vec<(u32, MessageKey)>,
        now: Timestamp,
    ) {
        if keys.is_empty() {
            return;
        }
        let minute = now.as_minutes();
        let keys = keys.into_iter().map(|(number, key)| (number, SkippedKey { key, minute }));
        if let Some(known) = self.chains.iter_mut().find(|known| known.turn == chain.turn) {
            known.keys.extend(keys);
        } else {
            let (turn, header) = (chain.turn, chain.header.clone());
            self.chains.push_back(SkippedChain { turn, header, keys: keys.collect() });
        }
        while self.chains.len() > SKIPPED_CHAINS {
            self.chains.pop_front();
        }
        let mut excess = self.len().saturating_sub(SKIPPED_KEYS);
        while excess > 0 {
            let Some(oldest) = self.chains.front_mut() else { break };
            if oldest.keys.pop_first().is_some() {
                excess = excess.saturating_sub(1);
            } else {
                self.chains.pop_front();
            }
        }
        self.chains.retain(|chain| !chain.keys.is_empty());
    }

    /// Drops what is too old.
    pub(super) fn expire(&mut self, turns: u32, now: Timestamp) {
        self.chains.retain_mut(|chain| {
            chain.keys.retain(|_, key| !key.is_old(now));
            turns.saturating_sub(chain.turn) <= SKIPPED_STEPS && !chain.keys.is_empty()
        });
    }

    /// Takes a key out for ever.
    pub(super) fn remove(&mut self, turn: u32, number: u32) {
        if let Some(chain) = self.chains.iter_mut().find(|chain| chain.turn == turn) {
            chain.keys.remove(&number);
        }
        self.chains.retain(|chain| !chain.keys.is_empty());
    }

    /// Returns the key of one message, if it is there and not too old.
    pub(super) fn get(&self, turn: u32, number: u32, now: Timestamp) -> Option<&MessageKey> {
        let chain = self.chains.iter().find(|chain| chain.turn == turn)?;
        chain.keys.get(&number).filter(|key| !key.is_old(now)).map(|key| &key.key)
    }

    /// Returns the chains, the oldest first.
    pub(super) fn chains(&self) -> impl ExactSizeIterator<Item = &SkippedChain> {
        self.chains.iter()
    }

    /// Returns how many keys there are.
    pub(super) fn len(&self) -> usize {
        self.chains.iter().map(|chain| chain.keys.len()).sum()
    }
}

impl SkippedKey {
    fn is_old(&self, now: Timestamp) -> bool {
        now.as_minutes().saturating_sub(self.minute) > SKIPPED_MINUTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::chain::ChainKey;

    fn chain(turn: u32) -> ReceivingChain {
        ReceivingChain { header: HeaderKey([0; 32]), key: ChainKey([0; 32]), next: 0, turn }
    }

    fn keys(numbers: core::ops::Range<u32>) -> Vec<(u32, MessageKey)> {
        numbers.map(|number| (number, MessageKey([1; 32]))).collect()
    }

    const NOW: Timestamp = Timestamp::from_minutes(1_000_000);

    #[test]
    fn the_oldest_keys_go_first() {
        let mut skipped = SkippedKeys::default();
        skipped.add(&chain(1), keys(0..1_000), NOW);
        skipped.add(&chain(2), keys(0..1_000), NOW);
        skipped.add(&chain(2), keys(1_001..1_011), NOW);
        assert_eq!(skipped.len(), SKIPPED_KEYS);
        assert!(skipped.get(1, 9, NOW).is_none());
        assert!(skipped.get(1, 10, NOW).is_some());
        skipped.add(&chain(3), keys(0..1_000), NOW);
        assert!(skipped.get(1, 999, NOW).is_none());
        assert!(skipped.get(2, 9, NOW).is_none());
        assert_eq!(skipped.len(), SKIPPED_KEYS);
    }

    #[test]
    fn chains_are_bounded() {
        let mut skipped = SkippedKeys::default();
        for turn in 1..20 {
            skipped.add(&chain(turn), keys(0..1), NOW);
            assert!(skipped.chains().len() <= SKIPPED_CHAINS);
        }
        assert!(skipped.get(14, 0, NOW).is_none());
        assert!(skipped.get(15, 0, NOW).is_some());
    }

    #[test]
    fn keys_die_of_age_and_turns() {
        let mut skipped = SkippedKeys::default();
        skipped.add(&chain(1), keys(0..1), NOW);
        let last = NOW.plus_millis(u64::from(SKIPPED_MINUTES) * 60_000);
        assert!(skipped.get(1, 0, last).is_some());
        assert!(skipped.get(1, 0, last.plus_millis(60_000)).is_none());
        skipped.expire(6, last);
        assert_eq!(skipped.len(), 1);
        skipped.expire(7, last);
        assert_eq!(skipped.len(), 0);
    }

    #[test]
    fn a_key_is_taken_once() {
        let mut skipped = SkippedKeys::default();
        skipped.add(&chain(1), keys(0..2), NOW);
        skipped.remove(1, 0);
        assert!(skipped.get(1, 0, NOW).is_none());
        skipped.remove(1, 1);
        assert_eq!(skipped.chains().len(), 0);
    }
}
