//! What a Kademlia record of ours is (PROTOCOL.md, "Records in the DHT"); relays use it too.
//!
//! The publisher field stays empty, always: it would tie a blinded key to a libp2p peer id, and
//! every node that holds the record would copy that on.

use libp2p::kad;
use lowkey_protocol::record::{Kind, RecordKey};
use web_time::Instant;

/// The two lengths of a record's value, in bytes: presence and inbox.
pub const VALUE_LENGTHS: [usize; 2] = [Kind::Presence.record_bytes(), Kind::Inbox.record_bytes()];

/// Makes the record to put, without a publisher.
pub fn to_put(key: &[u8], value: Vec<u8>, expires: Instant) -> kad::Record {
    kad::Record { key: kad::RecordKey::new(&key), value, publisher: None, expires: Some(expires) }
}

/// Checks the outer form of a record: a filter that costs nothing, before anything else looks.
pub fn check_form(record: &kad::Record) -> Result<(), ForeignRecord> {
    if RecordKey::from_kad_key(record.key.as_ref()).is_none() {
        return Err(ForeignRecord::Key);
    }
    if !VALUE_LENGTHS.contains(&record.value.len()) {
        return Err(ForeignRecord::Length { found: record.value.len() });
    }
    if record.publisher.is_some() {
        return Err(ForeignRecord::Publisher);
    }
    Ok(())
}

/// Why a Kademlia record is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignRecord {
    /// The key is not a blinded key behind our prefix.
    #[error("the key is not one of ours")]
    Key,
    /// The value has neither of the two lengths.
    #[error("value of {found} bytes where only 1,170 or 3,218 are known")]
    Length {
        /// Its bytes.
        found: usize,
    },
    /// The record names who published it.
    #[error("the record names a publisher")]
    Publisher,
}

#[cfg(test)]
mod tests {
    use libp2p::PeerId;

    use super::*;
    use crate::platform;

    fn record() -> kad::Record {
        to_put(&RecordKey([7; 32]).to_kad_key(), vec![0; 1_170], platform::now())
    }

    #[test]
    fn a_record_to_put_names_no_publisher() {
        assert_eq!(record().publisher, None);
        assert_eq!(check_form(&record()), Ok(()));
    }

    #[test]
    fn each_broken_form_has_its_name() {
        let mut named = record();
        named.publisher = Some(PeerId::random());
        assert_eq!(check_form(&named), Err(ForeignRecord::Publisher));

        let mut short = record();
        short.value.pop();
        assert_eq!(check_form(&short), Err(ForeignRecord::Length { found: 1_169 }));

        for key in [&b"/lowkey/1/"[..], b"/lowkey/2/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", b""] {
            let mut foreign = record();
            foreign.key = kad::RecordKey::new(&key);
            assert_eq!(check_form(&foreign), Err(ForeignRecord::Key));
        }
    }
}
