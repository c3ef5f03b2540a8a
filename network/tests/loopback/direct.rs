//! Direct links between native peers: made over the relay, then on their own.

use lowkey_network::RelayState;
use lowkey_protocol::{Address, Command, DeliveryState, Reach};

use crate::{
    person::{self, Person, Seen},
    relay::TestRelay,
};

pub(crate) fn reach(seen: &Seen, who: Address) -> Option<Reach> {
    seen.contacts.get(&who).map(|contact| contact.reach.clone())
}

/// Two contacts whose link has become direct.
pub(crate) async fn direct_contacts(relay: &TestRelay) -> (Person, Person) {
    let mut one = Person::start(&[relay]).await;
    let mut two = Person::start(&[relay]).await;
    person::become_contacts(&mut one, &mut two).await;
    become_direct(&mut one, &mut two).await;
    (one, two)
}

async fn become_direct(one: &mut Person, two: &mut Person) {
    let (first, second) = (one.address(), two.address());
    one.wait("a direct link", |seen| reach(seen, second) == Some(Reach::Direct)).await;
    two.wait("a direct link", |seen| reach(seen, first) == Some(Reach::Direct)).await;
}

/// A text goes from one to the other and is acknowledged.
pub(crate) async fn talk(one: &mut Person, two: &mut Person, text: &str) {
    let (first, second) = (one.address(), two.address());
    one.say(second, text).await;
    let is = |seen: &Seen, who: Address, wanted: fn(DeliveryState) -> bool| {
        seen.with(who).iter().any(|message| message.text == text && wanted(message.state))
    };
    two.wait(text, |seen| is(seen, first, |_| true)).await;
    one.wait("Delivered", |seen| is(seen, second, |state| state == DeliveryState::Delivered)).await;
}

#[tokio::test]
async fn contacts_move_to_a_direct_link_and_do_without_the_relay() {
    let relay = TestRelay::start().await;
    let (mut one, mut two) = direct_contacts(&relay).await;
    talk(&mut one, &mut two, "with a relay").await;
    relay.stop().await;
    for person in [&mut one, &mut two] {
        person.wait("lost", |seen| seen.relay_state() == Some(RelayState::Lost)).await;
    }
    talk(&mut one, &mut two, "without one").await;
    talk(&mut two, &mut one, "and back").await;
    let second = two.address();
    assert_eq!(reach(&one.seen, second), Some(Reach::Direct));
}

#[tokio::test]
async fn who_hides_the_address_goes_back_to_the_relay_and_comes_again() {
    let relay = TestRelay::start().await;
    let (mut one, mut two) = direct_contacts(&relay).await;
    let (first, second) = (one.address(), two.address());
    for (hide, from) in [(true, Some(first)), (false, Some(first)), (true, None), (false, None)] {
        two.handle.command(Command::HideAddress { contact: from, hide }).await.unwrap();
        if hide {
            let relayed =
                |seen: &Seen, who| matches!(reach(seen, who), Some(Reach::ThroughRelay(_)));
            one.wait("a relayed link", |seen| relayed(seen, second)).await;
            two.wait("a relayed link", |seen| relayed(seen, first)).await;
        } else {
            become_direct(&mut one, &mut two).await;
        }
        talk(&mut one, &mut two, &format!("hidden {hide} from {from:?}")).await;
        talk(&mut two, &mut one, &format!("back, hidden {hide} from {from:?}")).await;
    }
}

#[tokio::test]
async fn a_peer_that_vanishes_is_noticed_on_a_direct_link() {
    let relay = TestRelay::start().await;
    let (mut one, two) = direct_contacts(&relay).await;
    let second = two.address();
    two.stop().await;
    one.wait("the end", |seen| reach(seen, second) != Some(Reach::Direct)).await;
}
