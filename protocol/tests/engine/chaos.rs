//! Random cuts, restarts, changes of address and orders of delivery: nothing is lost or doubled.

use lowkey_protocol::{Command, DeliveryState::Delivered};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::net::{Net, Who};

const PEOPLE: usize = 3;

fn chaos(seed: u64) {
    let mut dice = ChaCha20Rng::seed_from_u64(seed);
    let mut roll = |sides: u64| usize::try_from(dice.next_u64() % sides).unwrap();
    let mut net = Net::with(PEOPLE, seed);
    let mut sent: Vec<(Who, Who, String)> = Vec::new();
    for a in 0..PEOPLE {
        for b in 0..PEOPLE {
            if a != b {
                net.add(a, b);
            }
        }
    }
    for step in 0..120 {
        let (who, other) = (roll(PEOPLE as u64), roll(PEOPLE as u64 - 1));
        let whom = if other >= who { other + 1 } else { other };
        match roll(20) {
            0..8 => {
                let text = format!("{step} of {who} to {whom}");
                let contact = net.people[whom].address;
                if net
                    .command(who, Command::SendText { contact, text: text.clone(), numbered: None })
                    .is_ok()
                {
                    sent.push((who, whom, text));
                }
            }
            8..15 => {
                for _ in 0..roll(12) {
                    // Each person's inputs stay in order; whose comes next is open.
                    let who = roll(PEOPLE as u64);
                    let Some(at) = net.inputs.iter().position(|(to, _)| *to == who) else {
                        continue;
                    };
                    let (who, input) = net.inputs.remove(at).unwrap();
                    net.input(who, input);
                }
            }
            15 => net.cut_all(who),
            16 => net.restart(who),
            17 => net.cut_one(roll(1_000)),
            _ => net.run_for(roll(60_000) as u64),
        }
    }
    net.run_for(2 * 60 * 60_000);
    for (who, whom, text) in &sent {
        let from = net.people[*who].address;
        let got = net.people[*whom].texts(&from).iter().filter(|have| *have == text).count();
        assert_eq!(got, 1, "seed {seed}: {text}");
    }
    for a in 0..PEOPLE {
        for b in (0..PEOPLE).filter(|b| *b != a) {
            let (from, to) = (net.people[a].address, net.people[b].address);
            let states = net.people[a].states(&to);
            assert!(
                states.iter().all(|state| *state == Delivered),
                "seed {seed}: {a} {b} {states:?}"
            );
            assert_eq!(net.people[a].texts(&to), net.people[b].texts(&from), "seed {seed}");
            let order = |text: &String| sent.iter().position(|(.., have)| have == text);
            let own = |(w, v, _): &&(Who, Who, String)| (*w, *v) == (a, b);
            let said: Vec<_> = sent.iter().filter(own).map(|(.., text)| text.clone()).collect();
            let shown: Vec<_> =
                net.people[b].texts(&from).into_iter().filter(|t| said.contains(t)).collect();
            assert!(shown.is_sorted_by_key(order), "seed {seed}: {shown:?}");
        }
        assert_eq!(net.people[a].misbehaviours(), [], "seed {seed}");
    }
}

#[test]
fn nothing_is_lost_or_doubled() {
    let seeds = std::env::var("CHAOS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(20);
    for seed in 0..seeds {
        chaos(seed);
    }
}
