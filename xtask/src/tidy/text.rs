//! Rules on any file: length, open ends, names, paths, sleeps, registries.

use super::Finding;
use super::tree::{Tree, lines};

const LONGEST: usize = 500;
const SOURCES: [&str; 6] = [".rs", ".ts", ".mjs", ".js", ".css", ".html"];
const FORBIDDEN_NAMES: [&str; 9] =
    ["utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "stuff"];
/// First folders of absolute paths that differ from machine to machine.
const MACHINE_FOLDERS: [&str; 6] = ["root", "home", "work", "tmp", "farm", "Users"];

fn is_source(path: &str) -> bool {
    SOURCES.iter().any(|ending| path.ends_with(ending))
}

/// A file holds one idea; a giant holds several.
pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    let long = tree.files().filter(|(path, _)| {
        is_source(path) && !path.ends_with("/tests.rs") && !path.ends_with(".d.ts")
    });
    long.map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, count)| *count > LONGEST)
        .map(|(path, count)| {
            Finding::new(
                path,
                format!("{count} lines, at most {LONGEST}: split it by what it does"),
            )
        })
        .collect()
}

/// An open end without an issue is never closed.
pub(super) fn open_ends(tree: &Tree) -> Vec<Finding> {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let open = |line: &str| {
        words.iter().any(|word| {
            line.find(word).is_some_and(|at| {
                let after = &line[at + word.len()..];
                let before = line[..at].chars().next_back();
                let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                whole && !numbered(after)
            })
        })
    };
    let files = tree.files().filter(|(path, _)| is_source(path) || path.ends_with(".md"));
    files
        .flat_map(|(path, text)| {
            lines(text, open).map(move |(at, _)| {
                Finding::at(path, at, "an open end: do it, or name its issue as in `(#12)`")
            })
        })
        .collect()
}

/// Whether `(#12)` or ` #12` follows directly.
fn numbered(after: &str) -> bool {
    let rest = after.trim_start_matches([' ', '(', ':']);
    rest.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A name says what is inside.
pub(super) fn names(tree: &Tree) -> Vec<Finding> {
    let check = |path: &str| {
        if path.ends_with("/mod.rs") {
            return Some("write `foo.rs` beside `foo/`, not `foo/mod.rs`".to_owned());
        }
        let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
        let bad = parts.find(|stem| FORBIDDEN_NAMES.contains(stem))?;
        Some(format!("`{bad}` says nothing: name it after what it does"))
    };
    tree.files().filter_map(|(path, _)| Some(Finding::new(path, check(path)?))).collect()
}

/// What is committed works on every machine.
pub(super) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let files = tree.files().filter(|(path, _)| !path.ends_with(".lock"));
    files
        .flat_map(|(path, text)| {
            lines(text, names_a_machine_folder).map(move |(at, _)| {
                Finding::at(
                    path,
                    at,
                    "a path of one machine: take it from a variable or a temporary folder",
                )
            })
        })
        .collect()
}

fn names_a_machine_folder(line: &str) -> bool {
    MACHINE_FOLDERS.iter().any(|folder| {
        let whole = format!("/{folder}/");
        line.match_indices(&whole).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "}.-_*/)".contains(c))
        })
    })
}

/// A test that is skipped promises nothing.
pub(super) fn skipped_tests(tree: &Tree) -> Vec<Finding> {
    let marks = [
        concat!("#[ign", "ore"),
        concat!(".sk", "ip("),
        concat!(".on", "ly("),
        concat!(".fix", "me("),
    ];
    let ts = |path: &str| path.ends_with(".test.ts") || path.starts_with("tests/browser/");
    tree.files()
        .filter(|(path, _)| is_source(path))
        .flat_map(|(path, text)| {
            let here = move |line: &str| {
                line.trim_start().starts_with(marks[0])
                    || ts(path)
                        && marks[1..].iter().any(|mark| {
                            ["test", "it", "describe"]
                                .iter()
                                .any(|on| line.contains(&format!("{on}{mark}")))
                        })
            };
            lines(text, here).map(move |(at, _)| {
                Finding::at(path, at, "a skipped test promises nothing: mend it or remove it")
            })
        })
        .collect()
}

/// A test waits for a state; a sleep is either too short or too long. A benchmark may let things
/// settle.
pub(super) fn sleeps(tree: &Tree) -> Vec<Finding> {
    let marks =
        ["thread::sleep(", "time::sleep(", "waitForTimeout(", " setTimeout(", "(setTimeout("];
    let is_test = |path: &str| {
        (path.starts_with("tests/") && !path.contains("/benches/"))
            || path.ends_with(".test.ts")
            || path.ends_with("/tests.rs")
    };
    let sleeps = move |line: &str| {
        !line.trim_start().starts_with("//") && marks.iter().any(|mark| line.contains(mark))
    };
    tree.files()
        .filter(|(path, _)| is_source(path) && is_test(path))
        .flat_map(|(path, text)| {
            lines(text, sleeps)
                .map(move |(at, _)| Finding::at(path, at, "wait for a state, not for a time"))
        })
        .collect()
}

/// Packages come from the two public registries, whatever mirror a machine uses.
pub(super) fn registries(tree: &Tree) -> Vec<Finding> {
    let npm = "https://registry.npmjs.org/";
    let cargo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let foreign = |path: &str, line: &str| {
        let line = line.trim();
        match path.rsplit('/').next() {
            Some("package-lock.json") => {
                line.starts_with("\"resolved\": \"http") && !line.contains(&format!("\"{npm}"))
            }
            Some("Cargo.lock") => line.starts_with("source = ") && line != cargo,
            Some(".npmrc") => line.contains("registry"),
            Some("config.toml") => line.starts_with("[source") || line.starts_with("[registr"),
            _ => false,
        }
    };
    tree.files()
        .flat_map(|(path, text)| {
            lines(text, move |line| foreign(path, line)).map(move |(at, _)| {
                Finding::at(
                    path,
                    at,
                    "a registry of one machine or a git source: only the public registries",
                )
            })
        })
        .collect()
}

/// A link or a picture in a document leads to something.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let documents = tree.files().filter(|(path, _)| path.ends_with(".md"));
    let broken = |path: &str, target: &str| {
        let file = target.split('#').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let full = format!("{folder}/{file}");
        let full = full.trim_start_matches('/');
        !(file.is_empty()
            || target.contains("://")
            || tree.files().any(|(path, _)| path == full || path.starts_with(&format!("{full}/"))))
    };
    documents
        .flat_map(|(path, text)| lines(text, |_| true).map(move |(at, line)| (path, at, line)))
        .flat_map(|(path, at, line)| {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            targets.map(move |target| (path, at, target))
        })
        .filter(|(path, _, target)| broken(path, target))
        .map(|(path, at, target)| Finding::at(path, at, format!("`{target}` leads nowhere")))
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
    fn a_giant_is_found() {
        let line = "fn a() {}\n";
        assert_eq!(found(length, "protocol/src/wire.rs", &line.repeat(501)), 1);
        assert_eq!(found(length, "protocol/src/wire.rs", &line.repeat(500)), 0);
        assert_eq!(found(length, "protocol/src/wire/tests.rs", &line.repeat(900)), 0);
        assert_eq!(found(length, "Cargo.lock", &line.repeat(900)), 0);
    }

    #[test]
    fn an_open_end_needs_an_issue() {
        let word = concat!("TO", "DO");
        for text in [format!("// {word}: later"), word.to_owned(), format!("a // {word} (soon)")] {
            assert_eq!(found(open_ends, "relay/src/http.rs", &text), 1, "{text}");
        }
        for text in [
            format!("// {word} (#12): later"),
            format!("// {word} #3"),
            format!("let M{word}S = 1;"),
        ] {
            assert_eq!(found(open_ends, "relay/src/http.rs", &text), 0, "{text}");
        }
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        for path in [
            "network/src/utils.rs",
            "www/src/helpers.ts",
            "relay/src/common/a.rs",
            "relay/src/a/mod.rs",
        ] {
            assert_eq!(found(names, path, ""), 1, "{path}");
        }
        for path in ["network/src/driver.rs", "protocol/src/model.rs", "tests/src/world.rs"] {
            assert_eq!(found(names, path, ""), 0, "{path}");
        }
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for folder in MACHINE_FOLDERS {
            let text = format!("let path = \"/{folder}/me/lowkey\";");
            assert_eq!(found(machine_paths, "xtask/src/web.rs", &text), 1, "{text}");
        }
        for text in ["https://example.org/home/page", "$HOME/.cache/work/x", "src/root/key.rs"] {
            assert_eq!(found(machine_paths, "README.md", text), 0, "{text}");
        }
    }

    #[test]
    fn skipped_tests_are_found() {
        let ignored = concat!("    #[ign", "ore]\n    fn a() {}");
        assert_eq!(found(skipped_tests, "tests/tests/promises/replay.rs", ignored), 1);
        for text in [
            concat!("it.sk", "ip('a')"),
            concat!("describe.on", "ly('a')"),
            concat!("test.fix", "me('a')"),
        ] {
            assert_eq!(found(skipped_tests, "www/src/store.test.ts", text), 1, "{text}");
        }
        assert_eq!(
            found(skipped_tests, "protocol/src/a.rs", "let rest = words.iter().skip(1);"),
            0
        );
    }

    #[test]
    fn sleeps_in_tests_are_found() {
        for text in ["tokio::time::sleep(SECOND).await;", "std::thread::sleep(SECOND);"] {
            assert_eq!(found(sleeps, "tests/src/native.rs", text), 1, "{text}");
            assert_eq!(found(sleeps, "network/src/driver.rs", text), 0, "{text}");
        }
        for text in ["await page.waitForTimeout(9)", "new Promise((done) => setTimeout(done, 9))"] {
            assert_eq!(found(sleeps, "tests/browser/talk.test.ts", text), 1, "{text}");
        }
        let patience = "await page.locator('a').setTimeout(PATIENCE).click()";
        assert_eq!(found(sleeps, "tests/browser/talk.test.ts", patience), 0);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let tree = |text| Tree::of(&[("README.md", text), ("docs/a.png", ""), ("docs/b.md", "")]);
        assert_eq!(
            links(&tree("![A](docs/a.png) [B](docs/b.md#top) [C](https://example.org)")),
            []
        );
        assert_eq!(links(&tree("[here](#part) [folder](docs)")), []);
        assert_eq!(links(&tree("![A](docs/c.png) [B](b.md)")).len(), 2);
        assert_eq!(links(&Tree::of(&[("docs/b.md", "[B](a.png)"), ("docs/a.png", "")])), []);
    }

    #[test]
    fn foreign_registries_are_found() {
        let mirror = "      \"resolved\": \"http://mirror.local/lit/-/lit-3.3.3.tgz\",";
        let public = "      \"resolved\": \"https://registry.npmjs.org/lit/-/lit-3.3.3.tgz\",";
        assert_eq!(found(registries, "www/package-lock.json", mirror), 1);
        assert_eq!(found(registries, "www/package-lock.json", public), 0);
        assert_eq!(found(registries, "Cargo.lock", "source = \"git+https://example.org/x\""), 1);
        assert_eq!(found(registries, ".cargo/config.toml", "[source.crates-io]"), 1);
        assert_eq!(found(registries, "www/.npmrc", "registry=http://mirror.local/"), 1);
    }
}
