//! Reads counts from what test runners print.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};

/// How many tests passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} passed {:>3} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, " {:>3} skipped", self.skipped) } else { Ok(()) }
    }
}

/// Reads a `test result:` line of libtest; other lines count nothing.
pub(super) fn of_cargo(line: &str) -> Count {
    let Some(rest) = line.strip_prefix("test result: ") else { return Count::default() };
    let number = |word: &str| {
        let mut parts = rest.split([';', '.']).map(str::trim);
        let part = parts.find_map(|part| part.strip_suffix(word));
        part.and_then(|part| part.trim().parse().ok()).unwrap_or(0)
    };
    Count { passed: number("passed"), failed: number("failed"), skipped: number("ignored") }
}

/// Leaves out the thousand lines that say "ok".
pub(super) fn is_worth_showing(line: &str) -> bool {
    let passed = line.starts_with("test ") && line.ends_with("... ok");
    !(passed || line.is_empty() || line == "running 0 tests")
}

/// Reads one line a vector: `ok NAME` or `FAILED NAME: why`.
pub(super) fn of_vectors(text: &str) -> Count {
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    Count { passed: count("ok "), failed: count("FAILED "), skipped: 0 }
}

/// Reads the JSON report of vitest.
pub(super) fn of_vitest(text: &str) -> Result<Count> {
    let report: serde_json::Value = serde_json::from_str(text)?;
    let number = |key: &str| {
        let found =
            report[key].as_u64().with_context(|| format!("vitest's report has no {key}"))?;
        Ok::<_, anyhow::Error>(usize::try_from(found)?)
    };
    // A file that does not even load has no failed test in it, but failed.
    let suites = report["testResults"].as_array().into_iter().flatten().filter(|suite| {
        suite["status"] == "failed"
            && suite["assertionResults"].as_array().is_none_or(Vec::is_empty)
    });
    Ok(Count {
        passed: number("numPassedTests")?,
        failed: number("numFailedTests")? + suites.count(),
        skipped: number("numPendingTests")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_lines_of_cargo_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s";
        assert_eq!(of_cargo(line), Count { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(of_cargo("test result: ok. 7 passed; 0 failed; 0 ignored").passed, 7);
        assert_eq!(of_cargo("test a::b ... ok"), Count::default());
    }

    #[test]
    fn only_lines_that_say_something_are_shown() {
        assert!(!is_worth_showing("test a::b ... ok"));
        assert!(is_worth_showing("test a::b ... FAILED"));
        assert!(is_worth_showing("seed 17 lost a message"));
    }

    #[test]
    fn the_lines_of_the_vectors_are_read() {
        let text = "ok records 0\nok session\nFAILED invite: other bytes\n";
        assert_eq!(of_vectors(text), Count { passed: 2, failed: 1, skipped: 0 });
        assert_eq!(of_vectors("panicked at"), Count::default());
    }

    #[test]
    fn the_report_of_vitest_is_read() {
        let text = r#"{"numPassedTests": 4, "numFailedTests": 1, "numPendingTests": 2, "testResults": [
            {"status": "failed", "assertionResults": []},
            {"status": "failed", "assertionResults": [{"status": "failed"}]}]}"#;
        assert_eq!(of_vitest(text).unwrap(), Count { passed: 4, failed: 2, skipped: 2 });
        assert!(of_vitest("{}").is_err());
    }
}
