//! The files that the rules look at.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use xshell::cmd;

use crate::tools::Workspace;

/// Every file that is in git or could be added to it, by its path from the root; one that is not
/// text is there without its content.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    pub(crate) fn of_checkout(ws: &Workspace) -> Result<Self> {
        let sh = &ws.sh;
        let listed =
            cmd!(sh, "git ls-files --cached --others --exclude-standard").quiet().read()?;
        // A file that is deleted but not yet committed is listed and cannot be read: no matter.
        let read = |path: &str| {
            let bytes = fs::read(ws.path(path)).ok()?;
            Some((path.to_owned(), String::from_utf8(bytes).unwrap_or_default()))
        };
        Ok(Self(listed.lines().filter_map(read).collect()))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self(files.iter().map(owned).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Returns path and text of every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Returns path and text of the files below `folder` with this ending.
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }
}

/// Returns number and text of the lines that `wanted` says yes to, counted from one.
pub(crate) fn lines<'a>(
    text: &'a str,
    wanted: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines().enumerate().filter(move |(_, line)| wanted(line)).map(|(at, line)| (at + 1, line))
}

/// Returns a Rust file without its comments and without its tests, which stand last.
pub(crate) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        loop {
            let (at, line) = lines.next()?;
            if line.trim() == "#[cfg(test)]" {
                let (_, tested) = lines.next()?;
                if tested.contains("mod tests {") {
                    return None;
                }
            } else if !line.trim_start().starts_with("//") {
                return Some((at + 1, line));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_is_left_without_comments_and_tests() {
        let text =
            "//! a\nb\n#[cfg(test)]\nextern crate std;\n  // c\nd\n#[cfg(test)]\nmod tests {\ne\n}";
        let left: Vec<_> = code(text).collect();
        assert_eq!(left, [(2, "b"), (6, "d")]);
    }

    #[test]
    fn files_are_found_by_folder_and_ending() {
        let tree = Tree::of(&[("a/b.rs", ""), ("a/c.ts", ""), ("d/e.rs", "")]);
        assert_eq!(tree.below("a/", ".rs").map(|(path, _)| path).collect::<Vec<_>>(), ["a/b.rs"]);
    }
}
