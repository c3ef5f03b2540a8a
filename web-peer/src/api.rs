//! The JavaScript API: every method parses, asks, converts the answer.

use js_sys::{Function, Uint8Array};
use lowkey_network::clock::wall_clock;
use lowkey_protocol::{KeyPattern as Pattern, Phrase, Timestamp};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::{
    commands::{Named, parse_contact, parse_order},
    error::Coded,
    live::{self, Live},
    profile,
    slow::Slow,
    tabs::{Answer, Ask},
    types::{
        Found, Imported, KeyPattern, Message, OpenOptions, ParsedAddress, PeerEvent, PresenceMode,
        Profile,
    },
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

/// Looks what this browser keeps of an identity, without opening it.
#[wasm_bindgen]
pub async fn look() -> Result<Ts<Profile>, JsValue> {
    to_ts(&live::look().await)
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

/// A peer: one identity, its contacts and conversations, and its place in the network. One tab of a
/// profile runs it, and every tab uses it alike.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Peer {
    live: Live,
}

#[wasm_bindgen]
impl Peer {
    /// Opens the peer of this profile, or joins the tab that has it open. Events come until
    /// `stopped`. Rejects with `locked`, `passphraseWrong`, `identityGone`, `identityExists`,
    /// `storageNewer`, `storageDamaged` or `outdated` where a person must decide.
    pub async fn open(
        options: Ts<OpenOptions>,
        on_event: OnEvent,
        slow: Slow,
    ) -> Result<Self, JsValue> {
        let options = options.to_rust().map_err(Coded::internal)?;
        // Whoever mistypes words must not have replaced anything by then.
        options.phrase.as_deref().map(Phrase::parse).transpose().map_err(Coded::from)?;
        let on_event: Function = on_event.unchecked_into();
        Ok(Self { live: Live::open(options, on_event, slow).await? })
    }

    /// Adds a person by address or invite link; returns the address.
    pub async fn add(&self, text: String, name: Option<String>) -> Result<String, JsValue> {
        let address = Named::parse(&text)?.address.to_string();
        self.text(Ask::Add { address, text, name }).await
    }

    /// Gives a contact another petname, or none.
    pub async fn rename(&self, contact: String, name: Option<String>) -> Result<(), JsValue> {
        self.done(Ask::Rename { contact: checked(contact)?, name }).await
    }

    /// Forgets a contact, its sessions and its history.
    pub async fn remove(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::Remove { contact: checked(contact)? }).await
    }

    /// Drops everything from this key from now on, silently.
    pub async fn block(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::Block { contact: checked(contact)? }).await
    }

    /// Undoes `block`.
    pub async fn unblock(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::Unblock { contact: checked(contact)? }).await
    }

    /// Accepts a request.
    #[wasm_bindgen(js_name = acceptRequest)]
    pub async fn accept_request(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::AcceptRequest { contact: checked(contact)? }).await
    }

    /// Drops a request silently; the key may ask again after a day.
    #[wasm_bindgen(js_name = deleteRequest)]
    pub async fn delete_request(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::DeleteRequest { contact: checked(contact)? }).await
    }

    /// Queues a text; returns the message's id.
    pub async fn send(&self, contact: String, text: String) -> Result<String, JsValue> {
        let contact = checked(contact)?;
        self.text(Ask::Send { contact, text, numbered: None }).await
    }

    /// Tries now what waits, and takes back a `notSent`.
    pub async fn retry(&self, contact: String, message: String) -> Result<(), JsValue> {
        self.done(Ask::Retry { contact: checked(contact)?, message }).await
    }

    /// Looks a contact up now, because the conversation was opened.
    pub async fn reach(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::Reach { contact: checked(contact)? }).await
    }

    /// Marks what has come from this contact as seen on this screen.
    #[wasm_bindgen(js_name = markSeen)]
    pub async fn mark_seen(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::MarkSeen { contact: checked(contact)? }).await
    }

    /// Ends the conversation with a contact: its keys are erased on both sides, what had not gone
    /// out is not sent, and with `burn` its history is deleted here. The next message begins anew.
    #[wasm_bindgen(js_name = endConversation)]
    pub async fn end_conversation(&self, contact: String, burn: bool) -> Result<(), JsValue> {
        self.done(Ask::EndConversation { contact: checked(contact)?, burn }).await
    }

    /// Deletes the history of a conversation, here.
    #[wasm_bindgen(js_name = deleteHistory)]
    pub async fn delete_history(&self, contact: String) -> Result<(), JsValue> {
        self.done(Ask::DeleteHistory { contact: checked(contact)? }).await
    }

    /// Sets the presence switch.
    #[wasm_bindgen(js_name = setPresence)]
    pub async fn set_presence(&self, mode: Ts<PresenceMode>) -> Result<(), JsValue> {
        let mode = mode.to_rust().map_err(Coded::internal)?;
        self.done(Ask::SetPresence { mode }).await
    }

    /// Hides our IP address from a contact, or from everybody if none is named: with whom it is
    /// hidden from we talk over relays alone.
    #[wasm_bindgen(js_name = hideAddress)]
    pub async fn hide_address(&self, contact: Option<String>, hide: bool) -> Result<(), JsValue> {
        let contact = contact.map(checked).transpose()?;
        self.done(Ask::HideAddress { contact, hide }).await
    }

    /// Sets the name that invites and accepted contacts are given; none gives none.
    #[wasm_bindgen(js_name = setName)]
    pub async fn set_name(&self, name: Option<String>) -> Result<(), JsValue> {
        self.done(Ask::SetName { name }).await
    }

    /// Makes an invite link's fragment, `#i/…`, to stand behind a page's origin and `/`.
    #[wasm_bindgen(js_name = createInvite)]
    pub async fn create_invite(&self) -> Result<String, JsValue> {
        self.text(Ask::CreateInvite).await
    }

    /// Returns the twelve words, with blanks between.
    #[wasm_bindgen(js_name = showPhrase)]
    pub async fn show_phrase(&self) -> Result<String, JsValue> {
        self.text(Ask::ShowPhrase).await
    }

    /// Goes on here with a phrase that another machine uses as well.
    #[wasm_bindgen(js_name = useHere)]
    pub async fn use_here(&self) -> Result<(), JsValue> {
        self.done(Ask::UseHere).await
    }

    /// Returns the sixty digits to compare with this contact.
    #[wasm_bindgen(js_name = safetyNumber)]
    pub async fn safety_number(&self, contact: String) -> Result<String, JsValue> {
        self.text(Ask::SafetyNumber { contact: checked(contact)? }).await
    }

    /// Returns at most `limit` messages before the one with the order `before`, ascending.
    pub async fn history(
        &self,
        contact: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<Ts<Message>>, JsValue> {
        before.as_deref().map(parse_order).transpose()?;
        self.messages(Ask::History { contact: checked(contact)?, before, limit }).await
    }

    /// Returns at most `limit` messages after the one with the order `after`, ascending.
    pub async fn later(
        &self,
        contact: String,
        after: String,
        limit: u32,
    ) -> Result<Vec<Ts<Message>>, JsValue> {
        parse_order(&after)?;
        self.messages(Ask::Later { contact: checked(contact)?, after, limit }).await
    }

    /// Returns the last message of each conversation.
    #[wasm_bindgen(js_name = lastMessages)]
    pub async fn last_messages(&self) -> Result<Vec<Ts<Message>>, JsValue> {
        self.messages(Ask::LastMessages).await
    }

    /// Searches the texts of all conversations: each word must occur; newest first.
    pub async fn search(&self, text: String, limit: u32) -> Result<Ts<Found>, JsValue> {
        match self.live.ask(Ask::Search { text, limit }).await? {
            Answer::Found(found) => to_ts(&found),
            other => unexpected(&other),
        }
    }

    /// Tries the relays now, without waiting for their turn.
    pub async fn reconnect(&self) -> Result<(), JsValue> {
        self.done(Ask::Reconnect).await
    }

    /// Sets the passphrase without which this profile cannot be opened, or none; `current` is the
    /// one before.
    #[wasm_bindgen(js_name = setLock)]
    pub async fn set_lock(
        &self,
        passphrase: Option<String>,
        current: Option<String>,
    ) -> Result<(), JsValue> {
        self.done(Ask::SetLock { passphrase, current }).await
    }

    /// Locks: every tab's peer ends and forgets the keys.
    pub async fn lock(&self) -> Result<(), JsValue> {
        self.done(Ask::Lock).await
    }

    /// Asks the browser not to clear what is kept here by itself; returns what it says.
    pub async fn persist(&self) -> Result<bool, JsValue> {
        let kept = profile::persist().await;
        self.done(Ask::LookAtStorage).await?;
        Ok(kept)
    }

    /// Returns a backup of contacts and history, sealed to the twelve words: an age file.
    #[wasm_bindgen(js_name = exportBackup)]
    pub async fn export_backup(&self) -> Result<Uint8Array, JsValue> {
        match self.live.ask(Ask::ExportBackup).await? {
            Answer::Bytes(file) => Ok(Uint8Array::from(file.as_slice())),
            other => unexpected(&other),
        }
    }

    /// Takes a backup in, beside what is here.
    #[wasm_bindgen(js_name = importBackup)]
    pub async fn import_backup(&self, file: Uint8Array) -> Result<Ts<Imported>, JsValue> {
        match self.live.ask(Ask::ImportBackup { file: file.to_vec() }).await? {
            Answer::Imported(imported) => to_ts(&imported),
            other => unexpected(&other),
        }
    }

    /// Ends the peer in this tab; `stopped` is the last event. Another tab takes over.
    pub async fn close(&self) -> Result<(), JsValue> {
        self.live.close().await;
        Ok(())
    }
}

impl Peer {
    async fn done(&self, ask: Ask) -> Result<(), JsValue> {
        match self.live.ask(ask).await? {
            Answer::Done => Ok(()),
            other => unexpected(&other),
        }
    }

    async fn text(&self, ask: Ask) -> Result<String, JsValue> {
        match self.live.ask(ask).await? {
            Answer::Text(text) => Ok(text),
            other => unexpected(&other),
        }
    }

    async fn messages(&self, ask: Ask) -> Result<Vec<Ts<Message>>, JsValue> {
        match self.live.ask(ask).await? {
            Answer::Messages(messages) => messages.iter().map(to_ts).collect(),
            other => unexpected(&other),
        }
    }
}

/// Returns an event as the page's listener gets it.
pub(crate) fn event_to_js(event: &PeerEvent) -> Result<JsValue, Coded> {
    event.into_js().map(JsValue::from).map_err(Coded::internal)
}

/// Returns an address as it is written, or says what is wrong with it.
fn checked(contact: String) -> Result<String, JsValue> {
    Ok(parse_contact(&contact)?.to_string())
}

fn to_ts<T: Tsify + serde::Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    Ok(value.into_ts().map_err(Coded::internal)?)
}

/// An answer of a kind that no question of this API has; what it holds is not for logs.
fn unexpected<T>(_answer: &Answer) -> Result<T, JsValue> {
    Err(Coded::internal("unexpected answer").into())
}
