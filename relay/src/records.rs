//! The records that this relay holds for the DHT (PROTOCOL.md, "Validation by a storing node").
//!
//! The one way in is [`Records::insert`], after [`intake`] has validated and compared; kad's own
//! `put` is refused. Held is what fits the bounds, nearest to the relay's own id first; each
//! record goes when its signed header says so; none names a publisher; providers are unknown here.

pub(crate) mod intake;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, hash_map},
    iter,
    time::Instant,
};

use libp2p::{
    PeerId,
    kad::{
        KBucketDistance as Distance, KBucketKey, ProviderRecord, Record, RecordKey,
        store::{Error, RecordStore, Result as StoreResult},
    },
};

use crate::{addresses::Subnet, limits::Limits};

/// A bounded store in memory.
#[derive(Debug)]
pub(crate) struct Records {
    own: KBucketKey<PeerId>,
    max_records: usize,
    max_bytes: usize,
    held: HashMap<RecordKey, Held>,
    by_distance: BTreeMap<Distance, RecordKey>,
    of_source: HashMap<Source, usize>,
    bytes: usize,
}

/// A record and what its removal needs.
#[derive(Debug)]
pub(crate) struct Held {
    record: Record,
    source: Source,
    distance: Distance,
}

/// Who brought a key first; it counts in their share of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// Somebody of this subnet.
    Subnet(Subnet),
    /// Somebody whose IP address is unknown, or another relay, which replicates for many.
    Peer(PeerId),
}

/// The share of the store that a source may fill is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShareTaken;

impl Records {
    pub(crate) fn new(own: PeerId, limits: &Limits) -> Self {
        Self {
            own: KBucketKey::from(own),
            max_records: limits.records.get(),
            max_bytes: limits.record_bytes.get(),
            held: HashMap::new(),
            by_distance: BTreeMap::new(),
            of_source: HashMap::new(),
            bytes: 0,
        }
    }

    /// Holds a validated record, in place of an older one or as a new key, if the share of its
    /// source has room; evicts the farthest from the own id when the store is over its bounds.
    pub(crate) fn insert(
        &mut self,
        record: Record,
        source: Source,
        share: usize,
    ) -> Result<(), ShareTaken> {
        if let Some(held) = self.held.get_mut(&record.key) {
            // Whoever brought the key first keeps the burden: a new seq takes no new place.
            self.bytes = self.bytes.saturating_sub(held.record.value.len());
            self.bytes = self.bytes.saturating_add(record.value.len());
            held.record = record;
        } else {
            let count = self.of_source.entry(source).or_default();
            if *count >= share {
                return Err(ShareTaken);
            }
            *count += 1;
            let distance = self.own.distance(&KBucketKey::new(record.key.clone()));
            self.bytes = self.bytes.saturating_add(size(&record));
            self.by_distance.insert(distance, record.key.clone());
            self.held.insert(record.key.clone(), Held { record, source, distance });
        }
        while self.held.len() > self.max_records || self.bytes > self.max_bytes {
            let Some((_, farthest)) = self.by_distance.last_key_value() else { break };
            let farthest = farthest.clone();
            self.remove(&farthest);
        }
        Ok(())
    }

    /// Drops what has expired.
    pub(crate) fn remove_expired(&mut self, now: Instant) {
        let expired: Vec<RecordKey> = self
            .held
            .values()
            .filter(|held| held.record.is_expired(now))
            .map(|held| held.record.key.clone())
            .collect();
        expired.iter().for_each(|key| self.remove(key));
    }

    /// Returns the record under a key, unless it has expired.
    pub(crate) fn current(&self, key: &RecordKey, now: Instant) -> Option<&Record> {
        self.held.get(key).map(|held| &held.record).filter(|record| !record.is_expired(now))
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl RecordStore for Records {
    type RecordsIter<'a> =
        iter::Map<hash_map::Values<'a, RecordKey, Held>, fn(&'a Held) -> Cow<'a, Record>>;
    type ProvidedIter<'a> = iter::Empty<Cow<'a, ProviderRecord>>;

    fn get(&self, key: &RecordKey) -> Option<Cow<'_, Record>> {
        self.held.get(key).map(|held| Cow::Borrowed(&held.record))
    }

    fn put(&mut self, _: Record) -> StoreResult<()> {
        // A relay publishes nothing, and what others put comes through `insert`.
        Err(Error::MaxRecords)
    }

    fn remove(&mut self, key: &RecordKey) {
        let Some(held) = self.held.remove(key) else { return };
        self.by_distance.remove(&held.distance);
        self.bytes = self.bytes.saturating_sub(size(&held.record));
        let left = self.of_source.get(&held.source).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            self.of_source.remove(&held.source);
        } else {
            self.of_source.insert(held.source, left);
        }
    }

    fn records(&self) -> Self::RecordsIter<'_> {
        self.held.values().map(|held| Cow::Borrowed(&held.record))
    }

    fn add_provider(&mut self, _: ProviderRecord) -> StoreResult<()> {
        Err(Error::MaxProvidedKeys)
    }

    fn providers(&self, _: &RecordKey) -> Vec<ProviderRecord> {
        Vec::new()
    }

    fn provided(&self) -> Self::ProvidedIter<'_> {
        iter::empty()
    }

    fn remove_provider(&mut self, _: &RecordKey, _: &PeerId) {}
}

fn size(record: &Record) -> usize {
    record.key.as_ref().len().saturating_add(record.value.len())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test starts its own time somewhere")]
mod tests {
    use std::{num::NonZeroUsize, time::Duration};

    use super::*;

    fn records(max_records: usize, max_bytes: usize) -> Records {
        let limits = Limits {
            records: NonZeroUsize::new(max_records).unwrap(),
            record_bytes: NonZeroUsize::new(max_bytes).unwrap(),
            ..Limits::default()
        };
        Records::new(PeerId::random(), &limits)
    }

    fn record(key: u32, bytes: usize) -> Record {
        Record::new(key.to_be_bytes().to_vec(), vec![7; bytes])
    }

    fn subnet(ip: &str) -> Source {
        Source::Subnet(Subnet::of(ip.parse().unwrap()))
    }

    const ALL: usize = usize::MAX;

    #[test]
    fn when_full_the_farthest_from_the_own_id_goes() {
        let mut store = records(10, 1 << 20);
        for key in 0..50 {
            store.insert(record(key, 10), subnet("192.0.2.1"), ALL).unwrap();
            assert!(store.len() <= 10);
        }
        let own = store.own;
        let distance = |key: u32| own.distance(&KBucketKey::new(record(key, 0).key));
        let mut nearest: Vec<u32> = (0..50).collect();
        nearest.sort_by_key(|key| distance(*key));
        nearest.truncate(10);
        for key in nearest {
            assert!(store.get(&record(key, 0).key).is_some(), "the near key {key} is held");
        }
        assert_eq!(store.by_distance.len(), 10);
        assert_eq!(store.of_source[&subnet("192.0.2.1")], 10);
    }

    #[test]
    fn bytes_are_bounded_and_counted() {
        let mut store = records(1_000, 300);
        for key in 0..50 {
            store.insert(record(key, 96), subnet("192.0.2.1"), ALL).unwrap();
            assert!(store.bytes() <= 300);
        }
        assert_eq!((store.len(), store.bytes()), (3, 300));
        let key = store.records().next().unwrap().key.clone();
        let longer = Record { key: key.clone(), ..record(0, 40) };
        store.insert(longer, subnet("192.0.2.1"), ALL).unwrap();
        assert_eq!(store.bytes(), 244);
        store.remove(&key);
        assert_eq!((store.len(), store.bytes()), (2, 200));
    }

    #[test]
    fn one_source_fills_only_its_share() {
        let mut store = records(1_000, 1 << 20);
        let (crowd, other) = (subnet("192.0.2.1"), subnet("198.51.100.1"));
        for key in 0..5 {
            store.insert(record(key, 1), crowd, 5).unwrap();
        }
        assert_eq!(store.insert(record(5, 1), crowd, 5), Err(ShareTaken));
        assert_eq!(store.insert(record(5, 1), subnet("192.0.2.200"), 5), Err(ShareTaken));
        store.insert(record(5, 1), other, 5).unwrap();
        // A newer record under a held key takes no new place, whoever brings it.
        store.insert(record(4, 2), other, 1).unwrap();
        assert_eq!(store.of_source[&crowd], 5);
        store.remove(&record(0, 0).key);
        store.insert(record(6, 1), crowd, 5).unwrap();
    }

    #[test]
    fn expired_records_go_and_are_not_current() {
        let mut store = records(10, 1 << 20);
        let now = Instant::now();
        let soon = now + Duration::from_secs(10);
        let expiring = Record { expires: Some(soon), ..record(1, 1) };
        store.insert(expiring, subnet("192.0.2.1"), ALL).unwrap();
        assert!(store.current(&record(1, 1).key, now).is_some());
        assert!(store.current(&record(1, 1).key, soon).is_none());
        store.remove_expired(now);
        assert_eq!(store.len(), 1);
        store.remove_expired(soon);
        assert_eq!((store.len(), store.bytes(), store.by_distance.len()), (0, 0, 0));
    }

    #[test]
    fn kad_itself_can_put_nothing() {
        let mut store = records(10, 1 << 20);
        assert!(store.put(record(1, 1)).is_err());
        let provider = ProviderRecord::new(
            record(1, 1).key,
            PeerId::random(),
            Vec::<libp2p::Multiaddr>::new(),
        );
        assert!(store.add_provider(provider).is_err());
        assert_eq!(store.len(), 0);
    }
}
