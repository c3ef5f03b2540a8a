//! What is planned to happen, and the loop that makes it happen.

use lowkey_protocol::{
    engine::{
        input::{Holders, Input, LinkId, LinkInfo, Progress},
        output::{DialId, QueryId},
    },
    pow::{self, Puzzle},
    record::RecordKey,
    time::{MillisOffset, Timestamp},
};

use super::{
    Act, World,
    dht::NODES,
    links::{Holder, LinkIndex, Side},
    machine::MachineId,
    opening::STAMP_BITS,
};

/// A start of a machine: what was meant for an earlier start never reaches a later one.
pub(super) type Start = (MachineId, u32);

/// Something that is planned.
#[derive(Debug)]
pub(super) enum Happening {
    Act(Act),
    Alarm(MachineId, u64),
    SwitchOn(MachineId),
    Input(Start, Input),
    Synchronize(Start),
    Up { link: LinkIndex, side: Side, dial: Option<DialId>, info: LinkInfo },
    Arrive { link: LinkIndex, side: Side },
    Down { link: LinkIndex, side: Side },
    Put { node: usize, key: RecordKey, value: Vec<u8> },
    ReadBack { start: Start, query: QueryId, key: RecordKey, value: Vec<u8> },
    Answer { start: Start, query: QueryId, key: RecordKey, node: usize },
    Searched { start: Start, query: QueryId, puzzle: Puzzle },
}

impl World {
    /// Lets the next planned thing happen.
    pub(super) fn step(&mut self) {
        let Some(((at, _), happening)) = self.agenda.pop_first() else { return };
        self.now = at;
        match happening {
            Happening::Act(act) => self.act(act),
            Happening::SwitchOn(id) => self.switch_on(id),
            Happening::Alarm(id, alarm) => {
                if self.machines[id].alarm == alarm && self.machines[id].runs() {
                    self.drive(id, Input::DeadlinePassed);
                }
            }
            Happening::Input(start, input) => self.give(start, input),
            Happening::Synchronize(start) => self.synchronize(start),
            Happening::Up { link, side, dial, info } => self.link_up(link, side, dial, info),
            Happening::Arrive { link, side } => self.arrive(link, side),
            Happening::Down { link, side } => self.link_down(link, side),
            Happening::Put { node, key, value } => {
                let now = self.time();
                self.dht.put(node, key, &value, now, STAMP_BITS);
            }
            Happening::ReadBack { start, query, key, value } => {
                self.read_back(start, query, key, &value);
            }
            Happening::Answer { start, query, key, node } => self.answer(start, query, key, node),
            Happening::Searched { start, query, puzzle } => {
                if let Some(stamp) = pow::search(&puzzle, 0, u32::MAX) {
                    self.give(start, Input::StampFound(query, stamp));
                }
            }
        }
    }

    /// Gives an input to a machine, if it still is in that start.
    pub(super) fn give(&mut self, (id, start): Start, input: Input) {
        if self.machines[id].start == start && self.machines[id].runs() {
            self.drive(id, input);
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn synchronize(&mut self, (id, start): Start) {
        let measured = self.dice.between(0, 600) as i64 - 300;
        let machine = &mut self.machines[id];
        if machine.start != start || !machine.online {
            return;
        }
        let offset = MillisOffset(measured - machine.skew);
        machine.skew = measured;
        self.give((id, start), Input::ClockCorrected(offset));
    }

    fn read_back(&mut self, start: Start, query: QueryId, key: RecordKey, value: &[u8]) {
        let mut holders = Holders::default();
        if self.machines[start.0].online {
            holders.servers = NODES as u32;
            for node in 0..NODES {
                if self.dice.chance(self.conditions.dht_loss) {
                    self.counts.records_lost += 1;
                    continue;
                }
                match self.dht.get(node, &key, self.time()) {
                    Some(found) if found == value => holders.same += 1,
                    Some(found) if !holders.others.contains(&found) => holders.others.push(found),
                    _ => {}
                }
            }
        }
        self.give_answer(start, query, Input::RecordPublished(query, holders));
    }

    /// One node answers a look-up; `node == NODES` ends it.
    fn answer(&mut self, start: Start, query: QueryId, key: RecordKey, node: usize) {
        if node == NODES {
            self.give_answer(start, query, Input::RecordsFound(query, vec![], Progress::Done));
            return;
        }
        if !self.machines[start.0].online || self.dice.chance(self.conditions.dht_loss) {
            self.counts.records_lost += 1;
            return;
        }
        let value = if self.dice.chance(self.conditions.dht_nonsense) {
            self.counts.records_forged += 1;
            Some(self.dht.nonsense(&key, &mut self.dice))
        } else {
            self.dht.get(node, &key, self.time())
        };
        let Some(value) = value else { return };
        self.give_answer(start, query, Input::RecordsFound(query, vec![value], Progress::More));
    }

    /// Gives an answer unless it was cancelled; one in ten of those comes all the same.
    fn give_answer(&mut self, start: Start, query: QueryId, input: Input) {
        let cancelled = self.machines[start.0].cancelled.contains(&query);
        if !cancelled || self.dice.chance(100) {
            self.give(start, input);
        }
    }

    /// Takes the next frame off a stream and gives it to its engine.
    fn arrive(&mut self, link: LinkIndex, side: Side) {
        let end = &mut self.links[link].ends[side];
        // A cut takes frames away, but not the plan of their arrival.
        if end.coming.front().is_none_or(|frame| frame.at > self.now) {
            return;
        }
        let Some(frame) = end.coming.pop_front() else { return };
        let (holder, id, up, closed) = (end.holder, end.id, end.up, end.closed);
        let from = self.links[link].ends[1 - side].holder;
        let Holder::Machine(machine, start) = holder else { return };
        if !up || closed || self.machines[machine].start != start {
            self.counts.lost += 1;
            return;
        }
        self.count_arrival(from, machine, &frame);
        self.give((machine, start), Input::Frame(LinkId(id.0), frame.bytes));
    }
}
