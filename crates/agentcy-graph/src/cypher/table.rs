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
