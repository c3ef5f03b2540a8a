//! The network between machines: dials, streams, cuts.

use std::cmp::max;

use lowkey_protocol::{
    RelayAddress,
    engine::{
        input::{Input, LinkId, LinkInfo, OwnAddresses, Path},
        output::{DialId, PeerAddress},
    },
};
use sha2::{Digest, Sha256};

use super::{
    World,
    happening::Happening,
    links::{End, Flying, Holder, Link, LinkIndex, Side},
    machine::MachineId,
};

/// A relay's name on a screen.
const RELAY: &str = "relay.test";

impl World {
    /// Gives a machine its network, or takes it away; streams end with it.
    pub fn set_online(&mut self, id: MachineId, online: bool) {
        self.machines[id].online = online;
        if !self.machines[id].runs() {
            return;
        }
        let start = (id, self.machines[id].start);
        if online {
            let pause = self.dice.between(100, 1_500);
            let addresses = own_addresses(&self.machines[id].peer_id);
            self.at(pause, Happening::Input(start, Input::OwnAddresses(addresses)));
            if self.relays_tell_time {
                let pause = self.dice.between(100, 3_000);
                self.at(pause, Happening::Synchronize(start));
            }
        } else {
            self.cut_all(Holder::Machine(id, start.1));
            let none = OwnAddresses {
                peer_id: self.machines[id].peer_id.clone(),
                ..OwnAddresses::default()
            };
            self.at(50, Happening::Input(start, Input::OwnAddresses(none)));
        }
    }

    pub(super) fn dial(&mut self, id: MachineId, dial: DialId, addresses: &[PeerAddress]) {
        let start = (id, self.machines[id].start);
        if addresses.is_empty() || addresses.windows(2).any(|two| two[0].peer_id != two[1].peer_id)
        {
            self.oracle.violation(self.now, id, "a dial needs addresses of one peer");
        }
        let peer = addresses.first().map(|address| address.peer_id.clone()).unwrap_or_default();
        let reachable =
            |machine: &super::Machine| machine.runs() && machine.online && machine.peer_id == peer;
        let target = self.machines.iter().position(reachable).filter(|target| *target != id);
        let unlucky = self.dice.chance(self.conditions.dial_fails);
        let Some(target) = target.filter(|_| self.machines[id].online && !unlucky) else {
            self.counts.dials_failed += 1;
            let pause = self.dice.between(100, 10_000);
            self.at(pause, Happening::Input(start, Input::DialFailed(dial)));
            return;
        };
        let path = Path::Relayed(RELAY.to_owned());
        let binding = binding(&self.machines[id].peer_id, &peer);
        let holders =
            [Holder::Machine(id, start.1), Holder::Machine(target, self.machines[target].start)];
        self.open_link(holders, Some(dial), path, binding);
    }

    /// A machine wants a direct path to whoever is behind a relayed link.
    pub(super) fn dial_direct(&mut self, id: MachineId, dial: DialId, name: LinkId) {
        let Some((link, side)) = self.find_end(id, name) else {
            self.oracle.violation(self.now, id, "a direct dial over a link that never was");
            return;
        };
        let (here, there) = (&self.links[link].ends[side], &self.links[link].ends[1 - side]);
        let (ours, theirs) = (here.holder, there.holder);
        let answers = match theirs {
            Holder::Machine(to, start) => {
                let machine = &self.machines[to];
                machine.start == start && machine.online && machine.meets.contains(&there.id)
            }
            Holder::Attacker => false,
        };
        let unlucky = self.dice.chance(self.conditions.dial_fails);
        let (Holder::Machine(to, _), true) = (theirs, answers && !unlucky) else {
            self.counts.dials_failed += 1;
            let pause = self.dice.between(100, 10_000);
            let start = (id, self.machines[id].start);
            self.at(pause, Happening::Input(start, Input::DialFailed(dial)));
            return;
        };
        self.counts.direct += 1;
        let binding = binding(&self.machines[id].peer_id, &self.machines[to].peer_id);
        self.open_link([ours, theirs], Some(dial), Path::Direct, binding);
    }

    /// Opens a stream; each end hears of it in its own time.
    pub(super) fn open_link(
        &mut self,
        holders: [Holder; 2],
        dial: Option<DialId>,
        path: Path,
        binding: [u8; 32],
    ) -> LinkIndex {
        let link = self.links.len();
        let ends = holders.map(|holder| {
            self.next_link += 1;
            End::new(holder, LinkId(self.next_link))
        });
        self.links.push(Link { ends, cut: false });
        for side in [0, 1] {
            let pause = self.dice.between(self.conditions.delay.0, self.conditions.delay.1);
            // No frame comes before the end is known.
            self.links[link].ends[side].clear = self.now + pause;
            let peer_id = match holders[1 - side] {
                Holder::Machine(other, _) => self.machines[other].peer_id.clone(),
                Holder::Attacker => Vec::new(),
            };
            let info = LinkInfo { dialled: side == 0, path: path.clone(), peer_id, binding };
            let dial = dial.filter(|_| side == 0);
            self.at(pause, Happening::Up { link, side, dial, info });
        }
        link
    }

    pub(super) fn link_up(
        &mut self,
        link: LinkIndex,
        side: Side,
        dial: Option<DialId>,
        info: LinkInfo,
    ) {
        let end = &mut self.links[link].ends[side];
        let Holder::Machine(id, start) = end.holder else { return };
        let name = end.id;
        if self.machines[id].start != start || !self.machines[id].runs() {
            return;
        }
        if self.links[link].cut || !self.machines[id].online {
            if let Some(dial) = dial {
                self.counts.dials_failed += 1;
                self.give((id, start), Input::DialFailed(dial));
            }
            return;
        }
        self.links[link].ends[side].up = true;
        self.give((id, start), Input::LinkUp(name, dial, info));
    }

    /// Puts a machine's frame on its way.
    pub(super) fn send(&mut self, id: MachineId, name: LinkId, bytes: Vec<u8>) {
        self.trace.add(5, id, self.now, &bytes);
        if let Some(wire) = &mut self.wire {
            wire.push((id, bytes.clone()));
        }
        let Some((link, side)) = self.find_end(id, name) else {
            self.oracle.violation(self.now, id, "a frame for a link that never was");
            return;
        };
        let end = &self.links[link].ends[side];
        if !end.up || end.closed {
            self.oracle.violation(self.now, id, "a frame for a link that is down");
            return;
        }
        if self.dice.chance(self.conditions.cut) {
            self.cut(link);
        }
        let number = match self.links[link].ends[1 - side].holder {
            Holder::Machine(to, _) => {
                let pair = self.pairs.entry((id, to)).or_default();
                pair.0 += 1;
                Some(pair.0)
            }
            Holder::Attacker => None,
        };
        self.fly(link, 1 - side, number, bytes);
    }

    /// Lets a frame fly to a side of a link.
    pub(super) fn fly(&mut self, link: LinkIndex, to: Side, number: Option<u64>, bytes: Vec<u8>) {
        let mut delay = self.dice.between(self.conditions.delay.0, self.conditions.delay.1);
        if self.dice.chance(self.conditions.slow) {
            delay += self.dice.between(10_000, 40_000);
        }
        let frame = Flying { at: self.now + delay, sent: self.now, number, bytes };
        match self.links[link].send(to, frame) {
            Some(at) => self.at(at - self.now, Happening::Arrive { link, side: to }),
            None => self.counts.lost += 1,
        }
    }

    /// Counts what a frame that comes has gone through, and lets the attacker record it.
    pub(super) fn count_arrival(&mut self, from: Holder, to: MachineId, frame: &Flying) {
        self.counts.delivered += 1;
        if self.now - frame.sent > 10_000 {
            self.counts.delayed += 1;
        }
        if let (Holder::Machine(from, _), Some(number)) = (from, frame.number) {
            let pair = self.pairs.entry((from, to)).or_default();
            if number < pair.1 {
                self.counts.reordered += 1;
            }
            pair.1 = max(pair.1, number);
        }
        self.attack(from, to, frame);
    }

    /// Cuts a link: part of what is under way is lost, and both sides learn of it later.
    pub(super) fn cut(&mut self, link: LinkIndex) {
        if self.links[link].cut {
            return;
        }
        self.counts.cuts += 1;
        let keep = [0, 1].map(|side| {
            let coming = self.links[link].ends[side].coming.len();
            self.dice.index(coming + 1)
        });
        self.counts.lost += self.links[link].cut(keep) as u64;
        for side in [0, 1] {
            let clear = self.links[link].ends[side].clear.saturating_sub(self.now);
            let pause = clear + self.dice.between(10, 30_000);
            self.at(pause, Happening::Down { link, side });
        }
    }

    pub(super) fn cut_all(&mut self, holder: Holder) {
        for link in 0..self.links.len() {
            if self.links[link].ends.iter().any(|end| end.holder == holder) {
                self.cut(link);
            }
        }
    }

    /// An engine closes a link: what it gave to it still comes, then the other side learns.
    pub(super) fn close(&mut self, id: MachineId, name: LinkId) {
        let Some((link, side)) = self.find_end(id, name) else {
            self.oracle.violation(self.now, id, "closes a link that never was");
            return;
        };
        let coming = std::mem::take(&mut self.links[link].ends[side].coming);
        self.counts.lost += coming.len() as u64;
        let end = &mut self.links[link].ends[side];
        end.closed = true;
        self.links[link].cut = true;
        let clear = self.links[link].ends[1 - side].clear.saturating_sub(self.now);
        self.at(clear + 5, Happening::Down { link, side: 1 - side });
        if self.dice.chance(200) {
            self.at(5, Happening::Down { link, side });
        }
    }

    pub(super) fn link_down(&mut self, link: LinkIndex, side: Side) {
        let end = &mut self.links[link].ends[side];
        let Holder::Machine(id, start) = end.holder else { return };
        if std::mem::replace(&mut end.up, false) {
            let name = end.id;
            self.give((id, start), Input::LinkDown(name));
        }
    }

    fn find_end(&self, id: MachineId, name: LinkId) -> Option<(LinkIndex, Side)> {
        let holder = Holder::Machine(id, self.machines[id].start);
        let side = |(index, link): (usize, &Link)| Some((index, link.side(holder, name)?));
        self.links.iter().enumerate().rev().find_map(side)
    }
}

/// Returns SHA-256(dialler's peer id || listener's peer id).
fn binding(dialler: &[u8], listener: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(dialler).chain_update(listener).finalize().into()
}

/// Returns `/ip4/127.0.0.1/tcp/4001/ws/p2p/RELAY/p2p-circuit` and the relay in it, as bytes.
fn own_addresses(peer_id: &[u8]) -> OwnAddresses {
    let mut relay = vec![0x04, 127, 0, 0, 1, 0x06, 0x0f, 0xa1, 0xdd, 0x03, 0xa5, 0x03, 38];
    relay.extend([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);
    relay.extend([7; 32]);
    let mut address = relay.clone();
    address.extend([0xa2, 0x02]);
    OwnAddresses {
        peer_id: peer_id.to_vec(),
        addresses: vec![address],
        relays: vec![RelayAddress::new(relay).expect("a relay with its peer id")],
    }
}
