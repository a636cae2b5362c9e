//! The knowledge graph.

use agentcy_core::{Timestamp, id::OrgId};
use clap::{Args, Subcommand, ValueEnum};

use super::Server;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Find nodes by what is written in them.
    #[command(
        after_help = "Examples:\n  agentcy graph search readme --label File\n  agentcy graph search 'payment -test' --limit 20 --json"
    )]
    Search(GraphSearch),
    /// Show a node.
    #[command(after_help = "Example:\n  agentcy graph show n_01976b4e-7c00-7000-8000-000000000000")]
    Show(GraphShow),
    /// Show what lies around nodes.
    #[command(
        after_help = "Example:\n  agentcy graph expand n_01976b4e-7c00-7000-8000-000000000000 --depth 2 --type TOUCHED"
    )]
    Expand(GraphExpand),
    /// Ask in Cypher, read only.
    #[command(
        after_help = "Examples:\n  agentcy graph cypher 'MATCH (f:File) RETURN f.path LIMIT 5'\n  \
        agentcy graph cypher @question.cypher --param name=readme --json"
    )]
    Cypher(GraphCypher),
    /// Count what there is.
    #[command(after_help = "Example:\n  agentcy graph stats --json")]
    Stats(Server),
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

#[derive(Debug, Args)]
pub(crate) struct At {
    /// As it held then, such as 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<Timestamp>,
    /// As it was known then.
    #[arg(long, value_name = "TIME")]
    pub(crate) known_at: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct GraphSearch {
    /// What to look for; typos are forgiven. The newest nodes without.
    #[arg(default_value = "")]
    pub(crate) text: String,
    /// Only nodes with this label; more than once widens.
    #[arg(long = "label")]
    pub(crate) labels: Vec<String>,
    /// Only nodes in this realm; more than once widens.
    #[arg(long = "realm")]
    pub(crate) realms: Vec<String>,
    /// Only nodes that this source asserts, by name or id.
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) limit: u16,
    /// Where to go on: the `next_cursor` of the page before.
    #[arg(long)]
    pub(crate) cursor: Option<String>,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct GraphShow {
    /// Its id.
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Direction {
    Out,
    In,
    Both,
}

#[derive(Debug, Args)]
pub(crate) struct GraphExpand {
    /// Where to start, 1 to 100 nodes.
    #[arg(required = true)]
    pub(crate) nodes: Vec<String>,
    /// How many steps, 1 to 4.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) depth: u8,
    /// Only over edges of this type; more than once widens.
    #[arg(long = "type")]
    pub(crate) types: Vec<String>,
    /// Only to nodes with this label; more than once widens.
    #[arg(long = "label")]
    pub(crate) labels: Vec<String>,
    /// Which way the edges lead.
    #[arg(long, default_value = "both")]
    pub(crate) direction: Direction,
    /// How many nodes at most.
    #[arg(long, default_value_t = 200)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct GraphCypher {
    /// The question; `@file` reads it from a file, `@-` from standard input.
    pub(crate) query: String,
    /// What stands for a `$name`: JSON, or text where it is none.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = input::pair)]
    pub(crate) params: Vec<(String, String)>,
    /// How many rows at most.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
    /// How long it may take.
    #[arg(long, value_name = "MS")]
    pub(crate) timeout_ms: Option<u32>,
    #[command(flatten)]
    pub(crate) server: Server,
}
