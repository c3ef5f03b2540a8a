//! Who leads: coming, following, taking over, stepping aside.

use super::{Input, Output, Role, Start, Tab};
use crate::{
    tabs::{
        memory::Memory,
        message::{LeaderId, Message},
    },
    types::{PeerEvent, Stopped, StorageProblem, StorageView},
};

impl Tab {
    pub(super) fn handle_start(&mut self, start: Start) {
        self.start = start;
        match start {
            Start::Join => self.post(Message::Hello),
            Start::Replace => self.post(Message::Stop(Stopped::Replaced)),
        }
        self.outputs.push(Output::Seek);
    }

    /// Tells a tab that has come who leads, and how everything stands.
    pub(super) fn handle_hello(&mut self) {
        match self.role {
            Role::Leading(leader) => {
                self.post(Message::Leads(leader));
                for event in [self.network.clone(), self.storage.clone()].into_iter().flatten() {
                    self.post(Message::Event(leader, event));
                }
                self.outputs.push(Output::Refresh);
            }
            Role::Opening => self.post(Message::Opens),
            Role::Looking | Role::Following(_) | Role::Ended => {}
        }
    }

    pub(super) fn handle_leads(&mut self, leader: LeaderId) {
        if self.latest.is_some_and(|latest| leader < latest) {
            // A tab that slept and does not know that its time is over: it is told once.
            if let Role::Leading(ours) = self.role
                && self.refuted.replace(leader) != Some(leader)
            {
                self.post(Message::Leads(ours));
            }
            return;
        }
        // Nobody is followed who is about to end.
        if self.has_ended() || (self.start == Start::Replace && !self.has_joined) {
            return;
        }
        match self.role {
            // While this one slept, another took the lock.
            Role::Leading(_) | Role::Opening => {
                self.outputs.push(Output::Release);
                self.outputs.push(Output::Seek);
            }
            Role::Looking | Role::Following(_) | Role::Ended => {}
        }
        self.watch.heard();
        self.role = Role::Following(leader);
        self.begin_with(leader);
    }

    pub(super) fn handle_elected(&mut self) {
        match self.role {
            Role::Looking | Role::Following(_) => {
                self.role = Role::Opening;
                self.post(Message::Opens);
                self.outputs.push(Output::Open);
            }
            Role::Ended => self.outputs.push(Output::Release),
            Role::Opening | Role::Leading(_) => {}
        }
    }

    pub(super) fn handle_opened(&mut self, epoch: u32) {
        if self.role != Role::Opening {
            // It was stopped or deposed meanwhile.
            if self.has_ended() {
                self.outputs.push(Output::Release);
            }
            return;
        }
        let leader = LeaderId { epoch, tab: self.id };
        self.role = Role::Leading(leader);
        self.start = Start::Join;
        self.memory = Memory::default();
        self.post(Message::Leads(leader));
        self.begin_with(leader);
    }

    /// Another tab may try, and this one tries again later.
    pub(super) fn handle_open_failed(&mut self) {
        if self.role != Role::Opening {
            return;
        }
        self.outputs.push(Output::Release);
        if !self.has_joined {
            // The page learns why from whoever opened.
            self.role = Role::Ended;
            self.refuse_all(Stopped::Closed);
            return;
        }
        self.role = Role::Looking;
        self.watch.failed();
        let problem = Some(StorageProblem::Failed);
        let storage = match self.storage.as_deref() {
            Some(PeerEvent::Storage { storage }) => StorageView { problem, ..*storage },
            _ => StorageView { kept: true, problem, ..StorageView::default() },
        };
        self.show(Box::new(PeerEvent::Storage { storage }));
    }

    /// Somebody else has the lock: what was under way here is asked for there.
    pub(super) fn handle_deposed(&mut self) {
        if self.has_ended() {
            return;
        }
        if matches!(self.role, Role::Leading(_) | Role::Opening) {
            self.role = Role::Looking;
            self.outputs.push(Output::Release);
            self.post(Message::Hello);
        }
        self.outputs.push(Output::Seek);
    }

    pub(super) fn handle_told(&mut self, event: Box<PeerEvent>) {
        let Role::Leading(leader) = self.role else { return };
        match *event {
            PeerEvent::Network { .. } => self.network = Some(event.clone()),
            PeerEvent::Storage { .. } => self.storage = Some(event.clone()),
            _ => {}
        }
        self.post(Message::Event(leader, event.clone()));
        self.show(event);
    }

    pub(super) fn handle_leave(&mut self) {
        if !self.has_ended() {
            self.post(Message::Gone(self.id));
            self.end(Stopped::Closed);
        }
    }

    /// Ends this tab's peer, for good.
    pub(super) fn end(&mut self, why: Stopped) {
        if self.has_ended() {
            return;
        }
        self.role = Role::Ended;
        self.outputs.push(Output::Release);
        self.refuse_all(why);
        self.show(Box::new(PeerEvent::Stopped { why }));
    }

    /// Asks a new leader for all that waits.
    fn begin_with(&mut self, leader: LeaderId) {
        let is_new = self.latest != Some(leader);
        let had_one = self.latest.is_some();
        self.latest = Some(leader);
        if !self.has_joined {
            self.has_joined = true;
            self.outputs.push(Output::Joined);
        }
        self.ask_all();
        if is_new && had_one {
            self.catch_up();
        }
    }
}

impl Input {
    /// Wraps what was heard.
    pub fn heard(message: Message) -> Self {
        Self::Heard(Box::new(crate::tabs::message::Heard::Message(message)))
    }
}
