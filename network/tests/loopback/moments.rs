//! Peers that are killed at each of the named moments.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use futures::{StreamExt, stream};
use lowkey_network::{PeerError, fail_point};
use lowkey_protocol::{Address, Author, Command, DeliveryState, Numbered, Reply, Standing};

use crate::{
    person::{Person, Seen},
    relay::TestRelay,
    storage::Shared,
};

/// Threads of a peer that shall die are called so, and then after their moment.
const MORTAL: &str = "dies at ";

/// Where peers died.
static DEATHS: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());
/// What was reached by any of them.
static REACHED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn hook(moment: &str) {
    let thread = std::thread::current();
    let Some(own) = thread.name().and_then(|name| name.strip_prefix(MORTAL)) else { return };
    REACHED.lock().unwrap().insert(moment.to_owned());
    if own == moment {
        *DEATHS.lock().unwrap().entry(moment.to_owned()).or_default() += 1;
        // The task ends here and now, with everything that it had in mind.
        std::panic::resume_unwind(Box::new("killed"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_moment_a_peer_is_killed_at_nothing_is_lost_or_doubled() {
    fail_point::set_hook(hook);
    let relay = TestRelay::start().await;
    // First nobody dies: this shows which moments there are.
    live_through(&relay, "no moment").await;
    let reached = REACHED.lock().unwrap().clone();
    assert!(fail_point::NAMES.len() >= 50, "{}", fail_point::NAMES.len());
    let missing: Vec<_> =
        fail_point::NAMES.iter().filter(|name| !reached.contains(**name)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");

    let lives = fail_point::NAMES.iter().map(async |moment| {
        // What happens depends on who is faster; a life may miss its moment.
        for _ in 0..5 {
            live_through(&relay, moment).await;
            if DEATHS.lock().unwrap().contains_key(*moment) {
                break;
            }
        }
    });
    stream::iter(lives).buffer_unordered(6).collect::<Vec<_>>().await;
    let deaths = DEATHS.lock().unwrap();
    for moment in fail_point::NAMES {
        assert!(deaths.contains_key(*moment), "nobody died at {moment}");
    }
}

/// One life: two people talk, one of whom dies when the moment comes, and begins again.
async fn live_through(relay: &TestRelay, moment: &str) {
    let mut mortal = Mortal::begin(relay, moment).await;
    let mut other = Person::start(&[relay]).await;
    let (one, two) = (mortal.address, other.address());

    mortal.ask(Command::AddContact { address: two, relays: Vec::new(), name: None }).await;
    mortal.say(two, "one").await;
    mortal.sees(&mut other, |seen| seen.contacts.contains_key(&one)).await;
    other.handle.command(Command::AcceptRequest(one)).await.unwrap();
    other.say(one, "two").await;
    mortal.has(two, 2).await;
    mortal.say(two, "three").await;
    mortal.sees(&mut other, |seen| seen.arrivals.iter().any(|text| text == "three")).await;
    mortal.has(two, 3).await;
    mortal.ask(Command::EndConversation { contact: two, burn: false }).await;
    mortal.count_anew();
    mortal.say(two, "four").await;
    mortal.sees(&mut other, |seen| seen.arrivals.iter().any(|text| text == "four")).await;
    mortal.has(two, 4).await;
    other.say(one, "five").await;
    mortal.has(two, 5).await;

    // And the other way round: somebody asks, and is accepted.
    let mut guest = Person::start(&[relay]).await;
    let three = guest.address();
    guest.add(one).await;
    guest.say(one, "six").await;
    mortal.knows(three, Standing::Request).await;
    mortal.ask(Command::AcceptRequest(three)).await;
    mortal.sees(&mut guest, |seen| seen.standing(one) == Some(Standing::Contact)).await;
    mortal.knows(three, Standing::Contact).await;
    mortal.has(three, 1).await;

    let texts = |messages: Vec<(Author, String)>| messages.into_iter().map(|(_, text)| text);
    let ours: Vec<String> = texts(talk(mortal.person(), two).await).collect();
    assert_eq!(ours, ["one", "two", "three", "four", "five"], "{moment}");
    let theirs: Vec<String> = texts(talk(&other, one).await).collect();
    assert_eq!(theirs, ours, "{moment}");
    assert_eq!(other.seen.arrivals, ["one", "three", "four"], "{moment}");
}

/// A peer that dies once, and begins again with what it had stored.
struct Mortal<'a> {
    relay: &'a TestRelay,
    storage: Shared,
    person: Option<Person>,
    // Dropping a runtime waits; a killed one does not.
    runtimes: Vec<tokio::runtime::Runtime>,
    address: Address,
    origin: u8,
    said: u64,
}

impl<'a> Mortal<'a> {
    async fn begin(relay: &'a TestRelay, moment: &str) -> Self {
        let storage = Shared::default();
        let mut runtimes = Vec::new();
        let first = start(relay, &storage, &format!("{MORTAL}{moment}"), &mut runtimes).await;
        // It may die before it says who it is.
        let person = match first {
            Some(person) => person,
            None => start(relay, &storage, "lives", &mut runtimes).await.unwrap(),
        };
        let address = person.address();
        Self { relay, storage, person: Some(person), runtimes, address, origin: 1, said: 0 }
    }

    fn person(&self) -> &Person {
        self.person.as_ref().unwrap()
    }

    async fn begin_again(&mut self) {
        self.person = None;
        let again = start(self.relay, &self.storage, "lives", &mut self.runtimes).await;
        let person = again.unwrap();
        assert_eq!(person.address(), self.address, "the same identity");
        self.person = Some(person);
    }

    /// Takes another origin for its texts: the end of a conversation ends the one before.
    fn count_anew(&mut self) {
        self.origin += 1;
        self.said = 0;
    }

    async fn say(&mut self, contact: Address, text: &str) {
        self.said += 1;
        let numbered = Some(Numbered { origin: [self.origin; 8], number: self.said });
        let reply = self.ask(Command::SendText { contact, text: text.into(), numbered }).await;
        assert!(matches!(reply, Some(Reply::Queued(_))));
    }

    /// Asks, and once more if the answer did not come; nothing if that was refused.
    async fn ask(&mut self, command: Command) -> Option<Reply> {
        let again = copy(&command);
        match self.person().handle.command(command).await {
            Ok(reply) => Some(reply),
            Err(PeerError::Stopped) => {
                self.begin_again().await;
                self.person().handle.command(again).await.ok()
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the screen of another person shows something; if the peer died, it begins again.
    async fn sees(&mut self, other: &mut Person, is_so: impl Fn(&Seen) -> bool) {
        while !is_so(&other.seen) {
            let goes_on = tokio::select! {
                () = other.next_event() => true,
                goes_on = self.person.as_mut().unwrap().goes_on() => goes_on,
            };
            if !goes_on {
                self.begin_again().await;
            }
        }
    }

    /// Waits until somebody is this.
    async fn knows(&mut self, contact: Address, standing: Standing) {
        while self.person().seen.standing(contact) != Some(standing) {
            if !self.person.as_mut().unwrap().goes_on().await {
                self.begin_again().await;
            }
        }
    }

    /// Waits until a conversation has so many messages, and ours are delivered.
    async fn has(&mut self, contact: Address, count: usize) {
        loop {
            let history = self.person().handle.history(contact, None, 100).await;
            let is_done = match &history {
                Ok(messages) => {
                    messages.len() >= count
                        && messages.iter().all(|m| m.state == DeliveryState::Delivered)
                }
                Err(_) => false,
            };
            if is_done {
                return;
            }
            if history.is_err() || !self.person.as_mut().unwrap().goes_on().await {
                self.begin_again().await;
            }
        }
    }
}

impl Drop for Mortal<'_> {
    fn drop(&mut self) {
        for runtime in self.runtimes.drain(..) {
            runtime.shutdown_background();
        }
    }
}

/// Starts a peer in threads of this name; nothing if it died at once.
async fn start(
    relay: &TestRelay,
    storage: &Shared,
    threads: &str,
    runtimes: &mut Vec<tokio::runtime::Runtime>,
) -> Option<Person> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).thread_name(threads).enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    runtimes.push(runtime);
    Person::try_start_in(&handle, relay.addresses(), storage.clone()).await
}

fn copy(command: &Command) -> Command {
    match command {
        Command::AddContact { address, .. } => {
            Command::AddContact { address: *address, relays: Vec::new(), name: None }
        }
        Command::SendText { contact, text, numbered } => {
            Command::SendText { contact: *contact, text: text.clone(), numbered: *numbered }
        }
        Command::AcceptRequest(contact) => Command::AcceptRequest(*contact),
        Command::EndConversation { contact, burn } => {
            Command::EndConversation { contact: *contact, burn: *burn }
        }
        other => panic!("{other:?}"),
    }
}

async fn talk(person: &Person, contact: Address) -> Vec<(Author, String)> {
    let history = person.handle.history(contact, None, 1_000).await.unwrap();
    history.into_iter().map(|message| (message.author, message.text)).collect()
}
