//! `cargo xtask verify`: what CI checks besides tests, cheapest first.

mod arrows;
mod licences;
mod manifest;
mod sources;

use anyhow::{Result, bail};

use crate::frontend::Frontend;
use crate::generate;
use crate::workspace::{Workspace, run as run_command};

pub(crate) const HELP: &str = "
usage: cargo xtask verify

Checks everything CI checks besides tests: formatting, the arrows between crates, rules on sources and
on the manifest, licences and banned crates, the web UI (lint, layout, types, unused code), clippy, documentation, and that generated files are fresh.
All checks run, then the failed ones are named.
";

type Check = fn(&Workspace) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("formatting", formatting),
    ("arrows between crates", arrows::check),
    ("rules on sources", sources::check),
    ("rules on the manifest", manifest::check),
    ("licences and bans", licences::check),
    ("web UI", web_ui),
    ("clippy", clippy),
    ("documentation", documentation),
    ("generated files", generated),
];

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(arg) = args.first() {
        bail!("unknown option `{arg}`");
    }
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        eprintln!("xtask: {name}");
        if let Err(error) = check(workspace) {
            eprintln!("xtask: {name}: {error:#}");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!("verify failed: {}", failed.join(", "));
    }
    println!("verify: {} checks passed", CHECKS.len());
    Ok(())
}

fn formatting(workspace: &Workspace) -> Result<()> {
    run_command(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

fn web_ui(workspace: &Workspace) -> Result<()> {
    Frontend::find(workspace)?.check()
}

fn clippy(workspace: &Workspace) -> Result<()> {
    let args = ["clippy", "--workspace", "--all-targets", "--ignore-rust-version"];
    run_command(workspace.cargo(args).args(["--", "-D", "warnings"]))
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let args = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    // Naming the examples counts the features of dev-dependencies in, as clippy did: without it cargo
    // would check every dependency again with fewer features.
    let targets = ["--lib", "--bins", "--examples", "--ignore-rust-version"];
    run_command(workspace.cargo(args).args(targets).env("RUSTDOCFLAGS", "-D warnings"))
}

fn generated(workspace: &Workspace) -> Result<()> {
    generate::run(workspace, &["--check".to_owned()])
}

// One line a fault, all of them at once.
fn faultless(faults: &[String]) -> Result<()> {
    if !faults.is_empty() {
        bail!("\n  {}", faults.join("\n  "));
    }
    Ok(())
}
