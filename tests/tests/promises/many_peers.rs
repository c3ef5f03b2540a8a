//! Five relays and twenty people: whoever has the address finds the person and talks to them, and
//! a relay that dies in the middle loses nothing.

use futures::future::join_all;
use lowkey_tests::native::{Node, Person};

/// Starts relays that know each other.
async fn relays(count: usize) -> Vec<Node> {
    let mut relays: Vec<Node> = Vec::new();
    for _ in 0..count {
        let known: Vec<String> = relays.iter().map(Node::origin).collect();
        relays.push(Node::start(&known).await);
    }
    for relay in &relays {
        relay.until_it_knows(count - 1).await;
    }
    relays
}

/// Starts people who know one relay each, in turn; all can be found.
async fn people(count: u64, relays: &[Node]) -> Vec<Person> {
    let start = |number: u64| {
        let relay = &relays[number as usize % relays.len()];
        async move { Person::start(number, vec![relay.address()]).await }
    };
    let people = join_all((0..count).map(start)).await;
    join_all(people.iter().map(Person::until_findable)).await;
    people
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_people_on_five_relays_find_each_other() {
    let relays = relays(5).await;
    let people = people(20, &relays).await;
    // Each adds the next one and one farther away, who have another relay, and writes.
    let talk = |number: usize| {
        let people = &people;
        async move {
            let one = &people[number];
            for step in [1, 7] {
                let other = &people[(number + step) % people.len()];
                one.add(other.address).await;
                let ids = [
                    one.write(other.address, &format!("{number} writes, step {step}")).await,
                    one.write(other.address, &format!("{number} writes again, {step}")).await,
                ];
                other.accept(one.address).await;
                for id in ids {
                    one.until_delivered(other.address, id).await;
                }
                let answer = format!("answer to {number}, step {step}");
                let id = other.write(one.address, &answer).await;
                other.until_delivered(one.address, id).await;
            }
        }
    };
    join_all((0..people.len()).map(talk)).await;
    for (number, one) in people.iter().enumerate() {
        for step in [1, 7] {
            let other = &people[(number + step) % people.len()];
            let expected = [
                format!("{number} writes, step {step}"),
                format!("{number} writes again, {step}"),
                format!("answer to {number}, step {step}"),
            ];
            assert_eq!(one.texts(other.address), expected);
            assert_eq!(other.texts(one.address), expected);
        }
        assert!(one.broken().is_empty(), "{:?}", one.broken());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_dies_in_the_middle_loses_nothing() {
    let mut relays = relays(2).await;
    let people = people(2, &relays).await;
    let [one, other] = [&people[0], &people[1]];
    one.add(other.address).await;
    let id = one.write(other.address, "before").await;
    other.accept(one.address).await;
    one.until_delivered(other.address, id).await;

    for (dies, lost) in people.iter().enumerate() {
        let kept = relays.remove(dies).kill().await;
        lost.until("the relay is gone", |view| view.connected() < 2).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            let text = format!("while {dies} is dead, {number}");
            ids.push((one, other, one.write(other.address, &text).await));
            ids.push((other, one, other.write(one.address, &text).await));
        }
        relays.insert(dies, kept.start().await);
        for (from, to, id) in ids {
            from.until_delivered(to.address, id).await;
        }
    }
    for (reader, writer) in [(one, other), (other, one)] {
        let texts = reader.texts(writer.address);
        assert_eq!(texts.len(), 21, "{texts:#?}");
        assert!(reader.broken().is_empty(), "{:?}", reader.broken());
    }
}
