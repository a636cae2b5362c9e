//! The knowledge graph: what is asked of it, and what people and agents say in it.
//!
//! The present is read from the graph engine where it is about how things hang together; text, history and every other
//! moment are read from the ledger.

mod around;
mod cypher;
mod read;
mod stats;
mod write;

use std::time::Duration;

use agentcy_core::id::NodeId;

use crate::{Error, PageRequest, Result, error::Faults};

pub use agentcy_graph::Direction;
pub use agentcy_store::ledger::{
    Asserter, EdgeState, Moment, NodeState, SourceRef,
    history::Version,
    search::{NodeQuery, PropertyIs},
};
pub use around::{expand, neighbours};
pub use cypher::{Cell, CypherQuery, CypherTable, cypher};
pub use read::{history, read, search};
pub(crate) use stats::Counts;
pub use stats::{Count, Stats, stats};
pub use write::{EdgeAssertion, NodeAssertion, Written, link_nodes, upsert_node};

/// The most names that one filter holds.
const MOST_NAMES: usize = 50;
/// The longest name in bytes.
const MAX_NAME: usize = 1024;
/// The most nodes that an expand starts from.
const MOST_STARTS: usize = 100;
/// The most nodes that an expand gives.
const MOST_NODES: usize = 5000;
/// The most neighbours that are read at once.
const MOST_NEIGHBOURS: usize = 1000;

/// What to look for, at which moment, and which page of it.
#[derive(Debug, Clone, Default)]
pub struct NodeSearch {
    /// What to look for.
    pub query: NodeQuery,
    /// Which moment.
    pub moment: Moment,
    /// Which page.
    pub page: PageRequest,
}

/// One hop from a node.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The node.
    pub node: NodeId,
    /// Which way.
    pub direction: Direction,
    /// Only over edges of these types; all when empty.
    pub types: Vec<String>,
    /// How many, 1 to 1000; 100 unless said.
    pub limit: Option<usize>,
    /// Which moment.
    pub moment: Moment,
}

/// Neighbours of a node.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// Each edge with the node at its other end.
    pub items: Vec<(EdgeState, NodeState)>,
    /// Whether there are more.
    pub truncated: bool,
}

/// Where to start, and how far to go.
#[derive(Debug, Clone)]
pub struct Expand {
    /// 1 to 100 nodes.
    pub nodes: Vec<NodeId>,
    /// 1 to 4 steps; 1 unless said.
    pub depth: Option<u8>,
    /// Only over edges of these types; all when empty.
    pub types: Vec<String>,
    /// Only to nodes with any of these labels; all when empty.
    pub labels: Vec<String>,
    /// Which way.
    pub direction: Direction,
    /// How many nodes, 1 to 5000; 200 unless said.
    pub limit: Option<usize>,
    /// Which moment.
    pub moment: Moment,
}

/// A part of the graph.
#[derive(Debug, Clone, Default)]
pub struct Subgraph {
    /// The nodes, breadth first.
    pub nodes: Vec<NodeState>,
    /// The edges between them.
    pub edges: Vec<EdgeState>,
    /// Whether something was left out for the limit.
    pub truncated: bool,
    /// How long it took.
    pub took: Duration,
}

fn check_names(names: &[String], path: &str, faults: &mut Faults) {
    faults.require(names.len() <= MOST_NAMES, path, "at most 50");
    let fits = names.iter().all(|name| name.len() <= MAX_NAME);
    faults.require(fits, path, "each of at most 1024 bytes");
}

fn within(value: Option<usize>, usual: usize, most: usize, path: &str) -> Result<usize> {
    let value = value.unwrap_or(usual);
    if value == 0 || value > most {
        return Err(Error::invalid_field(path, format!("is 1 to {most}")));
    }
    Ok(value)
}

fn no_node() -> Error {
    Error::not_found("node")
}
