//! The Double Ratchet with header encryption (Signal's specification, section 4).
//!
//! An [`ActiveRatchet`] sends in a chain of its own. When the other side turns, it becomes an
//! [`InactiveRatchet`], which holds no DH secret: the next send draws a new one.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    AD_BYTES, DecryptError, EncryptError,
    chain::{ChainKey, MessageKey, ReceivingChain, SendingChain},
    key_log,
    message::{self, Header, Message},
    skipped::SkippedKeys,
};
use crate::{
    handshake::Keys,
    identity::{DhAgreementError, DhKeyPair, DhPublicKey, DhSharedSecret},
    kdf::Prk,
    limits::{CHAIN_MESSAGES, SKIP_PER_CHAIN},
    time::Timestamp,
};

/// RK: changes with every turn.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct RootKey(pub(super) [u8; 32]);

impl RootKey {
    /// KDF_RK: the next root key, a chain key, and the header key of the chain after it.
    fn turn(&self, shared: &DhSharedSecret) -> (Self, ChainKey, HeaderKey) {
        let okm: Zeroizing<[u8; 96]> =
            Prk::extract(&self.0, &[shared.as_bytes()]).expand(&[b"lowkey/1/dr/root"]);
        let (mut root, mut chain, mut header) =
            (Self([0; 32]), ChainKey([0; 32]), HeaderKey([0; 32]));
        for (to, from) in [&mut root.0, &mut chain.0, &mut header.0].into_iter().zip(okm.chunks(32))
        {
            to.copy_from_slice(from);
        }
        key_log::secret("root key", &root.0);
        key_log::secret("chain key", &chain.0);
        key_log::secret("header key", &header.0);
        (root, chain, header)
    }
}

/// HK: encrypts the headers of one chain.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct HeaderKey(pub(super) [u8; 32]);

/// Both directions of a session.
pub(super) struct Ratchet {
    pub(super) sending: Sending,
    pub(super) receiving: Option<ReceivingChain>,
    /// NHKr: the header key of the other side's next chain.
    pub(super) next_header: HeaderKey,
    /// PN: how many messages our previous chain had.
    pub(super) previous: u32,
    /// How often the other side has turned.
    pub(super) turns: u32,
    pub(super) skipped: SkippedKeys,
}

/// Whose turn it is.
pub(super) enum Sending {
    /// We have a chain.
    Active(ActiveRatchet),
    /// The other side turned; our next message begins a chain.
    Inactive(InactiveRatchet),
    /// We send no more.
    Ended(Option<EndedRatchet>),
}

impl Sending {
    /// Returns what the other side's next turn is followed with: without a key of ours that they
    /// know, they cannot turn.
    const fn awaits_turn(&self) -> Option<(&RootKey, &DhKeyPair)> {
        match self {
            Self::Active(ActiveRatchet { root, ours, .. })
            | Self::Ended(Some(EndedRatchet { root, ours })) => Some((root, ours)),
            Self::Inactive(_) | Self::Ended(None) => None,
        }
    }
}

/// We send in a chain under a DH key of ours.
pub(super) struct ActiveRatchet {
    pub(super) root: RootKey,
    pub(super) ours: DhKeyPair,
    pub(super) chain: SendingChain,
    /// NHKs: the header key of our next chain.
    pub(super) next_header: HeaderKey,
}

/// The other side has a new DH key, and we have none yet.
pub(super) struct InactiveRatchet {
    pub(super) root: RootKey,
    pub(super) theirs: DhPublicKey,
    /// The header key of the chain that our next message begins.
    pub(super) header: HeaderKey,
}

/// We send no more, and the other side may turn once: it answers our last message.
pub(super) struct EndedRatchet {
    pub(super) root: RootKey,
    pub(super) ours: DhKeyPair,
}

impl InactiveRatchet {
    fn activate(&self, rng: &mut dyn CryptoRng) -> Result<ActiveRatchet, DhAgreementError> {
        let ours = DhKeyPair::generate(rng);
        key_log::secret("ratchet key", ours.secret());
        let (root, key, next_header) = self.root.turn(&ours.agree(&self.theirs)?);
        let chain = SendingChain { header: self.header.clone(), key, count: 0 };
        Ok(ActiveRatchet { root, ours, chain, next_header })
    }
}

/// What decrypting a message will change, once its body has opened.
struct Step {
    /// The chain after the message, and the keys of messages skipped in it.
    chain: ReceivingChain,
    skipped: Vec<(u32, MessageKey)>,
    key: MessageKey,
}

impl Ratchet {
    /// RatchetInitAliceHE.
    pub(super) fn initiate(
        keys: &Keys,
        spk: &DhPublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, DhAgreementError> {
        keys.log();
        let inactive = InactiveRatchet {
            root: RootKey(keys.root),
            theirs: *spk,
            header: HeaderKey(keys.header_initiator),
        };
        Ok(Self {
            sending: Sending::Active(inactive.activate(rng)?),
            receiving: None,
            next_header: HeaderKey(keys.next_header_responder),
            previous: 0,
            turns: 0,
            skipped: SkippedKeys::default(),
        })
    }

    /// RatchetInitBobHE, and the first message.
    pub(super) fn respond(
        keys: &Keys,
        spk: DhKeyPair,
        ad: &[u8; AD_BYTES],
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), DecryptError> {
        keys.log();
        let message = Message::parse(bytes)?;
        let header_key = HeaderKey(keys.header_initiator);
        let header = message.open_header(&header_key, ad).ok_or(DecryptError::OtherSession)?;
        let (root, key, next_header) = RootKey(keys.root).turn(&spk.agree(&header.key)?);
        drop(spk);
        let chain = ReceivingChain { header: header_key, key, next: 0, turn: 1 };
        let step = advance(&chain, header.number)?;
        let content = message.open_body(&step.key, ad)?;
        let mut skipped = SkippedKeys::default();
        skipped.add(&step.chain, step.skipped, now);
        let header_key = HeaderKey(keys.next_header_responder);
        let ratchet = Self {
            sending: Sending::Inactive(InactiveRatchet {
                root,
                theirs: header.key,
                header: header_key,
            }),
            receiving: Some(step.chain),
            next_header,
            previous: 0,
            turns: 1,
            skipped,
        };
        Ok((ratchet, content))
    }

    /// RatchetEncryptHE; after another side's turn with the sending half of ours first.
    pub(super) fn encrypt(
        &mut self,
        content: &[u8],
        pad_to: usize,
        ad: &[u8; AD_BYTES],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, EncryptError> {
        if let Sending::Inactive(inactive) = &self.sending {
            self.sending = Sending::Active(inactive.activate(rng)?);
        }
        let previous = self.previous;
        let Sending::Active(ActiveRatchet { ours, chain, .. }) = &mut self.sending else {
            return Err(EncryptError::ChainEnded);
        };
        if chain.count >= CHAIN_MESSAGES {
            return Err(EncryptError::ChainEnded);
        }
        let header = Header { key: ours.public(), previous, number: chain.count };
        let key = chain.key.step();
        chain.count = chain.count.saturating_add(1);
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        Ok(message::seal(&header, (&chain.header, &key), &nonce, (content, pad_to), ad))
    }

    /// RatchetDecryptHE. Header keys in their order: the current chain's, the next one's, then
    /// those of earlier chains with skipped messages.
    pub(super) fn decrypt(
        &mut self,
        bytes: &[u8],
        ad: &[u8; AD_BYTES],
        now: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let message = Message::parse(bytes)?;
        if let Some(chain) = &self.receiving
            && let Some(header) = message.open_header(&chain.header, ad)
        {
            if header.number < chain.next {
                let turn = chain.turn;
                return self.decrypt_skipped(turn, header.number, &message, ad, now);
            }
            let step = advance(chain, header.number)?;
            let content = message.open_body(&step.key, ad)?;
            self.skipped.add(&step.chain, step.skipped, now);
            self.receiving = Some(step.chain);
            return Ok(content);
        }
        if let Some((root, ours)) = self.sending.awaits_turn()
            && let Some(header) = message.open_header(&self.next_header, ad)
        {
            let (root, key, next_header) = root.turn(&ours.agree(&header.key)?);
            let chain = ReceivingChain {
                header: self.next_header.clone(),
                key,
                next: 0,
                turn: self.turns.saturating_add(1),
            };
            let step = advance(&chain, header.number)?;
            let ended = self.receiving.as_ref().map(|chain| skip_to(chain, header.previous));
            let ended = ended.transpose()?;
            let content = message.open_body(&step.key, ad)?;
            self.turn(root, next_header, header.key);
            if let (Some(chain), Some((_, keys))) = (self.receiving.take(), ended) {
                self.skipped.add(&chain, keys, now);
            }
            self.skipped.add(&step.chain, step.skipped, now);
            self.skipped.expire(self.turns, now);
            self.receiving = Some(step.chain);
            return Ok(content);
        }
        let current = self.receiving.as_ref().map(|chain| chain.turn);
        let found = self
            .skipped
            .chains()
            .filter(|chain| Some(chain.turn) != current)
            .find_map(|chain| Some((chain.turn, message.open_header(&chain.header, ad)?)));
        let (turn, header) = found.ok_or(DecryptError::OtherSession)?;
        self.decrypt_skipped(turn, header.number, &message, ad, now)
    }

    /// Erases what encrypts.
    pub(super) fn end_sending(&mut self) {
        let sending = core::mem::replace(&mut self.sending, Sending::Ended(None));
        if let Sending::Active(ActiveRatchet { root, ours, .. }) = sending {
            self.sending = Sending::Ended(Some(EndedRatchet { root, ours }));
        }
    }

    /// Returns the DH key of our sending chain.
    pub(super) fn sending_chain(&self) -> Option<[u8; 32]> {
        match &self.sending {
            Sending::Active(active) => Some(active.ours.public().0),
            Sending::Inactive(_) | Sending::Ended(_) => None,
        }
    }

    /// Returns whether the sending chain has had all its messages.
    pub(super) fn is_exhausted(&self) -> bool {
        matches!(&self.sending, Sending::Active(active) if active.chain.count >= CHAIN_MESSAGES)
    }

    /// Returns how many skipped message keys are kept.
    pub(super) fn skipped_keys(&self) -> usize {
        self.skipped.len()
    }

    fn decrypt_skipped(
        &mut self,
        turn: u32,
        number: u32,
        message: &Message<'_>,
        ad: &[u8; AD_BYTES],
        now: Timestamp,
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let key = self.skipped.get(turn, number, now).ok_or(DecryptError::Duplicate)?;
        let content = message.open_body(key, ad)?;
        self.skipped.remove(turn, number);
        self.skipped.expire(self.turns, now);
        Ok(content)
    }

    /// The receiving half of a turn; what we have sent till now is the previous chain.
    fn turn(&mut self, root: RootKey, next_header: HeaderKey, theirs: DhPublicKey) {
        match &self.sending {
            Sending::Active(active) => {
                self.previous = active.chain.count;
                let header = active.next_header.clone();
                self.sending = Sending::Inactive(InactiveRatchet { root, theirs, header });
            }
            Sending::Ended(_) => self.sending = Sending::Ended(None),
            Sending::Inactive(_) => {}
        }
        self.next_header = next_header;
        self.turns = self.turns.saturating_add(1);
    }
}

/// Moves a copy of a chain past the message with this number.
fn advance(chain: &ReceivingChain, number: u32) -> Result<Step, DecryptError> {
    if number >= CHAIN_MESSAGES {
        return Err(DecryptError::ChainEnded);
    }
    let (mut chain, skipped) = skip_to(chain, number)?;
    let key = chain.key.step();
    chain.next = chain.next.saturating_add(1);
    Ok(Step { chain, skipped, key })
}

/// Moves a copy of a chain up to a message, and keeps the keys of those before it. A number
/// below the chain's skips nothing: the other side's storage went back.
fn skip_to(
    chain: &ReceivingChain,
    number: u32,
) -> Result<(ReceivingChain, Vec<(u32, MessageKey)>), DecryptError> {
    let found = number.saturating_sub(chain.next);
    if found > SKIP_PER_CHAIN {
        return Err(DecryptError::Gap { found, limit: SKIP_PER_CHAIN });
    }
    let mut chain = chain.clone();
    let keys = (chain.next..number).map(|number| (number, chain.key.step())).collect();
    chain.next = chain.next.max(number);
    Ok((chain, keys))
}
