//! Links of the world: ordered streams that are cut at any frame.
//!
//! A cut is not seen at once: each side learns of it in its own time, what was under way may
//! still come on the old stream while a new one is up already, and what a side gives to a stream
//! that is cut is lost.

use std::collections::VecDeque;

use lowkey_protocol::engine::input::LinkId;

/// The number of a link in the world's list.
pub type LinkIndex = usize;

/// One of the two ends: 0 dialled, 1 listened.
pub type Side = usize;

/// Who holds an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A machine, in its start of this number.
    Machine(usize, u32),
    /// The attacker, who reads and throws away.
    Attacker,
}

/// A frame under way.
#[derive(Debug)]
pub struct Flying {
    /// When it arrives.
    pub at: u64,
    /// When it was sent.
    pub sent: u64,
    /// Its number among the frames from this machine to that one; `None` for planted ones.
    pub number: Option<u64>,
    /// The frame.
    pub bytes: Vec<u8>,
}

/// One end of a link.
#[derive(Debug)]
pub struct End {
    /// Who holds it.
    pub holder: Holder,
    /// Its name for that engine.
    pub id: LinkId,
    /// Whether the engine was told that it is up, and not yet that it is down.
    pub up: bool,
    /// Whether the engine has closed it.
    pub closed: bool,
    /// Frames on their way to this end, in order.
    pub coming: VecDeque<Flying>,
    /// When the last one of them arrives.
    pub clear: u64,
}

impl End {
    /// Makes an end that is not up yet.
    pub fn new(holder: Holder, id: LinkId) -> Self {
        Self { holder, id, up: false, closed: false, coming: VecDeque::new(), clear: 0 }
    }
}

/// A link.
#[derive(Debug)]
pub struct Link {
    /// The dialler's end and the listener's.
    pub ends: [End; 2],
    /// Whether it is cut: nothing given to it from now on arrives.
    pub cut: bool,
}

impl Link {
    /// Puts a frame on its way to a side; returns when it arrives, or nothing if the link is cut.
    pub fn send(&mut self, to: Side, mut frame: Flying) -> Option<u64> {
        if self.cut {
            return None;
        }
        let end = &mut self.ends[to];
        frame.at = frame.at.max(end.clear);
        end.clear = frame.at;
        let at = frame.at;
        end.coming.push_back(frame);
        Some(at)
    }

    /// Cuts the link: of what flies to each side, only the first `keep` frames still come.
    /// Returns how many are lost.
    pub fn cut(&mut self, keep: [usize; 2]) -> usize {
        self.cut = true;
        let mut lost = 0;
        for (end, keep) in self.ends.iter_mut().zip(keep) {
            lost += end.coming.len().saturating_sub(keep);
            end.coming.truncate(keep);
            end.clear = end.coming.back().map_or(0, |frame| frame.at);
        }
        lost
    }

    /// Returns the side that a machine's start holds under this name.
    pub fn side(&self, holder: Holder, id: LinkId) -> Option<Side> {
        self.ends.iter().position(|end| end.holder == holder && end.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(at: u64) -> Flying {
        Flying { at, sent: 0, number: None, bytes: vec![] }
    }

    #[test]
    fn a_stream_keeps_its_order_and_a_cut_loses_the_tail() {
        let end = |id| End::new(Holder::Attacker, LinkId(id));
        let mut link = Link { ends: [end(0), end(1)], cut: false };
        assert_eq!(link.send(1, frame(50)), Some(50));
        assert_eq!(link.send(1, frame(20)), Some(50));
        assert_eq!(link.cut([0, 1]), 1);
        assert_eq!(link.ends[1].coming.len(), 1);
        assert_eq!(link.send(1, frame(60)), None);
    }
}
