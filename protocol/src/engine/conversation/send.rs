//! What goes to a contact: their messages on the link that speaks, acknowledgements, and the
//! handshake before both if a session is due.

use crate::{
    Address, Timestamp,
    engine::{
        Engine,
        contacts::Relation,
        conversation::{ended::Ended, entry::Payload, inbox::Again, receive::emit_delivery},
        input::{LinkId, Numbered},
        output::{
            Author, CloseReason, DeliveryState, Event, MessageId, MessageOrder, MessageView,
            Output, Table,
        },
        step::Step,
        timer::Timer,
    },
    limits,
    wire::Origin,
};

impl Engine {
    /// Gives a contact's link all that it should have.
    pub(crate) fn flush(&mut self, who: Address, step: &mut Step<'_>) {
        if self.own.elsewhere.is_some() || !self.may_answer(&who) {
            return;
        }
        if self.links.active(&who).is_none() {
            return;
        }
        self.tell_name(who, step);
        self.tell_addresses(who, step);
        let speaks = self.ready_session(who, step);
        if let Some(link) = speaks.then(|| self.speaking_link(who, step)).flatten()
            && let Some(contact) = self.contacts.get(&who)
        {
            for order in contact.talk.outbox.due(link) {
                self.send_entry(who, order, link, step);
            }
            self.acknowledge(who, link, step);
        }
        self.say_ends(who, step);
        self.watch_answers(who, step);
        self.leave_useless_link(who, step);
    }

    /// Closes a link on which a handshake is owed when there is nothing left to begin one for.
    fn leave_useless_link(&mut self, who: Address, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get(&who) else { return };
        let says = contact.talk.outbox.is_active() || contact.has_to_close();
        if contact.rests()
            && !says
            && let Some(link) = self.links.active(&who)
            && self.links.owes_handshake(link)
        {
            self.close_link(link, CloseReason::Idle, step);
        }
    }

    /// Returns the link to speak on. One that owes a handshake is of no use when another link brought
    /// a session meanwhile, which has no handshake to send: it is given up.
    fn speaking_link(&mut self, who: Address, step: &mut Step<'_>) -> Option<LinkId> {
        let own = self.own.install.generation();
        let contact = self.contacts.get(&who)?;
        let confirmed = contact.talk.sessions.speaks(contact.install, own)?.session.is_confirmed();
        while let Some(link) = self.links.active(&who) {
            if !self.links.owes_handshake(link) {
                return Some(link);
            }
            if !confirmed {
                self.links.pay_handshake(link);
                self.contacts.get_mut(&who)?.talk.owes_sign = true;
                return Some(link);
            }
            self.close_link(link, CloseReason::Duplicate, step);
        }
        None
    }

    /// Queues a message; returns its name.
    pub(crate) fn queue(
        &mut self,
        who: Address,
        payload: Payload,
        numbered: Option<Numbered>,
        step: &mut Step<'_>,
    ) -> Option<MessageId> {
        let fresh = Origin(step.random());
        let contact = self.contacts.get_mut(&who)?;
        contact.talk.ended = None;
        let lamport = contact.talk.tick();
        let order = contact.talk.outbox.push(payload, lamport, step.now, fresh, numbered);
        let entry = contact.talk.outbox.get(order)?.clone();
        self.save_entry(who, order, step);
        if let Payload::Text(text) = &entry.payload {
            let view = MessageView {
                contact: who,
                id: entry.id(),
                author: Author::Me,
                text: text.clone(),
                sent: Timestamp::from_millis(entry.sent_ms),
                order,
                state: DeliveryState::Waiting,
                gap_before: false,
            };
            self.save_history(&view, step);
            step.emit(Event::Message(view));
        }
        step.touch(who);
        Some(entry.id())
    }

    /// Tells a contact our profile name if they have another one.
    fn tell_name(&mut self, who: Address, step: &mut Step<'_>) {
        let name = self.own.name.clone();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        // A request has room for one name.
        let first = contact.told_name.is_none() && contact.talk.outbox.texts() > 0;
        let talks = contact.relation == Relation::Contact || first;
        if contact.told_name != name && talks && !contact.rests() {
            contact.told_name.clone_from(&name);
            self.queue(who, Payload::Name(name.unwrap_or_default()), None, step);
        }
    }

    fn send_entry(&mut self, who: Address, order: MessageOrder, link: LinkId, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let Some((frame, fresh)) = contact.encrypt_entry(&self.own, order, step) else { return };
        let state = if contact.relation == Relation::Invited {
            DeliveryState::SentAwaitingAnswer
        } else {
            DeliveryState::Sending
        };
        let changed = contact.talk.outbox.went_out(order, link, state, step.now);
        if let Some(entry) = contact.talk.outbox.get(order).filter(|_| changed) {
            emit_delivery(who, entry, entry.state, step);
        }
        if fresh || changed {
            self.save_entry(who, order, step);
        }
        step.output(Output::Send(link, frame));
    }

    /// Tells a contact where we can be dialled now, so that they need not look us up when the link
    /// is lost.
    fn tell_addresses(&mut self, who: Address, step: &mut Step<'_>) {
        let own = &self.own.addresses;
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let talks = contact.relation == Relation::Contact && !own.addresses.is_empty();
        if !talks || contact.rests() || contact.told_addresses == own.addresses {
            return;
        }
        contact.told_addresses.clone_from(&own.addresses);
        if !contact.talk.outbox.waits(&Payload::Addresses) {
            self.queue(who, Payload::Addresses, None, step);
        }
    }

    /// Sends a message that only acknowledges, if one is owed; a burst gets one for all.
    fn acknowledge(&mut self, who: Address, link: LinkId, step: &mut Step<'_>) {
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        let talk = &mut contact.talk;
        match talk.inbox.settle_duplicates(step.now) {
            Again::Nothing => {}
            Again::Later(at) => self.timers.set_earlier(Timer::Acknowledge(who), at),
            Again::Owed => talk.owes_sign = true,
        }
        if !talk.inbox.owes() && !talk.owes_sign {
            return;
        }
        let next = talk.acked_at.map(|at| at.plus_millis(limits::ACK_PAUSE_MS));
        if let Some(next) = next.filter(|next| *next > step.now && !talk.owes_sign) {
            self.timers.set_earlier(Timer::Acknowledge(who), next);
            return;
        }
        if let Some(frame) = contact.encrypt_sign(&self.own, step) {
            contact.talk.acked_at = Some(step.now);
            step.output(Output::Send(link, frame));
        }
    }

    /// Waits for acknowledgements of what is out, or for the first sign of life in a session that
    /// is too new for what waits: it has no room for long texts before that.
    fn watch_answers(&mut self, who: Address, step: &Step<'_>) {
        let timer = Timer::Resend(who);
        let own = self.own.install.generation();
        let Some(contact) = self.contacts.get(&who) else { return };
        let outbox = &contact.talk.outbox;
        let speaks = contact.talk.sessions.speaks(contact.install, own).is_some();
        let waits = (speaks && outbox.outstanding() > 0)
            || (outbox.is_active() && contact.is_unconfirmed(own))
            || contact.has_to_close();
        if contact.relation != Relation::Contact || !waits {
            self.timers.stop(timer);
        } else if !self.timers.is_set(timer) {
            let pause = limits::RESEND_MS.saturating_mul(1 << contact.talk.resends.min(16));
            let pause = pause.min(limits::RESEND_MOST_MS);
            self.timers.set(timer, step.now.plus_millis(pause));
        }
    }

    /// Nothing was acknowledged for long: sends again, then gives the link up.
    pub(crate) fn handle_resend_due(&mut self, who: Address, step: &mut Step<'_>) {
        let own = self.own.install.generation();
        let Some(contact) = self.contacts.get_mut(&who) else { return };
        // Its answer may have been lost with a link, and nothing else may be there to be answered.
        contact.talk.owes_sign |= contact.is_unconfirmed(own);
        contact.talk.resends = contact.talk.resends.saturating_add(1);
        contact.talk.outbox.unlink();
        contact.talk.sessions.ended_mut().for_each(Ended::unlink);
        step.touch(who);
        if contact.talk.resends >= limits::RESENDS_PER_LINK
            && let Some(link) = self.links.active(&who)
        {
            self.close_link(link, CloseReason::Idle, step);
        }
    }

    /// Saves an entry of the outbox.
    pub(crate) fn save_entry(&self, who: Address, order: MessageOrder, step: &mut Step<'_>) {
        use prost::Message as _;
        let Some(contact) = self.contacts.get(&who) else { return };
        let Some(entry) = contact.talk.outbox.get(order) else { return };
        let plain = zeroize::Zeroizing::new(entry.encode().encode_to_vec());
        contact.keys.put(Table::Outbox, contact.row_key(&order.0), &plain, step);
    }
}
