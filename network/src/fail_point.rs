//! Named moments at which a test can kill a peer. In a build for people there are none.
//!
//! A name is `<cause>.<when>-<what>`: what the step came from, and before or after which of its
//! outputs.

use lowkey_protocol::{Command, Event, Input, Output};

/// Moments that every talk comes to.
#[cfg(feature = "test-support")]
pub const NAMES: &[&str] = &[
    "accept.after-emit",
    "accept.after-persist",
    "accept.after-reply",
    "accept.after-send",
    "accept.before-emit",
    "accept.before-persist",
    "accept.before-reply",
    "accept.before-send",
    "acknowledge.after-emit",
    "acknowledge.after-persist",
    "acknowledge.after-send",
    "acknowledge.before-emit",
    "acknowledge.before-persist",
    "acknowledge.before-send",
    "add.after-emit",
    "add.after-persist",
    "add.after-reply",
    "add.before-emit",
    "add.before-persist",
    "add.before-reply",
    "addresses.after-find",
    "addresses.after-search",
    "addresses.before-find",
    "addresses.before-search",
    "end.after-emit",
    "end.after-persist",
    "end.after-reply",
    "end.after-send",
    "end.before-emit",
    "end.before-persist",
    "end.before-reply",
    "end.before-send",
    "greeting.after-emit",
    "greeting.after-persist",
    "greeting.after-send",
    "greeting.before-emit",
    "greeting.before-persist",
    "greeting.before-send",
    "handshake.after-emit",
    "handshake.after-persist",
    "handshake.before-emit",
    "handshake.before-persist",
    "link.after-send",
    "link.before-send",
    "look-up.after-dial",
    "look-up.after-persist",
    "look-up.after-publish",
    "look-up.before-dial",
    "look-up.before-persist",
    "look-up.before-publish",
    "message.after-persist",
    "message.after-send",
    "message.before-persist",
    "message.before-send",
    "published.after-emit",
    "published.before-emit",
    "receive.after-emit",
    "receive.after-persist",
    "receive.before-emit",
    "receive.before-persist",
    "send.after-emit",
    "send.after-persist",
    "send.after-reply",
    "send.after-send",
    "send.before-emit",
    "send.before-persist",
    "send.before-reply",
    "send.before-send",
    "start.after-emit",
    "start.after-persist",
    "start.before-emit",
    "start.before-persist",
];

#[cfg(feature = "test-support")]
static HOOK: std::sync::OnceLock<fn(&str)> = std::sync::OnceLock::new();

/// Sets what is called at every moment; the first one stays.
#[cfg(feature = "test-support")]
pub fn set_hook(hook: fn(&str)) {
    // A second hook of the same test is the same hook.
    let _ = HOOK.set(hook);
}

/// Says that a moment is reached.
#[cfg(feature = "test-support")]
pub(crate) fn reach(cause: &str, when: &str, what: &str) {
    if let Some(hook) = HOOK.get() {
        hook(&format!("{cause}.{when}-{what}"));
    }
}

/// Nothing.
#[cfg(not(feature = "test-support"))]
pub(crate) const fn reach(_cause: &str, _when: &str, _what: &str) {}

/// What an input is, in the name of a moment.
pub(crate) fn cause(input: &Input) -> &'static str {
    match input {
        Input::Command(_, command) => match command {
            Command::AddContact { .. } => "add",
            Command::SendText { .. } => "send",
            Command::AcceptRequest(_) => "accept",
            Command::EndConversation { .. } => "end",
            Command::DeleteHistory(_) => "delete",
            Command::Remove(_) => "remove",
            Command::Block(_) | Command::Unblock(_) => "block",
            Command::Retry { .. } => "retry",
            Command::UseHere => "use-here",
            Command::Import(_) => "import",
            _ => "command",
        },
        Input::OwnAddresses(_) => "addresses",
        Input::LinkUp(..) => "link",
        Input::LinkDown(_) | Input::DialFailed(_) => "link-down",
        Input::PathChanged(..) => "path",
        Input::Frame(_, frame) => match frame.get(4) {
            Some(5) => "handshake",
            Some(4) => "message",
            _ => "greeting",
        },
        Input::RecordsFound(..) => "look-up",
        Input::RecordPublished(..) => "published",
        Input::StampFound(..) => "stamp",
        Input::ClockCorrected(_) => "clock",
        Input::DeadlinePassed => "deadline",
    }
}

/// What a message turned out to be when it was decrypted.
pub(crate) fn refine(cause: &'static str, outputs: &[Output]) -> &'static str {
    let emits = |wanted: fn(&Event) -> bool| {
        outputs.iter().any(|output| matches!(output, Output::Emit(event) if wanted(event)))
    };
    match cause {
        "message" if emits(|event| matches!(event, Event::Message(_))) => "receive",
        "message" if emits(|event| matches!(event, Event::Delivery { .. })) => "acknowledge",
        _ => cause,
    }
}

/// What an output is, in the name of a moment.
pub(crate) const fn what(output: &Output) -> &'static str {
    match output {
        Output::Persist(_) => "persist",
        Output::Reply(..) => "reply",
        Output::Emit(_) => "emit",
        Output::Send(..) => "send",
        Output::Dial(..) | Output::DialDirect(..) => "dial",
        Output::AllowDirect(_) | Output::ForbidDirect(_) => "meet",
        Output::Close(..) => "close",
        Output::FindRecord(..) => "find",
        Output::PublishRecord(..) => "publish",
        Output::FindStamp(..) => "search",
        Output::Cancel(_) => "cancel",
    }
}
