//! Many engines in virtual time over a bad network.
//!
//! A [`World`] has machines (an engine each, with the real protocol inside), links that are cut
//! at any frame, a DHT of a few nodes that really validate, an attacker who plays recorded frames
//! again, and a clock that costs nothing. All chance comes from one seed, so a run can be had
//! again: the same seed gives the same [`World::trace`]. Beside the engines stands an [`Oracle`]
//! that knows every text written and reads every screen.
//!
//! A test makes a world, adds machines, plans what people do ([`World::plan`]), runs it, heals it
//! ([`World::heal`]) and asks for the [`World::verdict`].

use std::collections::{BTreeMap, BTreeSet};

use lowkey_protocol::session::key_log;

pub use self::{
    acts::Act,
    conditions::{Conditions, Counts},
    dice::Dice,
    machine::{Machine, MachineId},
    oracle::Oracle,
    sabotage::{BUGS, Bug},
    screen::Screen,
    talk::{Talk, talk},
};
use self::{attacker::Attacker, dht::Dht, happening::Happening, links::Link, trace::Trace};

mod acts;
mod attacker;
mod conditions;
pub mod dht;
mod dice;
mod driver;
mod happening;
mod links;
mod machine;
mod network;
pub mod opening;
mod oracle;
mod sabotage;
mod screen;
mod storage;
mod talk;
mod trace;

/// The moment at which every world begins: 2026-11-22, a Sunday, 20:00:00 UTC.
pub const BEGIN: u64 = 1_795_377_600_000;

/// A world; see the module.
#[derive(Debug)]
pub struct World {
    /// How bad everything is now; may be changed while it runs.
    pub conditions: Conditions,
    /// Everybody's machines.
    pub machines: Vec<Machine>,
    /// What was written, and the rules broken.
    pub oracle: Oracle,
    /// What went wrong on purpose.
    pub counts: Counts,
    /// The storing nodes.
    pub dht: Dht,
    /// Every frame that an engine gave to a link, if a test wants them: the machine, the bytes.
    pub wire: Option<Vec<(MachineId, Vec<u8>)>>,
    /// Why engines closed links, each as often as it happened.
    pub closed: BTreeMap<String, u64>,
    /// Whether people accept each request some time after it comes.
    pub people_accept: bool,
    /// Whether relays tell machines the time once they are connected.
    pub relays_tell_time: bool,
    seed: u64,
    begin: u64,
    now: u64,
    /// Whether every step is printed: the environment variable `LOWKEY_LOG` is set.
    logs: bool,
    dice: Dice,
    bug: Option<Bug>,
    trace: Trace,
    links: Vec<Link>,
    next_link: u64,
    attacker: Attacker,
    /// Frames sent and the newest that came, for each ordered pair of machines.
    pairs: BTreeMap<(MachineId, MachineId), (u64, u64)>,
    /// A hash of every key and nonce under which anything was encrypted.
    sealed: BTreeSet<[u8; 32]>,
    agenda: BTreeMap<(u64, u64), Happening>,
    planned: u64,
    /// Texts that people still mean to write.
    unwritten: u64,
}

impl World {
    /// Makes a world without machines; it begins within a week of [`BEGIN`], as the seed says.
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        // What an earlier world of this thread has left.
        key_log::take();
        let mut dice = Dice::new(seed, 0);
        let now = BEGIN + dice.below(7 * 86_400_000);
        Self {
            conditions,
            machines: Vec::new(),
            oracle: Oracle::default(),
            counts: Counts::default(),
            dht: Dht::default(),
            wire: None,
            closed: BTreeMap::new(),
            people_accept: true,
            relays_tell_time: true,
            seed,
            begin: now,
            now,
            logs: std::env::var_os("LOWKEY_LOG").is_some(),
            dice,
            bug: None,
            trace: Trace::new(),
            links: Vec::new(),
            next_link: 0,
            attacker: Attacker::default(),
            pairs: BTreeMap::new(),
            sealed: BTreeSet::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            unwritten: 0,
        }
    }

    /// Plants a bug in every machine.
    pub fn plant(&mut self, bug: Bug) {
        self.bug = Some(bug);
    }

    /// Adds a machine with a new phrase, switched on and on line.
    pub fn add(&mut self) -> MachineId {
        let id = self.add_switched_off(None);
        self.switch_on(id);
        id
    }

    /// Adds a machine that is switched off, with a new phrase or the one given.
    pub fn add_switched_off(&mut self, words: Option<&str>) -> MachineId {
        let id = self.machines.len();
        self.machines.push(Machine::new(self.seed, id, words));
        id
    }

    /// Runs until a moment, counted in milliseconds from now.
    pub fn run_for(&mut self, millis: u64) {
        let until = self.now + millis;
        while self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// Runs until a condition holds; returns false if it does not within `millis`.
    pub fn run_until(&mut self, millis: u64, mut done: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + millis;
        while !done(self) {
            if self.agenda.first_key_value().is_none_or(|((at, _), _)| *at > until) {
                self.now = until;
                return done(self);
            }
            self.step();
        }
        true
    }

    /// Makes everything good, and every machine on line.
    pub fn heal(&mut self) {
        self.conditions = Conditions::good();
        for id in 0..self.machines.len() {
            if !self.machines[id].runs() {
                self.switch_on(id);
            } else if !self.machines[id].online {
                self.set_online(id, true);
            }
        }
    }

    /// Runs until every promised text is delivered, at most `millis`; then judges all screens.
    pub fn verdict(&mut self, millis: u64) -> Result<Counts, Vec<String>> {
        self.run_until(millis, |world| {
            world.unwritten == 0 && world.oracle.open(&world.machines) == 0
        });
        // What was shown once must not be shown again by what is still under way.
        self.run_for(120_000);
        self.counts.texts = self.oracle.promised();
        let broken = self.oracle.judge(&self.machines);
        if broken.is_empty() { Ok(self.counts) } else { Err(broken) }
    }

    /// Returns the number that stands for all that happened.
    pub fn trace(&self) -> u64 {
        self.trace.value()
    }

    /// Returns the world's time in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Returns the dice, for scripts that belong to the same seed.
    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    fn at(&mut self, delay: u64, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((self.now + delay, self.planned), happening);
    }
}
