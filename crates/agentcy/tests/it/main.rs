//! The built binary, run as people and scripts run it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and is told by the environment where servers are"
)]

mod answers;
mod backup;
mod chat;
mod cli;
mod daemon;
mod database;
mod docs;
mod doctor;
mod frozen;
mod graph;
mod init;
mod keys;
mod on_neo4j;
mod process;
mod secrets;
mod serve;
mod session;
mod shared;
mod soak;
mod sockets;
mod sources;
mod stand_in;
mod starts;
mod tasks;
mod worker;

use std::{
    path::Path,
    process::{Command, Output},
};

/// The binary with an empty environment, in a folder of its own that is also its home.
pub(crate) fn agentcy(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentcy"));
    command.env_clear().current_dir(folder).env("HOME", folder);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// Runs it.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    agentcy(folder).args(arguments).output().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}
