//! Backups: the peer gives and takes the archive, a worker seals and opens the file.

use js_sys::Uint8Array;

use super::{Live, leader::Leader};
use crate::{
    error::Coded,
    slow::SlowError,
    tabs::Answer,
    types::{Imported, PeerEvent},
};

impl Live {
    pub(super) async fn export(&self, leader: &Leader) -> Result<Answer, Coded> {
        let archive = leader.handle.export().await?;
        let key = leader.handle.backup_key().await?;
        let file = self.0.slow.seal_age(archive, &key).await?;
        Ok(Answer::Bytes(file.to_vec()))
    }

    pub(super) async fn import(&self, leader: &Leader, file: &[u8]) -> Result<Answer, Coded> {
        let key = leader.handle.backup_key().await?;
        let archive = self.0.slow.open_age(&Uint8Array::from(file), &key).await?;
        let imported = leader.handle.import(&archive).await?;
        self.tell_last_messages(leader).await;
        let (contacts, messages) = (imported.contacts, imported.messages);
        Ok(Answer::Imported(Imported { contacts, messages }))
    }

    /// Nobody is told of each message that a backup brings: every screen gets the last ones.
    async fn tell_last_messages(&self, leader: &Leader) {
        // The backup is in, whether the screens learn it now or later.
        for message in leader.handle.last_messages().await.unwrap_or_default() {
            self.tell(PeerEvent::Message { message: message.into() });
        }
    }
}

impl From<SlowError> for Coded {
    fn from(error: SlowError) -> Self {
        match error {
            SlowError::Malformed => Self::new("backupMalformed", error),
            SlowError::OtherIdentity => Self::new("backupOtherIdentity", error),
            SlowError::Failed => Self::internal(error),
        }
    }
}
