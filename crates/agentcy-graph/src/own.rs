//! What we keep of a node or an edge under names of our own, beside the properties of its user.

use std::{borrow::Cow, collections::HashSet};

use agentcy_core::{Realm, Timestamp};
use serde_json::Value;

use crate::{
    Edge, Node, Properties, SourceRef,
    name::{ID, JSON, REALM, RECORDED_AT, SOURCES, VALID_FROM, VERSION},
    property::{Encoded, Plain, decode, encode},
};

/// All that is kept of a node or an edge, by name.
pub(crate) type Kept = Vec<(Cow<'static, str>, Plain)>;

/// A node as it is kept.
pub(crate) fn of_node(node: &Node) -> Kept {
    let times = (node.valid_from, node.recorded_at);
    let mut kept = of(node.id.to_string(), &node.realm, times, node.version, &node.properties);
    if !node.sources.is_empty() {
        let pair = |source: &SourceRef| {
            Value::from([source.source_id.as_str(), source.external_id.as_str()].as_slice())
        };
        let pairs: Value = node.sources.iter().map(pair).collect();
        kept.push((SOURCES.into(), Plain::Text(pairs.to_string())));
    }
    kept
}

/// An edge as it is kept, without its ends.
pub(crate) fn of_edge(edge: &Edge) -> Kept {
    let times = (edge.valid_from, edge.recorded_at);
    of(edge.id.to_string(), &edge.realm, times, edge.version, &edge.properties)
}

fn of(
    id: String,
    realm: &Realm,
    (valid_from, recorded_at): (Timestamp, Timestamp),
    version: i64,
    properties: &Properties,
) -> Kept {
    let Encoded { values, json } = encode(properties);
    let mut kept: Kept = Vec::with_capacity(values.len() + 7);
    kept.push((ID.into(), Plain::Text(id)));
    kept.push((REALM.into(), Plain::Text(realm.as_str().to_owned())));
    kept.push((VERSION.into(), Plain::Int(version)));
    kept.push((VALID_FROM.into(), Plain::Int(valid_from.timestamp_micros())));
    kept.push((RECORDED_AT.into(), Plain::Int(recorded_at.timestamp_micros())));
    if !json.is_empty() {
        kept.push((JSON.into(), Plain::List(json.into_iter().map(Plain::Text).collect())));
    }
    kept.extend(values.into_iter().map(|(name, value)| (name.into(), value)));
    kept
}

/// What was kept, read back.
pub(crate) struct Read {
    pub(crate) id: String,
    pub(crate) realm: Realm,
    pub(crate) sources: Vec<SourceRef>,
    pub(crate) valid_from: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) version: i64,
    pub(crate) properties: Properties,
}

/// Reads what was kept; `None` when something of ours is missing or is not what we write.
pub(crate) fn read<N: AsRef<str>>(kept: impl IntoIterator<Item = (N, Value)>) -> Option<Read> {
    let (mut id, mut realm, mut version) = (None, None, None);
    let (mut valid_from, mut recorded_at) = (None, None);
    let (mut sources, mut json) = (Vec::new(), HashSet::new());
    let mut rest = Vec::new();
    for (name, value) in kept {
        match name.as_ref() {
            ID => id = Some(text(value)?),
            REALM => realm = Some(value.as_str()?.parse().ok()?),
            VERSION => version = Some(value.as_i64()?),
            VALID_FROM => valid_from = Some(moment(&value)?),
            RECORDED_AT => recorded_at = Some(moment(&value)?),
            SOURCES => sources = pairs(value.as_str()?)?,
            JSON => json = serde_json::from_value(value).ok()?,
            _ => rest.push((name, value)),
        }
    }
    Some(Read {
        id: id?,
        realm: realm?,
        sources,
        valid_from: valid_from?,
        recorded_at: recorded_at?,
        version: version?,
        properties: decode(rest, &json)?,
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    Timestamp::from_timestamp_micros(value.as_i64()?)
}

fn pairs(text: &str) -> Option<Vec<SourceRef>> {
    let pairs: Vec<(String, String)> = serde_json::from_str(text).ok()?;
    let source = |(source_id, external_id)| SourceRef { source_id, external_id };
    Some(pairs.into_iter().map(source).collect())
}

#[cfg(test)]
mod tests {
    use agentcy_core::id::NodeId;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn node() -> Node {
        let source = |external_id: &str| SourceRef {
            source_id: "src_1".to_owned(),
            external_id: external_id.to_owned(),
        };
        Node {
            id: NodeId::from(Uuid::from_u128(7)),
            labels: Vec::new(),
            properties: [("a".to_owned(), json!({ "b": [1, "\0"] }))].into_iter().collect(),
            realm: "crm".parse().unwrap(),
            sources: vec![source("a"), source("\"\0`'\\ ünï")],
            valid_from: Timestamp::from_timestamp_micros(-1).unwrap(),
            recorded_at: Timestamp::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            version: 3,
        }
    }

    fn stored(node: &Node) -> Vec<(String, Value)> {
        of_node(node).into_iter().map(|(name, value)| (name.into_owned(), value.into())).collect()
    }

    #[test]
    fn all_that_is_kept_of_a_node_reads_back() {
        let node = node();
        let read = read(stored(&node)).unwrap();
        assert_eq!(read.id, node.id.to_string());
        assert_eq!((read.realm, read.version), (node.realm, node.version));
        assert_eq!(read.sources, node.sources);
        assert_eq!((read.valid_from, read.recorded_at), (node.valid_from, node.recorded_at));
        assert_eq!(read.properties, node.properties);
    }

    #[test]
    fn what_lacks_something_of_ours_does_not_read() {
        for missing in [ID, REALM, VERSION, VALID_FROM, RECORDED_AT] {
            let kept = stored(&node()).into_iter().filter(|(name, _)| name != missing);
            assert!(read(kept).is_none(), "{missing}");
        }
        let spoilt = stored(&node()).into_iter().map(|(name, value)| match name.as_str() {
            SOURCES => (name, json!("[[1]]")),
            _ => (name, value),
        });
        assert!(read(spoilt).is_none());
    }
}
