//! A perfect network in virtual time: every engine's outputs become inputs of others, in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lowkey_protocol::{
    Address, CloseReason, Command, CommandError, CommandId, Engine, Event, Holders, Identity,
    Input, LinkId, LinkInfo, Output, OwnAddresses, Params, Path, Phrase, Progress, RecordKey,
    Reply, RowKey, Stored, Table, Timestamp, VaultKey, pow,
    record::{self, Publisher, Selection},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use sha2::{Digest, Sha256};

mod person;

pub(crate) const BITS: u8 = 4;
pub(crate) const START: Timestamp = Timestamp::from_secs(1_790_000_000);

/// Which of the people.
pub(crate) type Who = usize;

/// Engines, the links between them, and a DHT of one node.
pub(crate) struct Net {
    pub(crate) now: Timestamp,
    pub(crate) people: Vec<Person>,
    pub(crate) records: BTreeMap<RecordKey, Vec<u8>>,
    /// What is on its way; a test may take things out or change their order.
    pub(crate) inputs: VecDeque<(Who, Input)>,
    /// Every frame that was sent: from, link, bytes.
    pub(crate) frames: Vec<(Who, LinkId, Vec<u8>)>,
    /// The same frames, for good.
    said: BTreeSet<Vec<u8>>,
    links: BTreeMap<LinkId, End>,
    next: u64,
    /// Who dialled which addresses.
    pub(crate) dialled: Vec<(Who, Vec<Vec<u8>>)>,
    /// How often a direct link was tried, and whether one comes about.
    pub(crate) direct_dials: usize,
    pub(crate) is_direct: bool,
    /// The links over which a direct dial is answered.
    open_to_direct: BTreeSet<LinkId>,
    /// How many records were put.
    pub(crate) published: usize,
    pub(crate) rng: ChaCha20Rng,
}

struct End {
    owner: Who,
    other: LinkId,
}

/// One engine with its storage and screen.
pub(crate) struct Person {
    pub(crate) engine: Engine,
    pub(crate) rows: BTreeMap<(Table, RowKey), Vec<u8>>,
    pub(crate) events: Vec<Event>,
    pub(crate) closed: Vec<CloseReason>,
    pub(crate) peer_id: Vec<u8>,
    /// The address at which it can be dialled.
    pub(crate) place: Vec<u8>,
    /// Whether nobody can dial it.
    pub(crate) offline: bool,
    /// Whether the machine is off.
    pub(crate) away: bool,
    pub(crate) address: Address,
    entropy: [u8; 16],
    vault: [u8; 32],
    replies: Vec<Result<Reply, CommandError>>,
}

impl Net {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: START,
            people: Vec::new(),
            records: BTreeMap::new(),
            inputs: VecDeque::new(),
            frames: Vec::new(),
            said: BTreeSet::new(),
            links: BTreeMap::new(),
            next: 1_000,
            dialled: Vec::new(),
            direct_dials: 0,
            is_direct: false,
            open_to_direct: BTreeSet::new(),
            published: 0,
            rng: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    /// A net with this many people, all on line and findable.
    pub(crate) fn with(people: usize, seed: u64) -> Self {
        let mut net = Self::new(seed);
        for who in 0..people {
            net.join(u8::try_from(who).unwrap(), BTreeMap::new());
        }
        net.run();
        net
    }

    /// Opens an engine for the phrase of this number.
    pub(crate) fn join(&mut self, phrase: u8, rows: BTreeMap<(Table, RowKey), Vec<u8>>) -> Who {
        let vault = u8::try_from(self.people.len()).unwrap() + 100;
        self.start([phrase + 1; 16], [vault; 32], rows)
    }

    /// Opens what somebody stored on another machine as well.
    pub(crate) fn join_copy(&mut self, of: Who, rows: BTreeMap<(Table, RowKey), Vec<u8>>) -> Who {
        let (entropy, vault) = (self.people[of].entropy, self.people[of].vault);
        self.start(entropy, vault, rows)
    }

    fn start(
        &mut self,
        entropy: [u8; 16],
        vault: [u8; 32],
        rows: BTreeMap<(Table, RowKey), Vec<u8>>,
    ) -> Who {
        let who = self.people.len();
        let (engine, outputs, address) = self.open(entropy, vault, &rows);
        let peer_id = self.new_peer_id();
        self.people.push(Person {
            engine,
            rows,
            events: Vec::new(),
            closed: Vec::new(),
            peer_id,
            place: vec![4, 127, 0, 0, 1],
            offline: false,
            away: false,
            address,
            entropy,
            vault,
            replies: Vec::new(),
        });
        self.obey(who, outputs);
        self.go_online(who);
        who
    }

    fn open(
        &mut self,
        entropy: [u8; 16],
        vault: [u8; 32],
        rows: &BTreeMap<(Table, RowKey), Vec<u8>>,
    ) -> (Engine, Vec<Output>, Address) {
        let identity = Identity::from_phrase(Phrase::from_entropy(&entropy).unwrap());
        let address = identity.address();
        let stored = rows.iter().filter(|((table, _), _)| *table != Table::History);
        let stored = Stored(stored.map(|((t, k), v)| (*t, k.clone(), v.clone())).collect());
        let params = Params { stamp_bits: BITS };
        let vault = VaultKey::from_bytes(vault);
        let (engine, outputs) =
            Engine::open(identity, stored, vault, params, self.now, &mut self.rng).unwrap();
        (engine, outputs, address)
    }

    fn new_peer_id(&mut self) -> Vec<u8> {
        let number = self.number();
        [b"\x00\x24\x08\x01\x12\x20".as_slice(), &[7; 24], &number.to_be_bytes()].concat()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn go_online(&mut self, who: Who) {
        let peer_id = self.people[who].peer_id.clone();
        self.people[who].offline = false;
        let addresses = vec![self.people[who].place.clone()];
        let online = OwnAddresses { peer_id, addresses, relays: Vec::new() };
        self.inputs.push_back((who, Input::OwnAddresses(online)));
    }

    /// Tells an engine that it has no address.
    pub(crate) fn go_offline(&mut self, who: Who) {
        let peer_id = self.people[who].peer_id.clone();
        self.people[who].offline = true;
        let offline = OwnAddresses { peer_id, ..OwnAddresses::default() };
        self.inputs.push_back((who, Input::OwnAddresses(offline)));
    }

    /// Ends an engine with all its links, and opens it again from its rows.
    pub(crate) fn restart(&mut self, who: Who) {
        self.cut_all(who);
        self.inputs.retain(|(to, _)| *to != who);
        let rows = self.people[who].rows.clone();
        let (entropy, vault) = (self.people[who].entropy, self.people[who].vault);
        let (engine, outputs, _) = self.open(entropy, vault, &rows);
        self.people[who].engine = engine;
        self.people[who].peer_id = self.new_peer_id();
        self.obey(who, outputs);
        self.go_online(who);
    }

    /// Lets all links of somebody lead nowhere, which neither end notices.
    pub(crate) fn vanish(&mut self, who: Who) {
        self.links.retain(|_, end| end.owner != who);
    }

    /// Lets the ends of links notice that there is nobody at the other.
    pub(crate) fn notice(&mut self) {
        let gone = |(_, end): &(&LinkId, &End)| !self.links.contains_key(&end.other);
        let dead: Vec<LinkId> = self.links.iter().filter(gone).map(|(id, _)| *id).collect();
        dead.into_iter().for_each(|id| self.cut(id));
    }

    /// Switches a machine off; what is on its way to it is lost.
    pub(crate) fn leave(&mut self, who: Who) {
        self.cut_all(who);
        self.inputs.retain(|(to, _)| *to != who);
        (self.people[who].offline, self.people[who].away) = (true, true);
    }

    /// Switches it on again.
    pub(crate) fn come_back(&mut self, who: Who) {
        self.people[who].away = false;
        self.restart(who);
    }

    /// Cuts all links of somebody; what is on its way on them is lost.
    pub(crate) fn cut_all(&mut self, who: Who) {
        let ends: Vec<LinkId> =
            self.links.iter().filter(|(_, end)| end.owner == who).map(|(id, _)| *id).collect();
        ends.into_iter().for_each(|id| self.cut(id));
    }

    /// Cuts one of the links that are up.
    pub(crate) fn cut_one(&mut self, which: usize) {
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        if let Some(id) = which.checked_rem(ids.len()).and_then(|at| ids.get(at)) {
            self.cut(*id);
        }
    }

    pub(crate) fn cut(&mut self, id: LinkId) {
        let Some(end) = self.links.remove(&id) else { return };
        let other = self.links.remove(&end.other);
        let lost = |link: LinkId| link == id || link == end.other;
        self.inputs.retain(|(_, input)| !matches!(input, Input::Frame(link, _) if lost(*link)));
        self.inputs.push_back((end.owner, Input::LinkDown(id)));
        if let Some(other) = other {
            self.inputs.push_back((other.owner, Input::LinkDown(end.other)));
        }
    }

    /// The links of somebody over which a direct dial is answered.
    pub(crate) fn answers_direct(&self, who: Who) -> usize {
        let of = |link: &&LinkId| self.links.get(link).is_some_and(|end| end.owner == who);
        self.open_to_direct.iter().filter(of).count()
    }

    /// The links of somebody that are up.
    pub(crate) fn links_of(&self, who: Who) -> Vec<LinkId> {
        self.links.iter().filter(|(_, end)| end.owner == who).map(|(id, _)| *id).collect()
    }

    /// Opens a link of somebody who is no engine; returns the other end's id.
    pub(crate) fn attack(&mut self, who: Who) -> LinkId {
        let id = LinkId(self.number());
        let (path, peer_id) = (Path::Relayed("r".into()), vec![9]);
        let info = LinkInfo { dialled: false, path, peer_id, binding: [9; 32] };
        self.input(who, Input::LinkUp(id, None, info));
        id
    }

    /// Hands an input over at once.
    pub(crate) fn input(&mut self, who: Who, input: Input) {
        if self.people[who].away {
            return;
        }
        let outputs = self.people[who].engine.handle(input, self.now, &mut self.rng);
        self.obey(who, outputs);
    }

    pub(crate) fn command(&mut self, who: Who, command: Command) -> Result<Reply, CommandError> {
        self.input(who, Input::Command(CommandId(1), command));
        self.people[who].replies.pop().unwrap()
    }

    pub(crate) fn add(&mut self, who: Who, whom: Who) {
        let address = self.people[whom].address;
        let add = Command::AddContact { address, relays: Vec::new(), name: None };
        assert!(matches!(self.command(who, add), Ok(Reply::Done)));
    }

    pub(crate) fn send(&mut self, who: Who, whom: Who, text: &str) {
        let contact = self.people[whom].address;
        let send = Command::SendText { contact, text: text.into(), numbered: None };
        assert!(matches!(self.command(who, send), Ok(Reply::Queued(_))));
    }

    pub(crate) fn accept(&mut self, who: Who, whom: Who) {
        let accept = Command::AcceptRequest(self.people[whom].address);
        assert!(matches!(self.command(who, accept), Ok(Reply::Done)));
    }

    /// Makes two people contacts who have talked.
    pub(crate) fn befriend(&mut self, a: Who, b: Who) {
        self.add(a, b);
        self.send(a, b, "may I?");
        self.run();
        self.accept(b, a);
        self.run();
    }

    /// Delivers all that is on its way, without letting time pass.
    pub(crate) fn deliver(&mut self) {
        while let Some((who, input)) = self.inputs.pop_front() {
            self.input(who, input);
        }
    }

    /// Lets ten seconds pass.
    pub(crate) fn run(&mut self) {
        self.run_for(10_000);
    }

    /// Lets time pass from deadline to deadline.
    pub(crate) fn run_for(&mut self, millis: u64) {
        let end = self.now.plus_millis(millis);
        loop {
            self.deliver();
            let due = |person: &Person| person.engine.deadline().filter(|_| !person.away);
            let Some(next) = self.people.iter().filter_map(due).min() else { break };
            if next > end {
                break;
            }
            self.now = next.max(self.now);
            for who in
                (0..self.people.len()).filter(|who| !self.people[*who].away).collect::<Vec<_>>()
            {
                if self.people[who].engine.deadline().is_some_and(|at| at <= self.now) {
                    self.input(who, Input::DeadlinePassed);
                    let deadline = self.people[who].engine.deadline();
                    assert!(deadline.is_none_or(|at| at > self.now), "{who} wakes up in vain");
                }
            }
        }
        self.now = end;
    }

    /// Nothing is shown, answered or said that is not saved: a list with a message in it, ours or
    /// theirs, or a ciphertext that never went out before, begins with a `Persist`.
    fn check(&self, who: Who, outputs: &[Output]) {
        let fresh = |bytes: &Vec<u8>| matches!(bytes[4], 4 | 5) && !self.said.contains(bytes);
        let depends = outputs.iter().any(|output| match output {
            Output::Emit(Event::Message(_) | Event::Delivery { .. }) => true,
            Output::Send(_, bytes) => fresh(bytes),
            _ => false,
        });
        let saves = matches!(outputs.first(), Some(Output::Persist(_)));
        assert!(saves || !depends, "{who} speaks before it saves");
    }

    /// Runs a list of outputs, and checks what holds for every list.
    fn obey(&mut self, who: Who, outputs: Vec<Output>) {
        self.check(who, &outputs);
        for (place, output) in outputs.into_iter().enumerate() {
            match output {
                Output::Persist(changes) => {
                    assert_eq!(place, 0, "one Persist, before everything else");
                    self.people[who].save(changes.0);
                }
                Output::Reply(_, reply) => self.people[who].replies.push(reply),
                Output::Emit(event) => self.people[who].events.push(event),
                Output::Send(link, frame) => {
                    self.frames.push((who, link, frame.clone()));
                    self.said.insert(frame.clone());
                    if let Some(end) = self.links.get(&link)
                        && let Some(there) = self.links.get(&end.other)
                    {
                        self.inputs.push_back((there.owner, Input::Frame(end.other, frame)));
                    }
                }
                Output::Dial(dial, places) => {
                    let addresses = places.iter().map(|place| place.address.clone());
                    self.dialled.push((who, addresses.collect()));
                    let at =
                        |person: &Person| person.peer_id == places[0].peer_id && !person.offline;
                    match self.people.iter().position(at) {
                        Some(whom) => self.connect(who, whom, Some(dial)),
                        None => self.inputs.push_back((who, Input::DialFailed(dial))),
                    }
                }
                Output::DialDirect(dial, link) => {
                    self.direct_dials += 1;
                    let there = |end: &End| Some((end.other, self.links.get(&end.other)?.owner));
                    match self.links.get(&link).and_then(there) {
                        Some((there, whom))
                            if self.open_to_direct.contains(&there) && self.is_direct =>
                        {
                            self.connect_by(who, whom, Some(dial), Path::Direct);
                        }
                        _ => self.inputs.push_back((who, Input::DialFailed(dial))),
                    }
                }
                Output::AllowDirect(link) => drop(self.open_to_direct.insert(link)),
                Output::ForbidDirect(link) => drop(self.open_to_direct.remove(&link)),
                Output::Close(link, reason) => {
                    self.people[who].closed.push(reason);
                    // What was given to the link before still arrives.
                    if let Some(end) = self.links.remove(&link)
                        && let Some(other) = self.links.remove(&end.other)
                    {
                        self.inputs.push_back((other.owner, Input::LinkDown(end.other)));
                    }
                }
                Output::FindRecord(query, key, _) => {
                    let found = self.records.get(&key).cloned().into_iter().collect();
                    let input = Input::RecordsFound(query, found, Progress::Done);
                    self.inputs.push_back((who, input));
                }
                Output::PublishRecord(query, key, value, _) => {
                    let holders = self.store(key, value);
                    self.inputs.push_back((who, Input::RecordPublished(query, holders)));
                }
                Output::FindStamp(query, puzzle) => {
                    let stamp = pow::search(&puzzle, 0, u32::MAX).unwrap();
                    self.inputs.push_back((who, Input::StampFound(query, stamp)));
                }
                Output::Cancel(_) => {}
            }
        }
    }

    fn store(&mut self, key: RecordKey, value: Vec<u8>) -> Holders {
        self.published += 1;
        let kad_key = key.to_kad_key();
        record::validate(&kad_key, &value, Publisher::Absent, self.now, BITS).unwrap();
        let stored = self.records.entry(key).or_insert_with(|| value.clone());
        if record::select(stored, &value) == Selection::Replace {
            stored.clone_from(&value);
        }
        if *stored == value {
            Holders { same: 1, servers: 1, others: Vec::new() }
        } else {
            Holders { same: 0, servers: 1, others: vec![stored.clone()] }
        }
    }

    fn connect(&mut self, who: Who, whom: Who, dial: Option<lowkey_protocol::DialId>) {
        self.connect_by(who, whom, dial, Path::Relayed("r".into()));
    }

    fn connect_by(
        &mut self,
        who: Who,
        whom: Who,
        dial: Option<lowkey_protocol::DialId>,
        path: Path,
    ) {
        let (ours, theirs) = (LinkId(self.number()), LinkId(self.number()));
        self.links.insert(ours, End { owner: who, other: theirs });
        self.links.insert(theirs, End { owner: whom, other: ours });
        let ids = [self.people[who].peer_id.clone(), self.people[whom].peer_id.clone()];
        let binding: [u8; 32] = Sha256::digest(ids.concat()).into();
        let [own, peer] = ids;
        let info = |dialled, peer_id| LinkInfo { dialled, path: path.clone(), peer_id, binding };
        self.inputs.push_back((who, Input::LinkUp(ours, dial, info(true, peer))));
        self.inputs.push_back((whom, Input::LinkUp(theirs, None, info(false, own))));
    }
}
