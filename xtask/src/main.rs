//! The project's own commands. Nothing to install beyond cargo.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command line tool speaks to its user and reads the environment it was started in"
)]

mod account;
mod bench;
mod compose;
mod frontend;
mod generate;
mod leash;
mod neo4j;
mod postgres;
mod redis;
mod serve;
mod soak;
mod summary;
mod test;
mod verify;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use workspace::Workspace;

struct Subcommand {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&Workspace, &[String]) -> Result<()>,
}

const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "serve",
        summary: "build agentcy, bring PostgreSQL when there is none, and run the server",
        help: serve::HELP,
        run: serve::run,
    },
    Subcommand {
        name: "test",
        summary: "run every test against real PostgreSQL, Redis and Neo4j servers",
        help: test::HELP,
        run: test::run,
    },
    Subcommand {
        name: "verify",
        summary: "everything CI checks besides tests",
        help: verify::HELP,
        run: verify::run,
    },
    Subcommand {
        name: "generate",
        summary: "write the generated files: query data, .env.example, OpenAPI",
        help: generate::HELP,
        run: generate::run,
    },
    Subcommand {
        name: "bench",
        summary: "measure the product; --cold also measures a build from nothing",
        help: bench::HELP,
        run: bench::run,
    },
    Subcommand {
        name: "soak",
        summary: "kill servers again and again, and compare what they promised with what is there",
        help: soak::HELP,
        run: soak::run,
    },
    Subcommand {
        name: "compose-env",
        summary: "print the environment docker-compose.yml gives agentcy",
        help: compose::HELP,
        run: compose::run,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else {
        say(&overview());
        bail!("name a command");
    };
    if is_help(name) || name == "help" {
        say(&overview());
        return Ok(());
    }
    let Some(command) = SUBCOMMANDS.iter().find(|command| command.name == name) else {
        say(&overview());
        bail!("there is no command `{name}`");
    };
    if rest.iter().take_while(|arg| *arg != "--").any(|arg| is_help(arg)) {
        say(&format!("{}\n", command.help.trim()));
        return Ok(());
    }
    (command.run)(&Workspace::find()?, rest)
}

// A reader that has seen enough, such as `head`, is no fault.
fn say(text: &str) {
    use std::io::Write as _;

    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn is_help(arg: &str) -> bool {
    matches!(arg, "-h" | "--help")
}

fn overview() -> String {
    use std::fmt::Write as _;

    let mut text = String::from("usage: cargo xtask <command> [options]\n\n");
    for command in SUBCOMMANDS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<12} {}", command.name, command.summary);
    }
    text.push_str("\n`cargo xtask <command> --help` says more.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_and_explains_its_usage() {
        let overview = overview();
        for command in SUBCOMMANDS {
            assert!(overview.contains(command.summary));
            let usage = format!("usage: cargo xtask {}", command.name);
            assert!(command.help.trim().starts_with(&usage), "{}", command.name);
        }
    }

    #[test]
    fn an_unknown_command_is_refused() {
        assert!(dispatch(&["frobnicate".to_owned()]).is_err());
    }
}
