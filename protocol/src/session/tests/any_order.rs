//! Two ends of a session, whatever the network does to their messages.

use super::*;

/// What happens to two parties: who acts, and which waiting message of theirs arrives.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send(bool),
    Receive(bool, usize),
    Drop(bool, usize),
    Replay(bool, usize),
    Forge(bool, usize, usize),
    Store(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Send),
        5 => (any::<bool>(), 0_usize..6).prop_map(|(who, at)| Step::Receive(who, at)),
        1 => (any::<bool>(), 0_usize..6).prop_map(|(who, at)| Step::Drop(who, at)),
        1 => (any::<bool>(), any::<usize>()).prop_map(|(who, at)| Step::Replay(who, at)),
        1 => (any::<bool>(), 0_usize..6, 0_usize..119)
            .prop_map(|(who, at, byte)| Step::Forge(who, at, byte)),
        1 => any::<bool>().prop_map(Step::Store),
    ];
    prop::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_network_does_each_text_comes_once_and_whole(
        seed in any::<u64>(), steps in steps(),
    ) {
        let (alice, bob, mut rng) = pair(seed);
        let mut ends = [alice, bob];
        // Messages on their way to each end, and those that came.
        let mut ways: [Vec<(u32, Vec<u8>)>; 2] = [vec![], vec![]];
        let mut came: [Vec<Vec<u8>>; 2] = [vec![], vec![]];
        let mut number = 0_u32;
        for step in steps {
            match step {
                Step::Send(who) => {
                    let who = usize::from(who);
                    let message = ends[who].encrypt(&number.to_le_bytes(), 16, &mut rng).unwrap();
                    ways[1 - who].push((number, message));
                    number += 1;
                }
                Step::Receive(who, at) => {
                    let who = usize::from(who);
                    if at < ways[who].len() {
                        let (number, message) = ways[who].remove(at);
                        match ends[who].decrypt(&message, NOW) {
                            Ok(text) => prop_assert_eq!(text.as_slice(), number.to_le_bytes()),
                            // Its chain may have ended more than five turns ago.
                            Err(error) => prop_assert_eq!(error, DecryptError::OtherSession),
                        }
                        came[who].push(message);
                    }
                }
                Step::Drop(who, at) => {
                    let way = &mut ways[usize::from(who)];
                    if at < way.len() {
                        way.remove(at);
                    }
                }
                Step::Replay(who, at) => {
                    let who = usize::from(who);
                    if let Some(message) = came[who].get(at % came[who].len().max(1)) {
                        prop_assert!(ends[who].decrypt(message, NOW).is_err());
                    }
                }
                Step::Forge(who, at, byte) => {
                    let who = usize::from(who);
                    if let Some((_, message)) = ways[who].get(at) {
                        let mut forged = message.clone();
                        forged[byte] ^= 0x40;
                        let before = ends[who].encode();
                        prop_assert!(ends[who].decrypt(&forged, NOW).is_err());
                        prop_assert_eq!(ends[who].encode(), before);
                    }
                }
                Step::Store(who) => {
                    let who = usize::from(who);
                    ends[who] = stored(&ends[who]);
                }
            }
            for end in &ends {
                prop_assert!(end.skipped_keys() <= SKIPPED_KEYS);
                prop_assert!(end.ratchet.skipped.chains().len() <= SKIPPED_CHAINS);
            }
        }
        // Whatever happened: the next message of each side opens.
        for who in [0, 1] {
            let message = ends[who].encrypt(b"still here", 0, &mut rng).unwrap();
            let text = ends[1 - who].decrypt(&message, NOW).unwrap();
            prop_assert_eq!(text.as_slice(), b"still here");
        }
    }

    #[test]
    fn any_bytes_are_no_session_and_no_message(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (_, mut bob, _) = pair(0);
        prop_assert!(bob.decrypt(&bytes, NOW).is_err());
        let _ = Session::decode(&bytes);
        let mut versioned = bytes;
        if let Some(first) = versioned.first_mut() {
            *first = 1;
        }
        let _ = Session::decode(&versioned);
    }
}
