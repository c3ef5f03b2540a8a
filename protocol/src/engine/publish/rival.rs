//! Records of ours that we did not make: another machine with our phrase, or a copied profile
//! (PROTOCOL.md, "One phrase on two machines").

use crate::{
    engine::{
        Engine, contacts::Install, output::CloseReason, own::KnownTo, publish::Slot, step::Step,
    },
    identity::Generation,
    record::{self, Inbox, Kind, Presence},
};

impl Engine {
    /// Looks at a value found at a location of ours: adopts its number, and stops this machine if
    /// a newer install, or a copy of this one, made it.
    pub(super) fn meet_own_record(&mut self, slot: Slot, value: &[u8], step: &mut Step<'_>) {
        let bits = self.params.stamp_bits;
        let credential = &self.own.credential;
        let opened = record::open(credential, slot.kind, slot.epoch, value, step.now, bits);
        let Ok(opened) = opened else { return };
        let install = &self.own.install;
        let ours = Install { generation: install.generation(), ikd: install.pair().public() };
        let made = self.own.published.get(&slot).copied();
        let beyond = made.is_none_or(|made| opened.seq > made);
        let (generation, newer, own) = match slot.kind {
            Kind::Presence => {
                let Ok(presence) = Presence::decode(&opened.body) else { return };
                let theirs = presence.generation;
                let own = theirs == ours.generation && !beyond;
                (theirs, theirs > ours.generation, own)
            }
            Kind::Inbox => {
                let Ok(inbox) = Inbox::decode(&self.own.identity.key(), &opened.body) else {
                    return;
                };
                let theirs = Install { generation: inbox.bundle.generation, ikd: inbox.bundle.ikd };
                (theirs.generation, theirs > ours, theirs == ours)
            }
        };
        let read_back = self.publish.slots.get(&slot).and_then(|it| it.read_back);
        let copied = generation == ours.generation && read_back.is_some() && beyond;
        if beyond {
            self.own.published.insert(slot, opened.seq);
        }
        if self.own.known < KnownTo::All && generation >= ours.generation && !own {
            // This install is new, and newer than all that were before it.
            self.own.renew_install(generation, step);
            self.contacts.keys().for_each(|who| step.touch(*who));
        } else if newer || copied {
            self.stop_here(generation, step);
        }
    }

    /// Another machine goes on with our phrase: this one publishes and sends nothing any more.
    fn stop_here(&mut self, generation: Generation, step: &mut Step<'_>) {
        if self.own.elsewhere.is_some() {
            return;
        }
        self.own.elsewhere = Some(generation);
        self.stop_publications(step);
        let contacts: alloc::vec::Vec<_> = self.contacts.keys().copied().collect();
        for who in contacts {
            self.stop_seeking(who, step);
            step.touch(who);
        }
        let links: alloc::vec::Vec<_> = self.links.ids().collect();
        for link in links {
            self.close_link(link, CloseReason::Ended, step);
        }
    }
}
