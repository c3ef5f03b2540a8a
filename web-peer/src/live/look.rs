//! Looks what this browser keeps, before anything is opened.

use futures::{
    FutureExt, StreamExt,
    channel::mpsc,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;

use super::{
    channel::{Channel, Received},
    lock::{self, How, Lock, Turn},
};
use crate::{
    profile,
    tabs::{Heard, LeaderId, Message, TabId},
    types::Profile,
};

/// How long a tab that has the lock may be silent until it counts as one that has this profile
/// open: it may be busy opening it, or about to lock it.
const PATIENCE_MILLIS: u32 = 1_000;

/// Looks what this browser keeps, without opening it. What another tab has open needs no
/// passphrase.
pub(crate) async fn look() -> Profile {
    if lock::is_held().await && has_leader().await {
        return Profile::Here { locked: false };
    }
    profile::look().await
}

/// Whether a tab answers, as against one that is just letting go of the lock.
async fn has_leader() -> bool {
    let (mut heard, mut answers) = mpsc::channel::<bool>(8);
    let granted = heard.clone();
    let channel = Channel::open(move |received| {
        if is_of_a_leader(&received) {
            // Whoever looks needs one answer, and has it.
            let _ = heard.try_send(true);
        }
    });
    // Whoever leads says so to a question that is meant for nobody.
    channel.post(&Message::Ping(LeaderId { epoch: 0, tab: TabId([0; 8]) }));
    let turn = move |turn| {
        if turn == Turn::Granted {
            // As above.
            let _ = granted.clone().try_send(false);
        }
    };
    let Ok(_lock) = Lock::request(How::Wait, turn) else { return false };
    let patience = TimeoutFuture::new(PATIENCE_MILLIS);
    match select(answers.next().boxed_local(), patience.boxed_local()).await {
        Either::Left((answer, _)) => answer.unwrap_or(true),
        Either::Right(_) => true,
    }
}

fn is_of_a_leader(received: &Received) -> bool {
    match received {
        Received::Pass(_) => true,
        Received::Heard(heard) => match heard.as_ref() {
            Heard::Message(Message::Leads(_) | Message::Opens | Message::Event(..)) => true,
            Heard::Message(_) => false,
            // What it is up to is for it to say when the peer is opened.
            Heard::Older | Heard::Newer => true,
        },
    }
}
