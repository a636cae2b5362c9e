//! Nodes and edges as they go over the wire.

use std::collections::BTreeMap;

use agentcy_core::{
    Realm, Timestamp,
    id::{EdgeId, NodeId, SourceId},
};
use agentcy_platform::graph::{Asserter, EdgeState, NodeState, SourceRef};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::samples;

/// Something there is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Node")]
pub(super) struct NodeView {
    id: NodeId,
    labels: Vec<String>,
    properties: Map<String, Value>,
    realm: Realm,
    /// The sources that assert it now.
    sources: Vec<SourceRefView>,
    /// How many edges the caller sees at it; only where a single node is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    degree: Option<u64>,
    /// Property to whoever asserts what is shown; only where several speak of the node.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provenance: BTreeMap<String, AsserterView>,
    /// Since when what is shown holds, as far as anybody said.
    valid_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Timestamp>,
    /// When it was last learned of.
    recorded_at: Timestamp,
    /// Since when nobody asserts it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
}

/// How two nodes hang together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Edge")]
pub(super) struct EdgeView {
    id: EdgeId,
    #[serde(rename = "type")]
    edge_type: String,
    from: NodeId,
    to: NodeId,
    properties: Map<String, Value>,
    realm: Realm,
    valid_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Timestamp>,
    recorded_at: Timestamp,
}

/// A source, and what it calls the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "SourceRef")]
pub(super) struct SourceRefView {
    source_id: SourceId,
    external_id: String,
}

/// Who asserts something.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Asserter")]
pub(super) struct AsserterView {
    /// `source`, `person` or `run`.
    kind: &'static str,
    /// The id of the source or run; of a person or API key its UUID.
    id: String,
}

impl From<Asserter> for AsserterView {
    fn from(asserter: Asserter) -> Self {
        let id = match asserter {
            Asserter::Source(id) => id.to_string(),
            Asserter::Run(id) => id.to_string(),
            Asserter::Person(id) => id.to_string(),
        };
        Self { kind: asserter.kind(), id }
    }
}

impl From<SourceRef> for SourceRefView {
    fn from(source: SourceRef) -> Self {
        Self { source_id: source.source_id, external_id: source.external_id }
    }
}

impl From<NodeState> for NodeView {
    fn from(node: NodeState) -> Self {
        Self {
            id: node.id,
            labels: node.labels,
            properties: node.properties,
            realm: node.realm,
            sources: node.sources.into_iter().map(SourceRefView::from).collect(),
            degree: None,
            provenance: node.provenance.into_iter().map(|(name, who)| (name, who.into())).collect(),
            valid_from: node.valid_from,
            valid_to: node.valid_to,
            recorded_at: node.recorded_at,
            archived_at: node.archived_at,
        }
    }
}

impl From<EdgeState> for EdgeView {
    fn from(edge: EdgeState) -> Self {
        Self {
            id: edge.id,
            edge_type: edge.edge_type,
            from: edge.from,
            to: edge.to,
            properties: edge.properties,
            realm: edge.realm,
            valid_from: edge.valid_from,
            valid_to: edge.valid_to,
            recorded_at: edge.recorded_at,
        }
    }
}

impl NodeView {
    /// The same with how many edges are seen at it.
    pub(super) fn with_degree(self, degree: u64) -> Self {
        Self { degree: Some(degree), ..self }
    }

    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            labels: vec!["File".to_owned()],
            properties: samples::map(json!({ "name": "api.rs", "path": "src/payment/api.rs" })),
            realm: samples::realm(),
            sources: vec![SourceRefView {
                source_id: samples::id(),
                external_id: "file:src/payment/api.rs".to_owned(),
            }],
            degree: None,
            provenance: BTreeMap::new(),
            valid_from: samples::time(),
            valid_to: None,
            recorded_at: samples::time(),
            archived_at: None,
        }
    }
}

impl EdgeView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            edge_type: "TOUCHED".to_owned(),
            from: samples::id(),
            to: samples::id(),
            properties: samples::map(json!({ "change": "modified" })),
            realm: samples::realm(),
            valid_from: samples::time(),
            valid_to: None,
            recorded_at: samples::time(),
        }
    }
}

impl AsserterView {
    pub(super) fn sample() -> Self {
        Self { kind: "source", id: samples::id::<SourceId>().to_string() }
    }
}
