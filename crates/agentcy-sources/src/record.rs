//! What a connector says about the world: one JSON object a line when it travels.

use agentcy_core::Realm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that a source asserts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// Something there is.
    Node(NodeRecord),
    /// How two things hang together.
    Edge(EdgeRecord),
}

/// Something there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRecord {
    /// What the source calls it: the same at every sync.
    pub external_id: String,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Where it belongs; `None` is the realm of the source.
    #[serde(default)]
    pub realm: Option<Realm>,
}

/// How two things hang together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeRecord {
    /// What the source calls it: the same at every sync.
    pub external_id: String,
    /// How they hang together.
    #[serde(rename = "type")]
    pub edge_type: String,
    /// The external id of the node it leads from.
    pub from: String,
    /// The external id of the node it leads to; it may come later, or from another sync.
    pub to: String,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Where it belongs; `None` is the realm of the source.
    #[serde(default)]
    pub realm: Option<Realm>,
}
