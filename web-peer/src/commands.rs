//! From what is asked to the commands of the core: everything is parsed here, wherever it came from.

use lowkey_protocol::{
    Address, Invite, RelayAddress,
    engine::{
        input::{Command, Numbered},
        output::{MessageId, MessageOrder},
    },
};

use crate::{
    convert::unhex,
    error::Coded,
    tabs::{Ask, ask},
};

/// Returns the command of an ask that has one.
pub fn command(ask: &Ask) -> Result<Command, Coded> {
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
        | Ask::Later { .. }
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
#[derive(Clone, Debug)]
pub struct Named {
    /// The address.
    pub address: Address,
    /// Relays that know it.
    pub relays: Vec<RelayAddress>,
    /// "Calls themselves …".
    pub name: Option<String>,
    /// When the invite ends, in minutes.
    pub expires: Option<u32>,
}

impl Named {
    /// Reads an address or an invite link.
    pub fn parse(text: &str) -> Result<Self, Coded> {
        let text = text.trim();
        if text.contains("#i/") {
            let Invite { address, relays, name, expires } = Invite::parse(text)?;
            return Ok(Self { address, relays, name, expires });
        }
        let address = parse_contact(text)?;
        Ok(Self { address, relays: Vec::new(), name: None, expires: None })
    }
}

/// Reads an address.
pub fn parse_contact(text: &str) -> Result<Address, Coded> {
    Ok(Address::parse(text)?)
}

/// Reads a message's place.
pub fn parse_order(text: &str) -> Result<MessageOrder, Coded> {
    let order = unhex(text).ok_or_else(|| Coded::internal("an order has 48 digits"))?;
    Ok(MessageOrder(order))
}

#[cfg(test)]
mod tests {
    use lowkey_protocol::{Identity, Phrase};

    use super::*;

    fn address() -> Address {
        let phrase = Phrase::from_entropy(&[7; 16]).unwrap();
        Identity::from_phrase(phrase).address()
    }

    #[test]
    fn what_does_not_parse_is_refused_before_it_reaches_the_core() {
        let ask = |contact: &str, message: &str| Ask::Retry {
            contact: contact.to_owned(),
            message: message.to_owned(),
        };
        let address = address().to_string();
        let id = "0123456789abcdef0123456789abcdef";
        assert!(matches!(command(&ask(&address, id)), Ok(Command::Retry { .. })));
        for (contact, message) in [("", id), ("lowkey1", id), (&*address, ""), (&*address, "xy")] {
            assert!(command(&ask(contact, message)).is_err(), "{contact} {message}");
        }
        assert!(command(&Ask::LastMessages).is_err());
    }

    #[test]
    fn a_text_keeps_its_number() {
        let contact = address().to_string();
        let numbered = Some(ask::Numbered { origin: [7; 8], number: 3 });
        let sent = command(&Ask::Send { contact, text: "hi".to_owned(), numbered });
        let Ok(Command::SendText { numbered: Some(taken), .. }) = sent else { panic!("no text") };
        assert_eq!((taken.origin, taken.number), ([7; 8], 3));
    }
}
