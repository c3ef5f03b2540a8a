//! A conversation that moves between the relay and the direct path, again and again, loses
//! nothing, shows nothing twice and keeps each writer's order.

use std::time::Instant;

use futures::future::{join, join_all};
use lowkey_protocol::{Author, Command, DeliveryState, Reach};
use lowkey_tests::native::{Node, Person};

/// How often the path changes, and what each side writes meanwhile.
const SWITCHES: usize = 100;
const TEXTS_A_SWITCH: usize = 50;

/// Waits until each reaches the other in this way.
async fn both_reach(one: &Person, other: &Person, what: &str, way: fn(&Reach) -> bool) {
    join(one.until_reach(other.address, what, way), other.until_reach(one.address, what, way))
        .await;
}

/// Writes texts that say who wrote them and when.
async fn write(from: &Person, to: &Person, name: &str, switch: usize) -> Vec<String> {
    let texts = (0..TEXTS_A_SWITCH).map(|text| format!("{name}, switch {switch}, {text}"));
    let texts: Vec<_> = texts.collect();
    for text in &texts {
        from.write(to.address, text).await;
    }
    texts
}

/// Hides the address or shows it. Both do so at once: the one who dials must find the other ready.
async fn hide(one: &Person, other: &Person, hide: bool) {
    let hiding = |contact| Command::HideAddress { contact: Some(contact), hide };
    let told = join(one.ask(hiding(other.address)), other.ask(hiding(one.address))).await;
    assert!(told.0.is_ok() && told.1.is_ok(), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the wall time of the run is reported")]
async fn ten_thousand_messages_cross_a_hundred_switches() {
    let relay = Node::start(&[]).await;
    let start = |seed| Person::neighbour(seed, vec![relay.address()]);
    let [one, other] = [start(1).await, start(2).await];
    join_all([one.until_findable(), other.until_findable()]).await;
    one.add(other.address).await;
    let first = one.write(other.address, "one, first").await;
    other.accept(one.address).await;
    one.until_delivered(other.address, first).await;
    both_reach(&one, &other, "direct at first", |reach| *reach == Reach::Direct).await;

    let begin = Instant::now();
    let (mut by_one, mut by_other) = (vec!["one, first".to_owned()], Vec::new());
    for switch in 0..SWITCHES {
        let hidden = switch % 2 == 0;
        let change = async {
            hide(&one, &other, hidden).await;
            if hidden {
                let way = |reach: &Reach| matches!(reach, Reach::ThroughRelay(_));
                both_reach(&one, &other, "relayed", way).await;
            } else {
                both_reach(&one, &other, "direct", |reach| *reach == Reach::Direct).await;
            }
        };
        let writing =
            join(write(&one, &other, "one", switch), write(&other, &one, "other", switch));
        let ((), (mine, theirs)) = join(change, writing).await;
        by_one.extend(mine);
        by_other.extend(theirs);
    }

    for (writer, reader, wrote) in [(&one, &other, &by_one), (&other, &one, &by_other)] {
        writer.until_all_are(reader.address, DeliveryState::Delivered).await;
        assert!(
            &reader.texts_by(writer.address, Author::Them) == wrote,
            "lost, twice or disordered"
        );
        assert!(&writer.texts_by(reader.address, Author::Me) == wrote, "the writer's own screen");
        assert!(writer.broken().is_empty(), "{:?}", writer.broken());
    }
    let texts = by_one.len() + by_other.len();
    println!("{texts} messages over {SWITCHES} switches in {:.1?}", begin.elapsed());
}
