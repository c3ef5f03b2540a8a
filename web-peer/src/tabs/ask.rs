//! What a page asks of a peer, and what it is answered, as values that can cross to another tab.

use serde::{Deserialize, Serialize};

use crate::types::{Found, Imported, Message, PresenceMode};

/// A call of the JavaScript API that concerns the peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// Add a person by address or invite link; answers [`Answer::Text`]: the address.
    Add {
        /// Whom: what the text names.
        address: String,
        /// What was pasted.
        text: String,
        /// The petname.
        name: Option<String>,
    },
    /// Give a contact another petname.
    Rename {
        /// Whom.
        contact: String,
        /// The petname.
        name: Option<String>,
    },
    /// Forget a contact.
    Remove {
        /// Whom.
        contact: String,
    },
    /// Drop everything from a key.
    Block {
        /// Whose.
        contact: String,
    },
    /// Undo `Block`.
    Unblock {
        /// Whose.
        contact: String,
    },
    /// Accept a request.
    AcceptRequest {
        /// Whose.
        contact: String,
    },
    /// Drop a request.
    DeleteRequest {
        /// Whose.
        contact: String,
    },
    /// Queue a text; answers [`Answer::Text`]: the message's id.
    Send {
        /// To whom.
        contact: String,
        /// What.
        text: String,
        /// The tab's own number for it; given when its turn has come.
        numbered: Option<Numbered>,
    },
    /// Try again what waits.
    Retry {
        /// Whose conversation.
        contact: String,
        /// Which message.
        message: String,
    },
    /// Look a contact up now.
    Reach {
        /// Whom.
        contact: String,
    },
    /// Mark as seen what has come.
    MarkSeen {
        /// From whom.
        contact: String,
    },
    /// Set the presence switch.
    SetPresence {
        /// To what.
        mode: PresenceMode,
    },
    /// Hide the own IP address.
    HideAddress {
        /// From whom; from everybody if it is nobody.
        contact: Option<String>,
        /// Whether.
        hide: bool,
    },
    /// Set the name that is given away.
    SetName {
        /// The name.
        name: Option<String>,
    },
    /// Make an invite; answers [`Answer::Text`]: its fragment.
    CreateInvite,
    /// Answers [`Answer::Text`]: the twelve words.
    ShowPhrase,
    /// Go on here.
    UseHere,
    /// Answers [`Answer::Text`]: sixty digits.
    SafetyNumber {
        /// With whom.
        contact: String,
    },
    /// Answers [`Answer::Messages`].
    History {
        /// Whose conversation.
        contact: String,
        /// Before which place.
        before: Option<String>,
        /// At most how many.
        limit: u32,
    },
    /// Answers [`Answer::Messages`].
    Later {
        /// Whose conversation.
        contact: String,
        /// After which place.
        after: String,
        /// At most how many.
        limit: u32,
    },
    /// Answers [`Answer::Messages`]: the last one of each conversation.
    LastMessages,
    /// Answers [`Answer::Found`].
    Search {
        /// What.
        text: String,
        /// At most how many.
        limit: u32,
    },
    /// End a conversation: its keys are erased.
    EndConversation {
        /// With whom.
        contact: String,
        /// Whether its history goes as well.
        burn: bool,
    },
    /// Delete the history of a conversation.
    DeleteHistory {
        /// With whom.
        contact: String,
    },
    /// Try the relays now.
    Reconnect,
    /// Set, change or remove the lock.
    SetLock {
        /// The new passphrase; none removes it.
        passphrase: Option<String>,
        /// The present one, if there is one.
        current: Option<String>,
    },
    /// Lock all tabs.
    Lock,
    /// Tell how storage is now: another tab has asked the browser to keep it.
    LookAtStorage,
    /// Answers [`Answer::Bytes`]: a backup file.
    ExportBackup,
    /// Take a backup in; answers [`Answer::Imported`].
    ImportBackup {
        /// The file.
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
    },
}

impl Ask {
    /// Whether it changes nothing, so that it may be carried out as often as it is asked.
    pub fn only_reads(&self) -> bool {
        match self {
            Self::CreateInvite
            | Self::ShowPhrase
            | Self::SafetyNumber { .. }
            | Self::History { .. }
            | Self::Later { .. }
            | Self::LastMessages
            | Self::Search { .. }
            | Self::LookAtStorage
            | Self::ExportBackup => true,
            Self::Add { .. }
            | Self::Rename { .. }
            | Self::Remove { .. }
            | Self::Block { .. }
            | Self::Unblock { .. }
            | Self::AcceptRequest { .. }
            | Self::DeleteRequest { .. }
            | Self::Send { .. }
            | Self::Retry { .. }
            | Self::Reach { .. }
            | Self::MarkSeen { .. }
            | Self::SetPresence { .. }
            | Self::HideAddress { .. }
            | Self::SetName { .. }
            | Self::UseHere
            | Self::EndConversation { .. }
            | Self::DeleteHistory { .. }
            | Self::Reconnect
            | Self::SetLock { .. }
            | Self::Lock
            | Self::ImportBackup { .. } => false,
        }
    }
}

/// A text's number in the tab that sends it: asked again under the same, it is taken once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// A random name for one run of numbers.
    pub origin: [u8; 8],
    /// From 1, without gaps.
    pub number: u64,
}

/// What an [`Ask`] is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// An address, an id, an invite, words or digits.
    Text(String),
    /// Messages, ascending.
    Messages(Vec<Message>),
    /// What a search found.
    Found(Found),
    /// A file.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// What a backup brought.
    Imported(Imported),
}
