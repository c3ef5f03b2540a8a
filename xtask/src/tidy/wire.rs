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

/// Every limit stands in the document with its value, and every file of vectors is named.
pub(super) fn limits_and_vectors(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(DOCUMENT) else { return Vec::new() };
    let files = tree.below(LIMITS, ".rs");
    let limits =
        files.flat_map(|(path, code)| limit_rows(code).into_iter().map(move |row| (path, row)));
    let limits = limits
        .filter(|(_, (row, _))| !text.lines().any(|line| line.starts_with(row)))
        .map(|(path, (row, meaning))| {
            Finding::new(
                path,
                format!("PROTOCOL.md, \"Limits\", needs the row `{row} {meaning} |`"),
            )
        });
    let vectors = tree
        .below("tests/vectors/", ".json")
        .filter(|(path, _)| !text.contains(path))
        .map(|(path, _)| Finding::new(path, "PROTOCOL.md does not name these vectors"));
    limits.chain(vectors).collect()
}

/// Returns name and value of each limit as they begin a row of the document's table, and what the
/// comment above says.
fn limit_rows(code: &str) -> Vec<(String, String)> {
    let mut meaning = String::new();
    let mut rows = Vec::new();
    for line in code.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            meaning = format!("{meaning} {}", comment.trim()).trim().to_owned();
        } else if let Some(limit) = line.strip_prefix("pub const ") {
            let name = limit.split(':').next().unwrap_or_default();
            let value = limit.split(" = ").nth(1).unwrap_or_default().trim_end_matches(';');
            rows.push((format!("| `{name}` | {value} |"), std::mem::take(&mut meaning)));
        } else {
            meaning.clear();
        }
    }
    rows
}

/// A part of the document that code names, by the beginning of its heading, is there.
pub(super) fn sections(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(DOCUMENT) else { return Vec::new() };
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    let mut found = Vec::new();
    for (path, text) in
        tree.files().filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".ts"))
    {
        for named in named_sections(text) {
            let meant = |heading: &&str| heading.trim_start_matches(['#', ' ']).starts_with(&named);
            if !headings.iter().any(meant) {
                found.push(Finding::new(path, format!("PROTOCOL.md has no part \"{named}\"")));
            }
        }
    }
    found
}

/// Returns what stands between quotation marks after the document's name, in comments.
fn named_sections(text: &str) -> Vec<String> {
    let comments = text.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
    let comments: Vec<&str> =
        comments.map(|line| line.trim_start_matches(['/', '!', ' '])).collect();
    let joined = comments.join(" ");
    let cited = joined.split("PROTOCOL.md, \"").skip(1);
    cited.filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
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
            let limits =
                "/// Bytes of the\n/// longest frame.\npub const FRAME_BYTES: usize = 16_384;\n";
            let limits = ("protocol/src/limits/frames.rs", limits);
            Tree::of(&[limits, ("tests/vectors/a.json", "{}"), (DOCUMENT, document)])
        };
        let found = limits_and_vectors(&files("nothing"));
        assert_eq!(found.len(), 2);
        assert!(
            found[0].advice.contains("| `FRAME_BYTES` | 16_384 | Bytes of the longest frame. |")
        );
        let described = "tests/vectors/a.json\n| `FRAME_BYTES` | 16_384 | A frame. |";
        assert_eq!(limits_and_vectors(&files(described)), []);
        let other_value = described.replace("384", "000");
        assert_eq!(limits_and_vectors(&files(&other_value)).len(), 1);
    }

    #[test]
    fn a_part_that_is_not_there_is_found() {
        let code = "//! Frames (PROTOCOL.md, \"Frames and\n//! content\").\n";
        let files = |document| Tree::of(&[("protocol/src/wire.rs", code), (DOCUMENT, document)]);
        assert_eq!(sections(&files("## Frames\n")).len(), 1);
        assert_eq!(sections(&files("### Frames and content\n")), []);
    }
}
