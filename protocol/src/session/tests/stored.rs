//! What is stored of a session: whole or nothing, rolled back, stolen.

use super::*;

#[test]
fn stored_bytes_are_a_session_only_whole() {
    let (mut alice, mut bob, mut rng) = pair(14);
    alice.encrypt(b"lost", 0, &mut rng).unwrap();
    let message = alice.encrypt(b"x", 0, &mut rng).unwrap();
    bob.decrypt(&message, NOW).unwrap();
    assert_eq!(bob.skipped_keys(), 1);
    let whole_without_skipped = bob.encode().len() - 40 - 40;
    for session in [&alice, &bob] {
        let bytes = session.encode();
        for end in (0..bytes.len()).filter(|end| *end != whole_without_skipped) {
            assert!(Session::decode(&bytes[..end]).is_err(), "{end}");
        }
        assert_eq!(stored(session).encode(), bytes);
    }
}

/// After a roll-back the same message keys are met again: never with the same nonce.
#[test]
fn a_rolled_back_session_repeats_no_key_and_nonce() {
    let (alice, mut bob, mut rng) = pair(15);
    let (old_alice, old_bob) = (alice.encode(), bob.encode());
    bob.encrypt(b"begin a chain", 0, &mut rng).unwrap();
    let mut seen = BTreeSet::new();
    for old in [&old_alice, &old_bob, &bob.encode()] {
        for _ in 0..20 {
            let mut again = Session::decode(old).unwrap();
            for _ in 0..3 {
                let message = again.encrypt(b"text", 0, &mut rng).unwrap();
                let nonce: [u8; 24] = message[1..25].try_into().unwrap();
                // A random nonce never repeats, under whichever key.
                assert!(seen.insert(nonce));
            }
        }
    }
}

/// A sender whose storage went back says that its old chain was shorter than we know: its next
/// turn counts all the same.
#[test]
fn a_rolled_back_sender_can_turn() {
    let (mut alice, mut bob, mut rng) = pair(16);
    let old = alice.encode();
    for _ in 0..5 {
        let message = alice.encrypt(b"x", 0, &mut rng).unwrap();
        bob.decrypt(&message, NOW).unwrap();
    }
    let mut alice = Session::decode(&old).unwrap();
    // What it sends in the old chain was seen under these numbers.
    let message = alice.encrypt(b"lost", 0, &mut rng).unwrap();
    assert_eq!(bob.decrypt(&message, NOW), Err(DecryptError::Duplicate));
    let answer = bob.encrypt(b"answer", 0, &mut rng).unwrap();
    assert_eq!(alice.decrypt(&answer, NOW).unwrap().as_slice(), b"answer");
    let message = alice.encrypt(b"turned", 0, &mut rng).unwrap();
    assert_eq!(bob.decrypt(&message, NOW).unwrap().as_slice(), b"turned");
    assert_eq!(bob.skipped_keys(), 0);
}

/// Whoever copies the whole state reads what comes until both sides have turned, no longer.
#[test]
fn a_stolen_state_is_worth_nothing_after_a_round_trip() {
    let (mut alice, mut bob, mut rng) = pair(17);
    let before = alice.encrypt(b"before", 0, &mut rng).unwrap();
    bob.decrypt(&before, NOW).unwrap();
    let stolen = bob.encode();
    let thief = || Session::decode(&stolen).unwrap();
    assert!(thief().decrypt(&before, NOW).is_err());
    let next = alice.encrypt(b"next", 0, &mut rng).unwrap();
    assert!(thief().decrypt(&next, NOW).is_ok());
    bob.decrypt(&next, NOW).unwrap();
    let answer = bob.encrypt(b"answer", 0, &mut rng).unwrap();
    alice.decrypt(&answer, NOW).unwrap();
    let healed = alice.encrypt(b"healed", 0, &mut rng).unwrap();
    assert!(thief().decrypt(&healed, NOW).is_err());
    assert!(bob.decrypt(&healed, NOW).is_ok());
}
