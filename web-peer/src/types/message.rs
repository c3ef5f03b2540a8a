//! What the screen shows of messages.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// A message.
#[derive(Clone, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Whose conversation.
    pub contact: String,
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// What.
    pub text: String,
    /// When, by the writer's clock; for display only.
    pub sent_ms: f64,
    /// Where it stands: compare as strings.
    pub order: String,
    /// How far it came.
    pub state: DeliveryState,
    /// An earlier message of theirs has not come yet.
    pub gap_before: bool,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// We.
    Me,
    /// The contact.
    Them,
}

/// How far a message of ours came.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// On this device only.
    Waiting,
    /// Given to a link.
    Sending,
    /// Given to a link of somebody who has not accepted us yet.
    SentAwaitingAnswer,
    /// The other device has stored it.
    Delivered,
    /// Given up.
    NotSent,
}
