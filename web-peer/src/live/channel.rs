//! The BroadcastChannel between the tabs of one profile.
//!
//! A message is `{ lowkey: version, body }`: the version stands outside, and stays there in every
//! version to come, so that pages of different versions recognise each other. Where a page may keep
//! nothing, its tabs have nothing in common: some browsers have no channel there, and in the others
//! it is closed.

use std::cell::RefCell;

use js_sys::{Object, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::tabs::{Heard, Message, VERSION};

const NAME: &str = "lowkey";
const VERSION_FIELD: &str = "lowkey";
const BODY: &str = "body";
const PASS: &str = "pass";

/// This tab's end of the channel.
#[derive(Debug)]
pub(super) struct Channel {
    channel: RefCell<Option<BroadcastChannel>>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

/// What came out of it.
#[derive(Debug)]
pub(super) enum Received {
    /// Something of another tab.
    Heard(Box<Heard>),
    /// What opens the profile without its passphrase, for the time when this tab leads.
    Pass(JsValue),
}

impl Channel {
    pub(super) fn open(mut receive: impl FnMut(Received) + 'static) -> Self {
        let channel = BroadcastChannel::new(NAME).ok();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(received) = decode(&event.data()) {
                receive(received);
            }
        });
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        Self { channel: RefCell::new(channel), _listener: listener }
    }

    /// Tells all other tabs.
    pub(super) fn post(&self, message: &Message) {
        let Ok(body) = to_js(message) else {
            tracing::error!("a message between tabs cannot be written");
            return;
        };
        self.post_field(BODY, &body);
    }

    /// Hands all other tabs what opens the profile.
    pub(super) fn post_pass(&self, pass: &JsValue) {
        self.post_field(PASS, pass);
    }

    /// Says and hears nothing more.
    pub(super) fn close(&self) {
        if let Some(channel) = self.channel.take() {
            channel.set_onmessage(None);
            channel.close();
        }
    }

    fn post_field(&self, field: &str, value: &JsValue) {
        let Some(channel) = &*self.channel.borrow() else { return };
        let envelope = Object::new();
        // Setting fails only on frozen objects; this one was just made.
        let _ = Reflect::set(&envelope, &VERSION_FIELD.into(), &VERSION.into());
        let _ = Reflect::set(&envelope, &field.into(), value);
        if channel.post_message(&envelope).is_err() {
            tracing::error!("a message between tabs cannot be sent");
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads an envelope; what is none is nothing.
fn decode(data: &JsValue) -> Option<Received> {
    let field = |name: &str| Reflect::get(data, &name.into()).ok();
    let version: u32 = from_js(field(VERSION_FIELD)?)?;
    if version != VERSION {
        return Some(Received::Heard(Box::new(Heard::other(version))));
    }
    if let Some(pass) = field(PASS).filter(|pass| !pass.is_undefined()) {
        return Some(Received::Pass(pass));
    }
    let message = from_js(field(BODY)?)?;
    Some(Received::Heard(Box::new(Heard::Message(message))))
}

fn to_js(value: &impl Serialize) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&serde_wasm_bindgen::Serializer::new())
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    let read = serde_wasm_bindgen::from_value(value);
    if read.is_err() {
        tracing::debug!("what another tab said cannot be read");
    }
    read.ok()
}
