//! `cargo xtask serve`: from a fresh clone to a running server.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::frontend::Frontend;
use crate::postgres;
use crate::workspace::{Workspace, run as run_command};

pub(crate) const HELP: &str = "
usage: cargo xtask serve [--release] [--no-ui] [-- options of `agentcy serve`]

Builds agentcy with its web UI, and runs the server in the foreground; Ctrl-C stops it.
A first build takes about 3 minutes on 2 cores, later ones seconds.

When DATABASE_URL is not set, the server runs a PostgreSQL of its own. Its programs are found in
AGENTCY_PG_BIN, on PATH or in /usr/lib/postgresql; when there are none, they are brought once from
the npm registry (pinned, checked) into the cache folder of your user.

The web UI needs Node 20.9 or newer; without it the server comes up all the same, and says so.

  --no-ui     leave the web UI as it is
  --release   an optimised build: slower to make, faster to run
";

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut release = false;
    let mut ui = true;
    let mut rest: &[String] = &[];
    for (at, arg) in args.iter().enumerate() {
        match arg.as_str() {
            "--release" => release = true,
            "--no-ui" => ui = false,
            "--" => {
                rest = &args[at + 1..];
                break;
            }
            other => bail!("unknown option `{other}`; options of the server go behind `--`"),
        }
    }
    // Before the binary: an optimised one holds the pages.
    if ui {
        match Frontend::find(workspace) {
            Ok(frontend) => frontend.build()?,
            Err(error) => eprintln!("xtask: going on without the web UI: {error:#}"),
        }
    }
    let target = workspace.target_dir()?;
    let binary = target.join(if release { "release" } else { "debug" }).join("agentcy");
    if !binary.exists() {
        eprintln!("xtask: building agentcy; the first build takes about 3 minutes on 2 cores");
    }
    let mut build = workspace.cargo(["build", "--ignore-rust-version", "-p", "agentcy"]);
    if release {
        build.arg("--release");
    }
    run_command(&mut build)?;

    let mut server = Command::new(&binary);
    server.arg("serve").args(rest);
    // A secret may also come from a file.
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DATABASE_URL") && !is_set("DATABASE_URL_FILE") {
        // Found there by the server itself, which knows what version its data is of.
        postgres::find_or_bring()?;
    }
    // The server takes our place: signals and the exit code are its own.
    Err(server.exec()).with_context(|| format!("cannot start {}", binary.display()))
}
