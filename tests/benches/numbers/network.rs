//! A message's way from one real peer to another over a real relay, all on loopback.

use std::time::Instant;

use lowkey_tests::native::{Node, Person};

use crate::measure::{Line, percentile};

/// How many round trips are measured.
const TRIPS: usize = 200;

/// Measures round trips of a message: written, shown, answered, shown.
pub fn lines() -> Vec<Line> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
async fn measure() -> Vec<Line> {
    let relay = Node::start(&[]).await;
    let begin = Instant::now();
    let one = Person::start(1, vec![relay.address()]).await;
    one.until_findable().await;
    let findable = begin.elapsed();
    let other = Person::start(2, vec![relay.address()]).await;
    other.until_findable().await;
    let begin = Instant::now();
    one.add(other.address).await;
    one.write(other.address, "the first message").await;
    other
        .until("the first message", |view| !view.screen.conversation(one.address).is_empty())
        .await;
    let first = begin.elapsed();
    other.accept(one.address).await;
    one.until_contact(other.address).await;

    let mut trips = Vec::new();
    for number in 0..TRIPS {
        let [there, back] = [format!("there {number}"), format!("back {number}")];
        let begin = Instant::now();
        one.write(other.address, &there).await;
        other.until_shown(one.address, &there).await;
        other.write(one.address, &back).await;
        one.until_shown(other.address, &back).await;
        trips.push(begin.elapsed());
    }
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    vec![
        Line::alone("peer opened, findable (read back)", millis(findable), "ms"),
        Line::alone("address added, first message shown", millis(first), "ms"),
        Line::alone(
            "message round trip over a relay, p50",
            millis(percentile(&mut trips, 0.5)),
            "ms",
        ),
        Line::alone(
            "message round trip over a relay, p95",
            millis(percentile(&mut trips, 0.95)),
            "ms",
        ),
    ]
}
