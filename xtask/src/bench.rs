//! Measures: sizes of the page, the numbers of the crates, the numbers of two browsers.
//!
//! Every row stands beside its peer in the same run where there is one, because a ratio means the
//! same on every machine and a time does not.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::tools::{self, Workspace};
use crate::web;

/// Runs every benchmark and prints tables, or one JSON object. A part that fails does not take the
/// others with it, but the whole fails.
pub(crate) fn run(ws: &Workspace, json: bool) -> Result<()> {
    web::page(ws)?;
    let relay = web::release_relay(ws)?;
    let sizes = sizes(&ws.path("www/dist"))?;
    let (crates, browsers) = (crates(ws, &relay), browsers(ws, &relay));
    if json {
        let rows =
            |part: &Result<Vec<Value>>| part.as_ref().map_or(Value::Null, |rows| json!(rows));
        let all = json!({ "sizes": sizes.iter().map(Size::json).collect::<Vec<_>>(),
                          "crates": rows(&crates), "browsers": rows(&browsers) });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        let rows = |part: &Result<Vec<Value>>| match part {
            Ok(rows) => table(rows),
            Err(error) => format!("Not measured: {error:#}\n"),
        };
        println!("\n## Size of the page\n\n{}", size_table(&sizes));
        println!("## Crates and relay\n\n{}", rows(&crates));
        println!("## Two browsers\n\n{}", rows(&browsers));
    }
    crates.and(browsers).map(drop)
}

/// How many bytes the files of one kind have, as they are and as they travel.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    kind: &'static str,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl Size {
    fn json(&self) -> Value {
        json!({ "kind": self.kind, "raw": self.raw, "gzip": self.gzip, "brotli": self.brotli })
    }

    fn add(&mut self, other: &Self) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli += other.brotli;
    }
}

fn sizes(dist: &Path) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    let mut total = Size { kind: "together", ..Size::default() };
    for kind in ["html", "css", "js", "wasm"] {
        let mut size = Size { kind, ..Size::default() };
        measure(dist, &mut size)?;
        total.add(&size);
        sizes.push(size);
    }
    sizes.push(total);
    Ok(sizes)
}

fn measure(folder: &Path, size: &mut Size) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            measure(&path, size)?;
        } else if path.extension().is_some_and(|ending| ending == size.kind) {
            let raw = fs::metadata(&path)?.len();
            // A file too small to be packed travels as it is.
            let packed = |suffix: &str| {
                fs::metadata(format!("{}{suffix}", path.display())).map_or(raw, |data| data.len())
            };
            size.add(&Size { kind: "", raw, gzip: packed(".gz"), brotli: packed(".br") });
        }
    }
    Ok(())
}

/// The numbers of the crates, natively, and of a relay with idle peers.
fn crates(ws: &Workspace, relay: &Path) -> Result<Vec<Value>> {
    let bench = ws.cargo(["bench", "-p", "lowkey-tests", "--bench", "numbers", "--", "--json"]);
    let mut bench: Command = bench.env("LOWKEY_RELAY", relay).into();
    rows(bench.stderr(Stdio::inherit()))
}

/// From the page opened to the first message, beside PeerJS; a long history, beside IndexedDB
/// itself; and streams, beside a raw data channel and js-libp2p.
fn browsers(ws: &Workspace, relay: &Path) -> Result<Vec<Value>> {
    let chromium = tools::need_program(ws, &tools::CHROMIUM)?;
    tools::need_packages(ws, "tests/browser")?;
    ws.cargo(["build", "--release", "-p", "lowkey-tests", "--bin", "made_history"]).run()?;
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "bench"]).current_dir(ws.path("tests/browser"));
    npm.env("LOWKEY_RELAY", relay).env("LOWKEY_CHROMIUM", chromium).env("LOWKEY_ROOT", &ws.root);
    npm.env("LOWKEY_WEBRTC_PAGE", web::bare_page(ws)?);
    npm.env("LOWKEY_INTEROP", web::interop_bundle(ws)?);
    npm.env("LOWKEY_MADE_HISTORY", ws.binary("release", "made_history"));
    rows(npm.stderr(Stdio::inherit()))
}

/// Runs a benchmark whose last line is a JSON array of rows.
fn rows(command: &mut Command) -> Result<Vec<Value>> {
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        anyhow::bail!("a benchmark ended with {}\n{text}", output.status);
    }
    let last =
        text.lines().rev().find(|line| !line.is_empty()).context("a benchmark said nothing")?;
    serde_json::from_str(last).with_context(|| format!("the last line is no row: {last}"))
}

fn size_table(sizes: &[Size]) -> String {
    let mut text = "| | raw, bytes | gzip | brotli |\n|---|---|---|---|\n".to_owned();
    for size in sizes {
        text += &format!("| {} | {} | {} | {} |\n", size.kind, size.raw, size.gzip, size.brotli);
    }
    text
}

/// Prints `name`, our number (`ours` or `value`), and where there is one the peer and the ratio.
fn table(rows: &[Value]) -> String {
    let mut text = "| | LowKey | unit | beside | ratio |\n|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let name = row["name"].as_str().unwrap_or_default();
        let ours = row["ours"].as_f64().or_else(|| row["value"].as_f64());
        let unit = row["unit"].as_str().unwrap_or_default();
        let (beside, ratio) = match (ours, row["peer"].as_f64()) {
            (Some(ours), Some(peer)) => {
                let who = row["peerName"].as_str().unwrap_or("peer");
                (format!("{} ({who})", number(peer)), format!("{:.2}", ours / peer))
            }
            _ => (String::new(), String::new()),
        };
        let ours = ours.map(number).unwrap_or_default();
        text += &format!("| {name} | {ours} | {unit} | {beside} | {ratio} |\n");
    }
    text
}

fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_a_peer_shows_the_ratio() {
        let rows = [
            json!({"name": "encrypt", "ours": 300.0, "peer": 150.0, "unit": "/s", "peerName": "vodozemac"}),
            json!({"name": "opened", "value": 81.5, "unit": "ms"}),
        ];
        let text = table(&rows);
        assert!(text.contains("| encrypt | 300 | /s | 150 (vodozemac) | 2.00 |"), "{text}");
        assert!(text.contains("| opened | 81.50 | ms |  |  |"), "{text}");
    }

    #[test]
    fn the_rows_are_the_last_line() {
        let mut echo = Command::new("printf");
        echo.arg("a table\\n[{\"name\":\"a\"}]\\n\\n");
        assert_eq!(rows(&mut echo).unwrap(), [json!({"name": "a"})]);
        let mut nothing = Command::new("true");
        assert!(rows(&mut nothing).is_err());
    }

    #[test]
    fn sizes_are_counted_by_kind() {
        let folder = std::env::temp_dir().join(format!("lowkey-sizes-{}", std::process::id()));
        fs::create_dir_all(folder.join("assets")).unwrap();
        fs::write(folder.join("index.html"), [b' '; 100]).unwrap();
        fs::write(folder.join("assets/a.js"), [b' '; 1000]).unwrap();
        fs::write(folder.join("assets/a.js.br"), [b' '; 10]).unwrap();
        fs::write(folder.join("assets/a.js.gz"), [b' '; 20]).unwrap();
        let found = sizes(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found[0], Size { kind: "html", raw: 100, gzip: 100, brotli: 100 });
        assert_eq!(found[2], Size { kind: "js", raw: 1000, gzip: 20, brotli: 10 });
        assert_eq!(found[4], Size { kind: "together", raw: 1100, gzip: 120, brotli: 110 });
    }
}
