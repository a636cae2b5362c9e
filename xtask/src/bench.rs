//! `cargo xtask bench`: measures the product, and on demand a build from nothing.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::postgres;
use crate::workspace::{Workspace, run as run_command};

pub(crate) const HELP: &str = "
usage: cargo xtask bench [--cold] [-- options of the bench]

Runs the bench of agentcy-testkit in release mode.

  --cold   first build agentcy from nothing in a folder of its own, and print how long that took
           (dependencies are downloaded before, a report of the timings is kept)
";

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let split = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let (ours, options) = args.split_at(split);
    for arg in ours {
        match arg.as_str() {
            "--cold" => cold_build(workspace)?,
            other => bail!("unknown option `{other}`; options of the bench go behind `--`"),
        }
    }
    // In one build, so that the server and the bench share their dependencies' features.
    let args = ["build", "--release", "--ignore-rust-version", "--bins", "-p", "agentcy"];
    run_command(workspace.cargo(args).args(["-p", "agentcy-testkit"]))?;
    let made = workspace.target_dir()?.join("release");
    let mut bench = Command::new(made.join("bench"));
    bench.args(options).env("AGENTCY_PG_BIN", postgres::find_or_bring()?);
    bench.env("AGENTCY_BENCH_BINARY", made.join("agentcy"));
    run_command(&mut bench)
}

fn cold_build(workspace: &Workspace) -> Result<()> {
    let dir = workspace.target_dir()?.join("cold");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    run_command(&mut workspace.cargo(["fetch", "--locked"]))?;
    let started = Instant::now();
    let args = ["build", "--ignore-rust-version", "--timings", "-p", "agentcy", "--target-dir"];
    run_command(workspace.cargo(args).arg(&dir))?;
    println!("cold build: {:.0} s", started.elapsed().as_secs_f64());
    println!("timings: {}", dir.join("cargo-timings").display());
    Ok(())
}
