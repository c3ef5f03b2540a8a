//! What is left of a session that has ended (PROTOCOL.md, "The end of a conversation").
//!
//! Whoever ends it sends `close` and erases at once what encrypts; it keeps what decrypts the
//! answer until that has come. Whoever is told so makes the answer, and erases everything. Both
//! keep the frame they have to say, as it is: saying it again needs no key.
//! Invariant: nothing that encrypts is here, and nothing that decrypts once the end is known to
//! both sides or `limits::CLOSE_MS` have passed.

use alloc::vec::Vec;

use prost::Message;
use zeroize::Zeroizing;

use crate::{
    DecryptError, HandshakeId, Session, SessionId, Timestamp,
    engine::{
        conversation::entry::message_id,
        input::LinkId,
        output::MessageId,
        rows::{EndedRow, SessionRow},
    },
    limits,
    session::ClosingKey,
    wire::{Ack, Origin},
};

/// The nonce of a ciphertext, which tells it from all others.
pub(crate) type MessageNonce = [u8; 24];

/// What is left of a session.
pub(crate) struct Ended {
    id: SessionId,
    handshake: HandshakeId,
    closing: ClosingKey,
    since: Timestamp,
    /// Our close, or our answer to theirs; empty when there is nothing to say.
    frame: Vec<u8>,
    /// What decrypts the answer to our close.
    reading: Option<Session>,
    /// The origin and the number of our close.
    close: Option<(Origin, u64)>,
    /// The nonce of their close.
    heard: Option<MessageNonce>,
    /// Their close came, perhaps again, and is to be answered.
    owes_answer: bool,
    /// The link to which the frame was given: once is enough on each.
    given: Option<LinkId>,
    /// It must be saved.
    pub(crate) dirty: bool,
}

/// What became of a ciphertext in an ended session.
pub(crate) enum Late {
    /// It opened.
    Opened(Zeroizing<Vec<u8>>),
    /// It is their close, which is known.
    Close,
    /// It was opened before.
    Duplicate,
    /// It is of another session, or too late.
    Unknown,
}

impl Ended {
    /// Ends a session from our side, with the frame that says so.
    pub(crate) fn by_us(
        mut session: Session,
        close: (Origin, u64),
        frame: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        session.end_sending();
        let ended = Self::of(&session, frame, now);
        Self { reading: Some(session), close: Some(close), ..ended }
    }

    /// Ends a session because of their close, with the answer to it.
    pub(crate) fn by_them(
        session: &Session,
        heard: Option<MessageNonce>,
        frame: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        Self { heard, owes_answer: true, ..Self::of(session, frame, now) }
    }

    fn of(session: &Session, frame: Vec<u8>, now: Timestamp) -> Self {
        Self {
            id: session.id(),
            handshake: session.handshake(),
            closing: session.closing_key(),
            since: now,
            frame,
            reading: None,
            close: None,
            heard: None,
            owes_answer: false,
            given: None,
            dirty: true,
        }
    }

    /// Looks at a ciphertext.
    pub(crate) fn receive(
        &mut self,
        message: &[u8],
        nonce: Option<MessageNonce>,
        now: Timestamp,
    ) -> Late {
        if self.heard.is_some() && self.heard == nonce {
            self.owes_answer = true;
            return Late::Close;
        }
        let Some(session) = &mut self.reading else { return Late::Unknown };
        match session.decrypt(message, now) {
            Ok(content) => {
                self.dirty = true;
                Late::Opened(content)
            }
            Err(DecryptError::Duplicate) => Late::Duplicate,
            Err(_) => Late::Unknown,
        }
    }

    /// Their close crossed ours: it is answered by ours, and there is nothing left to wait for.
    pub(crate) fn cross(&mut self, heard: Option<MessageNonce>) {
        self.heard = heard;
        self.owes_answer = true;
        self.forget();
    }

    /// Nothing more is awaited: erases what decrypts.
    pub(crate) fn forget(&mut self) {
        self.reading = None;
        self.close = None;
        self.dirty = true;
        if self.heard.is_none() {
            self.frame.clear();
        }
    }

    /// Returns the frame that is due on this link, and notes that it is given to it.
    pub(crate) fn say(&mut self, link: LinkId) -> Option<Vec<u8>> {
        let due = self.awaits_answer() || core::mem::take(&mut self.owes_answer);
        let new = self.given != Some(link);
        (due && new && !self.frame.is_empty()).then(|| {
            self.given = Some(link);
            self.frame.clone()
        })
    }

    /// Lets the close be said again on the same link.
    pub(crate) const fn unlink(&mut self) {
        if self.reading.is_some() {
            self.given = None;
        }
    }

    /// Tells whether the other side may still have to be told.
    pub(crate) const fn awaits_answer(&self) -> bool {
        self.reading.is_some()
    }

    /// Tells whether the frame has its handshake with it, since the other side never answered.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        self.reading.as_ref().is_some_and(|session| !session.is_confirmed())
    }

    /// Tells whether these acknowledge our close.
    pub(crate) fn is_acknowledged_by(&self, acks: &[Ack]) -> bool {
        let Some((origin, number)) = self.close else { return false };
        let has = |ack: &Ack| ack.ranges.iter().any(|(a, b)| (*a..=*b).contains(&number));
        acks.iter().any(|ack| ack.origin == origin && has(ack))
    }

    /// Tells whether frames that only this session could open may still be on their way.
    pub(crate) fn is_recent(&self, now: Timestamp) -> bool {
        // One that ended in the future did so by a clock that was wrong.
        self.since <= now && now.millis_since(self.since) < limits::CLOSE_GRACE_MS
    }

    /// Tells whether it is to be forgotten altogether.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now.millis_since(self.since) >= limits::CLOSE_MS
    }

    /// Returns what proves it on the link with this binding.
    pub(crate) fn hello_tag(&self, binding: &[u8; 32]) -> [u8; 16] {
        self.closing.tag(binding)
    }

    /// Tells whether a tag proves it: also as if it lived, for those who do not know the end yet.
    pub(crate) fn is_proven_by(&self, tag: &[u8; 16], binding: &[u8; 32]) -> bool {
        self.closing.is_proven_by(tag, binding)
            || self.reading.as_ref().is_some_and(|session| session.is_proven_by(tag, binding))
    }

    pub(crate) const fn since(&self) -> Timestamp {
        self.since
    }

    pub(crate) const fn id(&self) -> SessionId {
        self.id
    }

    pub(crate) const fn handshake(&self) -> HandshakeId {
        self.handshake
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let close = self.close.map(|(origin, number)| message_id(origin, number).0.to_vec());
        let row = SessionRow {
            session: self.reading.as_ref().map(|it| it.encode().to_vec()).unwrap_or_default(),
            ended: Some(EndedRow {
                id: self.id.0.to_vec(),
                handshake: self.handshake.0.to_vec(),
                closing: self.closing.0.to_vec(),
                since_ms: self.since.as_millis(),
                frame: self.frame.clone(),
                close: close.unwrap_or_default(),
                heard: self.heard.map(|nonce| nonce.to_vec()).unwrap_or_default(),
            }),
            ..SessionRow::default()
        };
        let plain = Zeroizing::new(row.encode_to_vec());
        let _wiped = Zeroizing::new(row.session);
        plain
    }

    pub(crate) fn decode(row: SessionRow) -> Option<Self> {
        let secret = Zeroizing::new(row.session);
        let row = row.ended?;
        let reading = (!secret.is_empty()).then(|| Session::decode(&secret).ok());
        let close = (!row.close.is_empty()).then(|| {
            let id = MessageId(row.close.as_slice().try_into().ok()?);
            Some(id.split())
        });
        Some(Self {
            id: SessionId(row.id.as_slice().try_into().ok()?),
            handshake: HandshakeId(row.handshake.as_slice().try_into().ok()?),
            closing: ClosingKey(row.closing.as_slice().try_into().ok()?),
            since: Timestamp::from_millis(row.since_ms),
            frame: row.frame,
            reading: transpose(reading)?,
            close: transpose(close)?,
            heard: row.heard.as_slice().try_into().ok(),
            owes_answer: false,
            given: None,
            dirty: false,
        })
    }
}

/// Turns "there, but malformed" into nothing at all.
fn transpose<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
        None => Some(None),
    }
}
