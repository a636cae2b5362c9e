//! The knowledge graph: search, nodes, what lies around them, Cypher.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Client, Error, List, SyncProgress};

/// Something there is.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// Its id.
    pub id: String,
    /// What it is.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Where it lies.
    pub realm: String,
    /// The sources that assert it.
    #[serde(default)]
    pub sources: Vec<SourceRef>,
    /// How many edges are seen at it; where one node is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree: Option<u64>,
    /// Who asserts which property, where several speak of the node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<String, Asserter>,
    /// Since when what is shown holds.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was last learned of.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Since when nobody asserts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
}

/// A source, and what it calls the node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SourceRef {
    /// The source.
    pub source_id: String,
    /// Its name for the node.
    #[serde(default)]
    pub external_id: String,
}

/// Who asserts something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Asserter {
    /// `source`, `person` or `run`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// Which moment of the graph; now unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// As it held then.
    pub as_of: Option<DateTime<Utc>>,
    /// As it was known then.
    pub known_at: Option<DateTime<Utc>>,
}

impl Moment {
    fn query(self) -> impl Iterator<Item = (&'static str, String)> {
        let pairs = [("as_of", self.as_of), ("known_at", self.known_at)];
        pairs.into_iter().filter_map(|(name, at)| Some((name, at?.to_rfc3339())))
    }
}

/// How two nodes hang together.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Edge {
    /// Its id.
    pub id: String,
    /// How they hang together.
    #[serde(rename = "type")]
    pub edge_type: String,
    /// The id of the node it leads from.
    pub from: String,
    /// The id of the node it leads to.
    pub to: String,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Where it lies.
    #[serde(default)]
    pub realm: String,
    /// Since when it holds.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was last learned of.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// Over which edges to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Those that lead away.
    Out,
    /// Those that lead here.
    In,
    /// All.
    Both,
}

/// Where to start, and how far to go.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Expand {
    /// 1 to 100 nodes.
    pub node_ids: Vec<String>,
    /// How many steps, 1 to 4; 1 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u8>,
    /// Only over edges of these types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Only to nodes with any of these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Over which edges; all unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// How many nodes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// As it held then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    /// As it was known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_at: Option<DateTime<Utc>>,
}

/// A part of the graph.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Subgraph {
    /// The nodes, breadth first.
    pub nodes: Vec<Node>,
    /// The edges between them.
    pub edges: Vec<Edge>,
    /// Whether something was left out for the limit.
    #[serde(default)]
    pub truncated: bool,
}

/// A question in Cypher, read only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cypher {
    /// The question.
    pub query: String,
    /// What stands for its `$names`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// How many rows at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
}

/// What a question in Cypher gave.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows; nodes and edges in them have the shapes of [`Node`] and [`Edge`].
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more.
    #[serde(default)]
    pub truncated: bool,
    /// How long it took.
    #[serde(default)]
    pub took_ms: f64,
}

/// How much there is of what, within the caller's realms.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GraphStats {
    /// Nodes in all.
    pub nodes: u64,
    /// Edges in all.
    pub edges: u64,
    /// Edges one of whose ends nobody asserts yet; 10,001 at most.
    #[serde(default)]
    pub waiting_edges: u64,
    /// Nodes by label.
    #[serde(default)]
    pub labels: BTreeMap<String, u64>,
    /// Edges by type.
    #[serde(default)]
    pub types: BTreeMap<String, u64>,
    /// By realm.
    #[serde(default)]
    pub realms: BTreeMap<String, GraphCount>,
    /// By the id of the source.
    #[serde(default)]
    pub sources: BTreeMap<String, GraphCount>,
    /// How far graph queries follow what was written.
    #[serde(default)]
    pub projection: Projection,
}

/// Of nodes and of edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GraphCount {
    /// Nodes.
    pub nodes: u64,
    /// Edges.
    pub edges: u64,
}

/// How far graph queries follow what was written.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Projection {
    /// How many changes are not seen yet.
    pub behind: u64,
    /// How old the first of them is.
    pub lag_seconds: f64,
    /// How far the graph is made anew, while it is.
    pub rebuild: Option<SyncProgress>,
    /// Why it does not follow, and what to do.
    pub fault: Option<String>,
}

impl Client {
    /// Nodes by what is written in them; the best first.
    pub fn search_nodes(&self, text: &str) -> List<Node> {
        List::new(self, &["graph", "nodes"]).with("q", text.to_owned())
    }

    /// One node.
    pub async fn node(&self, node_id: &str) -> Result<Node, Error> {
        self.get(&["graph", "nodes", node_id]).read().await
    }

    /// One node at a moment.
    pub async fn node_at(&self, node_id: &str, moment: Moment) -> Result<Node, Error> {
        self.get(&["graph", "nodes", node_id]).query(moment.query()).read().await
    }

    /// How much there is of what.
    pub async fn graph_stats(&self) -> Result<GraphStats, Error> {
        self.get(&["graph", "stats"]).read().await
    }

    /// Everything within some steps of some nodes.
    pub async fn expand(&self, ask: &Expand) -> Result<Subgraph, Error> {
        self.ask(&["graph", "expand"]).json(ask).read().await
    }

    /// Asks the graph in Cypher.
    pub async fn cypher(&self, ask: &Cypher) -> Result<Table, Error> {
        self.ask(&["graph", "cypher"]).json(ask).read().await
    }
}

impl List<Node> {
    /// Only nodes with this label; more than one widens.
    pub fn label(self, label: &str) -> Self {
        self.with("label", label.to_owned())
    }

    /// Only nodes in this realm; more than one widens.
    pub fn realm(self, realm: &str) -> Self {
        self.with("realm", realm.to_owned())
    }

    /// Only nodes that this source asserts.
    pub fn source(self, source_id: &str) -> Self {
        self.with("source", source_id.to_owned())
    }

    /// As it held then.
    pub fn as_of(self, moment: DateTime<Utc>) -> Self {
        self.at(Moment { as_of: Some(moment), known_at: None })
    }

    /// As it held, and was known, at a moment.
    pub fn at(self, moment: Moment) -> Self {
        moment.query().fold(self, |list, (name, at)| list.with(name, at))
    }
}
