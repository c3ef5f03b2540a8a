//! How bad the network and the machines are, and the count of what was really done to them.

use std::ops::AddAssign;

/// What may go wrong. Chances are per mille.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// The delay of a frame, least and most, in milliseconds.
    pub delay: (u64, u64),
    /// A frame that takes up to 40 s more.
    pub slow: u64,
    /// A link that is cut at a frame.
    pub cut: u64,
    /// A dial that gives no link.
    pub dial_fails: u64,
    /// A request to one DHT node that is lost.
    pub dht_loss: u64,
    /// An answer of a DHT node that is forged, old, or another key's.
    pub dht_nonsense: u64,
    /// A transaction of the storage that fails.
    pub save_fails: u64,
    /// A machine that crashes inside a list of outputs, between any two.
    pub crash: u64,
    /// A crash after which the storage is that of some transactions ago.
    pub roll_back: u64,
    /// A frame that an attacker records and plays again on a link of its own.
    pub replay: u64,
    /// A frame that is followed by garbage on the same link, as if the peer had sent it.
    pub garbage: u64,
}

impl Conditions {
    /// Nothing goes wrong.
    pub const fn good() -> Self {
        Self {
            delay: (10, 60),
            slow: 0,
            cut: 0,
            dial_fails: 0,
            dht_loss: 0,
            dht_nonsense: 0,
            save_fails: 0,
            crash: 0,
            roll_back: 0,
            replay: 0,
            garbage: 0,
        }
    }

    /// Everything goes wrong, often.
    pub const fn bad() -> Self {
        Self {
            delay: (20, 3_000),
            slow: 40,
            cut: 60,
            dial_fails: 250,
            dht_loss: 300,
            dht_nonsense: 100,
            save_fails: 4,
            crash: 6,
            roll_back: 0,
            replay: 60,
            garbage: 8,
        }
    }
}

impl Conditions {
    /// Everything goes wrong, and half of the crashes take what was written last.
    pub const fn forgetful() -> Self {
        Self { crash: 12, roll_back: 500, ..Self::bad() }
    }
}

/// What was done, for the report of a run: a promise that held while nothing went wrong says little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that arrived.
    pub delivered: u64,
    /// Frames lost with their link.
    pub lost: u64,
    /// Frames that took longer than ten seconds.
    pub delayed: u64,
    /// Frames that arrived after a later one of the same machine, over another link.
    pub reordered: u64,
    /// Frames that arrived once more with the same bytes: sent again, or played again by an attacker.
    pub duplicated: u64,
    /// Of these, the attacker's.
    pub replayed: u64,
    /// Garbage frames given to an engine.
    pub garbage: u64,
    /// Direct links.
    pub direct: u64,
    /// Links cut.
    pub cuts: u64,
    /// Dials that failed.
    pub dials_failed: u64,
    /// Crashes between two outputs.
    pub crashes: u64,
    /// Of these, how many took what was written last.
    pub roll_backs: u64,
    /// Texts that a crash took from their writer's or their reader's storage.
    pub undone: u64,
    /// Conversations that a person ended.
    pub ends: u64,
    /// Transactions that failed.
    pub saves_failed: u64,
    /// Requests to DHT nodes that were lost.
    pub records_lost: u64,
    /// Answers of DHT nodes that were nonsense.
    pub records_forged: u64,
    /// Links that an engine closed for a named misbehaviour.
    pub misbehaviours: u64,
    /// Texts promised to their writers.
    pub texts: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.delayed += other.delayed;
        self.reordered += other.reordered;
        self.duplicated += other.duplicated;
        self.replayed += other.replayed;
        self.garbage += other.garbage;
        self.direct += other.direct;
        self.cuts += other.cuts;
        self.dials_failed += other.dials_failed;
        self.crashes += other.crashes;
        self.roll_backs += other.roll_backs;
        self.undone += other.undone;
        self.ends += other.ends;
        self.saves_failed += other.saves_failed;
        self.records_lost += other.records_lost;
        self.records_forged += other.records_forged;
        self.misbehaviours += other.misbehaviours;
        self.texts += other.texts;
    }
}
