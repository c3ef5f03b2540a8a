//! One device of a person: an engine, its storage, its clock, its screen.

use std::collections::{BTreeMap, BTreeSet};

use lowkey_protocol::{
    Address, Engine,
    engine::{
        input::{CommandId, Input, LinkId},
        output::{CommandError, Output, QueryId, Reply},
    },
    identity::Phrase,
    time::Timestamp,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::{opening, screen::Screen, storage::Rows};

/// The number of a machine in the world's list.
pub type MachineId = usize;

/// One device of a person.
#[derive(Debug)]
pub struct Machine {
    /// Whose it is.
    pub address: Address,
    /// How many times the program was started here.
    pub start: u32,
    /// What is stored.
    pub rows: Rows,
    /// Whether the storage went back since the program ran last.
    pub went_back: bool,
    /// What its person sees.
    pub screen: Screen,
    /// How far the wall clock is off, in milliseconds: what the program begins with.
    pub wall_clock: i64,
    /// How far the time of this start is off: it only moves when the engine is told.
    pub skew: i64,
    /// Whether it has a network.
    pub online: bool,
    /// Its throw-away peer id of this start.
    pub peer_id: Vec<u8>,
    /// Answers to commands of this start.
    pub replies: BTreeMap<CommandId, Result<Reply, CommandError>>,
    /// Queries whose answers are no longer wanted.
    pub cancelled: BTreeSet<QueryId>,
    /// Links over which a direct dial is answered.
    pub meets: BTreeSet<LinkId>,
    /// The alarm that counts; earlier ones are stale.
    pub alarm: u64,
    /// Steps of the engine, over all starts.
    pub steps: u64,
    /// Steps in a row that did not get past the same deadline.
    pub spins: u32,
    words: String,
    engine: Option<Engine>,
    rng: ChaCha8Rng,
    commands: u64,
}

impl Machine {
    /// Makes a machine that is switched off, with a new phrase or the one given.
    pub fn new(seed: u64, id: MachineId, words: Option<&str>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1_000 + id as u64);
        let phrase = match words {
            Some(words) => Phrase::parse(words).expect("a phrase made by another machine"),
            None => Phrase::generate(&mut rng),
        };
        let words = phrase.words().as_str().to_owned();
        let address = opening::address(&words);
        Self {
            address,
            start: 0,
            rows: Rows::default(),
            went_back: false,
            screen: Screen::default(),
            wall_clock: 0,
            skew: 0,
            online: false,
            peer_id: Vec::new(),
            replies: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            meets: BTreeSet::new(),
            alarm: 0,
            steps: 0,
            spins: 0,
            words,
            engine: None,
            rng,
            commands: 0,
        }
    }

    /// Starts the program from what is stored; the screen is loaded from the history.
    /// Returns what the engine asks for first.
    pub fn open(&mut self, peer_id: Vec<u8>, now: u64) -> Vec<Output> {
        self.start += 1;
        self.peer_id = peer_id;
        self.skew = self.wall_clock;
        self.replies.clear();
        self.cancelled.clear();
        self.meets.clear();
        self.spins = 0;
        self.alarm += 1;
        let clock = self.clock(now);
        let (engine, outputs) = opening::open(&self.words, self.rows.load(), clock, &mut self.rng);
        self.screen = Screen::default();
        self.screen.reload(opening::history(&engine, &self.rows, &outputs));
        self.engine = Some(engine);
        outputs
    }

    /// Ends the program without a word to it.
    pub fn kill(&mut self) {
        self.engine = None;
        self.alarm += 1;
    }

    /// Returns whether the program runs.
    pub fn runs(&self) -> bool {
        self.engine.is_some()
    }

    /// Returns the recovery phrase.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Gives the engine one input at the world's time `now`.
    pub fn handle(&mut self, input: Input, now: u64) -> Vec<Output> {
        let clock = self.clock(now);
        let Some(engine) = &mut self.engine else { return Vec::new() };
        self.steps += 1;
        engine.handle(input, clock, &mut self.rng)
    }

    /// Returns when the engine wants to be woken, in the world's time.
    pub fn deadline(&self, now: u64) -> Option<u64> {
        let deadline = self.engine.as_ref()?.deadline()?;
        Some(now + deadline.millis_since(self.clock(now)))
    }

    /// Returns what this machine's clock shows.
    pub fn clock(&self, now: u64) -> Timestamp {
        Timestamp::from_millis(now.saturating_add_signed(self.skew))
    }

    /// Returns a new number for a command.
    pub fn next_command(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(self.commands)
    }
}
