//! The rules of CONTRIBUTING.md and ARCHITECTURE.md that a machine can check.
//!
//! A rule is a function from the [`Tree`] to what it found, so that each has a test that plants a
//! violation: a check that cannot fail is a defect. The message of a finding says what to do.

mod crates;
mod rust;
mod text;
mod tree;
mod web;
mod wire;

use anyhow::{Result, bail};

use crate::tools::Workspace;
use tree::Tree;

/// What a rule found, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    place: String,
    advice: String,
}

impl Finding {
    fn new(place: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { place: place.into(), advice: advice.into() }
    }

    fn at(path: &str, line: usize, advice: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), advice)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule by its name.
const RULES: [(&str, Rule); 27] = [
    ("file length", text::length),
    ("open ends", text::open_ends),
    ("names of files", text::names),
    ("paths of a machine", text::machine_paths),
    ("skipped tests", text::skipped_tests),
    ("sleeps in tests", text::sleeps),
    ("registries", text::registries),
    ("links of documents", text::links),
    ("module documents", rust::module_documents),
    ("pure protocol", rust::pure_protocol),
    ("target cfg", rust::target_cfg),
    ("unsafe code", rust::unsafe_code),
    ("locks", rust::locks),
    ("errors", rust::errors),
    ("lib.rs", rust::library_roots),
    ("dependency direction", crates::direction),
    ("lint tables", crates::lint_tables),
    ("features", crates::features),
    ("versions", crates::versions),
    ("what the relay takes of network", crates::relay_uses),
    ("raw HTML", web::raw_html),
    ("components and the peer", web::components),
    ("default exports", web::default_exports),
    ("wire code and PROTOCOL.md", wire::hash),
    ("labels", wire::labels),
    ("limits and vectors", wire::limits_and_vectors),
    ("parts of PROTOCOL.md", wire::sections),
];

/// Runs every rule on the checkout.
pub(crate) fn run(ws: &Workspace) -> Result<()> {
    let tree = Tree::of_checkout(ws)?;
    let mut count = 0;
    let mut report = |rule: &str, findings: Vec<Finding>| {
        for finding in findings {
            println!("tidy: {}: {} [{rule}]", finding.place, finding.advice);
            count += 1;
        }
    };
    for (name, rule) in RULES {
        report(name, rule(&tree));
    }
    let args = ["tree", "-p", "lowkey-protocol", "-e", "normal", "--prefix", "none"];
    let listed = ws.cargo(args).args(["--target", "all"]).quiet().read()?;
    report("dependencies of protocol", crates::protocol_tree(&listed));
    if count > 0 {
        bail!("tidy: {count} places to mend");
    }
    println!("tidy: {} rules hold in {} files", RULES.len() + 1, tree.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_complains_about_an_empty_tree() {
        let tree = Tree::default();
        for (name, rule) in RULES {
            assert_eq!(rule(&tree), [], "{name}");
        }
    }
}
