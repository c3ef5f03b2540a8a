//! Peers behind each kind of NAT, in network namespaces of this machine: which pairs are direct,
//! and that all are connected while one TCP port to a relay is open.
//!
//! And that no packet passes between two people when one of them hides the address.
//!
//! This program plays every part: without arguments it makes the namespaces and starts itself in
//! each, as `relay`, as `answer` and `dial`, as `host` and `guest`. One line for each pair: `ok …`
//! or `FAILED …`. As `around PAGE COMMAND…` it makes places for browsers and runs the command that
//! starts them there.

mod around;
mod hiding;
mod lab;
mod peer;
mod relay;

use std::{env, process::ExitCode};

use futures::future::join_all;

use crate::lab::{Kind, Lab, Side};

/// Every kind of NAT that is tried.
const KINDS: [Kind; 4] = [Kind::None, Kind::Cone, Kind::Symmetric, Kind::UdpBlocked];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["relay", address] => relay::run(address, None).await,
        ["relay", address, page] => relay::run(address, Some(page.into())).await,
        ["around", page, ref command @ ..] => return around::run(page, command).await,
        ["answer", relay, stun] => peer::answer(relay, stun).await,
        ["dial", relay, stun, circuit] => peer::dial(relay, stun, circuit).await,
        ["host", relay, habit] => hiding::host(relay, habit).await,
        ["guest", relay, habit, host] => hiding::guest(relay, habit, host).await,
        _ => return judge().await,
    }
    ExitCode::SUCCESS
}

/// How two peers are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Direct,
    Relayed,
}

/// What theory allows, where each NAT takes packets only from whom its peer has written to.
fn expected(one: Kind, other: Kind) -> Path {
    match (one, other) {
        (Kind::UdpBlocked, _) | (_, Kind::UdpBlocked) => Path::Relayed,
        (Kind::None, _) | (_, Kind::None) | (Kind::Cone, Kind::Cone) => Path::Direct,
        (Kind::Cone | Kind::Symmetric, Kind::Cone | Kind::Symmetric) => Path::Relayed,
    }
}

async fn judge() -> ExitCode {
    let mut lab = match Lab::new().await {
        Ok(lab) => lab,
        Err(why) => {
            println!("SKIPPED kinds of NAT: {why}");
            return ExitCode::SUCCESS;
        }
    };
    let relay = lab.relay(&[]).await;
    // First, since it counts every packet that is not the relay's.
    let mut failed = hiding::judge(&mut lab, &relay).await;
    let mut pairs = Vec::new();
    for one in KINDS {
        for other in KINDS {
            pairs.push((one, other, lab.side(one).await, lab.side(other).await));
        }
    }
    let results = join_all(pairs.into_iter().map(|(one, other, dials, answers)| {
        let relay = relay.clone();
        async move { (one, other, connect(&relay, dials, answers).await) }
    }));
    println!("who dials, who answers: path");
    for (one, other, found) in results.await {
        let wanted = expected(one, other);
        // Better than expected is no failure.
        let good = found == Ok(wanted) || found == Ok(Path::Direct);
        let word = if good { "ok" } else { "FAILED" };
        let found = found.map_or_else(|why| why, |path| format!("{path:?}"));
        println!("{word} {one:?}, {other:?}: {found} (expected {wanted:?})");
        failed += u8::from(!good);
    }
    ExitCode::from(failed)
}

/// Lets one side dial the other.
async fn connect(relay: &lab::Relay, dials: Side, answers: Side) -> Result<Path, String> {
    let mut answering = answers.start(&["answer", &relay.address, &relay.stun]);
    let circuit = answering.says("circuit").await?;
    let mut dialling = dials.start(&["dial", &relay.address, &relay.stun, &circuit]);
    match dialling.says("path").await?.as_str() {
        "direct" => Ok(Path::Direct),
        "relayed" => Ok(Path::Relayed),
        other => Err(other.to_owned()),
    }
}
