//! Nodes and edges between our shape and Bolt's.

use std::collections::HashMap;

use agentcy_core::id::OrgId;
use neo4rs::{BoltList, BoltMap, BoltType, Row};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    Edge, Error, Node, Result,
    batch::shown_labels,
    name::{ID, ORG, REMOVED, VERSION, shown},
    own::{Kept, read},
    property::Plain,
};

/// A map for a parameter.
pub(super) fn map(
    entries: impl IntoIterator<Item = (impl AsRef<str>, impl Into<BoltType>)>,
) -> BoltType {
    let mut map = BoltMap::new();
    for (key, value) in entries {
        map.put(key.as_ref().into(), value.into());
    }
    BoltType::Map(map)
}

/// A list for a parameter.
pub(super) fn list(items: impl IntoIterator<Item = BoltType>) -> BoltType {
    BoltType::List(BoltList { value: items.into_iter().collect() })
}

/// The key of something in an org.
pub(super) fn key(org: OrgId, id: &str, version: i64) -> Vec<(String, BoltType)> {
    vec![
        (ORG.to_owned(), org.to_string().into()),
        (ID.to_owned(), id.into()),
        (VERSION.to_owned(), version.into()),
    ]
}

/// All properties of something that is stored.
pub(super) fn properties(org: OrgId, kept: Kept) -> BoltType {
    let org = (ORG.into(), BoltType::from(org.to_string()));
    let kept = kept.into_iter().map(|(name, plain)| (name, value(plain)));
    map(std::iter::once(org).chain(kept))
}

/// The properties of the record that something was removed.
pub(super) fn removed(org: OrgId, id: &str, version: i64) -> BoltType {
    let mut entries = key(org, id, version);
    entries.push((REMOVED.to_owned(), true.into()));
    map(entries)
}

fn value(plain: Plain) -> BoltType {
    match plain {
        Plain::Bool(flag) => flag.into(),
        Plain::Int(int) => int.into(),
        Plain::Float(float) => float.into(),
        Plain::Text(text) => text.into(),
        Plain::List(items) => list(items.into_iter().map(value)),
    }
}

/// A column, or a damaged graph.
pub(super) fn column<'a, T: Deserialize<'a>>(row: &'a Row, org: OrgId, name: &str) -> Result<T> {
    row.get(name).map_err(|error| Error::Corrupt {
        org,
        what: format!("column {name}"),
        source: Some(error.into()),
    })
}

fn damaged(org: OrgId, what: &str) -> Error {
    Error::Corrupt { org, what: what.to_owned(), source: None }
}

/// A row as something of several columns, or a damaged graph.
pub(super) fn whole<'a, T: Deserialize<'a>>(row: &'a Row, org: OrgId) -> Result<T> {
    row.to().map_err(|error| Error::Corrupt {
        org,
        what: "a row".to_owned(),
        source: Some(error.into()),
    })
}

/// A node as a statement brings it.
#[derive(Deserialize)]
pub(super) struct StoredNode {
    labels: Vec<String>,
    properties: HashMap<String, Json>,
}

impl StoredNode {
    pub(super) fn read(self, org: OrgId) -> Result<Node> {
        let read = read(self.properties).ok_or_else(|| damaged(org, "a node"))?;
        Ok(Node {
            id: read.id.parse().map_err(|_| damaged(org, "the id of a node"))?,
            labels: shown_labels(self.labels.iter().map(String::as_str)),
            properties: read.properties,
            realm: read.realm,
            sources: read.sources,
            valid_from: read.valid_from,
            recorded_at: read.recorded_at,
            version: read.version,
        })
    }
}

/// An edge as a statement brings it.
#[derive(Deserialize)]
pub(super) struct StoredEdge {
    edge: HashMap<String, Json>,
    r#type: String,
    from: String,
    to: String,
}

impl StoredEdge {
    pub(super) fn read(self, org: OrgId) -> Result<Edge> {
        let end = |id: String| id.parse().map_err(|_| damaged(org, "the end of an edge"));
        let read = read(self.edge).ok_or_else(|| damaged(org, "an edge"))?;
        let kind = shown(&self.r#type).ok_or_else(|| damaged(org, "the type of an edge"))?;
        Ok(Edge {
            id: read.id.parse().map_err(|_| damaged(org, "the id of an edge"))?,
            kind: kind.into_owned(),
            from: end(self.from)?,
            to: end(self.to)?,
            properties: read.properties,
            realm: read.realm,
            valid_from: read.valid_from,
            recorded_at: read.recorded_at,
            version: read.version,
        })
    }
}
