//! Rules on Rust: what `protocol` may name, where target cfg stands, how errors are made.

use super::Finding;
use super::tree::{Tree, code};

/// The crates that people run; tests and xtask have more freedom.
const CRATES: [&str; 6] = [
    "protocol/src/",
    "network/src/",
    "relay/src/",
    "web-peer/src/",
    "web-peer/worker/src/",
    "webrtc/src/",
];
/// The only files that may ask for which target they are compiled.
const PLATFORM_FILES: [&str; 3] =
    ["network/src/platform.rs", "webrtc/src/backend.rs", "web-peer/src/lib.rs"];

/// Returns a finding for each line of code that `bad` says yes to.
fn find<'a>(
    tree: &'a Tree,
    folders: &'a [&'a str],
    bad: impl Fn(&str, &str) -> bool + 'a,
    advice: &'a str,
) -> Vec<Finding> {
    let files = folders.iter().flat_map(|folder| tree.below(folder, ".rs"));
    files
        .filter(|(path, _)| !path.ends_with("/tests.rs"))
        .flat_map(|(path, text)| code(text).map(move |(at, line)| (path, at, line)))
        .filter(|(path, _, line)| bad(path, line))
        .map(|(path, at, _)| Finding::at(path, at, advice))
        .collect()
}

/// Every module says what it is; `tests.rs` does so by its name.
pub(super) fn module_documents(tree: &Tree) -> Vec<Finding> {
    let named =
        tree.files().filter(|(path, _)| path.ends_with(".rs") && !path.ends_with("/tests.rs"));
    named
        .filter(|(_, text)| {
            let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("#!["));
            !first.is_some_and(|line| line.starts_with("//!"))
        })
        .map(|(path, _)| {
            Finding::new(path, "begin with `//!`: what this module is and what it keeps true")
        })
        .collect()
}

/// What tests read of sessions, each thread its own: there is no such thing without `std`.
const TEST_LOG: &str = "protocol/src/session/key_log.rs";

/// I1: the core names no clock, file, socket or thread, and runs the same every time.
pub(super) fn pure_protocol(tree: &Tree) -> Vec<Finding> {
    let mut found = find(
        tree,
        &["protocol/src/"],
        |_, line| line.contains("HashMap") || line.contains("HashSet"),
        "the order of a hash map differs from run to run: use BTreeMap or BTreeSet (I1)",
    );
    found.extend(find(
        tree,
        &["protocol/src/"],
        |path, line| {
            let names_std = line.contains("std::") && !line.contains("_std::");
            path != TEST_LOG && (names_std || line.contains("extern crate std"))
        },
        "protocol is no_std: use core or alloc; time and randomness come in by arguments (I1)",
    ));
    if let Some(root) = tree.get("protocol/src/lib.rs") {
        for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if !root.lines().any(|line| line == attribute) {
                found.push(Finding::new(
                    "protocol/src/lib.rs",
                    format!("must say `{attribute}` (I1)"),
                ));
            }
        }
    }
    found
}

/// I10: one file of a crate knows for which target it is compiled.
pub(super) fn target_cfg(tree: &Tree) -> Vec<Finding> {
    let marks = ["target_family", "target_arch", "target_os", "target_env"];
    find(
        tree,
        &CRATES,
        |path, line| {
            !PLATFORM_FILES.contains(&path) && marks.iter().any(|mark| line.contains(mark))
        },
        "target cfg stands only in network/src/platform.rs and webrtc/src/backend.rs (I10)",
    )
}

/// No crate of ours needs unsafe code.
pub(super) fn unsafe_code(tree: &Tree) -> Vec<Finding> {
    let allowed = |line: &str| {
        ["allow(", "expect("].iter().any(|word| line.contains(&format!("{word}unsafe_code")))
    };
    find(tree, &CRATES, move |_, line| allowed(line), "no unsafe code, and no exception to that")
}

/// One owner, messages between tasks: no lock can be forgotten or held too long.
pub(super) fn locks(tree: &Tree) -> Vec<Finding> {
    find(
        tree,
        &["protocol/src/", "network/src/"],
        |_, line| line.contains("Mutex") || line.contains("RwLock"),
        "one task owns the state; send it a message instead of sharing a lock",
    )
}

/// An error is one enum for each operation, not a box or a text.
pub(super) fn errors(tree: &Tree) -> Vec<Finding> {
    find(
        tree,
        &CRATES,
        |path, line| {
            (line.contains("anyhow") && path != "relay/src/main.rs")
                || line.contains("Box<dyn Error")
                || line.contains("Box<dyn std::error::Error")
        },
        "make an enum by thiserror in the module that does the operation; \
         anyhow is for relay/src/main.rs, xtask and tests",
    )
}

/// `lib.rs` is the map of its crate, not a place to live.
pub(super) fn library_roots(tree: &Tree) -> Vec<Finding> {
    let roots = CRATES.iter().filter_map(|folder| {
        let path = format!("{folder}lib.rs");
        tree.get(&path).map(|text| (path.clone(), text))
    });
    let starts =
        ["fn ", "struct ", "enum ", "impl ", "impl<", "trait ", "const ", "static ", "async fn "];
    roots
        .flat_map(|(path, text)| {
            let lines = code(text).filter(|(_, line)| {
                let line = line.strip_prefix("pub ").unwrap_or(line);
                starts.iter().any(|start| line.starts_with(start))
            });
            let found: Vec<_> = lines
                .map(|(at, _)| {
                    Finding::at(
                        &path,
                        at,
                        "lib.rs holds docs, `mod` and `pub use`: give this a module",
                    )
                })
                .collect();
            found
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Tree) -> Vec<Finding>;

    fn found(rule: Rule, path: &str, text: &str) -> usize {
        rule(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_module_without_a_document_is_found() {
        assert_eq!(found(module_documents, "relay/src/http.rs", "use std::fmt;\n"), 1);
        assert_eq!(found(module_documents, "relay/src/http.rs", "//! The page.\n"), 0);
        assert_eq!(
            found(module_documents, "protocol/src/lib.rs", "#![no_std]\n//! The core.\n"),
            0
        );
    }

    #[test]
    fn what_makes_the_core_impure_is_found() {
        let root = "#![no_std]\n#![forbid(unsafe_code)]\n";
        assert_eq!(found(pure_protocol, "protocol/src/lib.rs", root), 0);
        assert_eq!(found(pure_protocol, "protocol/src/lib.rs", "#![no_std]\n"), 1);
        assert_eq!(found(pure_protocol, "protocol/src/lib.rs", "#![forbid(unsafe_code)]\n"), 1);
        assert_eq!(found(pure_protocol, "protocol/src/a.rs", "let a = HashMap::new();"), 1);
        assert_eq!(found(pure_protocol, "protocol/src/a.rs", "use std::time::Instant;"), 1);
        assert_eq!(found(pure_protocol, "protocol/src/a.rs", "// std::time is not for us"), 0);
        assert_eq!(
            found(pure_protocol, "protocol/src/a.rs", "#[cfg(test)]\nmod tests { use std::fs; }"),
            0
        );
        assert_eq!(found(pure_protocol, "network/src/a.rs", "use std::collections::HashMap;"), 0);
    }

    #[test]
    fn target_cfg_elsewhere_is_found() {
        let line = "#[cfg(target_family = \"wasm\")]";
        assert_eq!(found(target_cfg, "network/src/driver.rs", line), 1);
        assert_eq!(found(target_cfg, "relay/src/http.rs", "if cfg!(target_os = \"linux\") {"), 1);
        assert_eq!(found(target_cfg, "network/src/platform.rs", line), 0);
    }

    #[test]
    fn exceptions_to_safe_code_are_found() {
        assert_eq!(found(unsafe_code, "network/src/driver.rs", "#[allow(unsafe_code)]"), 1);
        assert_eq!(
            found(unsafe_code, "network/src/driver.rs", "#![expect(unsafe_code, reason = \"x\")]"),
            1
        );
        assert_eq!(found(unsafe_code, "protocol/src/lib.rs", "#![forbid(unsafe_code)]"), 0);
    }

    #[test]
    fn locks_are_found() {
        assert_eq!(found(locks, "network/src/driver.rs", "use std::sync::Mutex;"), 1);
        assert_eq!(found(locks, "protocol/src/engine.rs", "a: RwLock<u8>,"), 1);
        assert_eq!(found(locks, "relay/src/records.rs", "use std::sync::Mutex;"), 0);
    }

    #[test]
    fn errors_without_a_type_are_found() {
        assert_eq!(found(errors, "relay/src/http.rs", "use anyhow::Result;"), 1);
        assert_eq!(found(errors, "relay/src/main.rs", "use anyhow::Result;"), 0);
        assert_eq!(
            found(errors, "network/src/dht.rs", "fn a() -> Result<(), Box<dyn Error>> {"),
            1
        );
        assert_eq!(found(errors, "xtask/src/web.rs", "use anyhow::Result;"), 0);
    }

    #[test]
    fn code_in_a_library_root_is_found() {
        assert_eq!(
            found(library_roots, "network/src/lib.rs", "//! Map.\nmod a;\npub use a::B;\n"),
            0
        );
        assert_eq!(found(library_roots, "network/src/lib.rs", "pub fn a() {}\nstruct B;\n"), 2);
        assert_eq!(found(library_roots, "tests/src/lib.rs", "pub fn a() {}\n"), 0);
    }
}
