//! Nodes and edges of a database, and what they are called.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::config::Settings;
use crate::{EdgeRecord, End, NodeRecord, Record, ids};

/// What would end a name in a path of names.
const SPECIAL: &AsciiSet = &CONTROLS.add(b'/').add(b'%').add(b' ').add(b'?').add(b'#').add(b'"');

/// What the things of one database are called.
pub(super) struct Names {
    base: String,
}

impl Names {
    /// Every source that reads this database gives its things the same keys.
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { host, port, database, .. } = settings;
        let host = host.to_ascii_lowercase();
        Self {
            base: format!("postgres://{host}:{port}/{}", utf8_percent_encode(database, SPECIAL)),
        }
    }

    /// A node by the names that lead to it; none for the database itself.
    pub(super) fn node(
        &self,
        names: &[&str],
        label: &str,
        properties: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Record {
        let properties: Map<_, _> = properties
            .into_iter()
            .filter(|(_, value)| !is_nothing(value))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let external_id = id(names);
        let key = if names.is_empty() {
            self.base.clone()
        } else {
            format!("{}/{external_id}", self.base)
        };
        Record::Node(NodeRecord {
            external_id,
            key: Some(key),
            labels: vec![label.to_owned()],
            properties,
            valid_from: None,
        })
    }
}

/// What is not worth saying.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn id(names: &[&str]) -> String {
    if names.is_empty() {
        return "/".to_owned();
    }
    let encoded: Vec<_> =
        names.iter().map(|name| utf8_percent_encode(name, SPECIAL).to_string()).collect();
    encoded.join("/")
}

/// An edge between two nodes by the names that lead to them; `key` tells it apart from others of its type there.
pub(super) fn edge(
    from: &[&str],
    edge_type: &str,
    to: &[&str],
    key: &str,
    properties: impl IntoIterator<Item = (&'static str, Value)>,
) -> Record {
    let (from, to) = (id(from), id(to));
    Record::Edge(EdgeRecord {
        external_id: ids::joined(&[edge_type, &from, &to, key]),
        edge_type: edge_type.to_owned(),
        from: End::Own(from),
        to: End::Own(to),
        key: key.to_owned(),
        properties: properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        valid_from: None,
    })
}
