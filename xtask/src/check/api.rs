//! Keeps the types of the JavaScript API in git, so that a change shows in review.

use std::fs;

use anyhow::{Result, bail};

use crate::tools::Workspace;

const IN_GIT: &str = "web-peer/api.d.ts";
const GENERATED: &str = "www/src/wasm/lowkey_web_peer.d.ts";
const HEADER: &str = "// Generated from web-peer by `cargo xtask check --bless`, not by hand: a change of the API shows in review.\n";

/// Fails when the generated types are not those in git.
pub(super) fn compare(ws: &Workspace) -> Result<()> {
    let generated = normalised(&fs::read_to_string(ws.path(GENERATED))?);
    let in_git = fs::read_to_string(ws.path(IN_GIT)).unwrap_or_default();
    if generated == in_git {
        return Ok(());
    }
    let differs = first_difference(&in_git, &generated);
    bail!(
        "{IN_GIT} is not what web-peer generates now ({differs}); if the change of the API is \
         meant, run `cargo xtask check --bless` and commit the file"
    )
}

/// Writes the generated types to the file in git.
pub(super) fn bless(ws: &Workspace) -> Result<()> {
    let generated = normalised(&fs::read_to_string(ws.path(GENERATED))?);
    Ok(fs::write(ws.path(IN_GIT), generated)?)
}

/// Leaves out what is not API: the raw exports of the wasm and how it is loaded.
fn normalised(types: &str) -> String {
    let api = types.lines().take_while(|line| !line.starts_with("export type InitInput"));
    let kept = api
        .map(str::trim_end)
        .filter(|line| !["/* tslint", "/* eslint"].iter().any(|comment| line.starts_with(comment)));
    let mut text = HEADER.to_owned();
    for line in kept {
        // One empty line at most, so that a change of the generator's taste is no change.
        if !(line.is_empty() && text.ends_with("\n\n")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

fn first_difference(old: &str, new: &str) -> String {
    let mut pairs = old.lines().zip(new.lines()).enumerate();
    let differs = pairs.find(|(_, (old, new))| old != new);
    match differs {
        Some((at, (old, new))) => format!("line {}: `{old}` is now `{new}`", at + 1),
        None => format!("{} lines are now {}", old.lines().count(), new.lines().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = "/* tslint:disable */\n/* eslint-disable */\n\n\nexport class Peer {\n  \
                         send(text: string): Promise<string>;  \n}\n\nexport type InitInput = URL;\n\
                         export interface InitOutput {\n  readonly a123: number;\n}\n";

    #[test]
    fn only_the_api_is_kept() {
        let kept = normalised(TYPES);
        assert!(kept.contains("send(text: string): Promise<string>;\n"));
        assert!(!kept.contains("InitInput") && !kept.contains("a123") && !kept.contains("tslint"));
        assert!(kept.ends_with("}\n"));
    }

    #[test]
    fn a_change_of_the_api_is_a_difference() {
        let changed = TYPES.replace("text: string", "text: number");
        assert_ne!(normalised(TYPES), normalised(&changed));
        let raw = TYPES.replace("a123", "b456");
        assert_eq!(normalised(TYPES), normalised(&raw));
        let found = first_difference(&normalised(TYPES), &normalised(&changed));
        assert!(found.contains("number"), "{found}");
    }
}
