//! Places for browsers: two for each kind of NAT, and a relay that serves their page. Whoever starts
//! the browsers runs as a command while they stand.

use std::process::ExitCode;

use serde_json::json;
use tokio::process::Command;

use crate::{
    KINDS, Path, expected,
    lab::{Kind, Lab, RELAY_HOST},
};

/// Runs a command that finds the page, the namespaces, and what is expected of each pair of them in
/// `LOWKEY_LAB`, as JSON; ends as it does.
pub async fn run(page: &str, command: &[&str]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else { panic!("no command to run") };
    let mut lab = match Lab::new().await {
        Ok(lab) => lab,
        Err(why) => {
            println!("SKIPPED browsers behind NAT: {why}");
            return ExitCode::SUCCESS;
        }
    };
    lab.relay(&[page]).await;
    let mut places = Vec::new();
    for kind in KINDS {
        let (one, other) = (lab.side(kind).await, lab.side(kind).await);
        places.push(json!({
            "kind": word(kind),
            "namespaces": [one.name(), other.name()],
            "directTo": KINDS
                .into_iter()
                .filter(|other| expected(kind, *other) == Path::Direct)
                .map(word)
                .collect::<Vec<_>>(),
        }));
    }
    let about = json!({ "origin": format!("http://{RELAY_HOST}:8470"), "places": places });
    let status = Command::new(program)
        .args(arguments)
        .env("LOWKEY_LAB", about.to_string())
        .status()
        .await
        .expect("the command starts");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::None => "none",
        Kind::Cone => "cone",
        Kind::Symmetric => "symmetric",
        Kind::UdpBlocked => "UDP blocked",
    }
}
