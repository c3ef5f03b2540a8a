//! An attacker who records frames and plays them again on links of its own, and whose garbage
//! comes on links of others. It knows no keys.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lowkey_protocol::engine::input::Path;

use super::{
    World,
    links::{Flying, Holder},
    machine::MachineId,
};

/// Frames that are remembered for each receiver.
const RECORDED: usize = 48;

/// What the attacker has seen.
#[derive(Debug, Default)]
pub struct Attacker {
    recorded: BTreeMap<MachineId, VecDeque<Vec<u8>>>,
    /// What came to each machine already, to know a duplicate.
    seen: BTreeSet<(MachineId, Vec<u8>)>,
}

impl World {
    /// Sees a frame that comes to a machine, and perhaps does something about it.
    pub(super) fn attack(&mut self, from: Holder, to: MachineId, frame: &Flying) {
        // The first kinds of frame are small and may be equal by chance or by design.
        let carries_message = matches!(frame.bytes.get(4), Some(4 | 5));
        if carries_message && !self.attacker.seen.insert((to, tail(&frame.bytes))) {
            self.counts.duplicated += 1;
            if from == Holder::Attacker {
                self.counts.replayed += 1;
            }
        }
        if from == Holder::Attacker || frame.number.is_none() {
            return;
        }
        let recorded = self.attacker.recorded.entry(to).or_default();
        recorded.push_back(frame.bytes.clone());
        if recorded.len() > RECORDED {
            recorded.pop_front();
        }
        if self.dice.chance(self.conditions.replay) {
            self.replay(to);
        }
        if self.dice.chance(self.conditions.garbage) {
            self.spoil_link(to);
        }
    }

    /// Dials a machine and plays recorded frames to it, in their order or not.
    pub fn replay(&mut self, to: MachineId) {
        // One in eight is meant for somebody else.
        let source = if self.dice.chance(125) { self.dice.index(self.machines.len()) } else { to };
        let Some(recorded) = self.attacker.recorded.get(&source).filter(|list| !list.is_empty())
        else {
            return;
        };
        let hello = recorded.iter().find(|frame| frame.get(4) == Some(&1)).cloned();
        let first = self.dice.index(recorded.len());
        let count = self.dice.between(1, 6) as usize;
        let mut frames: Vec<_> = recorded.iter().skip(first).take(count).cloned().collect();
        if self.dice.chance(300) {
            frames.reverse();
        }
        if self.dice.chance(700) {
            frames.splice(0..0, hello);
        }
        self.attack_with(to, frames);
    }

    /// Dials a machine and sends it these frames; the link stays open.
    pub fn attack_with(&mut self, to: MachineId, frames: Vec<Vec<u8>>) {
        if !self.machines[to].runs() || !self.machines[to].online {
            return;
        }
        let holders = [Holder::Attacker, Holder::Machine(to, self.machines[to].start)];
        let binding = self.dice.array();
        let link = self.open_link(holders, None, Path::Relayed("evil.test".to_owned()), binding);
        for frame in frames {
            self.fly(link, 1, None, frame);
        }
    }

    /// Puts garbage on every live link to a machine, as if its peer had sent it.
    pub fn spoil_link(&mut self, to: MachineId) {
        let holder = Holder::Machine(to, self.machines[to].start);
        let live: Vec<_> = (0..self.links.len())
            .filter(|&link| !self.links[link].cut)
            .flat_map(|link| [(link, 0), (link, 1)])
            .filter(|&(link, side)| {
                let end = &self.links[link].ends[side];
                end.holder == holder && end.up && !end.closed
            })
            .collect();
        for (link, side) in live {
            let garbage = self.garbage(to);
            self.counts.garbage += 1;
            self.fly(link, side, None, garbage);
        }
    }

    /// Makes a frame that no honest peer sends.
    pub fn garbage(&mut self, to: MachineId) -> Vec<u8> {
        let known = self.attacker.recorded.get(&to).filter(|list| !list.is_empty());
        let dice = &mut self.dice;
        match (dice.below(6), known) {
            // A real frame with one bit changed after its length.
            (0, Some(list)) => {
                let mut frame = list[dice.index(list.len())].clone();
                let at = 4 + dice.index(frame.len().saturating_sub(4));
                if let Some(byte) = frame.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
                frame
            }
            // A real frame cut short.
            (1, Some(list)) => {
                let mut frame = list[dice.index(list.len())].clone();
                frame.truncate(dice.index(frame.len()));
                frame
            }
            // No frame at all.
            (2, _) => {
                let len = dice.below(600) as usize;
                dice.bytes(len)
            }
            // The right length, any type, noise.
            (kind, _) => {
                let len = [256, 1_024, 2_048, 4_096, 16_384][dice.index(5)];
                let mut frame = dice.bytes(len);
                frame[..4].copy_from_slice(&(len as u32 - 4).to_le_bytes());
                if kind > 3 {
                    frame[4] = dice.below(8) as u8;
                }
                frame
            }
        }
    }
}

/// Returns what tells two frames apart: the last bytes are ciphertext and a tag.
fn tail(frame: &[u8]) -> Vec<u8> {
    frame[frame.len().saturating_sub(48)..].to_vec()
}
