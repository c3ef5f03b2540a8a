//! Every value of `tests/vectors/*.json`, byte for byte. The reference that made them is
//! independent of this code (`tests/vectors/reference`).

use serde_json::Value;

#[path = "checks/records.rs"]
mod records;
#[path = "checks/session.rs"]
mod session;

/// How each check went.
#[derive(Default)]
pub(crate) struct Report(Vec<(String, Result<(), String>)>);

impl Report {
    /// Returns one line for each check.
    pub(crate) fn lines(&self) -> String {
        let line = |(name, result): &(String, Result<(), String>)| match result {
            Ok(()) => format!("ok {name}\n"),
            Err(why) => format!("FAILED {name}: {why}\n"),
        };
        self.0.iter().map(line).collect()
    }

    fn bytes(&mut self, name: impl Into<String>, found: impl AsRef<[u8]>, expected: &Value) {
        self.text(name, &hex::encode(found), expected);
    }

    fn text(&mut self, name: impl Into<String>, found: &str, expected: &Value) {
        let expected = expected.as_str().unwrap_or("nothing in the file");
        self.holds(name, found == expected, || format!("{found} instead of {expected}"));
    }

    fn holds(&mut self, name: impl Into<String>, good: bool, why: impl FnOnce() -> String) {
        self.0.push((name.into(), if good { Ok(()) } else { Err(why()) }));
    }
}

/// Runs all checks.
pub(crate) fn run() -> Report {
    let mut report = Report::default();
    records::run(&mut report, &parse(include_str!("../../vectors/records.json")));
    session::run(&mut report, &parse(include_str!("../../vectors/session.json")));
    report
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("the vectors are JSON")
}

fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a text")).expect("hexadecimal")
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    unhex(value).try_into().expect("the right length")
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    let number = value.as_u64().expect("a number");
    T::try_from(number).ok().expect("a number that fits")
}
