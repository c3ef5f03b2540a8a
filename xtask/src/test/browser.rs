//! The tests that run in browsers or under vitest.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{count, count::Count, settle};
use crate::tools::{self, Workspace};
use crate::web;

type Variables = Vec<(&'static str, PathBuf)>;

pub(super) fn units(ws: &Workspace) -> Result<Count> {
    tools::need_node(ws)?;
    tools::need_packages(ws, "www")?;
    web::bindings(ws)?;
    vitest(ws, "www", &[])
}

/// Pages in Chromium and Firefox, real relays: the debug relay and the page as people get it.
pub(super) fn pages(ws: &Workspace) -> Result<Count> {
    let variables = prepare(ws)?;
    vitest(ws, "tests/browser", &variables)
}

/// The page of the WebRTC crate and one of js-libp2p dial each other.
pub(super) fn interop(ws: &Workspace) -> Result<Count> {
    let variables = prepare(ws)?;
    web::interop_bundle(ws)?;
    let sh = &ws.sh;
    let inside = sh.push_dir(ws.path("tests/interop"));
    xshell::cmd!(sh, "npm run --silent check").run()?;
    drop(inside);
    vitest(ws, "tests/interop", &variables)
}

/// Builds what the tests in browsers need, and returns where it is.
fn prepare(ws: &Workspace) -> Result<Variables> {
    let chromium = tools::need_program(ws, &tools::CHROMIUM)?;
    let firefox = tools::need_program(ws, &tools::FIREFOX)?;
    web::page(ws)?;
    let bare = web::bare_page(ws)?;
    let test_page = web::test_page(ws)?;
    // Together with the tests, so that the features, and so libp2p, are those already built.
    ws.cargo(["build", "--bins", "--tests"]).run()?;
    tools::need_packages(ws, "tests/browser")?;
    Ok(vec![
        ("LOWKEY_RELAY", ws.relay("debug")),
        ("LOWKEY_CHROMIUM", chromium),
        ("LOWKEY_FIREFOX", firefox),
        ("LOWKEY_WEBRTC_PAGE", bare),
        ("LOWKEY_TEST_PAGE", test_page),
        ("LOWKEY_NATIVE_PEER", ws.binary("debug", "bare_peer")),
        ("LOWKEY_ROOT", ws.root.clone()),
        // A debug relay built before the page does not find it by itself.
        ("LOWKEY_PAGE", ws.path("www/dist")),
    ])
}

fn vitest(ws: &Workspace, folder: &str, variables: &[(&str, PathBuf)]) -> Result<Count> {
    let mut npm = Command::new("npm");
    npm.args(["test", "--silent", "--"])
        .current_dir(ws.path(folder))
        .envs(variables.iter().map(|(name, value)| (name, value)));
    report(ws, npm)
}

/// Runs a command that ends in vitest and takes options for it, and counts by its report.
pub(super) fn report(ws: &Workspace, mut vitest: Command) -> Result<Count> {
    let report = ws.target.join("vitest.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let status = vitest
        .args(["--reporter=default", "--reporter=json"])
        .arg(format!("--outputFile.json={}", report.display()))
        .env("CI", env::var_os("CI").unwrap_or_else(|| "true".into()))
        .status()?;
    let text = fs::read_to_string(&report).context("vitest left no report")?;
    settle(count::of_vitest(&text)?, status.success())
}
