//! What a query may use and what it answers.

use std::time::Duration;

use serde_json::Value;

use crate::{Edge, Node};

/// What a query may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many rows are answered; what is more is cut off and said.
    pub rows: usize,
    /// How large the answer may be in bytes.
    pub bytes: usize,
    /// How long it may take.
    pub time: Duration,
}

/// The rows of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there were more rows.
    pub truncated: bool,
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A null, boolean, number or text; dates, durations and points are their text.
    Value(Value),
    /// A node.
    Node(Box<Node>),
    /// An edge.
    Edge(Box<Edge>),
    /// A path.
    Path(Path),
    /// A list.
    List(Vec<Cell>),
    /// A map.
    Map(Vec<(String, Cell)>),
}

/// A path: one node more than edges.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path {
    /// The nodes in order.
    pub nodes: Vec<Node>,
    /// The edges between them.
    pub edges: Vec<Edge>,
}

/// How large a cell is in an answer, in bytes and roughly.
pub(crate) fn weigh(cell: &Cell) -> usize {
    let properties = |properties: &crate::Properties| {
        properties.iter().map(|(name, value)| name.len() + weigh_json(value)).sum::<usize>()
    };
    let node = |node: &Node| {
        200 + node.labels.iter().map(String::len).sum::<usize>() + properties(&node.properties)
    };
    let edge = |edge: &Edge| 250 + edge.kind.len() + properties(&edge.properties);
    match cell {
        Cell::Value(value) => weigh_json(value),
        Cell::Node(one) => node(one),
        Cell::Edge(one) => edge(one),
        Cell::Path(path) => {
            path.nodes.iter().map(node).sum::<usize>() + path.edges.iter().map(edge).sum::<usize>()
        }
        Cell::List(cells) => 2 + cells.iter().map(weigh).sum::<usize>(),
        Cell::Map(entries) => {
            2 + entries.iter().map(|(name, cell)| name.len() + 3 + weigh(cell)).sum::<usize>()
        }
    }
}

fn weigh_json(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 3,
        Value::Array(items) => 2 + items.iter().map(weigh_json).sum::<usize>(),
        Value::Object(map) => {
            2 + map.iter().map(|(name, value)| name.len() + 3 + weigh_json(value)).sum::<usize>()
        }
    }
}
