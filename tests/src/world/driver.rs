//! What a driver does with an engine's outputs: the same order, the same waiting, the same end
//! when the storage fails, and a crash between any two outputs when the world wants one.

use std::fmt::Debug;

use lowkey_protocol::{
    engine::{
        input::Input,
        output::{CloseReason, Event, Findable, Output, QueryId, Standing},
    },
    record::RecordKey,
    session::key_log,
};

use super::{Act, World, dht::NODES, happening::Happening, links::Holder, machine::MachineId};

/// How often an engine may ask to be woken at once before it counts as spinning.
const SPINS: u32 = 200;

/// How many transactions a crash takes at most.
const ROLLED_BACK: u64 = 16;

impl World {
    /// Gives an input to an engine and does what it asks for.
    pub(super) fn drive(&mut self, id: MachineId, input: Input) {
        self.trace.add(1, id, self.now, &[input_tag(&input)]);
        self.log(id, "->", &input);
        let woken = matches!(input, Input::DeadlinePassed);
        let outputs = self.machines[id].handle(input, self.now);
        self.check_keys(id);
        if self.run_list(id, outputs) {
            self.set_alarm(id, woken);
        }
    }

    /// Does what an engine asks for, in its order; returns false if the machine did not live to
    /// the end of the list.
    fn run_list(&mut self, id: MachineId, mut outputs: Vec<Output>) -> bool {
        if let Some(bug) = self.bug {
            bug.spoil(self.machines[id].steps, &mut outputs);
        }
        self.oracle.check_list(self.now, id, &outputs);
        let crash_at =
            self.dice.chance(self.conditions.crash).then(|| self.dice.index(outputs.len() + 1));
        for (done, output) in outputs.into_iter().enumerate() {
            self.log(id, "<-", &output);
            if crash_at == Some(done) {
                self.counts.crashes += 1;
                let pause = self.dice.between(200, 60_000);
                self.switch_off(id);
                if self.conditions.roll_back > 0 && self.dice.chance(self.conditions.roll_back) {
                    let count = self.dice.between(1, ROLLED_BACK) as usize;
                    self.roll_back(id, count);
                }
                self.at(pause, Happening::SwitchOn(id));
                return false;
            }
            if !self.execute(id, output) {
                return false;
            }
        }
        true
    }

    /// Does one output; returns false if the storage failed and the rest must be dropped.
    fn execute(&mut self, id: MachineId, output: Output) -> bool {
        let start = (id, self.machines[id].start);
        match output {
            Output::Persist(changes) => {
                if self.dice.chance(self.conditions.save_fails) {
                    self.counts.saves_failed += 1;
                    self.switch_off(id);
                    self.at(20, Happening::SwitchOn(id));
                    return false;
                }
                self.machines[id].rows.save(changes);
            }
            Output::Reply(command, reply) => {
                self.machines[id].replies.insert(command, reply);
            }
            Output::Emit(event) => self.emit(id, event),
            Output::Send(link, bytes) => self.send(id, link, bytes),
            Output::Dial(dial, addresses) => self.dial(id, dial, &addresses),
            Output::DialDirect(dial, link) => self.dial_direct(id, dial, link),
            Output::AllowDirect(link) => {
                self.machines[id].meets.insert(link);
            }
            Output::ForbidDirect(link) => {
                self.machines[id].meets.remove(&link);
            }
            Output::Close(link, reason) => {
                if matches!(reason, CloseReason::Misbehaviour(_)) {
                    self.counts.misbehaviours += 1;
                }
                *self.closed.entry(format!("{reason:?}")).or_default() += 1;
                self.close(id, link);
            }
            Output::FindRecord(query, key, _) => self.find(start, query, key),
            Output::PublishRecord(query, key, value, _) => {
                if self.machines[id].online {
                    for node in 0..NODES {
                        if self.dice.chance(self.conditions.dht_loss) {
                            self.counts.records_lost += 1;
                            continue;
                        }
                        let delay = self.dice.between(30, 1_500);
                        self.at(delay, Happening::Put { node, key, value: value.clone() });
                    }
                }
                self.at(10_000, Happening::ReadBack { start, query, key, value });
            }
            Output::FindStamp(query, puzzle) => {
                self.at(20, Happening::Searched { start, query, puzzle });
            }
            Output::Cancel(query) => {
                self.machines[id].cancelled.insert(query);
            }
        }
        true
    }

    /// No two things are encrypted under one key and nonce, whatever storage forgets.
    fn check_keys(&mut self, id: MachineId) {
        for hash in key_log::take() {
            if !self.sealed.insert(hash) {
                self.oracle.violation(self.now, id, "a key and a nonce are used twice");
            }
        }
    }

    /// Takes back what a machine that is off has written last.
    pub fn roll_back(&mut self, id: MachineId, count: usize) {
        let count = self.machines[id].rows.roll_back(count);
        self.machines[id].went_back = true;
        self.oracle.forgetful = true;
        self.counts.roll_backs += 1;
        if self.logs {
            println!(
                "{:>9.3} {id} forgets {count} writes",
                (self.now - self.begin) as f64 / 1_000.0
            );
        }
    }

    fn log(&self, id: MachineId, what: &str, value: &dyn Debug) {
        if self.logs {
            let line: String = format!("{value:?}").chars().take(300).collect();
            println!("{:>9.3} {id} {what} {line}", (self.now - self.begin) as f64 / 1_000.0);
        }
    }

    fn find(&mut self, start: (MachineId, u32), query: QueryId, key: RecordKey) {
        for node in 0..NODES {
            let delay = self.dice.between(20, 2_500);
            self.at(delay, Happening::Answer { start, query, key, node });
        }
        self.at(3_000, Happening::Answer { start, query, key, node: NODES });
    }

    fn emit(&mut self, id: MachineId, event: Event) {
        self.trace.add(2, id, self.now, format!("{event:?}").as_bytes());
        if let Event::Contact(view) = &event
            && view.standing == Standing::Request
            && self.people_accept
            && self.machines[id].screen.standing(view.address) != Some(Standing::Request)
        {
            let pause = self.dice.between(500, 90_000);
            self.plan(pause, Act::Accept(id, view.address));
        }
        if let Event::Own(own) = &event
            && own.findable == Findable::InUseElsewhere
            && self.conditions.roll_back > 0
        {
            self.plan(5_000, Act::UseHere(id));
        }
        if let Err(rule) = self.machines[id].screen.show(event) {
            self.oracle.violation(self.now, id, &rule);
        }
    }

    fn set_alarm(&mut self, id: MachineId, woken: bool) {
        let machine = &mut self.machines[id];
        machine.alarm += 1;
        let Some(deadline) = machine.deadline(self.now) else { return };
        let alarm = machine.alarm;
        machine.spins = if deadline <= self.now && woken { machine.spins + 1 } else { 0 };
        if machine.spins > SPINS {
            self.oracle.violation(self.now, id, "the deadline stays in the past");
            return;
        }
        self.at(deadline - self.now, Happening::Alarm(id, alarm));
    }

    /// Switches a machine on: a new start, then a network after a while.
    pub fn switch_on(&mut self, id: MachineId) {
        if self.machines[id].runs() {
            return;
        }
        let mut peer_id = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
        peer_id.extend(self.dice.bytes(32));
        let before = self.machines[id].screen.texts();
        let outputs = self.machines[id].open(peer_id, self.now);
        self.check_keys(id);
        let after = self.machines[id].screen.texts();
        for text in before.difference(&after) {
            self.counts.undone += 1;
            self.oracle.undone(text);
        }
        if std::mem::take(&mut self.machines[id].went_back) {
            self.oracle.remembered(self.machines[id].address, &after);
        }
        self.trace.add(3, id, self.now, &[]);
        if self.run_list(id, outputs) {
            self.set_alarm(id, false);
            self.set_online(id, true);
        }
    }

    /// Switches a machine off at once: the engine is not told.
    pub fn switch_off(&mut self, id: MachineId) {
        let holder = Holder::Machine(id, self.machines[id].start);
        self.machines[id].kill();
        self.machines[id].online = false;
        self.trace.add(4, id, self.now, &[]);
        self.cut_all(holder);
    }
}

fn input_tag(input: &Input) -> u8 {
    match input {
        Input::Command(..) => 0,
        Input::OwnAddresses(_) => 1,
        Input::LinkUp(..) => 2,
        Input::DialFailed(_) => 3,
        Input::Frame(..) => 4,
        Input::LinkDown(_) => 5,
        Input::RecordsFound(..) => 6,
        Input::RecordPublished(..) => 7,
        Input::StampFound(..) => 8,
        Input::ClockCorrected(_) => 9,
        Input::DeadlinePassed => 10,
        Input::PathChanged(..) => 11,
    }
}
