//! Errors as JavaScript sees them: an `Error` whose `code` never changes its meaning.
//!
//! The codes are the API; the messages are for logs and may be worded anew.

use std::borrow::Cow;

use lowkey_network::PeerError;
use lowkey_protocol::{AddressError, ArchiveError, CommandError, InviteError, PhraseError};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// A failure on its way to JavaScript, perhaps by way of another tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Coded {
    code: Cow<'static, str>,
    message: String,
}

impl Coded {
    /// A failure with a code of the API.
    pub fn new(code: &'static str, error: impl core::fmt::Display) -> Self {
        Self { code: Cow::Borrowed(code), message: error.to_string() }
    }

    /// A failure that the page cannot cause and a person cannot mend.
    pub fn internal(error: impl core::fmt::Display) -> Self {
        Self::new("internal", error)
    }

    /// Whether it has this code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether it is certain that nothing has happened: a refusal of the engine says so; storage
    /// that failed, or a peer that ended, may have kept what they were given.
    pub fn is_certain(&self) -> bool {
        !["storageFailed", "storageFull", "stopped", "internal"].contains(&self.code.as_ref())
    }
}

impl From<Coded> for JsValue {
    fn from(coded: Coded) -> Self {
        let error = js_sys::Error::new(&coded.message);
        error.set_name("PeerError");
        // `Reflect::set` fails only on frozen objects; this one was just made.
        let _ = js_sys::Reflect::set(&error, &"code".into(), &coded.code.as_ref().into());
        error.into()
    }
}

impl From<AddressError> for Coded {
    fn from(error: AddressError) -> Self {
        let code = match error {
            AddressError::Empty => "addressEmpty",
            AddressError::WrongCharacter { .. } => "addressCharacter",
            AddressError::Checksum => "addressChecksum",
            AddressError::Length { .. } => "addressLength",
            AddressError::MixedCase => "addressMixedCase",
            AddressError::OtherKind(_) => "addressOtherKind",
            AddressError::NewerVersion { .. } => "addressNewerVersion",
            AddressError::BadKey => "addressBadKey",
        };
        Self::new(code, error)
    }
}

impl From<InviteError> for Coded {
    fn from(error: InviteError) -> Self {
        Self::new("inviteMalformed", error)
    }
}

impl From<PhraseError> for Coded {
    fn from(error: PhraseError) -> Self {
        let code = match error {
            PhraseError::WordCount { .. } => "phraseWordCount",
            PhraseError::UnknownWord { .. } => "phraseUnknownWord",
            PhraseError::Checksum => "phraseChecksum",
        };
        Self::new(code, error)
    }
}

impl From<CommandError> for Coded {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::OwnAddress => "ownAddress",
            CommandError::ContactExists => "contactExists",
            CommandError::UnknownContact => "unknownContact",
            CommandError::Blocked => "blocked",
            CommandError::NotAccepted => "notAccepted",
            CommandError::UnknownMessage => "unknownMessage",
            CommandError::EmptyText => "emptyText",
            CommandError::TextTooLong { .. } => "textTooLong",
            CommandError::NameTooLong { .. } => "nameTooLong",
            CommandError::RequestFull { .. } => "requestFull",
            CommandError::OutboxFull { .. } => "outboxFull",
            CommandError::ContactsFull { .. } => "contactsFull",
            CommandError::OutOfOrder { .. } => "outOfOrder",
            CommandError::InUseElsewhere => "inUseElsewhere",
        };
        Self::new(code, error)
    }
}

impl From<ArchiveError> for Coded {
    fn from(error: ArchiveError) -> Self {
        let code = match error {
            ArchiveError::Malformed => "backupMalformed",
            ArchiveError::OtherIdentity => "backupOtherIdentity",
            ArchiveError::Newer { .. } => "backupNewer",
        };
        Self::new(code, error)
    }
}

impl From<PeerError> for Coded {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Command(error) => error.into(),
            PeerError::Backup(error) => error.into(),
            PeerError::Storage => Self::new("storageFailed", error),
            PeerError::StorageFull => Self::new("storageFull", error),
            PeerError::StorageDamaged => Self::new("storageDamaged", error),
            PeerError::StorageNewer { .. } => Self::new("storageNewer", error),
            PeerError::OtherIdentity => Self::new("identityExists", error),
            PeerError::Stopped => Self::new("stopped", error),
            PeerError::Platform => Self::internal(error),
        }
    }
}

#[wasm_bindgen(typescript_custom_section)]
const ERROR_CODES: &'static str = r#"
/** Every promise rejects, and every function throws, with an `Error` that has one of these. */
export type ErrorCode =
    | "addressEmpty" | "addressCharacter" | "addressChecksum" | "addressLength"
    | "addressMixedCase" | "addressOtherKind" | "addressNewerVersion" | "addressBadKey"
    | "inviteMalformed" | "inviteExpired"
    | "phraseWordCount" | "phraseUnknownWord" | "phraseChecksum"
    | "ownAddress" | "contactExists" | "unknownContact" | "blocked" | "notAccepted"
    | "unknownMessage" | "emptyText" | "textTooLong" | "nameTooLong"
    | "requestFull" | "outboxFull" | "contactsFull" | "outOfOrder" | "inUseElsewhere"
    | "outOfOrder"
    | "locked" | "passphraseWrong"
    | "identityGone" | "identityExists" | "storageNewer" | "storageDamaged"
    | "backupMalformed" | "backupOtherIdentity" | "backupNewer"
    | "storageFailed" | "storageFull" | "storageBusy" | "outdated" | "stopped" | "internal";
"#;
