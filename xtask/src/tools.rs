//! What the build needs of this machine: folders, Node, the wasm target, a browser.
//!
//! Everything missing is added where that is possible without asking, or named in a sentence that
//! says what to install.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

/// The target of the browser's side.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The oldest Node that Vite runs on.
const NODE_AT_LEAST: (u32, u32) = (20, 19);

/// A program of the tests that no package manager of a language brings.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    /// Under which names it may be found.
    files: &'static [&'static str],
    /// Where a path to it may be given.
    variable: &'static str,
    /// Debian's packages.
    packages: &'static [&'static str],
}

pub(crate) const CHROMIUM: Program = Program {
    name: "Chromium",
    files: &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    variable: "LOWKEY_CHROMIUM",
    packages: &["chromium", "fonts-dejavu-core"],
};

pub(crate) const FIREFOX: Program = Program {
    name: "Firefox",
    files: &["firefox-esr", "firefox"],
    variable: "LOWKEY_FIREFOX",
    packages: &["firefox-esr", "fonts-dejavu-core"],
};

pub(crate) const NFT: Program =
    Program { name: "nftables", files: &["nft"], variable: "LOWKEY_NFT", packages: &["nftables"] };

/// The checkout, the target folder and a shell that stands in the root.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) sh: Shell,
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo where the workspace and its target folder are.
    pub(crate) fn find() -> Result<Self> {
        let sh = Shell::new()?;
        if let Some(own) = env::var_os("CARGO_MANIFEST_DIR") {
            sh.change_dir(own);
        }
        let text = cmd!(sh, "cargo metadata --format-version 1 --no-deps").quiet().read()?;
        let metadata: serde_json::Value = serde_json::from_str(&text)?;
        let folder = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("no {key} in metadata"))
        };
        let (root, target) = (folder("workspace_root")?, folder("target_directory")?);
        sh.change_dir(&root);
        Ok(Self { sh, root, target })
    }

    /// Starts a cargo command that is built like one typed by hand.
    ///
    /// `cargo run` told xtask about itself in the environment, and build scripts (that of ring)
    /// look at it: handed on, it would make cargo build half of the tree again.
    pub(crate) fn cargo<'a>(&'a self, args: impl IntoIterator<Item = &'a str>) -> Cmd<'a> {
        let mut cargo = cmd!(self.sh, "cargo").args(args);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| text.starts_with(own)) {
                cargo = cargo.env_remove(&name);
            }
        }
        cargo
    }

    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A binary of the relay, built by `profile`'s folder (`debug`, `release`).
    pub(crate) fn relay(&self, profile: &str) -> PathBuf {
        self.binary(profile, "lowkey-relay")
    }

    /// Any binary of the workspace.
    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

/// Adds the wasm target to the toolchain when it is missing.
pub(crate) fn need_wasm_target(ws: &Workspace) -> Result<()> {
    let sh = &ws.sh;
    let sysroot = PathBuf::from(cmd!(sh, "rustc --print sysroot").quiet().read()?);
    if sysroot.join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    cmd!(sh, "rustup target add {WASM}").run().with_context(|| {
        format!(
            "the Rust toolchain has no target {WASM}, and rustup could not add it; \
             install rustup (rustup.rs) or your distribution's package of that target"
        )
    })
}

/// Checks that Node and npm are there and new enough.
pub(crate) fn need_node(ws: &Workspace) -> Result<()> {
    let sh = &ws.sh;
    let (major, minor) = NODE_AT_LEAST;
    let cure = format!(
        "install Node.js {major}.{minor} or newer together with npm: from nodejs.org, by your \
         distribution's packages nodejs and npm, or by a version manager (nvm install 22)"
    );
    let Ok(found) = cmd!(sh, "node --version").quiet().ignore_stderr().read() else {
        bail!("node is not installed, and the page is built with it; {cure}");
    };
    if !node_is_new_enough(&found) {
        bail!("node {found} is too old to build the page; {cure}");
    }
    if cmd!(sh, "npm --version").quiet().ignore_stderr().read().is_err() {
        bail!("node is there but npm is not; {cure}");
    }
    Ok(())
}

fn node_is_new_enough(version: &str) -> bool {
    let mut parts = version.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= NODE_AT_LEAST,
        _ => false,
    }
}

/// Runs `npm ci` in `folder` when its packages do not match its lock file.
pub(crate) fn need_packages(ws: &Workspace, folder: &str) -> Result<()> {
    let sh = &ws.sh;
    let folder = ws.path(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("no package-lock.json in {}", folder.display()))?;
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let _in_folder = sh.push_dir(&folder);
    cmd!(sh, "npm ci --no-audit --no-fund").run()?;
    fs::write(&stamp, lock)?;
    Ok(())
}

/// Returns the path of a program, installing Debian's packages of it where that is allowed.
pub(crate) fn need_program(ws: &Workspace, program: &Program) -> Result<PathBuf> {
    let Program { name, files, variable, packages } = program;
    if let Some(given) = env::var_os(variable) {
        return Ok(PathBuf::from(given));
    }
    let find = || files.iter().find_map(|file| on_path(file));
    if let Some(found) = find() {
        return Ok(found);
    }
    if is_root(ws) && on_path("apt-get").is_some() {
        println!("{name} is missing: installing it by apt-get");
        let sh = &ws.sh;
        let _quiet = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
        cmd!(sh, "apt-get update -qq").run()?;
        cmd!(sh, "apt-get install -y -qq --no-install-recommends").args(*packages).run()?;
        if let Some(found) = find() {
            return Ok(found);
        }
    }
    bail!(
        "these tests need {name}: run `sudo apt-get install {}`, or set {variable} to its path, \
         or leave them out with `cargo xtask test --fast`",
        packages.join(" ")
    )
}

/// Whether we may install packages and make network namespaces.
pub(crate) fn is_root(ws: &Workspace) -> bool {
    let sh = &ws.sh;
    cmd!(sh, "id -u").quiet().read().is_ok_and(|id| id == "0")
}

/// Returns the full path of a program, as the shell would find it.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_of_node_are_told_from_new_ones() {
        for new in ["v20.19.0", "v20.20.2\n", "v22.0.0", "24.1.0"] {
            assert!(node_is_new_enough(new), "{new}");
        }
        for old in ["v20.18.3", "v18.20.0", "v0.12.0", "", "node"] {
            assert!(!node_is_new_enough(old), "{old}");
        }
    }

    #[test]
    fn a_program_is_found_on_the_path() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-anywhere").is_none());
    }
}
