//! Native peers and browsers behind each kind of NAT, in network namespaces of this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Skipped, browser, count::Count, settle};
use crate::tools::{self, Workspace};
use crate::web;

/// Runs the lab. It takes no part in a plain `cargo test`, since it needs root.
pub(super) fn lab(ws: &Workspace) -> Result<Count> {
    if !tools::is_root(ws) {
        return Err(Skipped("the lab makes network namespaces, which needs root").into());
    }
    if tools::on_path("ip").is_none() {
        return Err(Skipped("the lab needs ip: `sudo apt-get install iproute2`").into());
    }
    let nft = tools::need_program(ws, &tools::NFT)?;
    let mut count = natives(ws, &nft)?;
    count += browsers(ws, &nft)?;
    Ok(count)
}

fn natives(ws: &Workspace, nft: &Path) -> Result<Count> {
    let lab = ws.cargo(["test", "--test", "nat"]).env("LOWKEY_NFT", nft);
    let mut lab: Command = lab.into();
    let mut child = lab.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("no output of the lab")?;
    let mut count = Count::default();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        count.passed += usize::from(line.starts_with("ok "));
        count.failed += usize::from(line.starts_with("FAILED "));
        if line.starts_with("SKIPPED ") {
            return Err(Skipped("this kernel refuses network namespaces or nftables").into());
        }
    }
    settle(count, child.wait()?.success())
}

/// The lab runs around vitest, which starts the browsers in its namespaces.
fn browsers(ws: &Workspace, nft: &Path) -> Result<Count> {
    let chromium = tools::need_program(ws, &tools::CHROMIUM)?;
    web::page(ws)?;
    tools::need_packages(ws, "tests/browser")?;
    let lab: Command = ws
        .cargo(["test", "--test", "nat", "--", "around"])
        .arg(ws.path("www/dist"))
        .args(["npm", "--prefix", "browser", "run", "--silent", "lab", "--"])
        .env("LOWKEY_NFT", nft)
        .env("LOWKEY_CHROMIUM", chromium)
        .into();
    browser::report(ws, lab)
}
