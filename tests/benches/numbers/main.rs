//! The numbers of BENCHMARKS.md that need no browser: `cargo bench -p lowkey-tests`.
//!
//! `-- crypto`, `-- network` and `-- memory` take one part; `--json` prints the lines for the
//! build tool only. The last line is always that JSON. The memory part needs the relay's binary:
//! the environment variable `LOWKEY_RELAY` names it.

mod crypto;
mod measure;
mod memory;
mod network;

use measure::Line;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !["crypto", "network", "memory"].into_iter().any(asked);
    let mut lines = Vec::new();
    if all || asked("crypto") {
        lines.extend(crypto::lines());
    }
    if all || asked("network") {
        lines.extend(network::lines());
    }
    if all || asked("memory") {
        match std::env::var_os("LOWKEY_RELAY") {
            Some(relay) => lines.extend(memory::lines(relay.as_ref())),
            None => eprintln!("LOWKEY_RELAY is not set: the relay's memory is not measured"),
        }
    }
    if !asked("--json") {
        print_table(&lines);
    }
    let json: Vec<_> = lines.iter().map(Line::json).collect();
    println!("{}", serde_json::Value::from(json));
}

fn print_table(lines: &[Line]) {
    println!("{:<48} {:>12} {:>12} {:>7}  unit", "what", "LowKey", "peer", "ratio");
    for line in lines {
        let (peer, ratio) = match line.peer {
            Some(peer) => (format!("{peer:.1}"), format!("{:.2}", line.ours / peer)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        println!(
            "{:<48} {:>12.1} {:>12} {:>7}  {} {}",
            line.name,
            line.ours,
            peer,
            ratio,
            line.unit,
            line.peer_name.unwrap_or_default()
        );
    }
}
