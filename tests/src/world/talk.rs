//! The script that most promises are judged by: people find each other and talk, while
//! everything goes wrong; then the network heals.

use super::{Act, Bug, Conditions, Counts, World};

/// How long a talk lasts while things go wrong, in milliseconds.
const ROUGH: u64 = 10 * 60_000;

/// How long a healed world may take until all is delivered: 12 hours.
const REST: u64 = 12 * 3_600_000;

/// What to play.
#[derive(Clone, Debug)]
pub struct Talk {
    /// How many people; each talks with the next one.
    pub people: usize,
    /// Texts for each direction of each conversation.
    pub texts: u64,
    /// What goes wrong.
    pub conditions: Conditions,
    /// Whether conversations are ended, some of them burned.
    pub ends: bool,
    /// A bug to plant.
    pub bug: Option<Bug>,
    /// Whether the world keeps every frame that an engine gives to a link.
    pub record_wire: bool,
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            people: 3,
            texts: 4,
            conditions: Conditions::bad(),
            ends: false,
            bug: None,
            record_wire: false,
        }
    }
}

/// Plays a talk; returns the world at its rest, and the verdict.
pub fn talk(seed: u64, talk: &Talk) -> (World, Result<Counts, Vec<String>>) {
    let mut world = World::new(seed, talk.conditions.clone());
    if let Some(bug) = talk.bug {
        world.plant(bug);
    }
    world.wire = talk.record_wire.then(Vec::new);
    for _ in 0..talk.people {
        world.add();
    }
    for one in 0..talk.people {
        let other = (one + 1) % talk.people;
        if one < other || talk.people > 2 {
            meet(&mut world, one, other, talk.texts);
            if talk.ends {
                part(&mut world, one, other);
            }
        }
    }
    if talk.conditions.cut > 0 {
        for id in 0..talk.people {
            trouble(&mut world, id);
        }
    }
    world.run_for(ROUGH);
    world.heal();
    let verdict = world.verdict(REST);
    (world, verdict)
}

/// Two people: one adds the other, or both do; then both write.
fn meet(world: &mut World, one: usize, other: usize, texts: u64) {
    let addresses = [world.machines[one].address, world.machines[other].address];
    let begin = world.dice().between(0, 60_000);
    world.plan(begin, Act::Add(one, addresses[1]));
    if world.dice().chance(400) {
        let pause = world.dice().between(0, 120_000);
        world.plan(pause, Act::Add(other, addresses[0]));
    }
    if world.dice().chance(300) {
        let from = world.dice().chance(500).then_some(addresses[1]);
        let at = begin + world.dice().between(0, ROUGH);
        world.plan(at, Act::Hide(one, from, true));
        world.plan(at + ROUGH / 5, Act::Hide(one, from, false));
    }
    for (from, to) in [(one, addresses[1]), (other, addresses[0])] {
        for _ in 0..texts {
            let at = begin + world.dice().between(0, ROUGH * 2 / 3);
            let text = text(world);
            world.plan(at, Act::Write(from, to, text));
        }
    }
}

/// One of two people ends the conversation, or both do, perhaps at once; some begin another one.
fn part(world: &mut World, one: usize, other: usize) {
    let addresses = [world.machines[one].address, world.machines[other].address];
    let at = world.dice().between(60_000, ROUGH);
    let burn = world.dice().chance(300);
    world.plan(at, Act::End(one, addresses[1], burn));
    if world.dice().chance(400) {
        let pause = world.dice().between(0, 10_000);
        let burn = world.dice().chance(300);
        world.plan(at + pause, Act::End(other, addresses[0], burn));
    }
}

/// Once in a talk a machine is off line, is started anew, or has its clock moved.
fn trouble(world: &mut World, id: usize) {
    let at = world.dice().between(0, ROUGH);
    let long = world.dice().between(1_000, 240_000);
    match world.dice().below(5) {
        0 => world.plan(at, Act::GoOffline(id, long)),
        1 => world.plan(at, Act::Restart(id, long)),
        2 => {
            let minutes = world.dice().between(0, 40) as i64 - 20;
            world.plan(at, Act::MoveClock(id, minutes * 60_000));
            world.plan(at + 1, Act::Restart(id, long));
        }
        3 => {
            let minutes = world.dice().between(0, 40) as i64 - 20;
            world.plan(at, Act::Misinform(id, minutes * 60_000));
            world.plan(at + 30_000, Act::GoOffline(id, 2_000));
        }
        _ => {}
    }
}

/// A text with a random id in it; most are short, some are as long as a text may be.
fn text(world: &mut World) -> String {
    let id = hex::encode(world.dice().array::<12>());
    let more = match world.dice().below(8) {
        0 => world.dice().below(8_100),
        1 => 0,
        _ => world.dice().below(120),
    };
    id + &"x".repeat(more as usize)
}
