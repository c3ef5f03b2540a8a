//! Links: streams on which frames come and go, and who is behind each (PROTOCOL.md, "Both start
//! at once; several sessions; repair", *Stream*).
//!
//! The dialer greets with HELLO; the listener answers KNOWN or UNKNOWN. A link belongs to a contact
//! when a tag fits, when a message newly decrypts, or when we dialled what their record names.
//! Invariant: a replayed message never makes a link the one that speaks.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    Address, MillisOffset, SessionId, Timestamp,
    engine::{
        Engine,
        contacts::{Contact, Relation},
        input::{LinkId, LinkInfo, Path},
        output::{CloseReason, DialId, Misbehaviour, Output, Reach},
        step::Step,
        timer::Timer,
    },
    limits,
};

mod greeting;

/// All links.
#[derive(Default)]
pub(crate) struct Links {
    links: BTreeMap<LinkId, Link>,
    count: u64,
}

/// One link.
pub(crate) struct Link {
    info: LinkInfo,
    state: LinkState,
    opened: Timestamp,
    order: u64,
    /// UNKNOWN was the answer to our greeting: a handshake must be what we send first.
    owes_handshake: bool,
    /// The other side has shown that it is there: by KNOWN, a tag that fits, or a message.
    proven: bool,
    /// The peer behind it may dial us directly.
    may_meet: bool,
}

/// Who is behind a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// We dialled and greeted with this session's tag, or a random one.
    Greeting { who: Address, session: Option<SessionId> },
    /// They dialled, and must greet.
    Expecting,
    /// They greeted with a tag that fits nobody, and must prove a key.
    Unproven,
    /// This contact, or this request's sender.
    Open(Address),
    /// Somebody whom we do not hear.
    Deaf,
}

impl Links {
    /// Returns the link that speaks to a contact: of their last start direct before relayed, then
    /// the newest.
    pub(crate) fn active(&self, who: &Address) -> Option<LinkId> {
        self.of(who).max_by_key(|(_, link)| self.rank(who, link)).map(|(id, _)| id)
    }

    /// Returns the link to a contact that is worth least.
    pub(crate) fn worst(&self, who: &Address) -> Option<LinkId> {
        self.of(who).min_by_key(|(_, link)| self.rank(who, link)).map(|(id, _)| id)
    }

    /// A peer that begins again, as after a crash, has a new peer id: however good a link to the one
    /// before was, nobody is there any more, which it may take long to notice.
    fn rank(&self, who: &Address, link: &Link) -> (u64, bool, u64) {
        let same_start = |other: &&Link| other.info.peer_id == link.info.peer_id;
        let links = self.of(who).map(|(_, other)| other);
        let start = links.filter(same_start).map(|other| other.order).min();
        (start.unwrap_or(link.order), link.is_direct(), link.order)
    }

    /// Tells whether a link to a contact is up or greeting.
    pub(crate) fn has(&self, who: &Address) -> bool {
        self.links.values().any(|link| link.is_to(who))
    }

    /// Returns how a contact is reached over the links that are up.
    pub(crate) fn reach(&self, who: &Address) -> Option<Reach> {
        let link = self.links.get(&self.active(who)?)?;
        Some(match &link.info.path {
            Path::Direct => Reach::Direct,
            Path::Relayed(relay) => Reach::ThroughRelay(relay.clone()),
        })
    }

    /// Sets whether the peers behind a contact's proven links may dial us directly; returns what
    /// has changed.
    pub(crate) fn allow_direct(&mut self, who: &Address, may: bool) -> Vec<(LinkId, bool)> {
        let open = LinkState::Open(*who);
        let of = |link: &Link| link.state == open && link.proven && !link.is_direct();
        let changed = self.links.iter_mut().filter(|(_, link)| of(link) && link.may_meet != may);
        changed
            .map(|(id, link)| {
                link.may_meet = may;
                (*id, may)
            })
            .collect()
    }

    /// Returns the direct links to a contact that are up or greeting.
    pub(crate) fn direct_to(&self, who: &Address) -> alloc::vec::IntoIter<LinkId> {
        let to = |link: &Link| link.is_direct() && link.is_to(who);
        let ids = self.links.iter().filter(|(_, link)| to(link)).map(|(id, _)| *id);
        ids.collect::<Vec<_>>().into_iter()
    }

    /// Returns the relayed link to a contact from which a direct one is dialled: one that we
    /// dialled, so that only one side does.
    pub(crate) fn upgradable(&self, who: &Address) -> Option<LinkId> {
        self.of(who)
            .filter(|(_, link)| link.info.dialled && link.may_meet && !link.is_direct())
            .max_by_key(|(_, link)| link.order)
            .map(|(id, _)| id)
    }

    pub(crate) fn state(&self, id: LinkId) -> Option<LinkState> {
        self.links.get(&id).map(|link| link.state)
    }

    /// Tells whether a handshake must be what we send first on a link.
    pub(crate) fn owes_handshake(&self, id: LinkId) -> bool {
        self.links.get(&id).is_some_and(|link| link.owes_handshake)
    }

    /// Notes that the other side has shown that it is there.
    pub(crate) fn prove(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.proven = true;
        }
    }

    /// Notes that a handshake was sent on a link that owed one.
    pub(crate) fn pay_handshake(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.owes_handshake = false;
        }
    }

    /// Returns the links that are up to a contact.
    pub(crate) fn open_to(&self, who: &Address) -> impl Iterator<Item = LinkId> {
        self.of(who).map(|(id, _)| id)
    }

    /// Moves moments with the clock.
    pub(crate) fn shift(&mut self, offset: MillisOffset) {
        for link in self.links.values_mut() {
            link.opened = link.opened.shifted(offset);
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LinkId> {
        self.links.keys().copied()
    }

    fn of(&self, who: &Address) -> impl Iterator<Item = (LinkId, &Link)> {
        let open = LinkState::Open(*who);
        self.links.iter().filter(move |(_, link)| link.state == open).map(|(id, link)| (*id, link))
    }

    /// Returns the oldest link behind which nobody is whom we answer, if there are too many.
    fn surplus_stranger(&self) -> Option<LinkId> {
        let stranger =
            |state| matches!(state, LinkState::Expecting | LinkState::Unproven | LinkState::Deaf);
        let strangers = || self.links.iter().filter(|(_, link)| stranger(link.state));
        let over = strangers().count() > limits::STRANGER_LINKS || self.links.len() > limits::LINKS;
        strangers().min_by_key(|(_, link)| link.order).map(|(id, _)| *id).filter(|_| over)
    }
}

impl Link {
    fn is_direct(&self) -> bool {
        self.info.path == Path::Direct
    }

    fn is_to(&self, who: &Address) -> bool {
        match self.state {
            LinkState::Open(have) | LinkState::Greeting { who: have, .. } => have == *who,
            _ => false,
        }
    }
}

impl Engine {
    /// Returns the link that speaks to a contact, if both sides talk.
    pub fn link_to(&self, who: &Address) -> Option<LinkId> {
        self.talks_with(who).then(|| self.links.active(who)).flatten()
    }

    /// Returns the contact behind a link, if both sides talk.
    pub fn contact_behind(&self, link: LinkId) -> Option<Address> {
        match self.links.state(link) {
            Some(LinkState::Open(who)) if self.talks_with(&who) => Some(who),
            _ => None,
        }
    }

    fn talks_with(&self, who: &Address) -> bool {
        let talks =
            |contact: &Contact| contact.may_answer() && contact.relation == Relation::Contact;
        self.contacts.get(who).is_some_and(talks)
    }

    pub(crate) fn handle_link_up(
        &mut self,
        id: LinkId,
        dial: Option<DialId>,
        info: LinkInfo,
        step: &mut Step<'_>,
    ) {
        let who = dial.and_then(|dial| {
            self.take_upgrade(dial);
            self.take_dial(dial, step)
        });
        let state = match (who, info.dialled) {
            _ if self.own.elsewhere.is_some() => None,
            (Some(who), true) => self.greet(id, who, &info, step),
            (None, false) => Some(LinkState::Expecting),
            // A dial for somebody who was removed or blocked since.
            _ => None,
        };
        let Some(state) = state else {
            step.output(Output::Close(id, CloseReason::Ended));
            return;
        };
        self.links.count = self.links.count.saturating_add(1);
        let (opened, order) = (step.now, self.links.count);
        let link = Link {
            info,
            state,
            opened,
            order,
            owes_handshake: false,
            proven: false,
            may_meet: false,
        };
        self.links.links.insert(id, link);
        self.timers.set(Timer::Proof(id), step.now.plus_millis(limits::PROOF_MS));
        if let Some(who) = who {
            // The dial may have been the last that the attempt waited for.
            self.end_attempt(who, step);
        }
        if let Some(surplus) = self.links.surplus_stranger() {
            self.close_link(surplus, CloseReason::Idle, step);
        }
    }

    pub(crate) fn handle_proof_due(&mut self, id: LinkId, step: &mut Step<'_>) {
        let reason = match self.links.state(id) {
            Some(LinkState::Expecting | LinkState::Unproven) => {
                CloseReason::Misbehaviour(Misbehaviour::Silent)
            }
            _ => CloseReason::Idle,
        };
        self.close_link(id, reason, step);
    }

    pub(crate) fn handle_stranger_due(&mut self, id: LinkId, step: &mut Step<'_>) {
        let accepted = match self.links.state(id) {
            Some(LinkState::Open(who)) => self.may_answer(&who),
            _ => false,
        };
        if !accepted {
            self.close_link(id, CloseReason::Idle, step);
        }
    }

    /// Closes all links to a contact but the one that speaks. Only the side with the smaller key
    /// does so: both never close different ones; and what was on its way is sent again.
    pub(crate) fn handle_duplicate_due(&mut self, who: Address, step: &mut Step<'_>) {
        if self.own.identity.address() > who {
            return;
        }
        let Some(active) = self.links.active(&who) else { return };
        let worse: Vec<LinkId> =
            self.links.of(&who).map(|(id, _)| id).filter(|id| *id != active).collect();
        for id in worse {
            self.close_link(id, CloseReason::Duplicate, step);
        }
    }

    /// Closes a link from our side.
    pub(crate) fn close_link(&mut self, id: LinkId, reason: CloseReason, step: &mut Step<'_>) {
        if self.links.links.contains_key(&id) {
            step.output(Output::Close(id, reason));
            self.handle_link_down(id, step);
        }
    }

    /// Closes all links to a contact.
    pub(crate) fn close_links_to(
        &mut self,
        who: Address,
        reason: CloseReason,
        step: &mut Step<'_>,
    ) {
        let to = self.links.links.iter().filter(|(_, link)| link.is_to(&who));
        let ids: Vec<LinkId> = to.map(|(id, _)| *id).collect();
        for id in ids {
            self.close_link(id, reason, step);
        }
    }

    pub(crate) fn handle_link_down(&mut self, id: LinkId, step: &mut Step<'_>) {
        let Some(link) = self.links.links.remove(&id) else { return };
        self.timers.stop(Timer::Proof(id));
        self.timers.stop(Timer::Stranger(id));
        if let LinkState::Open(who) | LinkState::Greeting { who, .. } = link.state {
            let lasted = step.now.millis_since(link.opened) >= limits::LINK_SETTLED_MS;
            self.handle_link_lost(who, link.proven && lasted, step);
            if link.is_direct() {
                self.handle_direct_lost(who, link.proven, link.opened, step);
            }
            step.touch(who);
        }
    }

    /// The network has seen how the bytes of a link really travel.
    pub(crate) fn handle_path_changed(&mut self, id: LinkId, path: Path, step: &mut Step<'_>) {
        let Some(link) = self.links.links.get_mut(&id) else { return };
        link.info.path = path;
        if let LinkState::Open(who) | LinkState::Greeting { who, .. } = link.state {
            step.touch(who);
        }
    }

    fn set_link_state(&mut self, id: LinkId, state: LinkState) {
        if let Some(link) = self.links.links.get_mut(&id) {
            link.state = state;
        }
    }

    /// Tells whether somebody may learn anything from us.
    pub(crate) fn may_answer(&self, who: &Address) -> bool {
        self.contacts.get(who).is_some_and(Contact::may_answer)
    }
}
