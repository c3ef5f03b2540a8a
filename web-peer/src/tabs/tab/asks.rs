//! What the page asks for, on its way to whoever leads; and what other tabs ask of this one.

use std::collections::BTreeMap;

use super::{Job, JobKind, Output, Role, Tab, Ticket};
use crate::{
    error::Coded,
    tabs::{
        ask::{Answer, Ask},
        lines::Verdict,
        memory::{Kept, Recall},
        message::{LeaderId, Message, RequestId, TabId},
    },
    types::{PeerEvent, Stopped},
};

/// Calls of the page that may wait for an answer.
const PENDING: usize = 1024;

/// Conversations that are read again after another tab took over.
const SHOWN: usize = 16;

/// Messages of each that are read again: more than one step of a peer can change.
const CATCH_UP: u32 = 100;

/// What waits for an answer.
#[derive(Debug, Default)]
pub(super) struct Pending {
    last: u32,
    asks: BTreeMap<RequestId, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    ask: Ask,
    for_whom: ForWhom,
    asked: Option<LeaderId>,
    /// Whether another leader may have done it before.
    again: bool,
    /// Whether it waits for storage that works: what was answered left open whether it was done.
    is_open: bool,
}

#[derive(Clone, Copy, Debug)]
enum ForWhom {
    Page(Ticket),
    /// Messages that came while nobody led, or that a leader stored and told nobody of.
    CatchUp,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.asks.is_empty()
    }

    fn push(&mut self, ask: Ask, for_whom: ForWhom) -> RequestId {
        self.last = self.last.wrapping_add(1);
        let request = RequestId(self.last);
        self.asks
            .insert(request, Waiting { ask, for_whom, asked: None, again: false, is_open: false });
        request
    }
}

impl Tab {
    pub(super) fn handle_asked(&mut self, ticket: Ticket, ask: Ask) {
        if self.has_ended() {
            self.outputs.push(Output::Resolve(ticket, Err(stopped())));
            return;
        }
        if self.pending.asks.len() >= PENDING {
            let busy = Coded::internal(format_args!("{PENDING} calls wait already"));
            self.outputs.push(Output::Resolve(ticket, Err(busy)));
            return;
        }
        if let Ask::History { contact, .. } = &ask {
            self.shown.retain(|shown| shown != contact);
            self.shown.push_back(contact.clone());
            if self.shown.len() > SHOWN {
                self.shown.pop_front();
            }
        }
        let line = line_of(&ask);
        let request = self.pending.push(ask, ForWhom::Page(ticket));
        match line {
            Some(contact) => {
                self.lines.push(&contact, request);
                self.move_line(&contact);
            }
            None => self.ask(request),
        }
    }

    /// Another tab asks this one, which leads.
    pub(super) fn handle_other_asked(
        &mut self,
        tab: TabId,
        request: RequestId,
        ask: Ask,
        again: bool,
    ) {
        let Role::Leading(leader) = self.role else { return };
        let answer = match self.memory.ask(tab, request) {
            Recall::New => {
                let job = Job { leader, tab, request, kind: kind_of(&ask) };
                self.outputs.push(Output::Execute { job, ask, again });
                return;
            }
            Recall::UnderWay => return,
            Recall::Answered(answer) => answer,
            Recall::Full => Err(Coded::internal("too much is under way")),
        };
        self.post(Message::Answer { leader, tab, request, answer });
    }

    /// This tab has carried something out.
    pub(super) fn handle_answered(&mut self, job: Job, answer: Result<Answer, Coded>) {
        // What a leader of before did is asked for again, wherever it ended.
        if !self.leads(job.leader) {
            return;
        }
        let locks = job.kind == JobKind::Locks && answer.is_ok();
        if job.tab == self.id {
            self.resolve(job.request, answer);
        } else {
            let kept = match job.kind {
                JobKind::Reads => Kept::No,
                // It may be asked again when storage works.
                JobKind::Changes | JobKind::Locks if is_doubtful(&answer) => Kept::No,
                JobKind::Changes | JobKind::Locks => Kept::Yes(&answer),
            };
            if self.memory.answer(job.tab, job.request, kept) {
                let Job { leader, tab, request, .. } = job;
                self.post(Message::Answer { leader, tab, request, answer });
            }
        }
        if locks {
            self.post(Message::Stop(Stopped::Locked));
            self.end(Stopped::Locked);
        }
    }

    /// The leader answers this tab.
    pub(super) fn handle_other_answered(
        &mut self,
        leader: LeaderId,
        request: RequestId,
        answer: Result<Answer, Coded>,
    ) {
        let asked = self.pending.asks.get(&request).and_then(|waiting| waiting.asked);
        if self.follows(leader) && asked == Some(leader) {
            self.watch.heard();
            self.resolve(request, answer);
        }
    }

    /// Asks whoever leads now for all that waits, in the order in which it was asked for.
    pub(super) fn ask_all(&mut self) {
        let requests: Vec<_> = self.pending.asks.keys().copied().collect();
        for request in requests {
            self.ask(request);
        }
    }

    /// Asks again for what could not be told while storage failed.
    pub(super) fn ask_open(&mut self) {
        let open = self.pending.asks.iter_mut().filter(|(_, waiting)| waiting.is_open);
        let requests: Vec<_> = open
            .map(|(request, waiting)| {
                waiting.asked = None;
                *request
            })
            .collect();
        for request in requests {
            self.ask(request);
        }
    }

    /// Reads again what the page shows: a leader that dies may have stored what it told nobody.
    pub(super) fn catch_up(&mut self) {
        self.pending.asks.retain(|_, waiting| matches!(waiting.for_whom, ForWhom::Page(_)));
        let histories = self.shown.iter().map(|contact| Ask::History {
            contact: contact.clone(),
            before: None,
            limit: CATCH_UP,
        });
        let asks: Vec<_> = std::iter::once(Ask::LastMessages).chain(histories).collect();
        for ask in asks {
            let request = self.pending.push(ask, ForWhom::CatchUp);
            self.ask(request);
        }
    }

    /// Answers everything that waits when the peer ends.
    pub(super) fn refuse_all(&mut self, why: Stopped) {
        for (_, waiting) in std::mem::take(&mut self.pending.asks) {
            let ForWhom::Page(ticket) = waiting.for_whom else { continue };
            let is_wish = why == Stopped::Locked && matches!(waiting.ask, Ask::Lock);
            let answer = if is_wish { Ok(Answer::Done) } else { Err(stopped()) };
            self.outputs.push(Output::Resolve(ticket, answer));
        }
    }

    /// Asks whoever leads, unless it was asked already or it is not this one's turn.
    fn ask(&mut self, request: RequestId) {
        let Some(waiting) = self.pending.asks.get_mut(&request) else { return };
        if matches!(waiting.ask, Ask::Send { numbered: None, .. }) {
            return;
        }
        let (Role::Leading(leader) | Role::Following(leader)) = self.role else { return };
        if waiting.asked == Some(leader) {
            return;
        }
        waiting.again |= waiting.asked.replace(leader).is_some();
        waiting.is_open = false;
        let (ask, again) = (waiting.ask.clone(), waiting.again);
        if self.role == Role::Leading(leader) {
            let job = Job { leader, tab: self.id, request, kind: kind_of(&ask) };
            self.outputs.push(Output::Execute { job, ask, again });
        } else {
            self.post(Message::Ask { leader, tab: self.id, request, ask, again });
        }
    }

    fn resolve(&mut self, request: RequestId, answer: Result<Answer, Coded>) {
        let Some(mut waiting) = self.pending.asks.remove(&request) else { return };
        let line = line_of(&waiting.ask);
        if waiting.again && line.is_some() && is_doubtful(&answer) {
            // A leader before may have taken this text, which only working storage can tell; whoever
            // believed a refusal would write it a second time.
            waiting.is_open = true;
            self.pending.asks.insert(request, waiting);
            return;
        }
        if let Some(contact) = &line
            && self.lines.answered(contact, &answer) == Verdict::Again
        {
            if let Ask::Send { numbered, .. } = &mut waiting.ask {
                *numbered = None;
            }
            (waiting.asked, waiting.again) = (None, false);
            self.pending.asks.insert(request, waiting);
            self.move_line(contact);
            return;
        }
        match (waiting.for_whom, answer) {
            (ForWhom::Page(ticket), answer) => self.outputs.push(Output::Resolve(ticket, answer)),
            (ForWhom::CatchUp, Ok(Answer::Messages(messages))) => {
                for message in messages {
                    self.show(Box::new(PeerEvent::Message { message }));
                }
            }
            (ForWhom::CatchUp, _) => {}
        }
        if let Some(contact) = line {
            self.move_line(&contact);
        }
    }

    fn move_line(&mut self, contact: &str) {
        let Some((request, number)) = self.lines.next(contact) else { return };
        if let Some(Waiting { ask: Ask::Send { numbered, .. }, .. }) =
            self.pending.asks.get_mut(&request)
        {
            *numbered = Some(number);
        }
        self.ask(request);
    }
}

/// Whether this leaves open what was done.
fn is_doubtful(answer: &Result<Answer, Coded>) -> bool {
    let codes = ["storageFailed", "storageFull"];
    matches!(answer, Err(refusal) if codes.iter().any(|code| refusal.is(code)))
}

fn line_of(ask: &Ask) -> Option<String> {
    match ask {
        Ask::Send { contact, .. } => Some(contact.clone()),
        _ => None,
    }
}

fn kind_of(ask: &Ask) -> JobKind {
    match ask {
        Ask::Lock => JobKind::Locks,
        ask if ask.only_reads() => JobKind::Reads,
        _ => JobKind::Changes,
    }
}

fn stopped() -> Coded {
    Coded::new("stopped", "the peer has ended")
}
