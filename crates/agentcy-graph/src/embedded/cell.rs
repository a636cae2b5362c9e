//! Values of the engine as cells of an answer.

use grafeo::{
    EdgeId, NodeId, Value,
    store::{GraphStore, PropertyKey, ReadView},
};
use serde_json::Value as Json;

use super::{file::OrgGraph, value::is_removed};
use crate::{
    Edge, Node, Result,
    cypher::{Cell, Path},
    name::{ID, NODE},
};

/// Reads whole nodes and edges for the cells that show them.
pub(super) struct Reader<'a> {
    pub(super) graph: &'a OrgGraph,
    pub(super) store: &'a dyn GraphStore,
    pub(super) view: ReadView,
}

impl Reader<'_> {
    /// A cell. The engine answers nodes and edges as maps that hold its own ids.
    pub(super) fn cell(&self, value: &Value) -> Result<Cell> {
        Ok(match value {
            Value::Null => Cell::Value(Json::Null),
            Value::Bool(flag) => Cell::Value((*flag).into()),
            Value::Int64(int) => Cell::Value((*int).into()),
            Value::Float64(float) if float.is_finite() => Cell::Value((*float).into()),
            Value::String(text) => Cell::Value(text.as_str().into()),
            Value::List(items) => {
                Cell::List(items.iter().map(|item| self.cell(item)).collect::<Result<_>>()?)
            }
            Value::Map(map) => {
                let number = |name: &str| match map.get(&PropertyKey::new(name)) {
                    Some(Value::Int64(id)) => u64::try_from(*id).ok(),
                    _ => None,
                };
                if let (Some(id), Some(_)) = (number("_id"), map.get(&PropertyKey::new("_labels")))
                    && let Some(node) = self.node(NodeId(id))?
                {
                    return Ok(Cell::Node(Box::new(node)));
                }
                if let (Some(id), Some(_)) = (number("_id"), number("_source"))
                    && let Some(edge) = self.edge(EdgeId(id))?
                {
                    return Ok(Cell::Edge(Box::new(edge)));
                }
                let entries =
                    map.iter().map(|(key, value)| Ok((key.as_str().to_owned(), self.cell(value)?)));
                Cell::Map(entries.collect::<Result<_>>()?)
            }
            Value::Path { nodes, edges } => self.path(nodes, edges)?,
            Value::Vector(floats) => {
                Cell::List(floats.iter().map(|float| Cell::Value((*float).into())).collect())
            }
            other => Cell::Value(other.to_string().into()),
        })
    }

    fn path(&self, nodes: &[Value], edges: &[Value]) -> Result<Cell> {
        let mut path = Path::default();
        for value in nodes {
            if let Some(node) = id_of(value).map(|id| self.node(NodeId(id))).transpose()?.flatten()
            {
                path.nodes.push(node);
            }
        }
        for value in edges {
            if let Some(edge) = id_of(value).map(|id| self.edge(EdgeId(id))).transpose()?.flatten()
            {
                path.edges.push(edge);
            }
        }
        Ok(Cell::Path(path))
    }

    fn node(&self, id: NodeId) -> Result<Option<Node>> {
        let stored = self.store.node(id, self.view).map_err(|error| self.graph.failed(error))?;
        let Some(stored) = stored.filter(|node| !is_removed(node)) else { return Ok(None) };
        // Records of ours have no label that a user could see, but a map may name any id.
        if !stored.labels.iter().any(|label| label.as_str() == NODE) {
            return Ok(None);
        }
        self.graph.node_of(&stored).map(Some)
    }

    fn edge(&self, id: EdgeId) -> Result<Option<Edge>> {
        let read = |error| self.graph.failed(error);
        let Some(stored) = self.store.edge(id, self.view).map_err(read)? else { return Ok(None) };
        let from = self.store.node(stored.src, self.view).map_err(read)?;
        let to = self.store.node(stored.dst, self.view).map_err(read)?;
        let end = |node: Option<grafeo::store::Node>| {
            node?.get_property(ID).and_then(Value::as_str).and_then(|id| id.parse().ok())
        };
        let (Some(from), Some(to)) = (end(from), end(to)) else { return Ok(None) };
        self.graph.edge_of(&stored, from, to).map(Some)
    }
}

fn id_of(value: &Value) -> Option<u64> {
    match value {
        Value::Int64(id) => u64::try_from(*id).ok(),
        Value::Map(map) => id_of(map.get(&PropertyKey::new("_id"))?),
        _ => None,
    }
}
