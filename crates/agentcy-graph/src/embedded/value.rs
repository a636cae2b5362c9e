//! Nodes and edges between our shape and the engine's.

use std::{collections::HashSet, sync::Arc};

use agentcy_core::Realm;
use grafeo::{Value, store};
use serde_json::Value as Json;

use super::file::OrgGraph;
use crate::{
    Edge, Node, Properties, Result,
    batch::shown_labels,
    name::{ID, JSON, REALM, REMOVED, VERSION, shown},
    property::{Plain, decode, encode},
};

/// The properties of a stored node or edge, ours among them.
pub(super) type Row = Vec<(String, Value)>;

pub(super) fn row(id: &str, realm: &Realm, version: i64, properties: &Properties) -> Row {
    let encoded = encode(properties);
    let mut row = vec![
        (ID.to_owned(), Value::from(id)),
        (REALM.to_owned(), Value::from(realm.as_str())),
        (VERSION.to_owned(), Value::from(version)),
    ];
    if !encoded.json.is_empty() {
        let names = encoded.json.into_iter().map(Value::from).collect::<Vec<_>>();
        row.push((JSON.to_owned(), Value::List(names.into())));
    }
    row.extend(encoded.values.into_iter().map(|(name, plain)| (name, value(plain))));
    row
}

/// The record that something was removed.
pub(super) fn removed(id: &str, version: i64) -> Row {
    vec![
        (ID.to_owned(), Value::from(id)),
        (VERSION.to_owned(), Value::from(version)),
        (REMOVED.to_owned(), Value::from(true)),
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

/// What our own properties say, and the user's beside them.
struct Read {
    id: String,
    realm: Realm,
    version: i64,
    properties: Properties,
}

fn read<'a>(stored: impl Iterator<Item = (&'a str, &'a Value)>) -> Option<Read> {
    let (mut id, mut realm, mut version) = (None, None, None);
    let (mut names, mut values) = (HashSet::new(), Vec::new());
    for (key, value) in stored {
        match (key, value) {
            (ID, Value::String(text)) => id = Some(text.as_str().to_owned()),
            (REALM, Value::String(text)) => realm = text.as_str().parse().ok(),
            (VERSION, Value::Int64(number)) => version = Some(*number),
            (JSON, Value::List(list)) => {
                names = Arc::clone(list).iter().filter_map(text).collect();
            }
            _ => values.push((key.to_owned(), json(value)?)),
        }
    }
    let properties = decode(values, &names)?;
    Some(Read { id: id?, realm: realm?, version: version?, properties })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
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
    pub(super) fn node_of(&self, stored: &store::Node) -> Result<Node> {
        let damaged = || self.corrupt("a node");
        let read = read(stored.properties.iter().map(|(key, value)| (key.as_ref(), value)))
            .ok_or_else(damaged)?;
        Ok(Node {
            id: read.id.parse().map_err(|_| damaged())?,
            labels: shown_labels(stored.labels.iter().map(grafeo::store::ArcStr::as_str)),
            properties: read.properties,
            realm: read.realm,
            version: read.version,
        })
    }

    /// An edge, given the nodes at its ends.
    pub(super) fn edge_of(
        &self,
        stored: &store::Edge,
        from: &store::Node,
        to: &store::Node,
    ) -> Result<Edge> {
        let damaged = || self.corrupt("an edge");
        let end = |node: &store::Node| {
            node.get_property(ID).and_then(Value::as_str).and_then(|id| id.parse().ok())
        };
        let read = read(stored.properties.iter().map(|(key, value)| (key.as_ref(), value)))
            .ok_or_else(damaged)?;
        Ok(Edge {
            id: read.id.parse().map_err(|_| damaged())?,
            kind: shown(stored.edge_type.as_str()).ok_or_else(damaged)?.into_owned(),
            from: end(from).ok_or_else(damaged)?,
            to: end(to).ok_or_else(damaged)?,
            properties: read.properties,
            realm: read.realm,
            version: read.version,
        })
    }
}
