//! Nodes and edges as a model is shown them: as the API shows them, long values cut.

use agentcy_platform::graph::{Cell, EdgeState, NodeState};
use serde_json::{Map, Value, json};

use super::bound::{Room, beginning, clean, properties};

/// The longest name that a source gave a node, in bytes.
const MAX_NAME: usize = 200;

/// Collects what a result shows, as long as there is room.
pub(super) struct Shown {
    room: Room,
    /// Whether a property was cut.
    pub(super) cut_properties: bool,
    /// Whether something was left out.
    pub(super) left_out: bool,
}

impl Shown {
    pub(super) const fn new() -> Self {
        Self { room: Room::new(), cut_properties: false, left_out: false }
    }

    /// As many of these as there is room for.
    pub(super) fn take(&mut self, values: Vec<Value>) -> Vec<Value> {
        let many = values.len();
        let kept: Vec<Value> =
            values.into_iter().take_while(|value| self.room.takes(value)).collect();
        self.left_out |= kept.len() < many;
        kept
    }

    /// As many of these nodes as there is room for.
    pub(super) fn nodes(&mut self, nodes: Vec<NodeState>) -> Vec<Value> {
        let nodes = nodes.into_iter().map(|node| self.node(node)).collect();
        self.take(nodes)
    }

    fn node(&mut self, node: NodeState) -> Value {
        let source = |source: agentcy_platform::graph::SourceRef| {
            json!({ "source_id": source.source_id,
                    "external_id": beginning(&source.external_id, MAX_NAME) })
        };
        let mut shown = json!({
            "id": node.id,
            "labels": node.labels,
            "properties": self.properties(node.properties),
            "realm": node.realm,
            "sources": node.sources.into_iter().take(5).map(source).collect::<Vec<_>>(),
            "valid_from": node.valid_from,
            "recorded_at": node.recorded_at,
        });
        for (name, at) in [("valid_to", node.valid_to), ("archived_at", node.archived_at)] {
            if let Some(at) = at {
                shown[name] = json!(at);
            }
        }
        clean(shown)
    }

    pub(super) fn edge(&mut self, edge: EdgeState) -> Value {
        clean(json!({
            "id": edge.id,
            "type": edge.edge_type,
            "from": edge.from,
            "to": edge.to,
            "properties": self.properties(edge.properties),
            "realm": edge.realm,
            "valid_from": edge.valid_from,
            "recorded_at": edge.recorded_at,
        }))
    }

    /// A cell of a table, whatever is in it.
    pub(super) fn cell(&mut self, cell: Cell) -> Value {
        match cell {
            Cell::Value(value) => clean(value),
            Cell::Node(node) => self.node(*node),
            Cell::Edge(edge) => self.edge(*edge),
            Cell::Path(nodes, edges) => {
                let nodes: Vec<Value> = nodes.into_iter().map(|node| self.node(node)).collect();
                let edges: Vec<Value> = edges.into_iter().map(|edge| self.edge(edge)).collect();
                json!({ "nodes": nodes, "edges": edges })
            }
            Cell::List(cells) => cells.into_iter().map(|cell| self.cell(cell)).collect(),
            Cell::Map(fields) => {
                let pairs = fields.into_iter().map(|(name, cell)| (name, self.cell(cell)));
                clean(Value::Object(pairs.collect()))
            }
        }
    }

    fn properties(&mut self, map: Map<String, Value>) -> Map<String, Value> {
        let (kept, was_cut) = properties(map);
        self.cut_properties |= was_cut;
        kept
    }

    /// Notes what is not whole, so that no model takes a part for all there is.
    pub(super) fn finish(self, result: &mut Value, more: bool, advice: &str) {
        result["truncated"] = (more || self.left_out).into();
        let mut notes = Vec::new();
        if more || self.left_out {
            notes.push(format!("there is more than is shown: {advice}"));
        }
        if self.cut_properties {
            notes.push("long properties are cut".to_owned());
        }
        if !notes.is_empty() {
            result["cut"] = notes.join("; ").into();
        }
    }
}
