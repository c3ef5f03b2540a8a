//! HS1: from somebody's inbox record to a session, in one message (PROTOCOL.md, "Handshake").
//!
//! A Noise-like transcript over PQXDH's inputs: three X25519 agreements and ML-KEM-768.
//! The initiator's identity is encrypted. The composition has no published proof.
//! [`initiate`] gives an unconfirmed [`Session`]; the other side checks a prefix with
//! [`Responder::open`] and has a session only if the message that came along opens.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    bytes::Reader,
    identity::{
        Certificate, DhAgreementError, DhIdentity, DhKeyPair, DhPublicKey, Generation, IdentityKey,
    },
    kdf::sha512,
    session::{DecryptError, Session, key_log},
    time::Timestamp,
};

pub mod kem;
pub mod prekeys;
mod symmetric;

use kem::{CIPHERTEXT_BYTES, Kem, KemCiphertext, KemError, KemPublicKey};
use prekeys::PrekeyPair;
use symmetric::SymmetricState;

/// Bytes of a handshake, without the ratchet message that follows it.
pub const HANDSHAKE_BYTES: usize = 1_276;
/// Bytes of the sealed identity: key, generation, DH key, certificate, tag.
const SEALED_IDENTITY_BYTES: usize = 148;
/// Type and version of the handshake, flags and slot: the only ones of v1.
const HEADER: [u8; 4] = [1, 1, 0, 0];

/// What one has to know of somebody to begin a session; from a verified inbox record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Whose it is.
    pub identity: IdentityKey,
    /// The DH key of their install.
    pub ikd: DhPublicKey,
    /// When that install made it.
    pub generation: Generation,
    /// The number of the prekey pair.
    pub spk_id: u32,
    /// The DH prekey.
    pub spk: DhPublicKey,
    /// The KEM prekey.
    pub kem_key: KemPublicKey,
}

/// Begins a session with the owner of a bundle.
///
/// The session repeats the handshake in every message until the other side answers.
pub fn initiate(
    identity: &IdentityKey,
    own: &DhIdentity,
    bundle: &Bundle,
    kem: &dyn Kem,
    rng: &mut dyn CryptoRng,
) -> Result<Session, HandshakeError> {
    let [a, b, c, d] = bundle.spk_id.to_le_bytes();
    let [kind, version, flags, slot] = HEADER;
    let header = [kind, version, flags, slot, a, b, c, d];
    let mut state = SymmetricState::new();
    state.mix_hash(&header);
    mix_bundle(&mut state, &bundle.identity, &bundle.ikd, &bundle.spk, &bundle.kem_key);

    let ephemeral = DhKeyPair::generate(rng);
    state.mix_hash(&ephemeral.public().0);
    state.mix_dh(&ephemeral.agree(&bundle.spk)?);
    state.mix_dh(&ephemeral.agree(&bundle.ikd)?);
    let (ciphertext, secret) = kem.encapsulate(&bundle.kem_key, rng)?;
    state.mix_hash(ciphertext.0.as_slice());
    let key = state.mix_key(secret.as_bytes());
    let identity_plain = SealedIdentity {
        identity: *identity.as_bytes(),
        generation: own.generation(),
        ikd: own.pair().public(),
        certificate: *own.certificate(),
    };
    let sealed = state.seal(key, identity_plain.encode().as_slice());
    state.mix_dh(&own.pair().agree(&bundle.spk)?);

    let parts: [&[u8]; 4] = [&header, &ephemeral.public().0, ciphertext.0.as_slice(), &sealed];
    let prefix = HandshakePrefix::decode(&parts.concat())?;
    let keys = state.split();
    Ok(Session::initiate(keys, Box::new(prefix), identity, &bundle.identity, &bundle.spk, rng)?)
}

/// A handshake that opened, of somebody who has not proven yet to hold the DH key in it.
pub struct Responder {
    keys: Keys,
    id: HandshakeId,
    peer: IdentityKey,
    generation: Generation,
    ikd: DhPublicKey,
    own: IdentityKey,
    spk: DhKeyPair,
}

impl Responder {
    /// Runs the handshake with our keys; `prekeys` is the pair that the prefix names.
    ///
    /// `known` returns the identity key of these bytes if it was checked before: the costly test
    /// for torsion is for strangers only. Whether the peer is blocked or its generation too old
    /// is for the caller to judge before [`Self::finish`].
    pub fn open(
        prefix: &HandshakePrefix,
        identity: &IdentityKey,
        own: &DhIdentity,
        prekeys: &PrekeyPair,
        known: &dyn Fn(&[u8; 32]) -> Option<IdentityKey>,
    ) -> Result<Self, HandshakeError> {
        let parts = prefix.parts().ok_or(HandshakeError::Malformed)?;
        if prefix.spk_id() != prekeys.id() {
            return Err(HandshakeError::OtherPrekey);
        }
        let spk = prekeys.dh();
        key_log::secret("prekey", spk.secret());
        key_log::secret("prekey", prekeys.kem().seed());
        let mut state = SymmetricState::new();
        state.mix_hash(parts.header);
        let (ikd, kem_key) = (own.pair().public(), prekeys.kem().public());
        mix_bundle(&mut state, identity, &ikd, &spk.public(), kem_key);
        state.mix_hash(&parts.ephemeral.0);
        state.mix_dh(&spk.agree(&parts.ephemeral)?);
        state.mix_dh(&own.pair().agree(&parts.ephemeral)?);
        state.mix_hash(parts.ciphertext.0.as_slice());
        let key = state.mix_key(prekeys.kem().decapsulate(&parts.ciphertext).as_bytes());
        let plain = state.open(key, parts.sealed).ok_or(HandshakeError::Open)?;
        let theirs = SealedIdentity::decode(&plain).ok_or(HandshakeError::Open)?;
        if theirs.identity == *identity.as_bytes() {
            return Err(HandshakeError::OwnKey);
        }
        let peer = match known(&theirs.identity) {
            Some(peer) if peer.as_bytes() == &theirs.identity => peer,
            _ => IdentityKey::from_bytes(&theirs.identity)
                .map_err(|_| HandshakeError::IdentityKey)?,
        };
        theirs
            .certificate
            .verify(&peer, theirs.generation, &theirs.ikd)
            .map_err(|_| HandshakeError::Certificate)?;
        state.mix_dh(&spk.agree(&theirs.ikd)?);
        Ok(Self {
            keys: state.split(),
            id: prefix.id(),
            peer,
            generation: theirs.generation,
            ikd: theirs.ikd,
            own: *identity,
            spk: DhKeyPair::from_secret(spk.secret()),
        })
    }

    /// Decrypts the message that came along: this proves that the peer holds its DH key.
    pub fn finish(
        self,
        message: &[u8],
        now: Timestamp,
    ) -> Result<(Session, Zeroizing<alloc::vec::Vec<u8>>), DecryptError> {
        let Self { keys, id, peer, own, spk, .. } = self;
        Session::respond(keys, id, &peer, &own, spk, message, now)
    }

    /// Returns who says to have sent it.
    pub const fn peer(&self) -> &IdentityKey {
        &self.peer
    }

    /// Returns when the peer's install made its DH key.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// Returns the DH key of the peer's install.
    pub const fn ikd(&self) -> DhPublicKey {
        self.ikd
    }

    /// Returns the handshake's keys, for the golden vectors.
    #[cfg(feature = "test-support")]
    pub fn keys_for_vectors(&self) -> [alloc::vec::Vec<u8>; 5] {
        let Keys { root, header_initiator, next_header_responder, exporter, session } = &self.keys;
        [
            root.to_vec(),
            header_initiator.to_vec(),
            next_header_responder.to_vec(),
            exporter.to_vec(),
            session.to_vec(),
        ]
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").finish_non_exhaustive()
    }
}

/// What a handshake leaves behind.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys {
    /// RK.
    pub(crate) root: [u8; 32],
    /// The initiator's first header key.
    pub(crate) header_initiator: [u8; 32],
    /// The responder's first header key, used from its first answer on.
    pub(crate) next_header_responder: [u8; 32],
    /// EXP: proves the session to its other end on a new link.
    pub(crate) exporter: [u8; 32],
    /// SID.
    pub(crate) session: [u8; 16],
}

impl Keys {
    /// Notes them, for tests.
    pub(crate) fn log(&self) {
        key_log::secret("root key", &self.root);
        key_log::secret("header key", &self.header_initiator);
        key_log::secret("header key", &self.next_header_responder);
        key_log::secret("exporter", &self.exporter);
    }
}

/// The bytes of a handshake; its header is one that this program understands.
#[derive(Clone, PartialEq, Eq)]
pub struct HandshakePrefix([u8; HANDSHAKE_BYTES]);

impl HandshakePrefix {
    /// Checks length and header.
    pub fn decode(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let bytes: [u8; HANDSHAKE_BYTES] =
            bytes.try_into().map_err(|_| HandshakeError::Malformed)?;
        if !bytes.starts_with(&HEADER) {
            return Err(HandshakeError::Malformed);
        }
        Ok(Self(bytes))
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; HANDSHAKE_BYTES] {
        &self.0
    }

    /// Returns the name under which this handshake is remembered.
    pub fn id(&self) -> HandshakeId {
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(sha512(&[&self.0])) {
            *to = from;
        }
        HandshakeId(id)
    }

    /// Returns which prekey pair it was made for.
    pub const fn spk_id(&self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = self.0;
        u32::from_le_bytes([a, b, c, d])
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let mut reader = Reader::new(&self.0);
        let header = reader.slice(8)?;
        let ephemeral = DhPublicKey(reader.array()?);
        let ciphertext = KemCiphertext(Box::new(reader.array::<CIPHERTEXT_BYTES>()?));
        let sealed = reader.slice(SEALED_IDENTITY_BYTES)?;
        reader.end()?;
        Some(Parts { header, ephemeral, ciphertext, sealed })
    }
}

impl fmt::Debug for HandshakePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakePrefix").finish_non_exhaustive()
    }
}

/// The name of a handshake: a replay has the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandshakeId(pub [u8; 16]);

struct Parts<'a> {
    header: &'a [u8],
    ephemeral: DhPublicKey,
    ciphertext: KemCiphertext,
    sealed: &'a [u8],
}

/// Who the initiator says to be.
struct SealedIdentity {
    identity: [u8; 32],
    generation: Generation,
    ikd: DhPublicKey,
    certificate: Certificate,
}

impl SealedIdentity {
    fn encode(&self) -> Zeroizing<alloc::vec::Vec<u8>> {
        let Self { identity, generation, ikd, certificate } = self;
        let parts: [&[u8]; 4] = [identity, &generation.0.to_be_bytes(), &ikd.0, &certificate.0];
        Zeroizing::new(parts.concat())
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let identity = reader.array()?;
        let generation = Generation(reader.be32()?);
        let ikd = DhPublicKey(reader.array()?);
        let certificate = Certificate(reader.array()?);
        reader.end()?;
        Some(Self { identity, generation, ikd, certificate })
    }
}

fn mix_bundle(
    state: &mut SymmetricState,
    identity: &IdentityKey,
    ikd: &DhPublicKey,
    spk: &DhPublicKey,
    kem_key: &KemPublicKey,
) {
    let parts: [&[u8]; 4] = [identity.as_bytes(), &ikd.0, &spk.0, kem_key.0.as_slice()];
    state.mix_hash(&parts.concat());
}

/// Why a handshake was not made or not accepted. The sender learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// A wrong length, or a header of another version.
    #[error("the handshake is malformed")]
    Malformed,
    /// It names another prekey pair.
    #[error("the handshake names another prekey pair")]
    OtherPrekey,
    /// It does not open with our keys.
    #[error("the handshake does not open")]
    Open,
    /// It comes from our own identity.
    #[error("the handshake comes from our own identity")]
    OwnKey,
    /// The identity key in it is none.
    #[error("the handshake holds no valid identity key")]
    IdentityKey,
    /// The certificate in it does not fit.
    #[error("the certificate in the handshake does not fit")]
    Certificate,
    /// A DH key forces the shared secret to zero.
    #[error(transparent)]
    Agreement(#[from] DhAgreementError),
    /// The KEM key is none.
    #[error(transparent)]
    Kem(#[from] KemError),
}

#[cfg(test)]
mod tests;
