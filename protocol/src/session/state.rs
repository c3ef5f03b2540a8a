//! A session as bytes for the vault. They never leave the device unsealed.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};

use zeroize::Zeroizing;

use super::{
    Session, SessionId,
    chain::{ChainKey, MessageKey, ReceivingChain, SendingChain},
    closing::Exporter,
    ratchet::{ActiveRatchet, EndedRatchet, HeaderKey, InactiveRatchet, Ratchet, RootKey, Sending},
    skipped::{SkippedChain, SkippedKey, SkippedKeys},
};
use crate::{
    bytes::Reader,
    handshake::{HANDSHAKE_BYTES, HandshakeId, HandshakePrefix},
    identity::{DhKeyPair, DhPublicKey},
    limits::{SKIPPED_CHAINS, SKIPPED_KEYS},
};

/// The first byte.
const VERSION: u8 = 1;
/// Bytes of everything but the skipped keys, at most.
const FIXED_BYTES: usize = 640;
/// Bytes of one skipped key.
const SKIPPED_BYTES: usize = 40;

/// Writes a session.
pub(super) fn encode(session: &Session) -> Zeroizing<Vec<u8>> {
    let ratchet = &session.ratchet;
    let skipped = ratchet.skipped.len().saturating_mul(SKIPPED_BYTES);
    let prefix = if session.prefix.is_some() { HANDSHAKE_BYTES } else { 0 };
    let room = FIXED_BYTES.saturating_add(prefix).saturating_add(skipped);
    // Enough room from the start, so that growing leaves no copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    let mut put = |parts: &[&[u8]]| {
        for part in parts {
            out.extend_from_slice(part);
        }
    };
    put(&[&[VERSION], &session.id.0, &session.handshake.0, &session.exporter.0, &session.ad]);
    put(&[&session.sent.to_le_bytes(), &session.received.to_le_bytes()]);
    match &session.prefix {
        Some(prefix) => put(&[&[1], prefix.as_bytes()]),
        None => put(&[&[0]]),
    }
    put(&[&ratchet.next_header.0]);
    put(&[&ratchet.previous.to_le_bytes(), &ratchet.turns.to_le_bytes()]);
    match &ratchet.sending {
        Sending::Active(ActiveRatchet { root, ours, chain, next_header }) => {
            put(&[&[1], &root.0, ours.secret(), &chain.header.0, &chain.key.0]);
            put(&[&chain.count.to_le_bytes(), &next_header.0]);
        }
        Sending::Inactive(InactiveRatchet { root, theirs, header }) => {
            put(&[&[0], &root.0, &theirs.0, &header.0]);
        }
        Sending::Ended(Some(EndedRatchet { root, ours })) => {
            put(&[&[2], &root.0, ours.secret()]);
        }
        Sending::Ended(None) => put(&[&[3]]),
    }
    match &ratchet.receiving {
        Some(ReceivingChain { header, key, next, turn }) => {
            put(&[&[1], &header.0, &key.0, &next.to_le_bytes(), &turn.to_le_bytes()]);
        }
        None => put(&[&[0]]),
    }
    for chain in ratchet.skipped.chains() {
        let count = u32::try_from(chain.keys.len()).unwrap_or(u32::MAX);
        put(&[&chain.turn.to_le_bytes(), &chain.header.0, &count.to_le_bytes()]);
        for (number, SkippedKey { key, minute }) in &chain.keys {
            put(&[&number.to_le_bytes(), &key.0, &minute.to_le_bytes()]);
        }
    }
    out
}

/// Reads a session.
pub(super) fn decode(bytes: &[u8]) -> Option<Session> {
    let mut reader = Reader::new(bytes);
    let r = &mut reader;
    if r.u8()? != VERSION {
        return None;
    }
    Some(Session {
        id: SessionId(r.array()?),
        handshake: HandshakeId(r.array()?),
        exporter: Exporter(r.array()?),
        ad: r.array()?,
        sent: r.le32()?,
        received: r.le32()?,
        prefix: match r.u8()? {
            0 => None,
            1 => Some(Box::new(HandshakePrefix::decode(r.slice(HANDSHAKE_BYTES)?).ok()?)),
            _ => return None,
        },
        ratchet: Ratchet {
            next_header: HeaderKey(r.array()?),
            previous: r.le32()?,
            turns: r.le32()?,
            sending: decode_sending(r)?,
            receiving: decode_receiving(r)?,
            skipped: decode_skipped(r)?,
        },
    })
}

fn decode_sending(r: &mut Reader<'_>) -> Option<Sending> {
    match r.u8()? {
        1 => Some(Sending::Active(ActiveRatchet {
            root: RootKey(r.array()?),
            ours: DhKeyPair::from_secret(&Zeroizing::new(r.array()?)),
            chain: SendingChain {
                header: HeaderKey(r.array()?),
                key: ChainKey(r.array()?),
                count: r.le32()?,
            },
            next_header: HeaderKey(r.array()?),
        })),
        0 => Some(Sending::Inactive(InactiveRatchet {
            root: RootKey(r.array()?),
            theirs: DhPublicKey(r.array()?),
            header: HeaderKey(r.array()?),
        })),
        2 => Some(Sending::Ended(Some(EndedRatchet {
            root: RootKey(r.array()?),
            ours: DhKeyPair::from_secret(&Zeroizing::new(r.array()?)),
        }))),
        3 => Some(Sending::Ended(None)),
        _ => None,
    }
}

fn decode_receiving(r: &mut Reader<'_>) -> Option<Option<ReceivingChain>> {
    match r.u8()? {
        0 => Some(None),
        1 => Some(Some(ReceivingChain {
            header: HeaderKey(r.array()?),
            key: ChainKey(r.array()?),
            next: r.le32()?,
            turn: r.le32()?,
        })),
        _ => None,
    }
}

fn decode_skipped(r: &mut Reader<'_>) -> Option<SkippedKeys> {
    let mut chains = Vec::new();
    let mut total: usize = 0;
    while r.end().is_none() {
        let turn = r.le32()?;
        let header = HeaderKey(r.array()?);
        let count = r.le32()?;
        total = total.checked_add(usize::try_from(count).ok()?)?;
        if chains.len() >= SKIPPED_CHAINS || total > SKIPPED_KEYS {
            return None;
        }
        let mut keys = BTreeMap::new();
        for _ in 0..count {
            let number = r.le32()?;
            let key = MessageKey(r.array()?);
            keys.insert(number, SkippedKey { key, minute: r.le32()? });
        }
        chains.push(SkippedChain { turn, header, keys });
    }
    Some(SkippedKeys::restore(chains))
}
