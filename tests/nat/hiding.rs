//! "Hide my address", by packets: whoever hides exchanges none with the other side, and those who
//! do not hide do.

use lowkey_protocol::{Address, Command, Reach, Standing};
use lowkey_tests::native::Person;

use crate::lab::{Kind, Lab, Relay};

/// Texts that go each way while packets are counted.
const TEXTS: usize = 20;
const HIDES: &str = "hides";
const SHOWS: &str = "shows";

/// Plays every case; returns how many failed.
pub async fn judge(lab: &mut Lab, relay: &Relay) -> u8 {
    let mut failed = 0;
    for (guest, host) in [(HIDES, SHOWS), (SHOWS, HIDES), (SHOWS, SHOWS)] {
        let (one, other) = (lab.side(Kind::None).await, lab.side(Kind::None).await);
        let before = lab.passed().await;
        let mut waits = other.start(&["host", &relay.address, host]);
        let path = match waits.says("address").await {
            Ok(address) => {
                one.start(&["guest", &relay.address, guest, &address]).says("path").await
            }
            Err(why) => Err(why),
        };
        let packets = lab.passed().await - before;
        let hidden = [guest, host].contains(&HIDES);
        let good = path.is_ok() && (packets == 0) == hidden;
        let word = if good { "ok" } else { "FAILED" };
        println!("{word} guest {guest}, host {host}: {path:?}, {packets} packets between them");
        failed += u8::from(!good);
    }
    failed
}

/// Waits to be found, answers, and goes on until it is killed.
pub async fn host(relay: &str, habit: &str) {
    let me = start(1, relay, habit).await;
    println!("address {}", me.address);
    me.until("a request", |view| !view.screen.requests().is_empty()).await;
    let guest = me.requests()[0];
    me.accept(guest).await;
    me.until_contact(guest).await;
    talk(&me, guest).await;
    std::future::pending::<()>().await;
}

/// Finds the host, talks, and says which path it was.
pub async fn guest(relay: &str, habit: &str, host: &str) {
    let me = start(2, relay, habit).await;
    let host: Address = host.parse().expect("an address");
    me.add(host).await;
    let id = me.write(host, "Hello").await;
    me.until_delivered(host, id).await;
    talk(&me, host).await;
    me.until("the texts of the host", |view| view.screen.conversation(host).len() > 2 * TEXTS)
        .await;
    me.until("a contact", |view| view.screen.standing(host) == Some(Standing::Contact)).await;
    if habit == SHOWS {
        // With a host who hides this never comes: the path of the texts is what counts.
        let direct = me.until_reach(host, "direct", |reach| *reach == Reach::Direct);
        let settled = tokio::time::timeout(std::time::Duration::from_secs(10), direct).await;
        println!("path {}", if settled.is_ok() { "direct" } else { "relayed" });
    } else {
        println!("path relayed");
    }
    std::future::pending::<()>().await;
}

async fn talk(me: &Person, other: Address) {
    for number in 0..TEXTS {
        let id = me.write(other, &format!("text {number}")).await;
        me.until_delivered(other, id).await;
    }
}

async fn start(seed: u64, relay: &str, habit: &str) -> Person {
    let me = Person::start(seed, vec![relay.parse().expect("an address")]).await;
    if habit == HIDES {
        let hide = Command::HideAddress { contact: None, hide: true };
        me.ask(hide).await.expect("a switch");
    }
    me.until_findable().await;
    me
}
