//! The knowledge graph: search, nodes, what lies around them, Cypher.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Client, Error, List};

/// Something there is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// How many edges are seen at it; where one node is read.
    pub degree: Option<u64>,
    /// Since when what is shown holds.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when it held.
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was last learned of.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Since when nobody asserts it.
    pub archived_at: Option<DateTime<Utc>>,
}

/// How two nodes hang together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows; nodes and edges in them have the shapes of [`Node`] and [`Edge`].
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more.
    #[serde(default)]
    pub truncated: bool,
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

    /// As it held then.
    pub fn as_of(self, moment: DateTime<Utc>) -> Self {
        self.with("as_of", moment.to_rfc3339())
    }
}
