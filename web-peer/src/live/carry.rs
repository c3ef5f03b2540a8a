//! Carries out, on the peer of this tab, what a page or another tab asks.

use lowkey_protocol::engine::output::{MessageId, Reply};

use super::{Live, leader::Leader};
use crate::{
    commands::{command, parse_contact, parse_order},
    convert::hex,
    error::Coded,
    tabs::{Answer, Ask},
    types::{Message, PeerEvent, StorageView},
};

impl Live {
    pub(super) async fn carry_out(&self, leader: &Leader, ask: &Ask) -> Result<Answer, Coded> {
        match ask {
            Ask::History { contact, before, limit } => {
                let before = before.as_deref().map(parse_order).transpose()?;
                let contact = parse_contact(contact)?;
                let messages = leader.handle.history(contact, before, *limit).await?;
                Ok(Answer::Messages(messages.into_iter().map(Message::from).collect()))
            }
            Ask::Later { contact, after, limit } => {
                let (contact, after) = (parse_contact(contact)?, parse_order(after)?);
                let messages = leader.handle.later(contact, after, *limit).await?;
                Ok(Answer::Messages(messages.into_iter().map(Message::from).collect()))
            }
            Ask::LastMessages => {
                let messages = leader.handle.last_messages().await?;
                Ok(Answer::Messages(messages.into_iter().map(Message::from).collect()))
            }
            Ask::Search { text, limit } => {
                Ok(Answer::Found(leader.handle.search(text.clone(), *limit).await?.into()))
            }
            Ask::Reconnect => Ok(leader.handle.reconnect().await.map(|()| Answer::Done)?),
            Ask::SetLock { passphrase, current } => {
                self.set_lock(leader, passphrase.as_deref(), current.as_deref()).await
            }
            Ask::Lock if leader.storage.get().locks => Ok(Answer::Done),
            Ask::Lock => Err(Coded::new("passphraseWrong", "no passphrase is set")),
            Ask::LookAtStorage => {
                self.look_at_storage(leader).await;
                Ok(Answer::Done)
            }
            Ask::ExportBackup => self.export(leader).await,
            Ask::ImportBackup { file } => self.import(leader, file).await,
            other => match leader.handle.command(command(other)?).await? {
                Reply::Done => Ok(match other {
                    Ask::Add { address, .. } => Answer::Text(address.clone()),
                    _ => Answer::Done,
                }),
                Reply::Queued(MessageId(id)) => Ok(Answer::Text(hex(&id))),
                Reply::Invite(text) | Reply::SafetyNumber(text) => Ok(Answer::Text(text)),
                Reply::Phrase(phrase) => Ok(Answer::Text(phrase.words().to_string())),
                Reply::Imported { .. } => Err(Coded::internal("nothing was to be imported")),
            },
        }
    }

    async fn set_lock(
        &self,
        leader: &Leader,
        passphrase: Option<&str>,
        current: Option<&str>,
    ) -> Result<Answer, Coded> {
        let Some(kept) = &leader.profile.kept else {
            return Err(Coded::internal("nothing is kept that could be locked"));
        };
        let pass = kept.set_lock(passphrase, current, &self.0.slow).await?;
        leader.profile.locks.set(pass.is_some());
        *self.0.pass.borrow_mut() = pass;
        self.post_pass();
        self.look_at_storage(leader).await;
        Ok(Answer::Done)
    }

    async fn look_at_storage(&self, leader: &Leader) {
        let problem = leader.storage.get().problem;
        let storage = StorageView { problem, ..leader.profile.view().await };
        leader.storage.set(storage);
        self.tell(PeerEvent::Storage { storage });
    }
}
