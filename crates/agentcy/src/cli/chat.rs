//! Talking to the graph.

use clap::Args;

use super::Server;

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// What to say; without it and away from a terminal, standard input is said.
    pub(crate) message: Option<String>,
    /// Go on with this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    /// Let this agent answer, by name or id.
    #[arg(long, conflicts_with = "conversation")]
    pub(crate) agent: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}
