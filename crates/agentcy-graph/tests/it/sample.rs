//! Small graphs to write.

use agentcy_core::{
    Realms, Timestamp,
    id::{EdgeId, NodeId, OrgId},
};
use agentcy_graph::{
    Direction, Edge, GraphStore, Hop, Neighbours, Node, Properties, Removal, Scope, SourceRef,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) fn org() -> OrgId {
    Uuid::now_v7().into()
}

pub(crate) fn properties(value: Value) -> Properties {
    let Value::Object(map) = value else { panic!("not an object") };
    map
}

/// A node whose id follows from its number.
pub(crate) fn node(number: u128, version: i64) -> Node {
    Node {
        id: Uuid::from_u128(number).into(),
        labels: vec!["Service".into()],
        properties: properties(json!({ "name": format!("node {number}") })),
        realm: "infrastructure".parse().unwrap(),
        sources: vec![SourceRef { source_id: "src_1".into(), external_id: format!("{number}") }],
        valid_from: moment(i64::try_from(number).unwrap()),
        recorded_at: moment(version),
        version,
    }
}

/// So many microseconds after the first of 2026.
pub(crate) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(1_767_225_600_000_000 + micros).unwrap()
}

pub(crate) fn edge(number: u128, from: u128, to: u128, version: i64) -> Edge {
    Edge {
        id: Uuid::from_u128(number).into(),
        kind: "USES".into(),
        from: Uuid::from_u128(from).into(),
        to: Uuid::from_u128(to).into(),
        properties: properties(json!({ "weight": 1 })),
        realm: "infrastructure".parse().unwrap(),
        valid_from: moment(i64::try_from(number).unwrap()),
        recorded_at: moment(version),
        version,
    }
}

pub(crate) fn node_id(number: u128) -> NodeId {
    Uuid::from_u128(number).into()
}

pub(crate) fn gone<I: From<Uuid>>(number: u128, version: i64) -> Removal<I> {
    Removal { id: Uuid::from_u128(number).into(), version }
}

pub(crate) async fn read(store: &dyn GraphStore, org: OrgId, number: u128) -> Option<Node> {
    store.read_node(Scope { org, realms: &Realms::All }, node_id(number)).await.unwrap()
}

pub(crate) async fn around(store: &dyn GraphStore, org: OrgId, number: u128) -> Neighbours {
    let hop = Hop { node: node_id(number), direction: Direction::Both, kinds: &[], limit: 100 };
    hop_of(store, org, hop).await
}

pub(crate) async fn hop_of(store: &dyn GraphStore, org: OrgId, hop: Hop<'_>) -> Neighbours {
    let mut found = store.neighbours(Scope { org, realms: &Realms::All }, hop).await.unwrap();
    found.items.sort_by_key(|item| item.edge.id);
    found
}

/// The edges around a node, sorted.
pub(crate) async fn edges(store: &dyn GraphStore, org: OrgId, number: u128) -> Vec<Edge> {
    around(store, org, number).await.items.into_iter().map(|item| item.edge).collect()
}

pub(crate) fn edge_ids(edges: &[Edge]) -> Vec<EdgeId> {
    edges.iter().map(|edge| edge.id).collect()
}
