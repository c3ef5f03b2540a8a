//! Rules on manifests: who may depend on whom, lint tables, versions in one place.

use toml::{Table, Value};

use super::Finding;
use super::tree::{Tree, code};

/// Each crate by folder, and the crates of ours that it may name.
const DIRECTION: [(&str, &[&str]); 10] = [
    ("protocol", &[]),
    ("webrtc", &[]),
    ("network", &["lowkey-protocol", "lowkey-webrtc"]),
    ("relay", &["lowkey-protocol", "lowkey-network", "lowkey-webrtc"]),
    ("web-peer", &["lowkey-protocol", "lowkey-network"]),
    ("web-peer/worker", &[]),
    (
        "tests",
        &["lowkey-protocol", "lowkey-network", "lowkey-relay", "lowkey-webrtc", "lowkey-worker"],
    ),
    ("tests/vectors-wasm", &["lowkey-protocol"]),
    ("tests/webrtc-page", &["lowkey-network", "lowkey-webrtc"]),
    ("xtask", &[]),
];
/// The modules of `network` that a relay shares with a peer.
const SHARED_WITH_RELAY: [&str; 4] = ["dht", "protocols", "time", "clock"];
/// What gives a crate a clock, a random source, a socket, a thread or a browser.
const IMPURE: [&str; 12] = [
    "getrandom",
    "tokio",
    "async-std",
    "libp2p",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "web-time",
    "instant",
    "mio",
    "socket2",
    "rand",
];

fn manifest<'a>(tree: &'a Tree, folder: &str) -> Option<(String, &'a str)> {
    let path = format!("{folder}/Cargo.toml");
    tree.get(&path).map(|text| (path.clone(), text))
}

/// Returns the names and values of all dependencies of a manifest, of every kind and target.
fn dependencies(text: &str) -> Vec<(String, Value)> {
    fn collect(table: &Table, into: &mut Vec<(String, Value)>) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let listed = table.get(kind).and_then(Value::as_table);
            into.extend(
                listed.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        let targets = table.get("target").and_then(Value::as_table);
        for target in targets.into_iter().flatten().filter_map(|(_, value)| value.as_table()) {
            collect(target, into);
        }
    }
    let mut found = Vec::new();
    if let Ok(table) = text.parse::<Table>() {
        collect(&table, &mut found);
    }
    found
}

/// Dependencies point one way: page, web-peer, network, then protocol and webrtc.
pub(super) fn direction(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (folder, allowed) in DIRECTION {
        let Some((path, text)) = manifest(tree, folder) else { continue };
        for (name, _) in dependencies(text) {
            // A crate may name itself, so that its own tests see what is kept for tests.
            if name == format!("lowkey-{folder}") {
                continue;
            }
            if (name.starts_with("lowkey-") || name == "xtask") && !allowed.contains(&name.as_str())
            {
                found.push(Finding::new(
                    &path,
                    format!("{folder} must not depend on {name}: dependencies point one way (ARCHITECTURE.md)"),
                ));
            }
        }
    }
    let known =
        |path: &str| DIRECTION.iter().any(|(folder, _)| path == format!("{folder}/Cargo.toml"));
    let manifests =
        tree.files().filter(|(path, _)| path.ends_with("/Cargo.toml") && !path.contains("/fuzz/"));
    for (path, _) in manifests.filter(|(path, _)| !known(path)) {
        found.push(Finding::new(
            path,
            "a new crate: say in xtask/src/tidy/crates.rs what it may depend on",
        ));
    }
    found
}

/// The tables of lints hold everywhere.
pub(super) fn lint_tables(tree: &Tree) -> Vec<Finding> {
    let strict = ["protocol", "webrtc", "network", "relay", "web-peer", "web-peer/worker"];
    let all = DIRECTION.iter().filter_map(|(folder, _)| Some((*folder, manifest(tree, folder)?)));
    all.filter_map(|(folder, (path, text))| {
        let table: Table = text.parse().ok()?;
        let lints = table.get("lints").and_then(Value::as_table);
        let shared =
            lints.and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true);
        if strict.contains(&folder) && !shared {
            return Some(Finding::new(path, "write `[lints]` with `workspace = true`"));
        }
        lints.is_none().then(|| Finding::new(path, "needs a table of lints of its own"))
    })
    .collect()
}

/// A feature never changes what people get: there is one, for tests.
pub(super) fn features(tree: &Tree) -> Vec<Finding> {
    let all = DIRECTION.iter().filter_map(|(folder, _)| manifest(tree, folder));
    all.flat_map(|(path, text)| {
        let table: Table = text.parse().unwrap_or_default();
        let named = table.get("features").and_then(Value::as_table).cloned().unwrap_or_default();
        let other = named.into_iter().filter(|(name, _)| name != "test-support");
        other
            .map(|(name, _)| {
                Finding::new(&path, format!("no feature `{name}`: only `test-support` may exist"))
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

/// Every version stands in the root manifest.
pub(super) fn versions(tree: &Tree) -> Vec<Finding> {
    let all = DIRECTION.iter().filter_map(|(folder, _)| manifest(tree, folder));
    all.flat_map(|(path, text)| {
        let own = dependencies(text)
            .into_iter()
            .filter(|(_, value)| value.get("workspace").and_then(Value::as_bool) != Some(true));
        let found: Vec<_> = own
            .map(|(name, _)| {
                Finding::new(&path, format!("take {name} from the root: `{name}.workspace = true`"))
            })
            .collect();
        found
    })
    .collect()
}

/// A relay is no peer: it takes the form of records, the names of protocols and the time.
pub(super) fn relay_uses(tree: &Tree) -> Vec<Finding> {
    let relay = tree.below("relay/src/", ".rs");
    let used =
        relay.flat_map(|(path, text)| taken_modules(text).into_iter().map(move |m| (path, m)));
    used.filter(|(_, module)| !SHARED_WITH_RELAY.contains(&module.as_str()))
        .map(|(path, module)| {
            let allowed = SHARED_WITH_RELAY.join(", ");
            Finding::new(
                path,
                format!("takes {module} of network; a relay may take only {allowed}"),
            )
        })
        .collect()
}

/// Returns the modules after each `lowkey_network::`, in braces or not.
fn taken_modules(text: &str) -> Vec<String> {
    let code: Vec<&str> = code(text).map(|(_, line)| line.trim()).collect();
    let code = code.join(" ");
    let name = |item: &str| {
        let item = item.trim();
        item.chars().take_while(|c| c.is_alphanumeric() || "_*".contains(*c)).collect::<String>()
    };
    let mut found = Vec::new();
    for (at, path) in code.match_indices("lowkey_network::") {
        let rest = &code[at + path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let (mut depth, mut start) = (1, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                found.push(name(&group[start..at]));
                start = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    found.retain(|module| !module.is_empty());
    found
}

/// Judges the output of `cargo tree -p lowkey-protocol -e normal` (I1).
pub(super) fn protocol_tree(listed: &str) -> Vec<Finding> {
    let names =
        listed.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty());
    let mut found: Vec<_> = names
        .filter(|name| IMPURE.contains(name) || name.starts_with("libp2p-"))
        .map(|name| {
            let advice =
                format!("depends on {name}, which can touch the machine: the core is pure (I1)");
            Finding::new("protocol/Cargo.toml", advice)
        })
        .collect();
    if !listed.starts_with("lowkey-protocol ") {
        found.push(Finding::new("protocol/Cargo.toml", "cargo tree did not list the crate"));
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Tree) -> Vec<Finding>;

    fn found(rule: Rule, path: &str, text: &str) -> usize {
        rule(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_dependency_against_the_direction_is_found() {
        let peer = "[dependencies]\nlowkey-web-peer.workspace = true";
        let network = "[target.'cfg(unix)'.dev-dependencies]\nlowkey-network.workspace = true";
        assert_eq!(found(direction, "tests/Cargo.toml", peer), 1);
        assert_eq!(found(direction, "protocol/Cargo.toml", network), 1);
        assert_eq!(found(direction, "web-peer/Cargo.toml", network), 0);
        assert_eq!(found(direction, "network/Cargo.toml", network), 0);
        assert_eq!(found(direction, "extra/Cargo.toml", ""), 1);
    }

    #[test]
    fn a_missing_table_of_lints_is_found() {
        assert_eq!(found(lint_tables, "relay/Cargo.toml", ""), 1);
        assert_eq!(
            found(lint_tables, "relay/Cargo.toml", "[lints.rust]\nunsafe_code = \"deny\""),
            1
        );
        assert_eq!(found(lint_tables, "relay/Cargo.toml", "[lints]\nworkspace = true"), 0);
        assert_eq!(found(lint_tables, "xtask/Cargo.toml", ""), 1);
        assert_eq!(
            found(lint_tables, "xtask/Cargo.toml", "[lints.rust]\nunsafe_code = \"deny\""),
            0
        );
    }

    #[test]
    fn a_feature_for_people_is_found() {
        assert_eq!(found(features, "relay/Cargo.toml", "[features]\nfast = []"), 1);
        assert_eq!(found(features, "relay/Cargo.toml", "[features]\ntest-support = []"), 0);
    }

    #[test]
    fn a_version_outside_of_the_root_is_found() {
        assert_eq!(found(versions, "relay/Cargo.toml", "[dependencies]\ntokio = \"1\""), 1);
        assert_eq!(
            found(versions, "relay/Cargo.toml", "[dependencies]\ntokio = { version = \"1\" }"),
            1
        );
        assert_eq!(
            found(versions, "relay/Cargo.toml", "[dependencies]\ntokio = { workspace = true }"),
            0
        );
    }

    #[test]
    fn a_relay_that_plays_peer_is_found() {
        assert_eq!(found(relay_uses, "relay/src/swarm.rs", "use lowkey_network::spawn;"), 1);
        assert_eq!(found(relay_uses, "relay/src/swarm.rs", "use lowkey_network::dht::record;"), 0);
        let group = "use lowkey_network::{\n    dht::{record, find},\n    driver, protocols,\n};";
        assert_eq!(taken_modules(group), ["dht", "driver", "protocols"]);
        assert_eq!(found(relay_uses, "relay/src/swarm.rs", group), 1);
    }

    #[test]
    fn an_impure_dependency_is_found() {
        let pure = "lowkey-protocol v0.1.0\nsha2 v0.11.1\nrand_core v0.10.1\n";
        assert_eq!(protocol_tree(pure), []);
        for name in ["getrandom v0.4.3", "libp2p-kad v0.49.0", "tokio v1.54.1"] {
            assert_eq!(protocol_tree(&format!("{pure}{name}\n")).len(), 1, "{name}");
        }
        assert_eq!(protocol_tree("").len(), 1);
    }
}
