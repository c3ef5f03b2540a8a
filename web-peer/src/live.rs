//! One tab in a real browser: does what the machine of [`tabs`](crate::tabs) says.
//!
//! The machine is asked with every happening (a call of the page, a message, the lock, a second)
//! and its outputs are done in their order. Nothing here decides who leads or what is asked again.

mod backup;
mod carry;
mod channel;
mod leader;
mod lock;
mod look;
mod opening;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::{Rc, Weak},
};

use futures::channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use js_sys::Function;
use wasm_bindgen::prelude::*;

pub(crate) use self::look::look;
use self::{
    channel::{Channel, Received},
    leader::Leader,
    lock::{How, Lock, Turn},
};
use crate::{
    error::Coded,
    profile::Pass,
    slow::Slow,
    tabs::{Answer, Ask, Input, Job, Output, Sight, Start, Tab, TabId, Ticket, again},
    types::{OpenOptions, PeerEvent, Stopped},
};

/// A tab that has opened a peer: its own or that of another tab.
#[derive(Clone, Debug)]
pub(crate) struct Live(Rc<Inner>);

struct Inner {
    tab: RefCell<Tab>,
    // What is still to be done; whoever adds to it while it is being done only adds.
    outputs: RefCell<VecDeque<Output>>,
    is_doing: Cell<bool>,
    channel: Channel,
    lock: RefCell<Option<Lock>>,
    leader: RefCell<Option<Rc<Leader>>>,
    // Counts openings and endings: an opening that comes to its end too late is dropped.
    opening: Cell<u32>,
    pass: RefCell<Option<Pass>>,
    calls: RefCell<BTreeMap<Ticket, oneshot::Sender<Result<Answer, Coded>>>>,
    last_ticket: Cell<u32>,
    joined: RefCell<Option<oneshot::Sender<Result<(), Coded>>>>,
    // Whether there was a leader already, so that this tab begins nothing.
    has_joined: Cell<bool>,
    // Without its secrets once the peer is open.
    options: RefCell<OpenOptions>,
    on_event: Function,
    slow: Slow,
    page_hides: RefCell<Option<Closure<dyn FnMut()>>>,
}

impl Live {
    /// Opens the peer of this profile, here or by way of the tab that has it.
    pub(crate) async fn open(
        options: OpenOptions,
        on_event: Function,
        slow: Slow,
    ) -> Result<Self, Coded> {
        let id = TabId(random()?);
        let start = if options.replace == Some(true) { Start::Replace } else { Start::Join };
        let (joined, has_joined) = oneshot::channel();
        let phrase = options.phrase.clone().filter(|_| start == Start::Join);
        let this: Rc<RefCell<Weak<Inner>>> = Rc::default();
        let receiver = this.clone();
        let channel = Channel::open(move |received| {
            let inner = receiver.borrow().upgrade();
            if let Some(inner) = inner {
                Self(inner).receive(received);
            }
        });
        let inner = Rc::new(Inner {
            tab: RefCell::new(Tab::new(id, Box::new(|| random().unwrap_or_default()))),
            outputs: RefCell::default(),
            is_doing: Cell::new(false),
            channel,
            lock: RefCell::default(),
            leader: RefCell::default(),
            opening: Cell::new(0),
            pass: RefCell::default(),
            calls: RefCell::default(),
            last_ticket: Cell::new(0),
            joined: RefCell::new(Some(joined)),
            has_joined: Cell::new(false),
            options: RefCell::new(options),
            on_event,
            slow,
            page_hides: RefCell::default(),
        });
        *this.borrow_mut() = Rc::downgrade(&inner);
        let live = Self(inner);
        live.listen_for_the_end();
        live.handle(Input::Start(start));
        has_joined.await.map_err(|_| stopped())??;
        live.check_phrase(phrase).await?;
        Ok(live)
    }

    /// Asks the peer, wherever it runs.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer, Coded> {
        let inner = &self.0;
        let ticket = Ticket(inner.last_ticket.get().wrapping_add(1));
        inner.last_ticket.set(ticket.0);
        let (sender, answer) = oneshot::channel();
        inner.calls.borrow_mut().insert(ticket, sender);
        self.handle(Input::Asked(ticket, ask));
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Ends this tab's peer; another tab takes over, if there is one.
    pub(crate) async fn close(&self) {
        let leader = self.0.leader.borrow().clone();
        self.handle(Input::Leave);
        if let Some(leader) = leader {
            leader.has_ended().await;
        }
    }

    /// Whoever gives words wants that identity and no other.
    async fn check_phrase(&self, phrase: Option<String>) -> Result<(), Coded> {
        let Some(phrase) = phrase else { return Ok(()) };
        let wanted = lowkey_protocol::Phrase::parse(&phrase).map_err(Coded::from)?;
        let Answer::Text(found) = self.ask(Ask::ShowPhrase).await? else { return Ok(()) };
        if wanted.words().to_string() == found {
            return Ok(());
        }
        self.close().await;
        Err(Coded::new("identityExists", "another identity is kept here"))
    }

    fn receive(&self, received: Received) {
        match received {
            Received::Heard(heard) => self.handle(Input::Heard(heard)),
            Received::Pass(pass) => *self.0.pass.borrow_mut() = Pass::from_js(pass),
        }
    }

    /// Brings what happened to the machine, and does what it says.
    fn handle(&self, input: Input) {
        let inner = &self.0;
        let outputs = inner.tab.borrow_mut().handle(input);
        inner.outputs.borrow_mut().extend(outputs);
        if inner.is_doing.replace(true) {
            return;
        }
        loop {
            let next = inner.outputs.borrow_mut().pop_front();
            let Some(output) = next else { break };
            self.perform(output);
        }
        inner.is_doing.set(false);
    }

    fn perform(&self, output: Output) {
        let inner = &self.0;
        match output {
            Output::Post(message) => inner.channel.post(&message),
            Output::Seek => self.request_lock(How::Wait),
            Output::Steal => self.request_lock(How::Steal),
            Output::Open => self.open_peer(),
            Output::Release => self.release(),
            Output::Execute { job, ask, again } => self.execute(job, ask, again),
            Output::Refresh => self.refresh(),
            Output::Joined => {
                // Whoever joins another tab needs them no more than whoever has opened it.
                inner.options.borrow_mut().forget_secrets();
                inner.has_joined.set(true);
                self.tell_joined(Ok(()));
            }
            Output::Resolve(ticket, answer) => {
                if let Some(call) = inner.calls.borrow_mut().remove(&ticket) {
                    // The page may not wait any more.
                    let _ = call.send(answer);
                }
            }
            Output::Show(event) => self.show(&event),
            Output::Tick => {
                let weak = Rc::downgrade(&self.0);
                wasm_bindgen_futures::spawn_local(async move {
                    TimeoutFuture::new(1_000).await;
                    if let Some(inner) = weak.upgrade() {
                        Self(inner).handle(Input::Ticked(sight()));
                    }
                });
            }
        }
    }

    fn request_lock(&self, how: How) {
        let weak = Rc::downgrade(&self.0);
        // What is waited for is waited for no longer.
        self.0.lock.borrow_mut().take();
        let lock = Lock::request(how, move |turn| {
            let Some(inner) = weak.upgrade() else { return };
            Self(inner.clone()).handle(match turn {
                Turn::Granted => Input::Elected,
                Turn::Denied => {
                    // This tab is alone.
                    inner.channel.close();
                    Input::Elected
                }
                Turn::Lost => Input::Deposed,
            });
        });
        match lock {
            Ok(lock) => *self.0.lock.borrow_mut() = Some(lock),
            Err(error) => self.tell_joined(Err(error)),
        }
    }

    fn execute(&self, job: Job, ask: Ask, again: bool) {
        let Some(leader) = self.0.leader.borrow().clone() else { return };
        let live = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let mut answer = live.carry_out(&leader, &ask).await;
            let mut told = None;
            if again {
                (answer, told) = again::settle(&ask, answer);
            }
            if let Some(event) = told {
                live.handle(Input::Told(Box::new(event)));
            }
            live.handle(Input::Answered(job, answer));
        });
    }

    fn show(&self, event: &PeerEvent) {
        if let PeerEvent::Stopped { why } = event {
            let code = if *why == Stopped::Outdated { "outdated" } else { "stopped" };
            self.tell_joined(Err(Coded::new(code, "the peer has ended")));
            *self.0.pass.borrow_mut() = None;
        }
        let Ok(event) = crate::api::event_to_js(event) else { return };
        // What the page's listener throws is the page's own affair.
        let _ = self.0.on_event.call1(&JsValue::NULL, &event);
    }

    fn tell_joined(&self, joined: Result<(), Coded>) {
        if let Some(sender) = self.0.joined.borrow_mut().take() {
            // The page may not wait any more.
            let _ = sender.send(joined);
        }
    }

    /// Tells the leader when this page goes, so that it forgets what it answered here.
    fn listen_for_the_end(&self) {
        let weak = Rc::downgrade(&self.0);
        let listener = Closure::<dyn FnMut()>::new(move || {
            if let Some(inner) = weak.upgrade() {
                let gone = inner.tab.borrow().goodbye();
                inner.channel.post(&gone);
            }
        });
        if let Some(window) = web_sys::window() {
            // Without it the leader forgets later.
            let _ = window
                .add_event_listener_with_callback("pagehide", listener.as_ref().unchecked_ref());
        }
        *self.0.page_hides.borrow_mut() = Some(listener);
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("tab", &self.tab).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let (Some(window), Some(listener)) = (web_sys::window(), self.page_hides.take()) {
            // It was added, or there is nothing to take away.
            let _ = window
                .remove_event_listener_with_callback("pagehide", listener.as_ref().unchecked_ref());
        }
    }
}

fn stopped() -> Coded {
    Coded::new("stopped", "the peer has ended")
}

/// Whether a person sees this tab now.
fn sight() -> Sight {
    let document = web_sys::window().and_then(|window| window.document());
    let is_visible = document
        .is_some_and(|document| document.visibility_state() == web_sys::VisibilityState::Visible);
    if is_visible { Sight::Visible } else { Sight::Hidden }
}

fn random<const N: usize>() -> Result<[u8; N], Coded> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Coded::internal)?;
    Ok(bytes)
}
