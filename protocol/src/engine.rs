//! The engine: what happened goes in, what must be done comes out.
//!
//! [`Engine::open`] makes one of what is stored; [`Engine::handle`] takes every [`Input`] with the
//! moment and randomness, and returns the [`Output`]s to run in their order; [`Engine::deadline`]
//! tells when to come back without an input. All else only looks.
//!
//! A step changes the machines below (contacts, look-ups, publications, links, conversations) and
//! marks whom it touched. At its end every touched contact is looked after once: what is due is
//! sent, whoever is wanted is sought, what changed is saved and shown.

use alloc::{collections::BTreeMap, vec::Vec};

use rand_core::CryptoRng;

use crate::{
    Address, Identity, MillisOffset, Timestamp, VaultError, VaultKey, identity::Generation, limits,
    pow::Puzzle, record::Kind,
};

mod archive;
mod commands;
mod contacts;
mod conversation;
mod direct;
pub mod input;
mod link;
mod lookup;
pub mod output;
mod own;
mod publish;
mod rows;
mod step;
mod stored;
mod timer;

use contacts::Contact;
#[cfg(feature = "test-support")]
pub(crate) use contacts::ContactKeys;
use input::Input;
use link::Links;
use lookup::Urgency;
use output::{DialId, Event, MessageView, Output, QueryId, RowKey, Stored, Table};
use own::{KnownTo, Own};
use publish::{Publish, Slot, prekeys::Prekeys};
use step::Step;
use timer::{Timer, Timers};

/// One identity on one machine: all that it knows, and all that it waits for.
///
/// There are three kinds of methods. [`Engine::open`] comes first; its outputs are run like those
/// of any step. [`Engine::handle`] is called for everything that happens, and when the moment of
/// [`Engine::deadline`] has come. The rest reads: [`Engine::open_message`],
/// [`Engine::contact_tag`].
pub struct Engine {
    own: Own,
    params: Params,
    vault: VaultKey,
    contacts: BTreeMap<Address, Contact>,
    prekeys: Prekeys,
    publish: Publish,
    links: Links,
    /// Questions that are asked, and what about.
    queries: BTreeMap<QueryId, Query>,
    dials: BTreeMap<DialId, Address>,
    ids: Ids,
    timers: Timers,
    /// How far the clock was moved since the start.
    clock: MillisOffset,
}

/// What tests set otherwise than people's builds do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Zero bits of a record's stamp; everyone in one network has the same.
    pub stamp_bits: u8,
}

impl Default for Params {
    fn default() -> Self {
        Self { stamp_bits: limits::STAMP_BITS }
    }
}

/// Why stored state could not be read; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A row does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row opens, and is not what its table holds.
    #[error("a row of the table {0:?} is malformed")]
    Row(Table),
}

/// How often one reason to wake up may lead to another one in the same moment: a sweep to a
/// publication to the next one.
const ROUNDS: u32 = 4;

/// What a query is about.
#[derive(Clone, Copy)]
enum Query {
    /// Records of a contact.
    Contact(Address),
    /// Records at a location of ours, before we publish there.
    Look(Slot),
    /// A stamp for a location of ours.
    Stamp(Slot, Puzzle),
    /// A publication at a location of ours, with its sequence number.
    Publish(Slot, u64),
}

/// Numbers for questions, each used once.
#[derive(Default)]
struct Ids(u64);

impl Ids {
    const fn query(&mut self) -> QueryId {
        self.0 = self.0.saturating_add(1);
        QueryId(self.0)
    }

    const fn dial(&mut self) -> DialId {
        self.0 = self.0.saturating_add(1);
        DialId(self.0)
    }
}

impl Engine {
    /// Opens an identity with what its storage holds, or a new install if that is nothing.
    pub fn open(
        identity: Identity,
        stored: Stored,
        vault: VaultKey,
        params: Params,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Vec<Output>), OpenError> {
        let mut step = Step::new(now, rng);
        let mut engine = Self {
            own: Own::new(identity, now, step.rng),
            params,
            vault,
            contacts: BTreeMap::new(),
            prekeys: Prekeys::default(),
            publish: Publish::default(),
            links: Links::default(),
            queries: BTreeMap::new(),
            dials: BTreeMap::new(),
            ids: Ids::default(),
            timers: Timers::default(),
            clock: MillisOffset(0),
        };
        engine.restore(stored)?;
        engine.sweep(&mut step);
        let all: Vec<Address> = engine.contacts.keys().copied().collect();
        all.into_iter().for_each(|who| step.touch(who));
        engine.settle(&mut step);
        let outputs = step.finish();
        Ok((engine, outputs))
    }

    /// Takes what happened; returns what must be done, in this order.
    pub fn handle(&mut self, input: Input, now: Timestamp, rng: &mut dyn CryptoRng) -> Vec<Output> {
        let mut step = Step::new(now, rng);
        self.route(input, &mut step);
        self.settle(&mut step);
        step.finish()
    }

    /// Returns when `Input::DeadlinePassed` is due.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.timers.deadline()
    }

    /// Opens a row of the history of a contact.
    pub fn open_message(
        &self,
        contact: &Address,
        key: &RowKey,
        row: &[u8],
    ) -> Result<MessageView, OpenError> {
        self.read_history(contact, key, row)
    }

    /// Returns what the keys of all rows about a contact begin with.
    pub fn contact_tag(&self, contact: &Address) -> RowKey {
        RowKey(contacts::contact_tag(&self.vault, contact).to_vec())
    }

    fn route(&mut self, input: Input, step: &mut Step<'_>) {
        match input {
            Input::Command(id, command) => {
                let answer = self.handle_command(command, step);
                step.reply(id, answer);
            }
            Input::OwnAddresses(addresses) => self.handle_own_addresses(addresses, step),
            Input::LinkUp(link, dial, info) => self.handle_link_up(link, dial, info, step),
            Input::DialFailed(dial) => self.handle_dial_failed(dial, step),
            Input::Frame(link, bytes) => self.handle_frame(link, &bytes, step),
            Input::LinkDown(link) => self.handle_link_down(link, step),
            Input::PathChanged(link, path) => self.handle_path_changed(link, path, step),
            Input::RecordsFound(id, values, progress) => match self.queries.get(&id).copied() {
                Some(Query::Contact(who)) => {
                    self.handle_contact_records(id, who, &values, progress, step);
                }
                Some(Query::Look(slot)) => {
                    self.handle_own_records(id, slot, &values, progress, step);
                }
                _ => {}
            },
            Input::RecordPublished(id, holders) => {
                if let Some(Query::Publish(slot, seq)) = self.queries.get(&id).copied() {
                    self.handle_published(id, (slot, seq), &holders, step);
                }
            }
            Input::StampFound(id, stamp) => {
                if let Some(Query::Stamp(slot, puzzle)) = self.queries.get(&id).copied() {
                    self.handle_stamp(id, (slot, puzzle), stamp, step);
                }
            }
            Input::ClockCorrected(offset) => self.handle_clock(offset, step),
            Input::DeadlinePassed => {}
        }
        // Whatever happened, it may have happened late; and what is due may make more be due now.
        for _ in 0..ROUNDS {
            for timer in self.timers.take_due(step.now) {
                self.handle_timer(timer, step);
            }
        }
    }

    fn handle_timer(&mut self, timer: Timer, step: &mut Step<'_>) {
        match timer {
            Timer::Proof(link) => self.handle_proof_due(link, step),
            Timer::Stranger(link) => self.handle_stranger_due(link, step),
            Timer::Duplicate(who) => self.handle_duplicate_due(who, step),
            Timer::Seek(who) => self.handle_seek_due(who, step),
            Timer::Dial(dial) => self.handle_dial_failed(dial, step),
            Timer::Query(id) => match self.queries.get(&id).copied() {
                Some(Query::Contact(who)) => self.handle_query_due(id, who, step),
                Some(Query::Look(slot) | Query::Stamp(slot, _) | Query::Publish(slot, _)) => {
                    self.handle_own_query_due(id, slot, step);
                }
                None => {}
            },
            Timer::Acknowledge(who) | Timer::Renew(who) | Timer::Upgrade(who) => step.touch(who),
            Timer::Resend(who) => self.handle_resend_due(who, step),
            Timer::Online => self.handle_online_due(step),
            Timer::Publish(slot) => self.handle_publish_due(slot, step),
            Timer::Sweep => self.sweep(step),
        }
    }

    /// The clock was moved: what was due in a second still is.
    fn handle_clock(&mut self, offset: MillisOffset, step: &mut Step<'_>) {
        let wrong = |clock: MillisOffset| clock.0.unsigned_abs() > limits::CLOCK_WRONG_MS;
        let was_wrong = wrong(self.clock);
        self.clock = MillisOffset(self.clock.0.saturating_add(offset.0));
        self.timers.shift(offset);
        self.contacts.values_mut().for_each(|contact| contact.shift(offset));
        self.links.shift(offset);
        if wrong(self.clock) {
            step.emit(Event::ClockWrong(self.clock));
        } else if was_wrong {
            step.emit(Event::ClockWrong(MillisOffset(0)));
        }
        if offset.0.unsigned_abs() > limits::CLOCK_WRONG_MS {
            if self.own.known == KnownTo::Nobody {
                self.own.renew_install(Generation::default(), step);
            }
            Kind::ALL.into_iter().for_each(|kind| self.publish_soon(kind, 0, step));
        }
        self.plan_publications(step);
    }

    /// Does what is due once an hour.
    fn sweep(&mut self, step: &mut Step<'_>) {
        let pause = step.jitter(limits::SWEEP_MS, limits::REFRESH_JITTER_PERCENT);
        self.timers.set(Timer::Sweep, step.now.plus_millis(pause));
        if self.prekeys.rotate(&self.vault, step) {
            self.publish_soon(Kind::Inbox, 0, step);
        }
        self.prekeys.expire(&self.vault, step);
        self.plan_publications(step);
        let all: Vec<Address> = self.contacts.keys().copied().collect();
        for who in all {
            self.sweep_contact(who, step);
        }
    }

    /// Looks after everybody whom the step touched.
    fn settle(&mut self, step: &mut Step<'_>) {
        let mut visited = alloc::collections::BTreeSet::new();
        while let Some(who) = step.touched.pop_first() {
            if visited.insert(who) {
                self.choose_paths(who, step);
                self.flush(who, step);
                self.pursue(who, Urgency::Due, step);
            }
        }
        for who in visited {
            self.save_contact(who, step);
            self.show_contact(who, step);
        }
        self.own.save(&self.vault, step);
        let findable = self.findable(step.now);
        if let Some(view) = self.own.changed_view(findable) {
            step.emit(Event::Own(view));
        }
    }

    /// Shows a contact if something about them has changed.
    fn show_contact(&mut self, who: Address, step: &mut Step<'_>) {
        let reach = self.reach_of(&who);
        let view = self.contacts.get_mut(&who).and_then(|contact| contact.changed_view(reach));
        if let Some(view) = view {
            step.emit(Event::Contact(view));
        }
    }
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
