//! What goes in and out of a graph engine.

use agentcy_core::{
    Realm, Realms, Timestamp,
    id::{EdgeId, NodeId, OrgId},
};

use crate::{Error, Result};

/// Properties as the API shows them. A JSON null is the same as no property.
pub type Properties = serde_json::Map<String, serde_json::Value>;

/// What a source calls something.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceRef {
    /// The source.
    pub source_id: String,
    /// Its own word for it.
    pub external_id: String,
}

/// A node in its current state. Times are kept to the microsecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The id.
    pub id: NodeId,
    /// The labels; a store gives them back sorted and each once.
    pub labels: Vec<String>,
    /// The properties.
    pub properties: Properties,
    /// The realm it lies in.
    pub realm: Realm,
    /// The sources that speak of it.
    pub sources: Vec<SourceRef>,
    /// Since when it is so in the world.
    pub valid_from: Timestamp,
    /// Since when that is known here.
    pub recorded_at: Timestamp,
    /// The number of the fact that made it so; 1 or more.
    pub version: i64,
}

/// An edge in its current state. Times are kept to the microsecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The id.
    pub id: EdgeId,
    /// The type.
    pub kind: String,
    /// Where it starts.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// The properties.
    pub properties: Properties,
    /// The realm it lies in.
    pub realm: Realm,
    /// Since when it is so in the world.
    pub valid_from: Timestamp,
    /// Since when that is known here.
    pub recorded_at: Timestamp,
    /// The number of the fact that made it so; 1 or more.
    pub version: i64,
}

/// That something is archived: it leaves the current state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal<I> {
    /// What leaves.
    pub id: I,
    /// The number of the fact that ended it.
    pub version: i64,
}

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many items were written.
    pub written: usize,
    /// How many were there already in this or a newer version.
    pub stale: usize,
    /// The edges that were not written since an end is not there; send them again when it is.
    pub waiting: Vec<EdgeId>,
}

/// Whose graph is read, and which realms of it are seen.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The org.
    pub org: OrgId,
    /// The realms; what lies outside is as if it were not there.
    pub realms: &'a Realms,
}

/// Which way edges are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the node.
    Out,
    /// To the node.
    In,
    /// Either way.
    Both,
}

/// A question for the neighbours of a node.
#[derive(Debug, Clone)]
pub struct Hop<'a> {
    /// The node.
    pub node: NodeId,
    /// Which way.
    pub direction: Direction,
    /// Only edges of these types; all when empty.
    pub kinds: &'a [String],
    /// How many at most.
    pub limit: usize,
}

/// An edge and the node at its other end.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The edge.
    pub edge: Edge,
    /// The node at the other end.
    pub node: Node,
}

/// Neighbours in the order of node ids, then edge ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    /// What was found, at most as many as asked.
    pub items: Vec<Neighbour>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A question for what hangs together with some nodes.
#[derive(Debug, Clone)]
pub struct Expand<'a> {
    /// Where to start. Those that may be seen are in the answer whatever their labels.
    pub nodes: &'a [NodeId],
    /// How many hops away at most; no more than [`Expand::MAX_DEPTH`].
    pub depth: usize,
    /// Which way.
    pub direction: Direction,
    /// Only edges of these types; all when empty.
    pub kinds: &'a [String],
    /// Only nodes with one of these labels are entered; all when empty.
    pub labels: &'a [String],
    /// How many nodes at most.
    pub limit: usize,
    /// How many edges are looked at for one step at most, so that no hub makes it long.
    pub work: usize,
}

impl Expand<'_> {
    /// The largest depth.
    pub const MAX_DEPTH: usize = 4;
    /// How many edges are usually looked at for one step at most.
    pub const WORK: usize = 100_000;

    /// Refuses a depth that is too large.
    pub(crate) fn check(&self) -> Result<()> {
        if self.depth > Self::MAX_DEPTH {
            return Err(Error::TooLarge { what: "the depth", limit: Self::MAX_DEPTH });
        }
        Ok(())
    }
}

/// Nodes and what is between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subgraph {
    /// The nodes: the nearest first, those equally near by id.
    pub nodes: Vec<Node>,
    /// Every edge of the types asked for between two of the nodes, by id.
    pub edges: Vec<Edge>,
    /// Whether something was left out for its number.
    pub truncated: bool,
}
