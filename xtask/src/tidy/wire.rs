//! Rules that keep PROTOCOL.md true: wire code, labels, limits and vectors.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::{Tree, code};

const DOCUMENT: &str = "PROTOCOL.md";
const WIRE: &str = "protocol/src/wire";
const LIMITS: &str = "protocol/src/limits";
/// Where literals are labels of the protocol or names of libp2p protocols.
const LABELLED: [&str; 2] = ["protocol/src/", "network/src/"];

/// The document names the wire code that it describes by a hash, and must be looked at when that
/// code changes.
pub(super) fn hash(tree: &Tree) -> Vec<Finding> {
    let hash = format!("{:016x}", wire_hash(tree));
    let Some(text) = tree.get(DOCUMENT) else { return Vec::new() };
    if text.contains(&format!("<!-- wire: {hash} -->")) {
        return Vec::new();
    }
    vec![Finding::new(
        DOCUMENT,
        format!(
            "{WIRE}* or a label is not what this document was last compared with: read the change, \
             mend PROTOCOL.md and tests/vectors where they differ, then write `<!-- wire: {hash} -->`"
        ),
    )]
}

/// Every label of the code is in the document.
pub(super) fn labels(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(DOCUMENT) else { return Vec::new() };
    let missing = |(path, label): &(String, String)| {
        let advice = format!("says `{label}`, which PROTOCOL.md does not know: describe it there");
        (!text.contains(label.as_str())).then(|| Finding::new(path, advice))
    };
    used_labels(tree).iter().filter_map(missing).collect()
}

/// Every limit and every file of vectors is in the document.
pub(super) fn limits_and_vectors(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(DOCUMENT) else { return Vec::new() };
    let lines = tree
        .below(LIMITS, ".rs")
        .flat_map(|(path, text)| code(text).map(move |(at, line)| (path, at, line)));
    let limits = lines.filter_map(|(path, at, line)| {
        let name = line.trim_start().strip_prefix("pub const ")?.split(':').next()?;
        (!text.contains(&format!("`{name}`")))
            .then(|| Finding::at(path, at, format!("PROTOCOL.md does not name the limit `{name}`")))
    });
    let vectors = tree
        .below("tests/vectors/", ".json")
        .filter(|(path, _)| !text.contains(path))
        .map(|(path, _)| Finding::new(path, "PROTOCOL.md does not name these vectors"));
    limits.chain(vectors).collect()
}

/// Hashes what the wire code says, without comments, tests and spaces.
fn wire_hash(tree: &Tree) -> u64 {
    let mut hash = Fnv::new();
    for (path, text) in tree.below(WIRE, ".rs").filter(|(path, _)| !path.ends_with("/tests.rs")) {
        hash.update(path);
        code(text).flat_map(|(_, line)| line.split_whitespace()).for_each(|word| hash.update(word));
    }
    for (_, label) in used_labels(tree) {
        hash.update(&label);
    }
    hash.0
}

/// Returns each label with a file that uses it, in the order of the labels.
fn used_labels(tree: &Tree) -> BTreeSet<(String, String)> {
    let files = LABELLED.iter().flat_map(|folder| tree.below(folder, ".rs"));
    let code = files
        .filter(|(path, _)| !path.ends_with("/tests.rs"))
        .flat_map(|(path, text)| code(text).map(move |(_, line)| (path, line)));
    code.flat_map(|(path, line)| literals(line).map(move |label| (path.to_owned(), label)))
        .collect()
}

/// Returns the labels between quotation marks in a line, without escapes.
fn literals(line: &str) -> impl Iterator<Item = String> {
    let quoted = line.split('"').skip(1).step_by(2);
    let starts = ["lowkey/", "lowkeypow", "/lowkey/"];
    quoted
        .filter(move |text| starts.iter().any(|start| text.starts_with(start)))
        .map(|text| text.replace("\\0", "").replace("{}", ""))
}

/// FNV-1a: small, and the same on every machine. It guards against forgetting, not against people.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn update(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "//! Wire.\nconst TYPE: u8 = 1;\n";

    fn tree(code: &str, document: &str) -> Tree {
        Tree::of(&[("protocol/src/wire.rs", code), (DOCUMENT, document)])
    }

    fn current(code: &str) -> String {
        format!("<!-- wire: {:016x} -->", wire_hash(&tree(code, "")))
    }

    #[test]
    fn a_change_of_wire_code_alone_is_found() {
        assert_eq!(hash(&tree(CODE, &current(CODE))), []);
        let changed = CODE.replace("= 1", "= 2");
        assert_eq!(hash(&tree(&changed, &current(CODE))).len(), 1);
        assert_eq!(hash(&tree(CODE, "")).len(), 1);
    }

    #[test]
    fn comments_spaces_and_tests_are_no_change() {
        let same =
            format!("// More.\n{}#[cfg(test)]\nmod tests {{\n}}\n", CODE.replace(" = ", "  =  "));
        assert_eq!(hash(&tree(&same, &current(CODE))), []);
    }

    #[test]
    fn a_change_of_a_label_elsewhere_is_found() {
        let with =
            |label: &str| Tree::of(&[("protocol/src/vault.rs", &format!("let a = b\"{label}\";"))]);
        assert_ne!(wire_hash(&with("lowkey/1/a")), wire_hash(&with("lowkey/1/b")));
    }

    #[test]
    fn a_label_that_is_not_described_is_found() {
        let used = "hash(b\"lowkey/1/dh-cert\\0\"); name(\"/lowkey/chat/1\");";
        let files =
            |document| Tree::of(&[("protocol/src/identity.rs", used), (DOCUMENT, document)]);
        assert_eq!(labels(&files("nothing")).len(), 2);
        assert_eq!(labels(&files("`lowkey/1/dh-cert` and `/lowkey/chat/1`")), []);
    }

    #[test]
    fn limits_and_vectors_that_are_not_named_are_found() {
        let files = |document| {
            let limits = "pub const FRAME_BYTES: usize = 16_384;\n";
            Tree::of(&[
                ("protocol/src/limits.rs", limits),
                ("tests/vectors/a.json", "{}"),
                (DOCUMENT, document),
            ])
        };
        assert_eq!(limits_and_vectors(&files("nothing")).len(), 2);
        assert_eq!(limits_and_vectors(&files("`FRAME_BYTES`, tests/vectors/a.json")), []);
    }
}
