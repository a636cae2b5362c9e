//! The agentcy binary: command line and composition.

mod cli;
mod commands;
mod compose;
mod data_dir;
mod exit;
mod input;
mod log;
mod output;
mod profile;
mod table;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{cli::Cli, exit::Exit};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Exit {
    // Before any TLS: two providers may be linked in, and rustls refuses to choose.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Exit::Failure;
    }
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => Exit::Success,
        Err(error) => exit::report(&error),
    }
}
