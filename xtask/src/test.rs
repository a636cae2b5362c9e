//! `cargo xtask test`: every test, with the real servers that tests need.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::frontend::Frontend;
use crate::neo4j::{self, Neo4j};
use crate::postgres::{self, Postgres};
use crate::redis::Redis;
use crate::summary::Tally;
use crate::workspace::{Workspace, in_ci, run as run_command};

pub(crate) const HELP: &str = "
usage: cargo xtask test [--no-run] [-p <crate>]... [filter]... [-- options of the test binaries]

Builds all tests, starts throwaway servers on free ports of loopback, and runs every test. Servers and
their data go when it ends, also by Ctrl-C.

  PostgreSQL   found as `serve` finds it, or brought
  Redis        redis-server or valkey-server on PATH
  Neo4j        needs java and mvn; fetched once as Maven artifacts
  web UI       needs Node 20.9, and Chromium on PATH; not run with -p or a filter

A store that cannot be had is skipped, loudly; with CI=true that is a failure.

  --no-run     only build the tests
  -p <crate>   only the tests of this crate, repeatable
  filter       only tests whose name contains it
";

#[derive(Debug, Default, PartialEq, Eq)]
struct Wish<'a> {
    no_run: bool,
    packages: Vec<&'a str>,
    filters: Vec<&'a str>,
    options: Vec<&'a str>,
}

struct Store<T> {
    name: &'static str,
    module: &'static str,
    server: Result<T>,
}

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let wish = Wish::parse(args)?;
    let built = run_command(cargo_test(workspace, &wish).arg("--no-run"));
    if wish.no_run {
        return built;
    }
    if let Err(error) = built {
        println!("{}", Tally { failed: 1, ..Tally::default() });
        return Err(error);
    }

    let bin = postgres::find_or_bring()?;
    let postgres = Postgres::start(&bin)?;
    let redis = Store { name: "Redis", module: "on_redis", server: Redis::start() };
    let target = workspace.target_dir()?;
    // Raw Cypher sees all of a server, so its tests get one that no other test writes to.
    let servers = neo4j::start(&target).and_then(|one| Ok((one, neo4j::start(&target)?)));
    let neo4j = Store { name: "Neo4j", module: "on_neo4j", server: servers };

    let mut tests = cargo_test(workspace, &wish);
    tests.env("AGENTCY_TEST_POSTGRES", postgres.url()).env("AGENTCY_PG_BIN", &bin);
    tests.arg("--").arg("--include-ignored").args(&wish.options).args(&wish.filters);
    redis.offer(&mut tests, |redis, tests| {
        tests.env("AGENTCY_TEST_REDIS", redis.url());
    });
    neo4j.offer(&mut tests, give_neo4j);
    let (mut tally, succeeded) = stream(&mut tests)?;
    if !wish.filters.is_empty() {
        // What a filter left out was not asked for, so it is not missing.
        tally.filtered = 0;
    }
    if !succeeded && tally.failed == 0 {
        eprintln!("xtask: a test binary ended without a result");
        tally.failed = 1;
    }

    let mut missing = false;
    if wish.packages.is_empty() && wish.filters.is_empty() {
        match web_ui(workspace, &bin) {
            Ok(more) => tally += more,
            Err(error) => {
                missing = true;
                println!("web UI: {} ({error:#})", skipped());
            }
        }
    }

    println!("\nPostgreSQL: real ({})", bin.display());
    missing |= [redis.report(), neo4j.report()].contains(&false);
    println!("{tally}");
    // Failure is told by the exit code alone, so that the tally stays the last line on both streams.
    let failed = !succeeded || tally.failed > 0 || (missing && in_ci());
    drop((postgres, redis, neo4j));
    if failed {
        std::process::exit(1);
    }
    Ok(())
}

fn web_ui(workspace: &Workspace, postgres: &Path) -> Result<Tally> {
    let frontend = Frontend::find(workspace)?;
    frontend.test(&workspace.target_dir()?.join("debug").join("agentcy"), postgres)
}

fn skipped() -> &'static str {
    if in_ci() { "SKIPPED, which fails this run" } else { "SKIPPED" }
}

fn cargo_test(workspace: &Workspace, wish: &Wish<'_>) -> Command {
    let mut command = workspace.cargo(["test", "--ignore-rust-version", "--no-fail-fast"]);
    if wish.packages.is_empty() {
        command.arg("--workspace");
    }
    for package in &wish.packages {
        command.args(["-p", package]);
    }
    command
}

fn give_neo4j((neo4j, alone): &(Neo4j, Neo4j), tests: &mut Command) {
    tests
        .env("AGENTCY_TEST_NEO4J", &neo4j.uri)
        .env("AGENTCY_TEST_NEO4J_ALONE", &alone.uri)
        .env("AGENTCY_TEST_NEO4J_USER", &neo4j.user)
        .env("AGENTCY_TEST_NEO4J_PASSWORD", &neo4j.password);
}

// Shows the output as it comes, and adds up its result lines.
fn stream(tests: &mut Command) -> Result<(Tally, bool)> {
    let mut child = tests.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut lines = BufReader::new(output);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        if let Some(more) = Tally::parse(String::from_utf8_lossy(&line).trim_end()) {
            tally += more;
        }
        line.clear();
    }
    Ok((tally, child.wait()?.success()))
}

impl<T> Store<T> {
    fn offer(&self, tests: &mut Command, give: impl FnOnce(&T, &mut Command)) {
        match &self.server {
            Ok(server) => give(server, tests),
            Err(_) => {
                tests.args(["--skip", self.module]);
            }
        }
    }

    fn report(&self) -> bool {
        match &self.server {
            Ok(_) => println!("{}: real", self.name),
            Err(error) => {
                println!("{}: {} ({error:#})", self.name, skipped());
            }
        }
        self.server.is_ok()
    }
}

impl<'a> Wish<'a> {
    fn parse(args: &'a [String]) -> Result<Self> {
        let mut wish = Self::default();
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--no-run" => wish.no_run = true,
                "-p" | "--package" => {
                    wish.packages.push(args.next().context("-p needs the name of a crate")?);
                }
                "--" => wish.options.extend(args.by_ref()),
                option if option.starts_with('-') => bail!("unknown option `{option}`"),
                filter => wish.filters.push(filter),
            }
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn packages_filters_and_options_are_told_apart() {
        let args = args("-p agentcy-core a_viewer --no-run -- --nocapture");
        let wish = Wish {
            no_run: true,
            packages: vec!["agentcy-core"],
            filters: vec!["a_viewer"],
            options: vec!["--nocapture"],
        };
        assert_eq!(Wish::parse(&args).unwrap(), wish);
    }

    #[test]
    fn an_unknown_option_is_refused() {
        assert!(Wish::parse(&args("--frobnicate")).is_err());
        assert!(Wish::parse(&args("-p")).is_err());
    }
}
