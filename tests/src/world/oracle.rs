//! The judge outside the engines: what was written must be shown, once, in its order.

use std::collections::{BTreeMap, BTreeSet};

use lowkey_protocol::{
    Address,
    engine::output::{Author, DeliveryState, Event, MessageId, Output},
};

use super::{machine::Machine, screen};

/// What the oracle knows of a text that somebody wrote.
#[derive(Clone, Debug)]
pub struct Text {
    /// Who wrote it.
    pub from: Address,
    /// To whom.
    pub to: Address,
    /// Its number among all texts of the world.
    pub number: u64,
    /// Its name, once the engine has answered that it is stored.
    pub queued: Option<MessageId>,
    /// A crash took it from its writer's or its reader's storage: nobody can know any more whether
    /// it is missing.
    pub undone: bool,
    /// Its writer ended the conversation before the reader accepted anything: nobody is told
    /// whether it came.
    pub unanswered: bool,
    /// Somebody burned the conversation after it was written.
    pub burned: bool,
}

/// Every text of a world, and every rule that was broken.
#[derive(Debug, Default)]
pub struct Oracle {
    texts: BTreeMap<String, Text>,
    /// Pairs of people who ended a conversation.
    ended: BTreeSet<[Address; 2]>,
    written: u64,
    violations: Vec<String>,
    /// Storage went back somewhere: who was told that a text was not sent may be wrong.
    pub forgetful: bool,
}

impl Oracle {
    /// Writes down that somebody is about to send this text; each text is used once.
    pub fn wrote(&mut self, from: Address, to: Address, text: &str) {
        self.written += 1;
        let number = self.written;
        let new = Text {
            from,
            to,
            number,
            queued: None,
            undone: false,
            unanswered: false,
            burned: false,
        };
        let old = self.texts.insert(text.to_owned(), new);
        assert!(old.is_none(), "a world needs different texts");
    }

    /// Writes down that the engine has promised to send the text.
    pub fn queued(&mut self, text: &str, id: MessageId) {
        if let Some(known) = self.texts.get_mut(text) {
            known.queued = Some(id);
        }
    }

    /// Writes down that a crash took the text from the storage of its writer or its reader.
    pub fn undone(&mut self, text: &str) {
        if let Some(known) = self.texts.get_mut(text) {
            known.undone = true;
        }
    }

    /// Writes down that a text goes into the end of a conversation that was never answered.
    pub fn unanswered(&mut self, text: &str) {
        if let Some(known) = self.texts.get_mut(text) {
            known.unanswered = true;
        }
    }

    /// Writes down what a machine still shows whose storage went back.
    pub fn remembered(&mut self, writer: Address, shown: &BTreeSet<String>) {
        for (text, known) in &mut self.texts {
            known.undone |= known.from == writer && !shown.contains(text);
        }
    }

    /// Writes down that somebody is about to end the conversation with a contact.
    pub fn ended(&mut self, by: Address, contact: Address, burn: bool) {
        self.ended.insert([by.min(contact), by.max(contact)]);
        let between = |text: &&mut Text| {
            (text.from, text.to) == (by, contact) || (text.to, text.from) == (by, contact)
        };
        if burn {
            self.texts.values_mut().filter(between).for_each(|text| text.burned = true);
        }
    }

    /// Writes down that the engine has refused the text.
    pub fn refused(&mut self, text: &str) {
        self.texts.remove(text);
    }

    /// Writes down a broken rule.
    pub fn violation(&mut self, at: u64, machine: usize, what: &str) {
        if self.violations.len() < 50 {
            self.violations.push(format!("at {at} ms, machine {machine}: {what}"));
        }
    }

    /// Returns the rules broken so far.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Returns how many texts were promised.
    pub fn promised(&self) -> u64 {
        self.texts.values().filter(|text| text.queued.is_some()).count() as u64
    }

    /// Returns the number of texts that are not delivered yet, as their writers' screens say.
    pub fn open(&self, machines: &[Machine]) -> usize {
        let queued = self.texts.values().filter_map(|text| Some((text, text.queued?)));
        queued
            .filter(|(text, _)| !text.undone && !text.burned)
            .filter(|(text, id)| {
                let writer = machine_of(machines, text.from);
                let state = writer.and_then(|machine| machine.screen.state(text.to, *id));
                !self.is_settled(text, state)
            })
            .count()
    }

    /// A text is delivered, or its writer is told that it was not sent because the conversation
    /// has ended.
    fn is_settled(&self, text: &Text, state: Option<DeliveryState>) -> bool {
        let pair = [text.from.min(text.to), text.from.max(text.to)];
        state == Some(DeliveryState::Delivered)
            || (state == Some(DeliveryState::NotSent) && self.ended.contains(&pair))
    }

    /// Checks one list of outputs: one `Persist` at most, and nothing said before it (I4, I5).
    pub fn check_list(&mut self, at: u64, machine: usize, outputs: &[Output]) {
        let saves = outputs.iter().filter(|output| matches!(output, Output::Persist(_))).count();
        if saves > 1 {
            self.violation(at, machine, "a step saves in two transactions (I5)");
        }
        let save = outputs.iter().rposition(|output| matches!(output, Output::Persist(_)));
        let speaks = |output: &Output| {
            matches!(
                output,
                Output::Send(..)
                    | Output::Reply(..)
                    | Output::Emit(Event::Message(_) | Event::Delivery { .. })
            )
        };
        if save.is_some_and(|save| outputs.iter().take(save).any(speaks)) {
            self.violation(at, machine, "something is said before it is saved (I4)");
        }
    }

    /// Judges the screens of a world that has come to rest: returns every broken rule.
    pub fn judge(&self, machines: &[Machine]) -> Vec<String> {
        let mut broken = self.violations.clone();
        for (text, known) in &self.texts {
            broken.extend(self.judge_text(machines, text, known));
        }
        for machine in machines {
            for peer in machine.screen.contacts.keys() {
                broken.extend(self.judge_conversation(machines, machine, *peer));
            }
        }
        broken
    }

    fn judge_text(&self, machines: &[Machine], text: &str, known: &Text) -> Option<String> {
        let name = format!("text {} ({})", known.number, &text[..text.len().min(16)]);
        let reader = machine_of(machines, known.to)?;
        let shown = reader.screen.conversation(known.from);
        let times = shown.iter().filter(|view| view.text == text).count();
        if times > 1 {
            return Some(format!("{name} was shown {times} times"));
        }
        if known.undone || known.burned {
            return None;
        }
        let id = known.queued?;
        let state = machine_of(machines, known.from)?.screen.state(known.to, id);
        if !self.is_settled(known, state) {
            return Some(format!("{name} ended as {state:?}, not delivered"));
        }
        // Who is told that a text was not sent can rely on it.
        let delivered = state == Some(DeliveryState::Delivered);
        let excused = !delivered && (known.unanswered || self.forgetful);
        if (times == 1) != delivered && !excused {
            return Some(format!("{name} was shown {times} times; its writer sees {state:?}"));
        }
        None
    }

    /// Each author's texts stand in the order of writing; nothing is shown that nobody wrote.
    fn judge_conversation(
        &self,
        machines: &[Machine],
        machine: &Machine,
        peer: Address,
    ) -> Vec<String> {
        let mut broken = Vec::new();
        let shown = machine.screen.conversation(peer);
        if !screen::grows(&shown.iter().map(|view| view.order).collect::<Vec<_>>()) {
            broken.push("two messages of a conversation have one place".to_owned());
        }
        for author in [Author::Me, Author::Them] {
            let (from, to) = match author {
                Author::Me => (machine.address, peer),
                Author::Them => (peer, machine.address),
            };
            let mut last = None;
            for view in shown.iter().filter(|view| view.author == author) {
                let Some(text) = self.texts.get(&view.text) else {
                    broken.push(format!("a text that nobody wrote: {:.40}", view.text));
                    continue;
                };
                if (text.from, text.to) != (from, to) {
                    broken.push(format!("text {} was shown to another", text.number));
                }
                // Who forgets what the last ones were cannot place the next one behind them.
                if text.undone {
                    continue;
                }
                if last.is_some_and(|last| last > text.number) {
                    broken.push(format!("text {} is out of its order", text.number));
                }
                last = Some(text.number);
            }
        }
        // Both screens agree on the whole conversation.
        if let Some(other) = machine_of(machines, peer) {
            let ours = texts(&shown);
            let theirs = texts(&other.screen.conversation(machine.address));
            if ours
                .iter()
                .filter(|text| theirs.contains(text))
                .ne(theirs.iter().filter(|text| ours.contains(text)))
            {
                broken.push("two screens order one conversation differently".to_owned());
            }
        }
        broken
    }
}

fn texts(views: &[&lowkey_protocol::engine::output::MessageView]) -> Vec<String> {
    views.iter().map(|view| view.text.clone()).collect()
}

/// Returns the machine that a person uses now: the last one of this address that runs.
pub fn machine_of(machines: &[Machine], address: Address) -> Option<&Machine> {
    machines.iter().rev().find(|machine| machine.address == address && machine.runs())
}
