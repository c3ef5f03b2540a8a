//! One tab, as a machine: what happened goes in, what must be done comes out.

mod asks;
mod roles;
mod watch;

use std::collections::VecDeque;

use self::{asks::Pending, watch::Watch};
use super::{
    ask::{Answer, Ask},
    lines::{Lines, Origins},
    memory::Memory,
    message::{Heard, LeaderId, Message, RequestId, TabId},
};
use crate::{
    error::Coded,
    types::{PeerEvent, Stopped},
};

/// What happened to a tab.
#[derive(Debug)]
pub enum Input {
    /// It opens a peer: joins the one that is there, or puts another in its place.
    Start(Start),
    /// The page asks for something, under a number of its own.
    Asked(Ticket, Ask),
    /// Another tab said something.
    Heard(Box<Heard>),
    /// The lock has come to this tab.
    Elected,
    /// The peer is open, and storage was opened so often.
    Opened(u32),
    /// The peer could not be opened.
    OpenFailed,
    /// The lock was taken away: this tab had not answered for long.
    Deposed,
    /// What was to be carried out is.
    Answered(Job, Result<Answer, Coded>),
    /// The peer of this tab tells something.
    Told(Box<PeerEvent>),
    /// A second has passed, after `Output::Tick`.
    Ticked(Sight),
    /// The page closes its peer.
    Leave,
}

/// How a tab begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is there.
    Join,
    /// Anew: what is there ends, in all tabs.
    Replace,
}

/// Whether a person sees the tab: another one's silence matters to nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is on the screen.
    Visible,
    /// It is not.
    Hidden,
}

/// What a tab must do, in the order of the list.
#[derive(Debug)]
pub enum Output {
    /// Tell all other tabs.
    Post(Message),
    /// Ask the browser for the lock, and wait in its line.
    Seek,
    /// Take the lock away from whoever has it and is silent.
    Steal,
    /// Open the peer: answered by `Opened` or `OpenFailed`.
    Open,
    /// End the peer, if it is open or being opened; then give the lock back, or leave its line.
    Release,
    /// Carry an ask out on the peer of this tab: answered by `Answered`.
    Execute {
        /// For whom.
        job: Job,
        /// What.
        ask: Ask,
        /// Whether another leader may have done it.
        again: bool,
    },
    /// Let the peer tell everything anew.
    Refresh,
    /// The tab has found or become a leader: the peer is there for the page.
    Joined,
    /// Answer the page.
    Resolve(Ticket, Result<Answer, Coded>),
    /// Show the page what has happened.
    Show(Box<PeerEvent>),
    /// Say `Ticked` in a second.
    Tick,
}

/// The page's own number for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u32);

/// Something that this tab carries out as a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    leader: LeaderId,
    tab: TabId,
    request: RequestId,
    kind: JobKind,
}

/// What matters of an ask once it is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobKind {
    Reads,
    Changes,
    Locks,
}

/// What a tab is among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It knows no leader, and waits for one or for the lock.
    Looking,
    /// Another tab leads.
    Following(LeaderId),
    /// It has the lock and opens the peer.
    Opening,
    /// It leads.
    Leading(LeaderId),
    /// Its peer has ended.
    Ended,
}

/// One tab.
#[derive(Debug)]
pub struct Tab {
    id: TabId,
    role: Role,
    start: Start,
    has_joined: bool,
    // The greatest that was heard of: what is smaller is over.
    latest: Option<LeaderId>,
    refuted: Option<LeaderId>,
    pending: Pending,
    lines: Lines,
    // What a leader keeps.
    memory: Memory,
    network: Option<Box<PeerEvent>>,
    storage: Option<Box<PeerEvent>>,
    watch: Watch,
    outputs: Vec<Output>,
    // Conversations that the page has looked into, the last one at the end.
    shown: VecDeque<String>,
}

impl Tab {
    /// Makes a tab that has not started.
    pub fn new(id: TabId, origins: Origins) -> Self {
        Self {
            id,
            role: Role::Looking,
            start: Start::Join,
            has_joined: false,
            latest: None,
            refuted: None,
            pending: Pending::default(),
            lines: Lines::new(origins),
            memory: Memory::default(),
            network: None,
            storage: None,
            watch: Watch::default(),
            outputs: Vec::new(),
            shown: VecDeque::new(),
        }
    }

    /// Takes what happened; returns what must be done.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Start(start) => self.handle_start(start),
            Input::Asked(ticket, ask) => self.handle_asked(ticket, ask),
            Input::Heard(heard) => self.handle_heard(*heard),
            Input::Elected => self.handle_elected(),
            Input::Opened(epoch) => self.handle_opened(epoch),
            Input::OpenFailed => self.handle_open_failed(),
            Input::Deposed => self.handle_deposed(),
            Input::Answered(job, answer) => self.handle_answered(job, answer),
            Input::Told(event) => self.handle_told(event),
            Input::Ticked(sight) => self.handle_ticked(sight),
            Input::Leave => self.handle_leave(),
        }
        self.keep_watch();
        std::mem::take(&mut self.outputs)
    }

    /// Whether this tab's peer has ended.
    pub fn has_ended(&self) -> bool {
        self.role == Role::Ended
    }

    /// Returns what the others should hear when this tab goes without closing its peer.
    pub fn goodbye(&self) -> Message {
        Message::Gone(self.id)
    }

    fn handle_heard(&mut self, heard: Heard) {
        if self.has_ended() {
            return;
        }
        match heard {
            Heard::Newer => self.end(Stopped::Outdated),
            // It steps aside when it hears of us.
            Heard::Older => self.post(Message::Here),
            Heard::Message(message) => self.handle_message(message),
        }
    }

    fn handle_message(&mut self, message: Message) {
        match message {
            Message::Hello => self.handle_hello(),
            Message::Leads(leader) => self.handle_leads(leader),
            Message::Opens => self.watch.heard(),
            Message::Ping(leader) => self.handle_ping(leader),
            Message::Pong(leader) if self.follows(leader) => self.watch.heard(),
            Message::Ask { leader, tab, request, ask, again } if self.leads(leader) => {
                self.handle_other_asked(tab, request, ask, again);
            }
            Message::Answer { leader, tab, request, answer } if tab == self.id => {
                self.handle_other_answered(leader, request, answer);
            }
            Message::Event(leader, event) if self.follows(leader) => {
                self.watch.heard();
                self.show(event);
            }
            Message::Gone(tab) => self.memory.forget(tab),
            Message::Stop(why) => self.end(why),
            Message::Pong(_)
            | Message::Ask { .. }
            | Message::Answer { .. }
            | Message::Event(..)
            | Message::Here => {}
        }
    }

    fn leads(&self, leader: LeaderId) -> bool {
        self.role == Role::Leading(leader)
    }

    fn follows(&self, leader: LeaderId) -> bool {
        self.role == Role::Following(leader)
    }

    fn post(&mut self, message: Message) {
        self.outputs.push(Output::Post(message));
    }

    fn show(&mut self, event: Box<PeerEvent>) {
        let works = matches!(&*event, PeerEvent::Storage { storage } if storage.problem.is_none());
        self.outputs.push(Output::Show(event));
        if works {
            self.ask_open();
        }
    }
}
