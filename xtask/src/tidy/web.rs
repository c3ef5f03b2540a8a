//! Rules on the page: text from people is never HTML, components do not know the peer.

use super::Finding;
use super::tree::{Tree, lines};

fn find<'a>(
    tree: &'a Tree,
    folder: &'a str,
    bad: impl Fn(&str) -> bool + Copy + 'a,
    advice: &'a str,
) -> Vec<Finding> {
    let files = tree.below(folder, ".ts").filter(|(path, _)| !path.starts_with("www/src/wasm/"));
    files
        .flat_map(|(path, text)| lines(text, bad).map(move |(at, _)| Finding::at(path, at, advice)))
        .collect()
}

/// Text from people goes into Lit templates, which escape it.
pub(super) fn raw_html(tree: &Tree) -> Vec<Finding> {
    let marks = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "unsafeHTML",
        "unsafeSVG",
        "unsafeStatic",
        "document.write",
        "createContextualFragment",
    ];
    find(
        tree,
        "www/src/",
        move |line| marks.iter().any(|mark| line.contains(mark)),
        "raw HTML: put the text into a Lit template",
    )
}

/// A component takes properties and dispatches events.
pub(super) fn components(tree: &Tree) -> Vec<Finding> {
    let imports = |line: &str| {
        let from_peer = ["/peer'", "/peer\"", "/peer.ts'", "/peer.ts\"", "/peer.js'", "/peer.js\""];
        line.contains("../wasm/") || from_peer.iter().any(|end| line.contains(end))
    };
    let value = move |line: &str| imports(line) && !line.trim_start().starts_with("import type");
    find(
        tree,
        "www/src/components/",
        value,
        "a component never imports the peer: take a property, dispatch an event",
    )
}

/// One name for one thing, everywhere.
pub(super) fn default_exports(tree: &Tree) -> Vec<Finding> {
    find(tree, "www/src/", |line| line.starts_with("export default"), "export by name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_found() {
        for line in ["el.innerHTML = text;", "return html`${unsafeHTML(text)}`;"] {
            assert_eq!(
                raw_html(&Tree::of(&[("www/src/components/a.ts", line)])).len(),
                1,
                "{line}"
            );
        }
        assert_eq!(raw_html(&Tree::of(&[("www/src/a.ts", "el.textContent = text;")])), []);
    }

    #[test]
    fn a_component_that_knows_the_peer_is_found() {
        for line in
            ["import { peer } from '../peer.ts';", "import init from \"../wasm/lowkey.js\";"]
        {
            assert_eq!(
                components(&Tree::of(&[("www/src/components/a.ts", line)])).len(),
                1,
                "{line}"
            );
        }
        let types = "import type { Message } from '../wasm/lowkey.js';";
        assert_eq!(components(&Tree::of(&[("www/src/components/a.ts", types)])), []);
        let elsewhere = "import { peer } from './peer.ts';";
        assert_eq!(components(&Tree::of(&[("www/src/main.ts", elsewhere)])), []);
    }

    #[test]
    fn a_default_export_is_found() {
        assert_eq!(default_exports(&Tree::of(&[("www/src/a.ts", "export default 1;")])).len(), 1);
        assert_eq!(default_exports(&Tree::of(&[("www/vite.config.ts", "export default 1;")])), []);
    }
}
