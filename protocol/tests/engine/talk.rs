//! Two people: found by address alone, request, accept, messages both ways.

use lowkey_protocol::{
    DeliveryState::{Delivered, SentAwaitingAnswer, Waiting},
    Event, Findable, Reach, Standing,
};

use crate::net::Net;

#[test]
fn two_people_who_know_only_addresses_talk() {
    let mut net = Net::with(2, 1);
    let (a, b) = (net.people[0].address, net.people[1].address);
    let findable =
        |event: &Event| matches!(event, Event::Own(own) if own.findable == Findable::Yes);
    assert!(net.people.iter().all(|person| person.events.iter().any(findable)));

    net.add(0, 1);
    assert_eq!(net.people[0].view(&b).unwrap().standing, Standing::Invited);
    net.send(0, 1, "hello");
    assert_eq!(net.people[0].states(&b), [Waiting]);
    net.deliver();
    assert_eq!(net.people[0].states(&b), [SentAwaitingAnswer]);
    let request = net.people[1].view(&a).unwrap();
    assert_eq!((request.standing, request.unread), (Standing::Request, 1));
    assert_eq!(net.people[1].texts(&a), ["hello"]);

    net.accept(1, 0);
    net.deliver();
    assert_eq!(net.people[0].states(&b), [Delivered]);
    assert_eq!(net.people[0].view(&b).unwrap().standing, Standing::Contact);
    assert_eq!(net.people[0].view(&b).unwrap().reach, Reach::ThroughRelay("r".into()));

    net.send(1, 0, "hello yourself");
    net.run();
    assert_eq!(net.people[1].states(&a), [Delivered]);
    for number in 0..5 {
        net.send(0, 1, &format!("a{number}"));
        net.send(1, 0, &format!("b{number}"));
    }
    net.run();
    assert_eq!(net.people[0].texts(&b), net.people[1].texts(&a));
    assert_eq!(net.people[0].texts(&b).len(), 12);
    assert!(net.people[0].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&a).iter().all(|state| *state == Delivered));
}
