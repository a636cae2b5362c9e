//! One module a command.

mod agents;
mod approvals;
mod chat;
mod doctor;
mod graph;
mod hooks;
mod init;
mod migrate;
mod secrets;
mod serve;
mod session;
mod sources;
mod tasks;
mod worker;
mod workers;
mod ws;

use agentcy_config::{Config, Environment, Scope, env_example};
use clap::CommandFactory;

use crate::{
    cli::{Cli, Command},
    output,
};

/// Runs what was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve => serve::run(settings(Scope::Serve)?).await,
        Command::Ws => ws::run(settings(Scope::Sockets)?).await,
        Command::Worker(options) => worker::run(options, settings(Scope::Apart)?).await,
        Command::Init(options) => init::run(&options, cli.json),
        Command::Migrate => migrate::run(&settings(Scope::Apart)?, cli.json).await,
        Command::Secrets { command } => {
            secrets::run(command, &settings(Scope::Apart)?, cli.json).await
        }
        Command::Graph { command } => Box::pin(graph::run(command, cli.json)).await,
        Command::Sources { command } => sources::run(command, cli.json).await,
        Command::Doctor(options) => doctor::run(options, cli.json).await,
        Command::Openapi => output::print_json(&agentcy_api::document()),
        Command::Login(options) => session::login(options, cli.json).await,
        Command::Logout(options) => session::logout(options, cli.json).await,
        Command::Whoami(options) => session::whoami(options, cli.json).await,
        Command::Chat(options) => chat::run(options, cli.json).await,
        Command::Agents { command } => agents::run(command, cli.json).await,
        Command::Tasks { command } => tasks::run(command, cli.json).await,
        Command::Hooks { command } => hooks::run(command, cli.json),
        Command::Workers(options) => workers::run(options, cli.json).await,
        Command::Approvals(options) => approvals::run(options, cli.json).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "agentcy", &mut script);
            output::print_exact(&String::from_utf8_lossy(&script))
        }
        Command::EnvExample => output::print_exact(&env_example()),
    }
}

/// Every setting, or every fault at once.
pub(crate) fn settings(scope: Scope) -> anyhow::Result<Config> {
    Ok(Config::scoped(&Environment::read(), scope)?)
}
