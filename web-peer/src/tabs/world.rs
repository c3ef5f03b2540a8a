//! Many tabs in every order of things: they come, go, crash, freeze and lead, and an oracle counts.

mod oracle;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::{
    Answer, Ask, Heard, Input, Job, Message, Numbered, Output, Sight, Start, Tab, TabId, Ticket,
    again,
};
use crate::{
    error::Coded,
    types::{Author, DeliveryState, Message as Shown, PeerEvent, Stopped, StorageView},
};

const CONTACTS: [&str; 2] = ["ann", "ben"];

/// What happens next; tabs are named by their place among those that are there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Come,
    Replace,
    Crash(usize),
    Leave(usize),
    Freeze(usize),
    Thaw(usize),
    Write(usize, usize),
    Hear(usize),
    Work(usize),
    Finish(usize),
    Open(usize),
    FailToOpen(usize),
    Second(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let tab = 0..6_usize;
    let step = prop_oneof![
        3 => Just(Step::Come),
        1 => prop::bool::weighted(0.2).prop_map(|is| if is { Step::Replace } else { Step::Come }),
        2 => tab.clone().prop_map(Step::Crash),
        1 => tab.clone().prop_map(Step::Leave),
        1 => tab.clone().prop_map(Step::Freeze),
        1 => tab.clone().prop_map(Step::Thaw),
        12 => (tab.clone(), 0..CONTACTS.len()).prop_map(|(tab, to)| Step::Write(tab, to)),
        30 => tab.clone().prop_map(Step::Hear),
        12 => tab.clone().prop_map(Step::Work),
        12 => tab.clone().prop_map(Step::Finish),
        8 => tab.clone().prop_map(Step::Open),
        1 => tab.clone().prop_map(Step::FailToOpen),
        6 => tab.prop_map(Step::Second),
    ];
    prop::collection::vec(step, 1..300)
}

/// What is stored, with a fence: whoever opened it last may write.
#[derive(Debug, Default)]
struct Disk {
    epoch: u32,
    taken: BTreeMap<(usize, [u8; 8]), u64>,
    texts: BTreeMap<usize, Vec<String>>,
}

impl Disk {
    /// What an engine does with a numbered text.
    fn send(&mut self, to: usize, text: &str, numbered: Numbered) -> Result<Answer, Coded> {
        let last = self.taken.entry((to, numbered.origin)).or_insert(0);
        if numbered.number > *last + 1 {
            return Err(Coded::new("outOfOrder", "a gap"));
        }
        if numbered.number == *last + 1 {
            *last += 1;
            self.texts.entry(to).or_default().push(text.to_owned());
        }
        Ok(Answer::Text(text.to_owned()))
    }
}

/// A tab with what the browser keeps for it.
struct Page {
    tab: Tab,
    id: TabId,
    frozen: bool,
    // Messages on their way to it, of each sender.
    inbox: VecDeque<Message>,
    // Outputs that take time: asks to carry out, then answers to give.
    work: VecDeque<(Job, Ask, bool)>,
    done: VecDeque<(Job, Result<Answer, Coded>, Option<PeerEvent>)>,
    epoch: Option<u32>,
    opens: bool,
    is_stolen: bool,
    // What the person did and saw.
    asked: BTreeMap<Ticket, (usize, String)>,
    answers: BTreeMap<Ticket, Result<Answer, Coded>>,
    shown: BTreeSet<String>,
    stopped: Option<Stopped>,
    joined: bool,
}

#[derive(Default)]
struct World {
    disk: Disk,
    pages: Vec<Page>,
    gone: Vec<Page>,
    holder: Option<TabId>,
    line: VecDeque<TabId>,
    born: u8,
    texts: u32,
    origins: std::rc::Rc<std::cell::Cell<u64>>,
}

impl World {
    fn come(&mut self, start: Start) {
        if self.pages.len() >= 6 {
            return;
        }
        self.born += 1;
        let id = TabId([self.born; 8]);
        let origins = self.origins.clone();
        let fresh = move || {
            origins.set(origins.get() + 1);
            origins.get().to_be_bytes()
        };
        self.pages.push(Page {
            tab: Tab::new(id, Box::new(fresh)),
            id,
            frozen: false,
            inbox: VecDeque::new(),
            work: VecDeque::new(),
            done: VecDeque::new(),
            epoch: None,
            opens: false,
            is_stolen: false,
            asked: BTreeMap::new(),
            answers: BTreeMap::new(),
            shown: BTreeSet::new(),
            stopped: None,
            joined: false,
        });
        let at = self.pages.len() - 1;
        self.handle(at, Input::Start(start));
        for (place, contact) in CONTACTS.iter().enumerate() {
            let ask = Ask::History { contact: (*contact).to_owned(), before: None, limit: 100 };
            let ticket = Ticket(u32::try_from(place).unwrap());
            self.handle(at, Input::Asked(ticket, ask));
        }
    }

    /// A page goes without a word; the browser gives its lock on.
    fn crash(&mut self, at: usize) {
        let page = self.pages.remove(at);
        self.let_go(page.id);
        self.gone.push(page);
    }

    fn let_go(&mut self, id: TabId) {
        self.line.retain(|other| *other != id);
        if self.holder == Some(id) {
            self.holder = None;
        }
    }

    /// The browser gives the lock to whoever waits longest; a frozen page hears of it when it wakes.
    fn grant(&mut self) {
        while self.holder.is_none() {
            let Some(next) = self.line.pop_front() else { return };
            self.holder = Some(next);
            if let Some(at) = self.pages.iter().position(|page| page.id == next && !page.frozen) {
                self.handle(at, Input::Elected);
            }
        }
    }

    fn handle(&mut self, at: usize, input: Input) {
        let outputs = self.pages[at].tab.handle(input);
        for output in outputs {
            self.perform(at, output);
        }
        self.grant();
    }

    fn perform(&mut self, at: usize, output: Output) {
        let page = &mut self.pages[at];
        let id = page.id;
        match output {
            Output::Post(message) => {
                for other in self.pages.iter_mut().filter(|page| page.id != id) {
                    other.inbox.push_back(message.clone());
                }
            }
            Output::Seek => self.line.push_back(id),
            Output::Steal => {
                self.let_go(id);
                let robbed = self.holder.replace(id);
                if let Some(robbed) = self.pages.iter_mut().find(|page| Some(page.id) == robbed) {
                    robbed.is_stolen = true;
                }
                self.handle(at, Input::Elected);
            }
            Output::Open => page.opens = true,
            Output::Release => {
                page.opens = false;
                page.epoch = None;
                page.work.clear();
                self.let_go(id);
            }
            Output::Execute { job, ask, again } => page.work.push_back((job, ask, again)),
            Output::Joined => page.joined = true,
            Output::Resolve(ticket, answer) => {
                if let Ok(Answer::Messages(messages)) = &answer {
                    page.shown.extend(messages.iter().map(|message| message.text.clone()));
                }
                let before = page.answers.insert(ticket, answer);
                assert!(before.is_none(), "a call is answered once");
            }
            Output::Show(event) => match *event {
                PeerEvent::Message { message } => {
                    page.shown.insert(message.text);
                }
                PeerEvent::Stopped { why } => page.stopped = Some(why),
                _ => {}
            },
            Output::Refresh | Output::Tick => {}
        }
    }

    fn work(&mut self, at: usize) {
        let page = &mut self.pages[at];
        let Some((job, ask, again)) = page.work.pop_front() else { return };
        let mut told = None;
        let fenced = page.epoch != Some(self.disk.epoch);
        let answer = match &ask {
            _ if fenced => Err(Coded::new("storageFailed", "another tab has opened it")),
            Ask::Send { contact, text, numbered } => {
                let to = place_of(contact);
                told = Some(PeerEvent::Message { message: shown(contact, text) });
                self.disk.send(to, text, numbered.expect("a number when it is asked"))
            }
            Ask::History { contact, .. } => {
                let texts = self.disk.texts.get(&place_of(contact));
                let texts = texts.into_iter().flatten().rev().take(100);
                Ok(Answer::Messages(texts.map(|text| shown(contact, text)).collect()))
            }
            _ => Ok(Answer::Messages(Vec::new())),
        };
        let (answer, _) = if again { again::settle(&ask, answer) } else { (answer, None) };
        page.done.push_back((job, answer, told));
    }

    fn finish(&mut self, at: usize) {
        let Some((job, answer, told)) = self.pages[at].done.pop_front() else { return };
        if let (Some(event), Ok(_)) = (told, &answer) {
            self.handle(at, Input::Told(Box::new(event)));
        }
        self.handle(at, Input::Answered(job, answer));
    }

    fn step(&mut self, step: Step) {
        let awake = |world: &Self, at: usize| {
            let awake: Vec<_> =
                (0..world.pages.len()).filter(|at| !world.pages[*at].frozen).collect();
            (!awake.is_empty()).then(|| awake[at % awake.len()])
        };
        let any =
            |world: &Self, at: usize| (!world.pages.is_empty()).then(|| at % world.pages.len());
        match step {
            Step::Come => self.come(Start::Join),
            Step::Replace => self.come(Start::Replace),
            Step::Crash(at) => {
                if let Some(at) = any(self, at) {
                    self.crash(at);
                    self.grant();
                }
            }
            Step::Leave(at) => {
                if let Some(at) = awake(self, at) {
                    self.handle(at, Input::Leave);
                    let page = self.pages.remove(at);
                    self.gone.push(page);
                }
            }
            Step::Freeze(at) => {
                if let Some(at) = any(self, at) {
                    self.pages[at].frozen = true;
                }
            }
            Step::Thaw(at) => {
                if let Some(at) = any(self, at) {
                    self.thaw(at);
                }
            }
            Step::Write(at, to) => {
                if let Some(at) = awake(self, at) {
                    self.write(at, to);
                }
            }
            Step::Hear(at) => {
                if let Some(at) = awake(self, at)
                    && let Some(message) = self.pages[at].inbox.pop_front()
                {
                    self.handle(at, Input::Heard(Box::new(Heard::Message(message))));
                }
            }
            Step::Work(at) => {
                if let Some(at) = awake(self, at) {
                    self.work(at);
                }
            }
            Step::Finish(at) => {
                if let Some(at) = awake(self, at) {
                    self.finish(at);
                }
            }
            Step::Open(at) => {
                if let Some(at) = awake(self, at)
                    && std::mem::take(&mut self.pages[at].opens)
                {
                    self.disk.epoch += 1;
                    self.pages[at].epoch = Some(self.disk.epoch);
                    self.handle(at, Input::Opened(self.disk.epoch));
                }
            }
            Step::FailToOpen(at) => {
                if let Some(at) = awake(self, at)
                    && std::mem::take(&mut self.pages[at].opens)
                {
                    self.handle(at, Input::OpenFailed);
                }
            }
            Step::Second(at) => {
                if let Some(at) = awake(self, at) {
                    self.handle(at, Input::Ticked(Sight::Visible));
                }
            }
        }
    }

    fn thaw(&mut self, at: usize) {
        if !std::mem::take(&mut self.pages[at].frozen) {
            return;
        }
        if std::mem::take(&mut self.pages[at].is_stolen) {
            self.handle(at, Input::Deposed);
        } else if self.holder == Some(self.pages[at].id) {
            self.handle(at, Input::Elected);
        }
    }

    fn write(&mut self, at: usize, to: usize) {
        self.texts += 1;
        let page = &mut self.pages[at];
        let ticket = Ticket(1_000 + self.texts);
        let text = format!("{} from {:?}", self.texts, page.id.0[0]);
        page.asked.insert(ticket, (to, text.clone()));
        let contact = CONTACTS[to].to_owned();
        self.handle(at, Input::Asked(ticket, Ask::Send { contact, text, numbered: None }));
    }
}

fn place_of(contact: &str) -> usize {
    CONTACTS.iter().position(|name| *name == contact).unwrap()
}

fn shown(contact: &str, text: &str) -> Shown {
    Shown {
        contact: contact.to_owned(),
        id: text.to_owned(),
        author: Author::Me,
        text: text.to_owned(),
        sent_ms: 0.0,
        order: String::new(),
        state: DeliveryState::Waiting,
        gap_before: false,
    }
}

/// A leader stores a text and is gone before it says so; the one who wrote it leads then, but storage
/// is closed to it already.
#[test]
fn a_text_that_was_stored_is_not_refused_where_storage_is_closed() {
    let mut world = World::default();
    let often = |world: &mut World, steps: &[Step]| {
        for _ in 0..9 {
            steps.iter().for_each(|step| world.step(*step));
        }
    };
    for step in [Step::Come, Step::Open(0), Step::Come] {
        world.step(step);
    }
    often(&mut world, &[Step::Hear(0), Step::Hear(1)]);
    world.write(1, 0);
    often(&mut world, &[Step::Hear(0), Step::Work(0)]);
    assert_eq!(world.disk.texts[&0].len(), 1);
    for step in [Step::Crash(0), Step::Open(0)] {
        world.step(step);
    }
    // Another tab opens it.
    world.disk.epoch += 1;
    often(&mut world, &[Step::Work(0), Step::Finish(0)]);
    let ticket = Ticket(1_000 + world.texts);
    assert!(!world.pages[0].answers.contains_key(&ticket), "nobody knows yet");
    world.disk.epoch -= 1;
    let storage = StorageView { kept: true, ..StorageView::default() };
    world.handle(0, Input::Told(Box::new(PeerEvent::Storage { storage })));
    world.settle();
    world.check();
    assert!(world.pages[0].answers[&ticket].is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_tabs_do_nothing_is_lost_or_sent_twice(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        world.settle();
        world.check();
    }
}
