//! The build of LowKey: `cargo xtask <command>`.
//!
//! Each command is a module: [`web`] builds the page and the relay, [`mod@test`] and [`check`] judge
//! the tree, [`tidy`] holds the rules that a machine can check, [`mod@bench`] measures.
//! [`tools`] finds what the others need on this machine, or says what to install.

mod bench;
mod check;
mod test;
mod tidy;
mod tools;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};
use tools::Workspace;

const HELP: &str = "\
cargo xtask <command>

  serve            build everything, run one relay on 127.0.0.1, print the address to open
  build            the same without running; says where the self-hosting binary is
  dev              debug relay, Vite's dev server in front, for work on the page
  test [--fast]    check, then every test (--fast: no check, no page, no browser)
  test PART        one part of it: check, rust, vectors, page, browser or nat
  test --interop   dial js-libp2p, and be dialled (installs its many packages first)
  check [--bless]  format, clippy, types, lint, dependencies, tidy, docs (--bless: write api.d.ts)
  tidy             only the rules of CONTRIBUTING.md that a machine can check
  bench [--json]   every benchmark; prints the tables of BENCHMARKS.md
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let command = Command::parse(std::env::args_os().skip(1))?;
    if matches!(command, Command::Help) {
        print!("{HELP}");
        return Ok(());
    }
    let ws = Workspace::find()?;
    match command {
        Command::Help => Ok(()),
        Command::Serve => web::serve(&ws),
        Command::Build => web::build(&ws),
        Command::Dev => web::dev(&ws),
        Command::Test(choice) => test::run(&ws, &choice),
        Command::Check { bless } => check::run(&ws, bless),
        Command::Tidy => tidy::run(&ws),
        Command::Bench { json } => bench::run(&ws, json),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    Serve,
    Build,
    Dev,
    Test(test::Choice),
    Check { bless: bool },
    Tidy,
    Bench { json: bool },
}

impl Command {
    fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self> {
        use lexopt::prelude::*;
        let mut parser = lexopt::Parser::from_args(args);
        let (mut name, mut part) = (None, None);
        let (mut fast, mut bless, mut json, mut interop) = (false, false, false, false);
        while let Some(arg) = parser.next()? {
            match arg {
                Long("help") | Short('h') => return Ok(Self::Help),
                Long("fast") => fast = true,
                Long("interop") => interop = true,
                Long("bless") => bless = true,
                Long("json") => json = true,
                Value(value) if name.is_none() => name = Some(value.string()?),
                Value(value) if part.is_none() => part = Some(value.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        let (command, taken) = match name.as_deref() {
            None | Some("help") => (Self::Help, 0),
            Some("serve") => (Self::Serve, 0),
            Some("build") => (Self::Build, 0),
            Some("dev") => (Self::Dev, 0),
            Some("test") => match part.take() {
                Some(part) => (Self::Test(test::Choice::parse(&part)?), 0),
                None if fast => (Self::Test(test::Choice::Fast), 1),
                None if interop => (Self::Test(test::Choice::parse("interop")?), 1),
                None => (Self::Test(test::Choice::All), 0),
            },
            Some("check") => (Self::Check { bless }, usize::from(bless)),
            Some("tidy") => (Self::Tidy, 0),
            Some("bench") => (Self::Bench { json }, usize::from(json)),
            Some(other) => bail!("no command named {other}\n\n{HELP}"),
        };
        let given = [fast, bless, json, interop].into_iter().filter(|given| *given).count();
        if given > taken || part.is_some() {
            bail!("an option or word does not belong to this command\n\n{HELP}");
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command> {
        Command::parse(line.split_whitespace().map(std::ffi::OsString::from))
    }

    #[test]
    fn commands_and_their_options_are_read() {
        assert_eq!(parse("").unwrap(), Command::Help);
        assert_eq!(parse("serve").unwrap(), Command::Serve);
        assert_eq!(parse("test").unwrap(), Command::Test(test::Choice::All));
        assert_eq!(parse("test --fast").unwrap(), Command::Test(test::Choice::Fast));
        assert_eq!(parse("test vectors").unwrap(), Command::Test(test::Choice::One("vectors")));
        let interop = Command::Test(test::Choice::One("interop"));
        assert_eq!(parse("test --interop").unwrap(), interop);
        assert_eq!(parse("bench --json").unwrap(), Command::Bench { json: true });
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(parse("tset").is_err());
        assert!(parse("serve --fast").is_err());
        assert!(parse("test --json").is_err());
        assert!(parse("test --fast --interop").is_err());
        assert!(parse("test twice").is_err());
        assert!(parse("test vectors --fast").is_err());
        assert!(parse("serve page").is_err());
    }
}
