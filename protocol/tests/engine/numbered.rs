//! Texts that a screen numbers: asked again in any order, over restarts, each is queued once.

use lowkey_protocol::{Command, CommandError, Event, Numbered, Reply};
use proptest::{collection::vec, prelude::*};

use crate::net::Net;

/// What happens to a conversation.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A screen asks for a number that it has asked for already, or the next, or one too far.
    Asks {
        screen: u8,
        back: u64,
    },
    Restarts,
    Delivers,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (0..3_u8, 0..5_u64).prop_map(|(screen, back)| Happens::Asks { screen, back }),
        1 => Just(Happens::Restarts),
        1 => Just(Happens::Delivers),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_number_is_queued_once_whatever_is_repeated(script in vec(happens(), 1..40), seed: u64) {
        let mut net = Net::with(2, seed);
        net.befriend(0, 1);
        let (a, contact) = (net.people[0].address, net.people[1].address);
        net.people[0].events.clear();
        let mut last = [0_u64; 3];
        for event in script {
            match event {
                Happens::Restarts => net.restart(0),
                Happens::Delivers => net.run(),
                Happens::Asks { screen, back } => {
                    let taken = &mut last[usize::from(screen)];
                    // 0 is one too far, 1 the next one, all others were asked for already.
                    let number = (*taken + 2).saturating_sub(back);
                    let origin = [screen; 8];
                    let text = format!("{screen}-{number}");
                    let numbered = Some(Numbered { origin, number });
                    let reply = net.command(0, Command::SendText { contact, text, numbered });
                    if number == 0 || number > *taken + 1 {
                        let expected = *taken + 1;
                        prop_assert_eq!(reply.err(), Some(CommandError::OutOfOrder { expected }));
                        continue;
                    }
                    *taken = number.max(*taken);
                    let Ok(Reply::Queued(id)) = reply else { panic!("{reply:?}") };
                    let name = [&origin[..], &number.to_be_bytes()].concat();
                    prop_assert_eq!(id.0.to_vec(), name);
                }
            }
        }
        net.run_for(60_000);
        let mut expected: Vec<String> = (0..3_u8)
            .flat_map(|screen| (1..=last[usize::from(screen)]).map(move |n| format!("{screen}-{n}")))
            .collect();
        expected.push("may I?".into());
        expected.sort();
        for mut shown in [net.people[0].texts(&contact), net.people[1].texts(&a)] {
            shown.sort();
            prop_assert_eq!(&shown, &expected);
        }
        let new = |event: &&Event| matches!(event, Event::Message(view) if view.contact == contact);
        prop_assert_eq!(net.people[0].events.iter().filter(new).count(), expected.len() - 1);
    }
}

#[test]
fn a_text_that_is_refused_uses_no_number() {
    let mut net = Net::with(2, 95);
    net.befriend(0, 1);
    let contact = net.people[1].address;
    let mut send = |text: &str, number| {
        let numbered = Some(Numbered { origin: [7; 8], number });
        net.command(0, Command::SendText { contact, text: text.into(), numbered })
    };
    assert_eq!(send("", 1).err(), Some(CommandError::EmptyText));
    assert!(matches!(send("one", 1), Ok(Reply::Queued(_))));
    // What was taken is answered, whatever is said now.
    assert!(matches!(send("", 1), Ok(Reply::Queued(_))));
    assert_eq!(send("", 2).err(), Some(CommandError::EmptyText));
    assert!(matches!(send("two", 2), Ok(Reply::Queued(_))));
}
