//! Which layer wins, and what is refused.

use std::{error::Error, num::NonZeroUsize};

use clap::Parser;

use super::*;

fn flags(arguments: &[&str]) -> Flags {
    Flags::try_parse_from([&["lowkey-relay"], arguments].concat()).unwrap()
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(k, v)| (OsString::from(*k), OsString::from(*v))).collect()
}

/// Loads from a file with this text, these variables and these arguments.
fn load_from(
    file: &str,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.toml");
    std::fs::write(&path, file).unwrap();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--config", path.to_str().unwrap()]);
    load(&flags(&arguments), variables(environment))
}

/// Returns an error as people see it, with what caused it.
fn message(result: Result<Config, ConfigError>) -> String {
    let error = result.unwrap_err();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn nothing_said_gives_the_defaults() {
    assert_eq!(load(&flags(&[]), []).unwrap(), Config::default());
    assert_eq!(load_from("", &[], &[]).unwrap(), Config::default());
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = "listen = '127.0.0.1:1'\nname = 'file'\npublic_url = 'https://file.example'\n\
                [limits]\ncircuits = 1\nrecords = 1\nconnections = 1\n";
    let environment = [
        ("LOWKEY_NAME", "environment"),
        ("LOWKEY_PUBLIC_URL", "https://environment.example"),
        ("LOWKEY_LIMITS_RECORDS", "2_000"),
        ("LOWKEY_LIMITS_CONNECTIONS", "2"),
    ];
    let arguments = ["--public-url", "https://flag.example", "--limit", "connections=3"];
    let config = load_from(file, &environment, &arguments).unwrap();
    assert_eq!(config.listen, "127.0.0.1:1".parse::<std::net::SocketAddr>().unwrap());
    assert_eq!(config.name.as_deref(), Some("environment"));
    assert_eq!(config.public_url.unwrap().host(), "flag.example");
    let limits = config.limits;
    let expected = [1, 2_000, 3].map(|n| NonZeroUsize::new(n).unwrap());
    assert_eq!([limits.circuits, limits.records, limits.connections], expected);
}

#[test]
fn lists_come_from_every_layer() {
    let file = "trusted_proxies = ['10.0.0.0/8', '::1']\nbootstrap = ['https://a.example']\n";
    let environment = [("LOWKEY_BOOTSTRAP", "https://b.example, https://c.example,")];
    let config = load_from(file, &environment, &[]).unwrap();
    assert_eq!(config.trusted_proxies.len(), 2);
    let names: Vec<String> = config.bootstrap.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["https://b.example:443", "https://c.example:443"]);
    let arguments = ["--bootstrap", "https://d.example", "--trusted-proxy", "192.0.2.1"];
    let config = load_from(file, &environment, &arguments).unwrap();
    assert_eq!((config.bootstrap.len(), config.trusted_proxies.len()), (1, 1));
}

#[test]
fn the_file_can_be_named_by_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.toml");
    std::fs::write(&path, "name = 'other'").unwrap();
    let environment = variables(&[("LOWKEY_CONFIG", path.to_str().unwrap())]);
    assert_eq!(load(&flags(&[]), environment).unwrap().name.as_deref(), Some("other"));
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let check = |result, parts: &[&str]| {
        let text = message(result);
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} in {text:?}"));
    };
    check(load_from("lisen = ''", &[], &[]), &["lisen", "relay.toml", "did you mean listen?"]);
    check(load_from("public-url = ''", &[], &[]), &["public-url", "did you mean public_url?"]);
    let file = "[limits]\ncircuit = 1";
    check(load_from(file, &[], &[]), &["limits.circuit ", "did you mean limits.circuits?"]);
    check(load_from("[limit]\nrecords = 1", &[], &[]), &["did you mean limits.records?"]);
    check(load_from("zzz = 1", &[], &[]), &["unknown key zzz"]);
    let typo = [("LOWKEY_LISTENS", "")];
    check(load_from("", &typo, &[]), &["LOWKEY_LISTENS", "did you mean LOWKEY_LISTEN?"]);
    let typo = [("LOWKEY_LIMITS_RECORD", "1")];
    check(load_from("", &typo, &[]), &["did you mean LOWKEY_LIMITS_RECORDS?"]);
    check(load_from("", &[], &["--limit", "record=1"]), &["the flags", "limits.records?"]);
    check(load_from("", &[], &["--limit", "records"]), &["records is not KEY=NUMBER"]);
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    let others = [("LOWKEY_ROOT", "x"), ("LOWKEY_CHROMIUM", "x"), ("LOWKEY_RELAY", "x")];
    assert_eq!(load(&flags(&[]), variables(&others)).unwrap(), Config::default());
}

#[test]
fn a_value_that_does_not_fit_names_its_key_and_place() {
    let check = |result, parts: &[&str]| {
        let text = message(result);
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} in {text:?}"));
    };
    check(load_from("listen = 'here'", &[], &[]), &["listen in ", "relay.toml"]);
    check(load_from("[limits]\nrecords = 0", &[], &[]), &["limits.records in", "nonzero"]);
    check(load_from("[limits]\nrecords = -1", &[], &[]), &["limits.records in"]);
    let many = [("LOWKEY_LIMITS_RECORDS", "many")];
    check(load_from("", &many, &[]), &["limits.records in the environment"]);
    let http = ["--public-url", "http://a.example"];
    check(load_from("", &[], &http), &["public_url in the flags", "https://HOST"]);
    let plain = ["--bootstrap", "http://a.example"];
    check(load_from("", &[], &plain), &["bootstrap in the flags", "use https"]);
    let proxy = ["--trusted-proxy", "everybody"];
    check(load_from("", &[], &proxy), &["trusted_proxies", "10.0.0.0/8"]);
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_an_error() {
    assert!(message(load_from("listen = ", &[], &[])).contains("is not TOML"));
    let missing = load(&flags(&["--config", "/nowhere/relay.toml"]), []);
    assert!(message(missing).contains("/nowhere/relay.toml cannot be read"));
}

#[test]
fn no_text_can_lower_the_work_of_a_stamp() {
    assert!(load_from("stamp_bits = 1", &[], &[]).is_err());
    let environment = variables(&[("LOWKEY_STAMP_BITS", "1")]);
    let bits = load(&flags(&[]), environment).unwrap().stamp_bits;
    assert_eq!(bits, lowkey_protocol::limits::STAMP_BITS);
}
