//! The JavaScript API: every method parses, sends one command, converts the answer.

mod convert;
pub mod error;
pub mod types;

use futures::StreamExt;
use lowkey_network::{MemoryStorage, Origin, PeerConfig, PeerHandle, clock::wall_clock};
use lowkey_protocol::{
    Address, Invite, KeyPattern as Pattern, Phrase, RelayAddress, Timestamp,
    engine::{
        input::Command,
        output::{MessageId, MessageOrder, Reply},
    },
};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use self::{
    convert::{hex, unhex},
    error::Coded,
    types::{KeyPattern, Message, OpenOptions, ParsedAddress, PeerEvent, PresenceMode},
};

#[wasm_bindgen]
extern "C" {
    /// The page's listener.
    #[wasm_bindgen(typescript_type = "(event: PeerEvent) => void")]
    pub type OnEvent;
}

/// Runs once when the module is loaded: a panic must be readable in the console.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Parses an address or an invite link without a peer.
#[wasm_bindgen(js_name = parseAddress)]
pub fn parse_address(text: &str) -> Result<Ts<ParsedAddress>, JsValue> {
    let named = Named::parse(text)?;
    let now = wall_clock();
    let parsed = ParsedAddress {
        address: named.address.to_string(),
        expired: named.expires.is_some_and(|minutes| Timestamp::from_minutes(minutes) < now),
        name: named.name,
    };
    to_ts(&parsed)
}

/// Draws the picture of a key.
#[wasm_bindgen(js_name = keyPattern)]
pub fn key_pattern(address: &str) -> Result<Ts<KeyPattern>, JsValue> {
    let pattern = Pattern::of(&parse_contact(address)?);
    to_ts(&KeyPattern { cells: pattern.cells.to_vec(), hue: pattern.hue })
}

/// A peer: one identity, its contacts and conversations, and its place in the network.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Peer {
    handle: PeerHandle,
}

#[wasm_bindgen]
impl Peer {
    /// Opens a peer: with the phrase given, or with a new one. Events come until `stopped`.
    pub async fn open(options: Ts<OpenOptions>, on_event: OnEvent) -> Result<Self, JsValue> {
        let options = options.to_rust().map_err(Coded::internal)?;
        let phrase =
            options.phrase.as_deref().map(Phrase::parse).transpose().map_err(Coded::from)?;
        let origin = match options.relay {
            Some(origin) => Origin::parse(&origin),
            None => Origin::of_page(),
        }
        .map_err(Coded::internal)?;
        let config = PeerConfig::for_page(origin);
        let (handle, mut events) = lowkey_network::spawn(config, phrase, MemoryStorage::default())
            .await
            .map_err(Coded::from)?;
        let on_event: js_sys::Function = on_event.unchecked_into();
        wasm_bindgen_futures::spawn_local(async move {
            while let Some(event) = events.next().await {
                let Ok(event) = PeerEvent::from(event).into_js() else { continue };
                // What the page's listener throws is the page's own affair.
                let _ = on_event.call1(&JsValue::NULL, event.as_ref());
            }
        });
        Ok(Self { handle })
    }

    /// Adds a person by address or invite link; returns the address.
    pub async fn add(&self, text: String, name: Option<String>) -> Result<String, JsValue> {
        let Named { address, relays, .. } = Named::parse(&text)?;
        self.done(Command::AddContact { address, relays, name }).await?;
        Ok(address.to_string())
    }

    /// Gives a contact another petname, or none.
    pub async fn rename(&self, contact: String, name: Option<String>) -> Result<(), JsValue> {
        self.done(Command::Rename { contact: parse_contact(&contact)?, name }).await
    }

    /// Forgets a contact, its sessions and its history.
    pub async fn remove(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::Remove(parse_contact(&contact)?)).await
    }

    /// Drops everything from this key from now on, silently.
    pub async fn block(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::Block(parse_contact(&contact)?)).await
    }

    /// Undoes `block`.
    pub async fn unblock(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::Unblock(parse_contact(&contact)?)).await
    }

    /// Accepts a request.
    #[wasm_bindgen(js_name = acceptRequest)]
    pub async fn accept_request(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::AcceptRequest(parse_contact(&contact)?)).await
    }

    /// Drops a request silently; the key may ask again after a day.
    #[wasm_bindgen(js_name = deleteRequest)]
    pub async fn delete_request(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::DeleteRequest(parse_contact(&contact)?)).await
    }

    /// Queues a text; returns the message's id.
    pub async fn send(&self, contact: String, text: String) -> Result<String, JsValue> {
        let contact = parse_contact(&contact)?;
        match self.ask(Command::SendText { contact, text }).await? {
            Reply::Queued(MessageId(id)) => Ok(hex(&id)),
            other => unexpected(&other),
        }
    }

    /// Tries now what waits, and takes back a `notSent`.
    pub async fn retry(&self, contact: String, message: String) -> Result<(), JsValue> {
        let contact = parse_contact(&contact)?;
        let id = unhex(&message).ok_or_else(|| Coded::internal("a message id has 32 digits"))?;
        self.done(Command::Retry { contact, message: MessageId(id) }).await
    }

    /// Looks a contact up now, because the conversation was opened.
    pub async fn reach(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::Reach(parse_contact(&contact)?)).await
    }

    /// Marks what has come from this contact as seen on this screen.
    #[wasm_bindgen(js_name = markSeen)]
    pub async fn mark_seen(&self, contact: String) -> Result<(), JsValue> {
        self.done(Command::MarkSeen(parse_contact(&contact)?)).await
    }

    /// Sets the presence switch.
    #[wasm_bindgen(js_name = setPresence)]
    pub async fn set_presence(&self, mode: Ts<PresenceMode>) -> Result<(), JsValue> {
        let mode = mode.to_rust().map_err(Coded::internal)?;
        self.done(Command::SetPresence(mode.into())).await
    }

    /// Hides our IP address from a contact, or from everybody if none is named: with whom it is
    /// hidden from we talk over relays alone.
    #[wasm_bindgen(js_name = hideAddress)]
    pub async fn hide_address(&self, contact: Option<String>, hide: bool) -> Result<(), JsValue> {
        let contact = contact.as_deref().map(parse_contact).transpose()?;
        self.done(Command::HideAddress { contact, hide }).await
    }

    /// Sets the name that invites and accepted contacts are given; none gives none.
    #[wasm_bindgen(js_name = setName)]
    pub async fn set_name(&self, name: Option<String>) -> Result<(), JsValue> {
        self.done(Command::SetName(name)).await
    }

    /// Makes an invite link's fragment, `#i/…`, to stand behind a page's origin and `/`.
    #[wasm_bindgen(js_name = createInvite)]
    pub async fn create_invite(&self) -> Result<String, JsValue> {
        match self.ask(Command::CreateInvite).await? {
            Reply::Invite(fragment) => Ok(fragment),
            other => unexpected(&other),
        }
    }

    /// Returns the twelve words, with blanks between.
    #[wasm_bindgen(js_name = showPhrase)]
    pub async fn show_phrase(&self) -> Result<String, JsValue> {
        match self.ask(Command::ShowPhrase).await? {
            Reply::Phrase(phrase) => Ok(phrase.words().to_string()),
            other => unexpected(&other),
        }
    }

    /// Goes on here with a phrase that another machine uses as well.
    #[wasm_bindgen(js_name = useHere)]
    pub async fn use_here(&self) -> Result<(), JsValue> {
        self.done(Command::UseHere).await
    }

    /// Returns the sixty digits to compare with this contact.
    #[wasm_bindgen(js_name = safetyNumber)]
    pub async fn safety_number(&self, contact: String) -> Result<String, JsValue> {
        match self.ask(Command::SafetyNumber(parse_contact(&contact)?)).await? {
            Reply::SafetyNumber(digits) => Ok(digits),
            other => unexpected(&other),
        }
    }

    /// Returns at most `limit` messages before the one with the order `before`, ascending.
    pub async fn history(
        &self,
        contact: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<Ts<Message>>, JsValue> {
        let contact = parse_contact(&contact)?;
        let before = match before {
            Some(text) => Some(MessageOrder(
                unhex(&text).ok_or_else(|| Coded::internal("an order has 48 digits"))?,
            )),
            None => None,
        };
        let messages = self.handle.history(contact, before, limit).await.map_err(Coded::from)?;
        messages.into_iter().map(|message| to_ts(&Message::from(message))).collect()
    }

    /// Tries the relays now, without waiting for their turn.
    pub async fn reconnect(&self) -> Result<(), JsValue> {
        Ok(self.handle.reconnect().await.map_err(Coded::from)?)
    }

    /// Ends the peer; `stopped` is the last event.
    pub async fn close(&self) -> Result<(), JsValue> {
        Ok(self.handle.shutdown().await.map_err(Coded::from)?)
    }
}

impl Peer {
    async fn ask(&self, command: Command) -> Result<Reply, JsValue> {
        Ok(self.handle.command(command).await.map_err(Coded::from)?)
    }

    async fn done(&self, command: Command) -> Result<(), JsValue> {
        match self.ask(command).await? {
            Reply::Done => Ok(()),
            other => unexpected(&other),
        }
    }
}

/// What a pasted text names: an address, perhaps with what an invite adds.
struct Named {
    address: Address,
    relays: Vec<RelayAddress>,
    name: Option<String>,
    expires: Option<u32>,
}

impl Named {
    fn parse(text: &str) -> Result<Self, JsValue> {
        let text = text.trim();
        if text.contains("#i/") {
            let Invite { address, relays, name, expires } =
                Invite::parse(text).map_err(Coded::from)?;
            return Ok(Self { address, relays, name, expires });
        }
        let address = parse_contact(text)?;
        Ok(Self { address, relays: Vec::new(), name: None, expires: None })
    }
}

fn parse_contact(text: &str) -> Result<Address, JsValue> {
    Ok(Address::parse(text).map_err(Coded::from)?)
}

fn to_ts<T: Tsify + serde::Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    Ok(value.into_ts().map_err(Coded::internal)?)
}

fn unexpected<T>(reply: &Reply) -> Result<T, JsValue> {
    Err(Coded::internal(format_args!("unexpected reply {reply:?}")).into())
}
