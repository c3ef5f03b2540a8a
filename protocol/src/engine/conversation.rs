//! The conversation with one contact: what we say, what they say, and the sessions under it
//! (PROTOCOL.md, "Sessions" and "Delivery").

use alloc::vec::Vec;

use crate::{
    MillisOffset, Timestamp,
    engine::{
        output::EndedBy,
        rows::{ContactRow, OriginRow},
    },
    limits,
    wire::Origin,
};

mod admit;
mod encrypt;
mod end;
pub(crate) mod ended;
pub(crate) mod entry;
pub(crate) mod held;
pub(crate) mod inbox;
pub(crate) mod outbox;
pub(crate) mod ranges;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod sessions;
pub(crate) mod taken;

use inbox::Inbox;
use outbox::Outbox;
use sessions::Sessions;
use taken::Taken;

/// The conversation with one contact.
#[derive(Default)]
pub(crate) struct Conversation {
    pub(crate) outbox: Outbox,
    pub(crate) inbox: Inbox,
    pub(crate) sessions: Sessions,
    /// The greatest Lamport time of either side.
    pub(crate) lamport: u64,
    /// Whether we must say something, if only that we are there: it confirms a session.
    pub(crate) owes_sign: bool,
    /// When we sent a message that only acknowledges last.
    pub(crate) acked_at: Option<Timestamp>,
    /// Vain repetitions on the link that is up.
    pub(crate) resends: u32,
    /// What screens have numbered.
    pub(crate) taken: Taken,
    /// Who ended the last conversation, if no new one has begun.
    pub(crate) ended: Option<EndedBy>,
}

impl Conversation {
    /// Counts a message of ours.
    pub(crate) const fn tick(&mut self) -> u64 {
        self.lamport = self.lamport.saturating_add(1);
        self.lamport
    }

    /// Takes the Lamport time of a message of theirs; refuses a jump.
    pub(crate) fn meet_lamport(&mut self, lamport: u64) -> bool {
        let fits = lamport <= self.lamport.saturating_add(limits::LAMPORT_JUMP);
        if fits {
            self.lamport = self.lamport.max(lamport);
        }
        fits
    }

    /// Forgets all that was said and could be said, but not what came.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        self.outbox.shift(offset);
        self.acked_at = self.acked_at.map(|at| at.shifted(offset));
    }

    pub(crate) fn encode(&self, row: &mut ContactRow) {
        row.lamport = self.lamport;
        row.arrived = self.inbox.encode();
        let sent = |(origin, range): (Origin, _)| OriginRow {
            origin: origin.0.to_vec(),
            ranges: Vec::from([range]),
            ..OriginRow::default()
        };
        row.sent = self.outbox.sent().map(sent).collect();
        row.taken = self.taken.encode();
        row.ended = match self.ended {
            None => 0,
            Some(EndedBy::Us) => 1,
            Some(EndedBy::Them) => 2,
        };
        self.sessions.encode(row);
    }

    pub(crate) fn decode(row: &ContactRow) -> Option<Self> {
        let mut outbox = Outbox::default();
        for sent in &row.sent {
            let greatest = sent.ranges.first().map_or(0, |range| range.last);
            outbox.restore_sent(Origin(sent.origin.as_slice().try_into().ok()?), greatest);
        }
        Some(Self {
            outbox,
            inbox: Inbox::decode(row.arrived.clone())?,
            sessions: Sessions::decode(row),
            lamport: row.lamport,
            taken: Taken::decode(&row.taken)?,
            ended: match row.ended {
                1 => Some(EndedBy::Us),
                2 => Some(EndedBy::Them),
                _ => None,
            },
            ..Self::default()
        })
    }
}
