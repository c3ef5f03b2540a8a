//! What people do.

use lowkey_protocol::{
    Address,
    engine::{
        input::{Command, CommandId, Input},
        output::{CommandError, DeliveryState, MessageView, Reply},
    },
    time::MillisOffset,
};

use super::{World, happening::Happening, machine::MachineId};

/// Something that a person does at a machine.
#[derive(Clone, Debug)]
pub enum Act {
    /// Adds somebody by the bare address.
    Add(MachineId, Address),
    /// Writes a text; tries again later when it is refused for now.
    Write(MachineId, Address, String),
    /// Ends the conversation with somebody, and burns its history or does not.
    End(MachineId, Address, bool),
    /// Goes on with the phrase here.
    UseHere(MachineId),
    /// Accepts a request, if it is still there.
    Accept(MachineId, Address),
    /// Hides the IP address from a contact or from everybody, or does so no longer.
    Hide(MachineId, Option<Address>, bool),
    /// Takes the network away for so many milliseconds.
    GoOffline(MachineId, u64),
    /// Gives the network back.
    GoOnline(MachineId),
    /// Kills the program, and starts it again after so many milliseconds.
    Restart(MachineId, u64),
    /// Moves the wall clock by so many milliseconds: the program meets it at its next start.
    MoveClock(MachineId, i64),
    /// Relays tell a time that is so many milliseconds off, until the next one that is right.
    Misinform(MachineId, i64),
}

impl World {
    /// Plans what somebody does, counted in milliseconds from now.
    pub fn plan(&mut self, delay: u64, act: Act) {
        if matches!(act, Act::Write(..)) {
            self.unwritten += 1;
        }
        self.at(delay, Happening::Act(act));
    }

    /// Gives a command now; returns the answer, if the machine lived to give one.
    pub fn ask(&mut self, id: MachineId, command: Command) -> Option<Result<Reply, CommandError>> {
        if !self.machines[id].runs() {
            return None;
        }
        let number: CommandId = self.machines[id].next_command();
        self.drive(id, Input::Command(number, command));
        self.machines[id].replies.remove(&number)
    }

    /// Adds a contact by its bare address, and expects that it works.
    pub fn add_contact(&mut self, id: MachineId, contact: MachineId) {
        let address = self.machines[contact].address;
        let command = Command::AddContact { address, relays: vec![], name: None };
        let reply = self.ask(id, command);
        assert!(matches!(reply, Some(Ok(_))), "seed {}: {reply:?}", self.seed);
    }

    /// Writes a text now; the oracle remembers it. Returns whether the engine took it.
    pub fn write(&mut self, id: MachineId, contact: Address, text: &str) -> bool {
        self.oracle.wrote(self.machines[id].address, contact, text);
        let command = Command::SendText { contact, text: text.to_owned(), numbered: None };
        match self.ask(id, command) {
            Some(Ok(Reply::Queued(message))) => {
                self.oracle.queued(text, message);
                true
            }
            Some(Ok(other)) => {
                self.oracle.violation(self.now, id, &format!("SendText answered {other:?}"));
                false
            }
            Some(Err(_)) => {
                self.oracle.refused(text);
                false
            }
            // Crashed before the answer: the text may come or not.
            None => true,
        }
    }

    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Add(id, address) => {
                let command = Command::AddContact { address, relays: vec![], name: None };
                match self.ask(id, command) {
                    Some(Ok(_)) | Some(Err(CommandError::ContactExists)) => {}
                    Some(Err(error)) => {
                        self.oracle.violation(self.now, id, &format!("AddContact: {error}"));
                    }
                    None => self.plan(5_000, Act::Add(id, address)),
                }
            }
            Act::Write(id, contact, text) => {
                self.unwritten -= 1;
                if !self.machines[id].runs() || !self.write(id, contact, &text) {
                    self.plan(20_000, Act::Write(id, contact, text));
                    // It may be that nothing is left of them.
                    if self.machines[id].runs()
                        && self.conditions.roll_back + self.counts.roll_backs > 0
                        && !self.machines[id].screen.contacts.contains_key(&contact)
                    {
                        self.act(Act::Add(id, contact));
                    }
                }
            }
            Act::End(id, contact, burn) => {
                if !self.machines[id].runs() {
                    return;
                }
                self.counts.ends += 1;
                let shown = self.machines[id].screen.conversation(contact);
                let unanswered =
                    |view: &&&MessageView| view.state == DeliveryState::SentAwaitingAnswer;
                for view in shown.iter().filter(unanswered) {
                    self.oracle.unanswered(&view.text);
                }
                self.oracle.ended(self.machines[id].address, contact, burn);
                match self.ask(id, Command::EndConversation { contact, burn }) {
                    Some(Ok(_)) | Some(Err(CommandError::UnknownContact)) | None => {}
                    Some(Err(error)) => {
                        self.oracle.violation(self.now, id, &format!("EndConversation: {error}"));
                    }
                }
            }
            Act::UseHere(id) => {
                self.ask(id, Command::UseHere);
            }
            Act::Accept(id, contact) => match self.ask(id, Command::AcceptRequest(contact)) {
                Some(Ok(_)) | Some(Err(CommandError::UnknownContact)) => {}
                Some(Err(error)) => {
                    self.oracle.violation(self.now, id, &format!("AcceptRequest: {error}"));
                }
                None => self.plan(5_000, Act::Accept(id, contact)),
            },
            Act::Hide(id, contact, hide) => {
                match self.ask(id, Command::HideAddress { contact, hide }) {
                    Some(Ok(_)) | Some(Err(CommandError::UnknownContact)) | None => {}
                    Some(Err(error)) => {
                        self.oracle.violation(self.now, id, &format!("HideAddress: {error}"));
                    }
                }
            }
            Act::GoOffline(id, millis) => {
                if self.machines[id].online {
                    self.set_online(id, false);
                    self.plan(millis, Act::GoOnline(id));
                }
            }
            Act::GoOnline(id) => {
                if self.machines[id].runs() && !self.machines[id].online {
                    self.set_online(id, true);
                }
            }
            Act::Restart(id, millis) => {
                if self.machines[id].runs() {
                    self.switch_off(id);
                    self.at(millis, Happening::SwitchOn(id));
                }
            }
            Act::MoveClock(id, millis) => self.machines[id].wall_clock += millis,
            Act::Misinform(id, millis) => {
                self.machines[id].skew += millis;
                let start = (id, self.machines[id].start);
                self.give(start, Input::ClockCorrected(MillisOffset(millis)));
            }
        }
    }
}
