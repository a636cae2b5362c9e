//! Nodes and edges between our shape and the engine's.

use agentcy_core::id::NodeId;
use grafeo::{
    Value,
    store::{self, PropertyKey},
};
use serde_json::Value as Json;

use super::file::OrgGraph;
use crate::{
    Edge, Node, Result,
    batch::shown_labels,
    name::{ID, REALM, REMOVED, VERSION, shown},
    own::{Kept, read},
    property::Plain,
};

/// The properties of a stored node or edge, ours among them.
pub(super) type Row = Vec<(PropertyKey, Value)>;

/// The record that something was removed.
pub(super) fn removed(id: &str, version: i64) -> Row {
    vec![
        (ID.into(), Value::from(id)),
        (VERSION.into(), Value::from(version)),
        (REMOVED.into(), Value::from(true)),
    ]
}

fn value(plain: Plain) -> Value {
    match plain {
        Plain::Bool(flag) => flag.into(),
        Plain::Int(int) => int.into(),
        Plain::Float(float) => float.into(),
        Plain::Text(text) => text.into(),
        Plain::List(items) => Value::List(items.into_iter().map(value).collect::<Vec<_>>().into()),
    }
}

fn json(value: &Value) -> Option<Json> {
    match value {
        Value::Bool(flag) => Some((*flag).into()),
        Value::Int64(int) => Some((*int).into()),
        Value::Float64(float) => Some((*float).into()),
        Value::String(text) => Some(text.as_str().into()),
        Value::List(items) => items.iter().map(json).collect::<Option<Vec<_>>>().map(Json::Array),
        _ => None,
    }
}

fn stored<'a>(
    properties: impl Iterator<Item = (&'a PropertyKey, &'a Value)>,
) -> Option<Vec<(&'a str, Json)>> {
    properties.map(|(key, value)| Some((key.as_str(), json(value)?))).collect()
}

/// Whether a stored node only says that something was removed.
pub(super) fn is_removed(node: &store::Node) -> bool {
    node.get_property(REMOVED).is_some()
}

/// The version of a stored node.
pub(super) fn version(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Int64(version)) => Some(*version),
        _ => None,
    }
}

impl OrgGraph {
    /// Something as it is kept.
    pub(super) fn row(&self, kept: Kept) -> Row {
        let value = |name: &str, plain| match plain {
            // There are few, and each stands in every row.
            Plain::Text(realm) if name == REALM => Value::String(self.shared(&realm)),
            plain => value(plain),
        };
        kept.into_iter()
            .map(|(name, plain)| (PropertyKey::new(self.shared(&name)), value(&name, plain)))
            .collect()
    }

    pub(super) fn node_of(&self, stored: &store::Node) -> Result<Node> {
        let damaged = || self.corrupt("a node");
        let read = self::stored(stored.properties.iter()).and_then(read).ok_or_else(damaged)?;
        Ok(Node {
            id: read.id.parse().map_err(|_| damaged())?,
            labels: shown_labels(stored.labels.iter().map(grafeo::store::ArcStr::as_str)),
            properties: read.properties,
            realm: read.realm,
            sources: read.sources,
            valid_from: read.valid_from,
            recorded_at: read.recorded_at,
            version: read.version,
        })
    }

    /// An edge, given the ids of its ends.
    pub(super) fn edge_of(&self, stored: &store::Edge, from: NodeId, to: NodeId) -> Result<Edge> {
        let damaged = || self.corrupt("an edge");
        let read = self::stored(stored.properties.iter()).and_then(read).ok_or_else(damaged)?;
        Ok(Edge {
            id: read.id.parse().map_err(|_| damaged())?,
            kind: shown(stored.edge_type.as_str()).ok_or_else(damaged)?.into_owned(),
            from,
            to,
            properties: read.properties,
            realm: read.realm,
            valid_from: read.valid_from,
            recorded_at: read.recorded_at,
            version: read.version,
        })
    }
}
