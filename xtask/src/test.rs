//! Runs every test and counts what passed.

mod browser;
mod count;
mod nat;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::check;
use crate::tools::{self, Workspace};
use crate::web::{self, Bindings};
use count::Count;

/// A part by the word that asks for it, its name in the summary, and what runs it.
type Part = (&'static str, &'static str, fn(&Workspace) -> Result<Count>);

const PARTS: [Part; 7] = [
    ("check", "check", check),
    ("rust", "tests in Rust", cargo_tests),
    ("vectors", "vectors in wasm", vectors_in_wasm),
    ("page", "page, unit tests", browser::units),
    ("browser", "pages, in browsers", browser::pages),
    ("nat", "kinds of NAT", nat::lab),
    ("interop", "js-libp2p", browser::interop),
];
/// What `All` leaves out: it brings hundreds of packages of other people.
const ASKED_FOR: [&str; 1] = ["interop"];
/// What `--fast` runs: what needs neither the page nor a browser.
const FAST: [&str; 2] = ["rust", "vectors"];

/// Which parts to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    All,
    Fast,
    One(&'static str),
}

impl Choice {
    /// Reads the word for one part.
    pub(crate) fn parse(word: &str) -> Result<Self> {
        let known = PARTS.map(|(word, ..)| word);
        let found = known.into_iter().find(|known| *known == word);
        let found = found.with_context(|| format!("no part {word}: {}", known.join(", ")))?;
        Ok(Self::One(found))
    }

    fn has(&self, word: &str) -> bool {
        match self {
            Self::All => !ASKED_FOR.contains(&word),
            Self::Fast => FAST.contains(&word),
            Self::One(one) => *one == word,
        }
    }
}

/// Runs the check and every test, or some of it.
pub(crate) fn run(ws: &Workspace, choice: &Choice) -> Result<()> {
    let mut report = Report::default();
    for (word, name, part) in PARTS {
        if choice.has(word) {
            report.add(name, || part(ws));
        }
    }
    report.finish()
}

/// Lines of the summary.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    total: Count,
}

impl Report {
    /// Runs one part. A part that could not run counts as one failure and says why.
    fn add(&mut self, name: &str, part: impl FnOnce() -> Result<Count>) {
        println!("\n==== {name}");
        let start = Instant::now();
        let (count, why) = match part() {
            Ok(count) => (count, String::new()),
            Err(error) if error.is::<Skipped>() => {
                (Count { skipped: 1, ..Count::default() }, format!(": {error}"))
            }
            Err(error) => (Count { failed: 1, ..Count::default() }, format!(": {error:#}")),
        };
        let seconds = start.elapsed().as_secs();
        self.lines.push(format!("{name:<22} {count}  ({seconds} s){why}"));
        self.total += count;
    }

    fn finish(self) -> Result<()> {
        println!("\n==== summary");
        self.lines.iter().for_each(|line| println!("{line}"));
        println!("{} passed, {} failed", self.total.passed, self.total.failed);
        if self.total.failed > 0 {
            bail!("not every test passed");
        }
        Ok(())
    }
}

/// Why a part cannot run on this machine, which is no failure.
#[derive(Debug)]
struct Skipped(&'static str);

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SKIPPED, {}", self.0)
    }
}

impl std::error::Error for Skipped {}

fn check(ws: &Workspace) -> Result<Count> {
    let failed = check::failures(ws).len();
    Ok(Count { passed: check::parts() - failed, failed, ..Count::default() })
}

/// Every Rust test of the default members, built in one go so that libp2p is compiled once.
fn cargo_tests(ws: &Workspace) -> Result<Count> {
    let mut tests: Command = ws.cargo(["test", "--no-fail-fast"]).into();
    let mut child = tests.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("no output of cargo test")?;
    let mut count = Count::default();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        count += count::of_cargo(&line);
        if count::is_worth_showing(&line) {
            println!("{line}");
        }
    }
    settle(count, child.wait()?.success())
}

/// A run that failed without a failed test (it did not compile) is a failure all the same.
fn settle(mut count: Count, succeeded: bool) -> Result<Count> {
    if !succeeded && count.failed == 0 {
        count.failed = 1;
    }
    if count.passed + count.failed == 0 {
        bail!("no test ran");
    }
    Ok(count)
}

/// The golden vectors in wasm, under node.
fn vectors_in_wasm(ws: &Workspace) -> Result<Count> {
    tools::need_node(ws)?;
    let wasm = web::wasm(ws, "lowkey-vectors-wasm")?;
    let folder = ws.target.join("vectors-wasm");
    web::bind(&wasm, &folder, "vectors", Bindings::Node)?;
    let script = "process.stdout.write(require('./vectors.js').run())";
    let output = Command::new("node").args(["-e", script]).current_dir(&folder).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    settle(count::of_vectors(&text), output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_chosen_by_their_word() {
        assert!(Choice::parse("browser").unwrap().has("browser"));
        assert!(!Choice::parse("browser").unwrap().has("rust"));
        assert!(Choice::parse("all").is_err());
        assert!(FAST.iter().all(|word| Choice::parse(word).is_ok()));
        assert!(!Choice::Fast.has("check") && Choice::All.has("check"));
        assert!(!Choice::All.has("interop") && Choice::All.has("nat"));
    }

    #[test]
    fn a_part_that_cannot_run_fails_the_whole() {
        let mut report = Report::default();
        report.add("good", || Ok(Count { passed: 2, ..Count::default() }));
        report.add("bad", || bail!("no browser"));
        assert_eq!(report.total.failed, 1);
        assert!(report.lines[1].contains("no browser"));
        assert!(report.finish().is_err());
    }

    #[test]
    fn a_part_that_is_skipped_says_why_and_fails_nothing() {
        let mut report = Report::default();
        report.add("lab", || Err(Skipped("it needs root").into()));
        assert!(report.lines[0].ends_with("SKIPPED, it needs root"), "{}", report.lines[0]);
        assert_eq!((report.total.skipped, report.total.failed), (1, 0));
        assert!(report.finish().is_ok());
    }

    #[test]
    fn a_run_that_did_not_compile_is_a_failure() {
        assert_eq!(settle(Count { passed: 3, ..Count::default() }, false).unwrap().failed, 1);
        assert!(settle(Count::default(), true).is_err());
        assert_eq!(settle(Count { passed: 3, ..Count::default() }, true).unwrap().failed, 0);
    }
}
