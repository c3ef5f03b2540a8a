//! Judges the dependencies by `deny.toml`: licences, banned crates, sources, wildcards.
//!
//! cargo-deny does it where it is installed, with advisories besides. Where it is not (it takes
//! longer to build than LowKey itself), the same file is read here and all but the advisories
//! judged, and the output says so.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml::Table;

use crate::tools::{self, Workspace};

/// The only registry that `sources` may allow.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Judges the dependencies by cargo-deny, or by hand.
pub(super) fn run(ws: &Workspace) -> Result<()> {
    let locked = ws.cargo(["metadata", "--format-version", "1", "--locked"]).quiet();
    if locked.ignore_stdout().run().is_err() {
        bail!("Cargo.lock does not fit the manifests: run `cargo check` and commit Cargo.lock");
    }
    if tools::on_path("cargo-deny").is_some() {
        println!("judged by cargo-deny: bans, licences, sources");
        return Ok(ws.cargo(["deny", "check", "bans", "licenses", "sources"]).run()?);
    }
    let policy = Policy::parse(&fs::read_to_string(ws.path("deny.toml"))?)?;
    let metadata = ws.cargo(["metadata", "--format-version", "1"]).quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("no packages in metadata")?;
    let used = used(ws)?;
    let is_used = |package: &&Value| {
        let part = |key: &str| package[key].as_str().unwrap_or_default();
        used.contains(&format!("{} v{}", part("name"), part("version")))
    };
    let packages: Vec<&Value> = packages.iter().filter(is_used).collect();
    let found: Vec<_> = packages.iter().flat_map(|package| policy.judge(package)).collect();
    found.iter().for_each(|line| println!("deny: {line}"));
    if !found.is_empty() {
        bail!("{} dependencies against deny.toml", found.len());
    }
    println!(
        "judged by xtask (cargo-deny is not installed): licences, bans and sources of {} packages; \
         advisories were not looked up",
        packages.len()
    );
    Ok(())
}

/// Returns name and version of each package that some target really takes: the lock file names
/// more, for features that nobody switches on.
fn used(ws: &Workspace) -> Result<BTreeSet<String>> {
    let args = ["tree", "--workspace", "--target", "all", "-e", "normal,build,dev"];
    let listed = ws.cargo(args).args(["--prefix", "none", "-f", "{p}"]).quiet().read()?;
    let packages = listed.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    });
    Ok(packages.collect())
}

/// What `deny.toml` says, as far as it is judged here.
#[derive(Debug)]
struct Policy {
    licences: BTreeSet<String>,
    exceptions: BTreeSet<(String, String)>,
    banned: BTreeSet<String>,
}

impl Policy {
    fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let list = |section: &str, key: &str| -> Result<Vec<toml::Value>> {
            let found = table.get(section).and_then(|section| section.get(key));
            let list = found.and_then(toml::Value::as_array);
            Ok(list.with_context(|| format!("deny.toml has no {section}.{key}"))?.clone())
        };
        let name = |value: &toml::Value| {
            let text = value.as_str().or_else(|| value.get("crate").and_then(toml::Value::as_str));
            text.map(str::to_owned).context("deny.toml names a crate or licence by something else")
        };
        let mut exceptions = BTreeSet::new();
        for exception in list("licenses", "exceptions")? {
            let allow = exception.get("allow").and_then(toml::Value::as_array);
            for licence in allow.into_iter().flatten() {
                exceptions.insert((name(&exception)?, name(licence)?));
            }
        }
        Ok(Self {
            licences: list("licenses", "allow")?.iter().map(name).collect::<Result<_>>()?,
            exceptions,
            banned: list("bans", "deny")?.iter().map(name).collect::<Result<_>>()?,
        })
    }

    /// Returns a sentence for each thing that is wrong with a package of cargo's metadata.
    fn judge(&self, package: &Value) -> Vec<String> {
        let name = package["name"].as_str().unwrap_or_default();
        let ours = package["source"].is_null();
        let mut found = Vec::new();
        if self.banned.contains(name) {
            found.push(format!("{name} is banned"));
        }
        if !ours && package["source"] != CRATES_IO {
            found.push(format!("{name} comes from {}", package["source"]));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        let allowed = |one: &str| {
            self.licences.contains(one)
                || self.exceptions.contains(&(name.to_owned(), one.to_owned()))
        };
        if !satisfied(licence, &allowed) {
            found.push(format!("{name} has the licence `{licence}`, which is not allowed"));
        }
        let wild =
            package["dependencies"].as_array().into_iter().flatten().filter(|dependency| {
                ours && dependency["req"] == "*" && dependency["path"].is_null()
            });
        found.extend(
            wild.map(|dependency| format!("{name} takes any version of {}", dependency["name"])),
        );
        found
    }
}

/// Whether an SPDX expression can be met by licences that are allowed: OR of ANDs, parentheses.
fn satisfied(expression: &str, allowed: &impl Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any(&mut rest, allowed);
    met && rest.is_empty()
}

fn any(words: &mut &[&str], allowed: &impl Fn(&str) -> bool) -> bool {
    let mut met = all(words, allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut &[&str], allowed: &impl Fn(&str) -> bool) -> bool {
    let mut met = one(words, allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &impl Fn(&str) -> bool) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, allowed);
            let Some((&")", rest)) = words.split_first() else { return false };
            *words = rest;
            met
        }
        [licence, "WITH", exception, rest @ ..] => {
            *words = rest;
            allowed(&format!("{licence} WITH {exception}"))
        }
        [licence, rest @ ..] => {
            *words = rest;
            allowed(licence)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const POLICY: &str = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Apache-2.0 WITH LLVM-exception\"]\n\
                          exceptions = [{ crate = \"words\", allow = [\"CC0-1.0\"] }]\n\
                          [bans]\ndeny = [{ crate = \"openssl\" }]\n";

    fn check(expression: &str, expected: bool) {
        let allowed =
            |one: &str| ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].contains(&one);
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }

    #[test]
    fn expressions_of_licences_are_judged() {
        check("MIT", true);
        check("MIT OR AGPL-3.0-only", true);
        check("MIT/Apache-2.0", true);
        check("(MIT OR GPL-3.0) AND Apache-2.0", true);
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
        check("AGPL-3.0-only", false);
        check("MIT AND GPL-3.0", false);
        check("(MIT", false);
        check("MIT GPL-3.0", false);
        check("", false);
    }

    fn judged(package: &Value) -> usize {
        Policy::parse(POLICY).unwrap().judge(package).len()
    }

    #[test]
    fn packages_against_the_policy_are_found() {
        let good =
            json!({"name": "sha2", "source": CRATES_IO, "license": "MIT", "dependencies": []});
        assert_eq!(judged(&good), 0);
        let mut other = good.clone();
        other["license"] = json!("GPL-3.0");
        assert_eq!(judged(&other), 1);
        other = good.clone();
        other["source"] = json!("git+https://example.org/sha2");
        assert_eq!(judged(&other), 1);
        other = good.clone();
        other["name"] = json!("openssl");
        assert_eq!(judged(&other), 1);
        let wild = json!({"name": "a", "source": null, "license": "MIT",
            "dependencies": [{"name": "b", "req": "*", "path": null}]});
        assert_eq!(judged(&wild), 1);
    }

    #[test]
    fn an_exception_holds_for_its_crate_only() {
        let words = json!({"name": "words", "source": CRATES_IO, "license": "CC0-1.0"});
        assert_eq!(judged(&words), 0);
        let other = json!({"name": "other", "source": CRATES_IO, "license": "CC0-1.0"});
        assert_eq!(judged(&other), 1);
    }
}
