//! The knowledge graph.

use agentcy_core::id::OrgId;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Make the graph anew from the ledger, which loses nothing.
    #[command(
        after_help = "Examples:\n  agentcy graph rebuild\n  agentcy graph rebuild --org org_01976b4e-7c00-7000-8000-000000000000\n\n\
        With the settings of the server. A running server does it, and this shows how far it is; without one it is \
        done here. It replaces a graph that belongs to another database, and fills a Neo4j that is new."
    )]
    Rebuild(Rebuild),
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Only the graph of this org; of every org unless given.
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
}
