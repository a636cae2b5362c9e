//! Who answers.

use clap::{Args, Subcommand};

use super::Server;

#[derive(Debug, Subcommand)]
pub(crate) enum AgentsCommand {
    /// List the agents.
    List(Server),
    /// Define an agent.
    Create(AgentCreate),
    /// Show an agent.
    Show(AgentNamed),
    /// Remove an agent; its conversations stay.
    Delete(AgentNamed),
    /// Let an agent answer once, in a conversation of its own.
    Run(AgentRun),
}

#[derive(Debug, Args)]
pub(crate) struct AgentCreate {
    /// What people call it; unique in the org.
    pub(crate) name: String,
    /// What the model is told first; `@file` reads it from a file.
    #[arg(long)]
    pub(crate) instructions: String,
    /// The model; the org's unless given.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// A tool that it may use, more than once for several; every tool unless given.
    #[arg(long = "tool")]
    pub(crate) tools: Vec<String>,
    /// The one realm that it sees.
    #[arg(long)]
    pub(crate) realm: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct AgentNamed {
    /// Its name or id.
    pub(crate) agent: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct AgentRun {
    /// Its name or id.
    pub(crate) agent: String,
    /// What to answer; standard input unless given.
    pub(crate) input: Option<String>,
    /// Do not wait for the answer: print the run, which goes on at the server.
    #[arg(long)]
    pub(crate) background: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}
