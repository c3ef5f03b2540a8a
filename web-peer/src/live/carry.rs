//! Carries out, on the peer of this tab, what a page or another tab asks.

use lowkey_protocol::{
    Address, Invite, RelayAddress,
    engine::{
        input::{Command, Numbered},
        output::{MessageId, MessageOrder, Reply},
    },
};

use super::{Live, leader::Leader};
use crate::{
    convert::{hex, unhex},
    error::Coded,
    tabs::{Answer, Ask, ask},
    types::{Message, PeerEvent},
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
            Ask::LastMessages => Ok(Answer::Messages(Vec::new())),
            Ask::Search { .. } => Err(Coded::internal("no search yet")),
            Ask::Reconnect => Ok(leader.handle.reconnect().await.map(|()| Answer::Done)?),
            Ask::SetLock { passphrase, current } => {
                self.set_lock(leader, passphrase.as_deref(), current.as_deref()).await
            }
            Ask::Lock if leader.storage.get().locks => Ok(Answer::Done),
            Ask::Lock => Err(Coded::new("passphraseWrong", "no passphrase is set")),
            Ask::LookAtStorage => {
                let storage = leader.profile.view().await;
                let storage =
                    crate::types::StorageView { problem: leader.storage.get().problem, ..storage };
                leader.storage.set(storage);
                self.tell(PeerEvent::Storage { storage });
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
            },
        }
    }

    async fn set_lock(
        &self,
        _leader: &Leader,
        _passphrase: Option<&str>,
        _current: Option<&str>,
    ) -> Result<Answer, Coded> {
        Err(Coded::internal("no lock yet"))
    }
}

/// Returns the command of an ask that has one.
fn command(ask: &Ask) -> Result<Command, Coded> {
    Ok(match ask {
        Ask::Add { text, name, .. } => {
            let Named { address, relays, .. } = Named::parse(text)?;
            Command::AddContact { address, relays, name: name.clone() }
        }
        Ask::Rename { contact, name } => {
            Command::Rename { contact: parse_contact(contact)?, name: name.clone() }
        }
        Ask::Remove { contact } => Command::Remove(parse_contact(contact)?),
        Ask::Block { contact } => Command::Block(parse_contact(contact)?),
        Ask::Unblock { contact } => Command::Unblock(parse_contact(contact)?),
        Ask::AcceptRequest { contact } => Command::AcceptRequest(parse_contact(contact)?),
        Ask::DeleteRequest { contact } => Command::DeleteRequest(parse_contact(contact)?),
        Ask::Send { contact, text, numbered } => Command::SendText {
            contact: parse_contact(contact)?,
            text: text.clone(),
            numbered: numbered.map(|ask::Numbered { origin, number }| Numbered { origin, number }),
        },
        Ask::Retry { contact, message } => Command::Retry {
            contact: parse_contact(contact)?,
            message: MessageId(
                unhex(message).ok_or_else(|| Coded::internal("a message id has 32 digits"))?,
            ),
        },
        Ask::Reach { contact } => Command::Reach(parse_contact(contact)?),
        Ask::MarkSeen { contact } => Command::MarkSeen(parse_contact(contact)?),
        Ask::SetPresence { mode } => Command::SetPresence((*mode).into()),
        Ask::HideAddress { contact, hide } => Command::HideAddress {
            contact: contact.as_deref().map(parse_contact).transpose()?,
            hide: *hide,
        },
        Ask::SetName { name } => Command::SetName(name.clone()),
        Ask::CreateInvite => Command::CreateInvite,
        Ask::ShowPhrase => Command::ShowPhrase,
        Ask::UseHere => Command::UseHere,
        Ask::SafetyNumber { contact } => Command::SafetyNumber(parse_contact(contact)?),
        Ask::EndConversation { contact, burn } => {
            Command::EndConversation { contact: parse_contact(contact)?, burn: *burn }
        }
        Ask::DeleteHistory { contact } => Command::DeleteHistory(parse_contact(contact)?),
        Ask::History { .. }
        | Ask::LastMessages
        | Ask::Search { .. }
        | Ask::Reconnect
        | Ask::SetLock { .. }
        | Ask::Lock
        | Ask::LookAtStorage
        | Ask::ExportBackup
        | Ask::ImportBackup { .. } => return Err(Coded::internal("this is no command")),
    })
}

/// What a pasted text names: an address, perhaps with what an invite adds.
pub(crate) struct Named {
    pub(crate) address: Address,
    pub(crate) relays: Vec<RelayAddress>,
    pub(crate) name: Option<String>,
    pub(crate) expires: Option<u32>,
}

impl Named {
    pub(crate) fn parse(text: &str) -> Result<Self, Coded> {
        let text = text.trim();
        if text.contains("#i/") {
            let Invite { address, relays, name, expires } = Invite::parse(text)?;
            return Ok(Self { address, relays, name, expires });
        }
        let address = parse_contact(text)?;
        Ok(Self { address, relays: Vec::new(), name: None, expires: None })
    }
}

pub(crate) fn parse_contact(text: &str) -> Result<Address, Coded> {
    Ok(Address::parse(text)?)
}

pub(crate) fn parse_order(text: &str) -> Result<MessageOrder, Coded> {
    let order = unhex(text).ok_or_else(|| Coded::internal("an order has 48 digits"))?;
    Ok(MessageOrder(order))
}
