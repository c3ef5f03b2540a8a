//! Judges the tree without running it: format, clippy, types, lint, dependencies, rules, docs.

mod api;
mod deny;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::tidy;
use crate::tools::{self, WASM, Workspace};
use crate::web;

/// One part of the check, by its name.
type Step = (&'static str, fn(&Workspace) -> Result<()>);

/// What is judged, the quick parts first.
const STEPS: [Step; 9] = [
    ("format", format),
    ("tidy", tidy::run),
    ("licences, bans, sources", deny::run),
    ("clippy, native", clippy),
    ("clippy, wasm", clippy_wasm),
    ("documents", documents),
    ("bindings", web::bindings),
    ("api.d.ts", api::compare),
    ("types and lint, TypeScript", page),
];

/// Runs every part and names those that fail.
pub(crate) fn run(ws: &Workspace, bless: bool) -> Result<()> {
    if bless {
        web::bindings(ws)?;
        api::bless(ws)?;
    }
    let failed = failures(ws);
    if failed.is_empty() {
        println!("\ncheck: {} parts passed", STEPS.len());
        return Ok(());
    }
    bail!("check: {} of {} parts failed: {}", failed.len(), STEPS.len(), failed.join("; "))
}

/// Runs every part and returns the names of those that fail.
pub(crate) fn failures(ws: &Workspace) -> Vec<&'static str> {
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("\n== check: {name}");
        if let Err(error) = step(ws) {
            println!("{name}: {error:#}");
            failed.push(name);
        }
    }
    failed
}

/// How many parts a check has.
pub(crate) const fn parts() -> usize {
    STEPS.len()
}

fn format(ws: &Workspace) -> Result<()> {
    let list = ws.cargo(["fmt", "--all", "--check", "--", "-l"]).ignore_status().read()?;
    if list.is_empty() {
        return Ok(());
    }
    bail!("run `cargo fmt --all`; these files differ:\n{list}")
}

fn clippy(ws: &Workspace) -> Result<()> {
    Ok(ws.cargo(["clippy", "--all-targets", "--", "-D", "warnings"]).run()?)
}

fn clippy_wasm(ws: &Workspace) -> Result<()> {
    tools::need_wasm_target(ws)?;
    let crates = [
        "lowkey-protocol",
        "lowkey-webrtc",
        "lowkey-network",
        "lowkey-web-peer",
        "lowkey-worker",
        "lowkey-vectors-wasm",
        "lowkey-webrtc-page",
    ];
    let packages = crates.iter().flat_map(|name| ["-p", *name]);
    let clippy = ws.cargo(["clippy", "--target", WASM]).args(packages);
    Ok(clippy.args(["--", "-D", "warnings"]).run()?)
}

fn documents(ws: &Workspace) -> Result<()> {
    // Private items are documented with the public ones: links between them lead somewhere.
    let flags = "-D warnings -A rustdoc::private_intra_doc_links";
    let doc = |more: &[&'static str]| {
        let doc = ws.cargo(["doc", "--no-deps", "--document-private-items"]);
        doc.args(more).env("RUSTDOCFLAGS", flags).run()
    };
    doc(&[])?;
    Ok(doc(&["-p", "lowkey-web-peer", "--target", WASM])?)
}

/// The page, and the tests that look at it in a browser.
fn page(ws: &Workspace) -> Result<()> {
    tools::need_node(ws)?;
    let sh = &ws.sh;
    for folder in ["www", "tests/browser"] {
        tools::need_packages(ws, folder)?;
        let _inside = sh.push_dir(ws.path(folder));
        cmd!(sh, "npm run --silent check").run()?;
    }
    Ok(())
}
