//! Builds the page and the relay that serves it: wasm, bindings, packages, Vite, precompression.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Cmd, cmd};

use crate::tools::{self, WASM, Workspace};

/// Where the relay of `serve` and `dev` listens.
const LISTEN: &str = "127.0.0.1:8470";
const DEV_LISTEN: &str = "127.0.0.1:8471";

/// Builds everything and says where the binary is.
pub(crate) fn build(ws: &Workspace) -> Result<()> {
    page(ws)?;
    let binary = release_relay(ws)?;
    println!("\nThe page is inside. Run it with:\n  {}", binary.display());
    Ok(())
}

/// Builds everything, runs one relay and prints the address to open.
pub(crate) fn serve(ws: &Workspace) -> Result<()> {
    page(ws)?;
    let binary = release_relay(ws)?;
    println!("\nThe relay prints the address to open; Ctrl-C ends it.\n");
    let mut relay = Command::new(binary);
    finished("the relay", run_relay(&mut relay, ws, LISTEN).status()?)
}

/// Runs the debug relay with Vite's dev server in front.
pub(crate) fn dev(ws: &Workspace) -> Result<()> {
    page(ws)?;
    ws.cargo(["build", "-p", "lowkey-relay"]).run()?;
    let mut relay =
        Running(run_relay(&mut Command::new(ws.relay("debug")), ws, DEV_LISTEN).spawn()?);
    println!("\nThe relay is at http://{DEV_LISTEN}/; open the address that Vite prints.\n");
    let vite = Command::new("npm")
        .args(["run", "dev"])
        .current_dir(ws.path("www"))
        .env("VITE_LOWKEY_RELAY", format!("http://{DEV_LISTEN}"))
        .status()?;
    if let Some(status) = relay.0.try_wait()? {
        finished("the relay", status)?;
    }
    finished("Vite", vite)
}

/// Builds `www/dist` with everything in it, ready to be embedded.
pub(crate) fn page(ws: &Workspace) -> Result<()> {
    bindings(ws)?;
    tools::need_node(ws)?;
    tools::need_packages(ws, "www")?;
    // Vite's report goes where cargo's goes: standard output is for results.
    let mut vite = Command::new("npm");
    vite.args(["run", "--silent", "build"]).current_dir(ws.path("www"));
    let status = vite.stdout(io::stderr()).status()?;
    if !status.success() {
        bail!("Vite ended with {status}");
    }
    precompress(ws)
}

/// Builds the wasm of the page and of its worker, and the JavaScript bindings of both, in
/// `www/src/wasm`.
pub(crate) fn bindings(ws: &Workspace) -> Result<()> {
    let folder = ws.path("www/src/wasm");
    bind_if_older(ws, "lowkey-web-peer", &folder)?;
    // Binding the page empties the folder, with what stands in it.
    bind_if_older(ws, "lowkey-worker", &folder.join("worker"))
}

fn bind_if_older(ws: &Workspace, package: &str, folder: &Path) -> Result<()> {
    let wasm = wasm(ws, package)?;
    let name = package.replace('-', "_");
    let done = folder.join(format!("{name}_bg.wasm"));
    if newer(&done, &wasm) { Ok(()) } else { bind(&wasm, folder, &name, Bindings::Web) }
}

/// Builds the page that has the WebRTC crate and nothing of chat; returns its folder.
pub(crate) fn bare_page(ws: &Workspace) -> Result<PathBuf> {
    let wasm = wasm(ws, "lowkey-webrtc-page")?;
    let folder = ws.target.join("webrtc-page");
    bind(&wasm, &folder, "lowkey_webrtc_page", Bindings::Web)?;
    Ok(folder)
}

/// Builds the peer with what only tests call; returns the folder of its bindings. Fast to build, not
/// small.
pub(crate) fn test_page(ws: &Workspace) -> Result<PathBuf> {
    tools::need_wasm_target(ws)?;
    let (package, profile) = ("lowkey-web-peer", "wasm-test");
    let build = ["build", "-p", package, "--features", "test-support", "--target", WASM];
    ws.cargo(build).args(["--profile", profile]).run()?;
    let wasm = ws.target.join(WASM).join(profile).join("lowkey_web_peer.wasm");
    let folder = ws.target.join("test-page");
    bind(&wasm, &folder, "lowkey_web_peer", Bindings::Web)?;
    Ok(folder)
}

/// Bundles js-libp2p and PeerJS, which tests and benchmarks meet; returns the folder.
pub(crate) fn interop_bundle(ws: &Workspace) -> Result<PathBuf> {
    tools::need_packages(ws, "tests/interop")?;
    let sh = &ws.sh;
    let _inside = sh.push_dir(ws.path("tests/interop"));
    cmd!(sh, "npm run --silent bundle").run()?;
    Ok(ws.path("tests/interop/dist"))
}

/// Builds a crate as wasm with the profile of the page and returns the file.
pub(crate) fn wasm(ws: &Workspace, package: &str) -> Result<PathBuf> {
    tools::need_wasm_target(ws)?;
    let build = ["build", "-p", package, "--target", WASM, "--profile", "wasm-release"];
    nameless(ws.cargo(build)).run()?;
    let name = package.replace('-', "_");
    Ok(ws.target.join(WASM).join("wasm-release").join(format!("{name}.wasm")))
}

/// Keeps where this machine has its crates, and with that the name of whoever builds, out of the
/// wasm: everybody who opens the page gets it.
fn nameless(cargo: Cmd<'_>) -> Cmd<'_> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.map(|home| fs::read_dir(home.join("registry/src")));
    let Some(Ok(sources)) = sources else { return cargo };
    let mut folders: Vec<PathBuf> = sources.flatten().map(|entry| entry.path()).collect();
    // The same flags in every build, or cargo builds everything again.
    folders.sort();
    let flag = |folder: &PathBuf| format!("--remap-path-prefix={}/=", folder.display());
    let flags: Vec<String> = folders.iter().map(flag).collect();
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags.join(" "))
}

/// For whom the JavaScript around the wasm is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bindings {
    Web,
    Node,
}

/// Writes the JavaScript, the types and the stripped wasm of `wasm` to `folder`.
pub(crate) fn bind(wasm: &Path, folder: &Path, name: &str, kind: Bindings) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(true);
    bindgen.remove_name_section(true).remove_producers_section(true);
    match kind {
        Bindings::Web => bindgen.web(true)?,
        Bindings::Node => bindgen.nodejs(true)?,
    };
    bindgen.generate(folder).with_context(|| format!("no bindings for {}", wasm.display()))
}

/// Builds the relay with the page inside, and returns its path.
pub(crate) fn release_relay(ws: &Workspace) -> Result<PathBuf> {
    ws.cargo(["build", "--release", "-p", "lowkey-relay"]).run()?;
    Ok(ws.relay("release"))
}

fn precompress(ws: &Workspace) -> Result<()> {
    let sh = &ws.sh;
    let script = include_str!("precompress.mjs");
    let dist = ws.path("www/dist");
    cmd!(sh, "node --input-type=module - {dist}").stdin(script).quiet().run()?;
    Ok(())
}

fn run_relay<'a>(relay: &'a mut Command, ws: &Workspace, listen: &str) -> &'a mut Command {
    // A data folder inside the target folder: trying it out leaves nothing behind elsewhere.
    relay.arg("--listen").arg(listen).arg("--data").arg(ws.target.join("serve-data"))
}

fn finished(what: &str, status: ExitStatus) -> Result<()> {
    // Ctrl-C reaches the whole group; a relay that it ended has ended as it should.
    if status.success() || status.code().is_none() || status.code() == Some(130) {
        return Ok(());
    }
    bail!("{what} ended with {status}")
}

/// A program that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether `done` was made after `source` was.
fn newer(done: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified());
    let (Ok(done), Ok(source)): (Result<SystemTime, _>, _) = (time(done), time(source)) else {
        return false;
    };
    done > source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_not_newer() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(!newer(Path::new("no-such-file"), &here));
        assert!(!newer(&here, Path::new("no-such-file")));
        assert!(!newer(&here, &here));
    }
}
