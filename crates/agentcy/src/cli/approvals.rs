//! What waits for a decision.

use clap::{Args, Subcommand};

use super::Server;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Approvals {
    #[command(subcommand)]
    pub(crate) command: Option<ApprovalsCommand>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// Let the call run, once.
    Approve(Approve),
    /// Do not let the call run; the model is told why.
    Deny(Deny),
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The approval.
    pub(crate) approval: String,
    /// Why.
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// JSON to put in place of the arguments.
    #[arg(long)]
    pub(crate) args: Option<String>,
    /// For how many seconds the same call in the same conversation need not ask again, 86400 at most.
    #[arg(long, value_name = "SECS")]
    pub(crate) remember: Option<u32>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Deny {
    /// The approval.
    pub(crate) approval: String,
    /// Why.
    #[arg(long)]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}
