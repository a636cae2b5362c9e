//! `cargo xtask soak`: servers and workers that are killed again and again, in release mode.

use anyhow::{Context, Result, bail};

use crate::postgres;
use crate::workspace::{Workspace, run as run_command};

pub(crate) const HELP: &str = "
usage: cargo xtask soak [--rounds <n>] [--profile <name>] [filter]...

Runs the tests of crates/agentcy that kill servers while webhooks come in and workers collect, with
more kills than `cargo xtask test` has time for, and compares what was promised with what is there.

  --rounds   how many kills (50); workers are killed every second until 100 jobs for each are done
  --profile  how it is built (release)
  filter     only tests whose name contains it
";

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut rounds = 50_u32;
    let mut profile = "release";
    let mut filters = Vec::new();
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--rounds" => {
                let number = args.next().context("--rounds needs a number")?;
                rounds = number.parse().context("--rounds needs a number")?;
            }
            "--profile" => profile = args.next().context("--profile needs a name")?,
            option if option.starts_with('-') => bail!("unknown option `{option}`"),
            filter => filters.push(filter),
        }
    }
    if filters.is_empty() {
        filters.push("soak::");
    }
    let test = ["test", "--profile", profile, "--ignore-rust-version", "-p", "agentcy"];
    let mut tests = workspace.cargo(test);
    tests.args(["--test", "it"]);
    tests.args(["--", "--test-threads", "1", "--nocapture"]).args(filters);
    tests.env("AGENTCY_SOAK_ROUNDS", rounds.to_string());
    tests.env("AGENTCY_PG_BIN", postgres::find_or_bring()?);
    run_command(&mut tests)
}
