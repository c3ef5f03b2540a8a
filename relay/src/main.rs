//! The program: arguments, logging, run, wait for the signal.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use lowkey_relay::{Config, Relay, config};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done about a closed stderr.
            drop(writeln!(io::stderr(), "lowkey-relay: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    // DTLS takes the process's default; its only error is that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let flags = config::Flags::parse();
    let config = config::load(&flags, std::env::vars_os())?;
    log(&config)?;
    Runtime::new().context("the async runtime cannot start")?.block_on(run(config))
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("log is not a list of filters")?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}

async fn run(config: Config) -> anyhow::Result<()> {
    let (relay, shutdown) = (Relay::bind(config).await?, shutdown()?);
    // Nobody may be reading: that is no reason to end.
    drop(print_addresses(&relay));
    relay.run(shutdown).await;
    Ok(())
}

fn print_addresses(relay: &Relay) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Open {}", relay.local_url())?;
    for address in relay.multiaddrs() {
        writeln!(out, "  as {address}")?;
    }
    out.flush()
}

/// Completes at SIGTERM or ctrl-c.
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
    })
}
