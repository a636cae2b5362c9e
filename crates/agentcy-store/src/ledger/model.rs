//! What goes into the ledger and what comes out of it.

use std::collections::BTreeMap;

use agentcy_core::{
    Realm, Timestamp,
    id::{BatchId, EdgeId, NodeId, RunId, SourceId},
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A node or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A node.
    Node,
    /// An edge.
    Edge,
}

impl Kind {
    /// As the tables keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Edge => "edge",
        }
    }
}

/// Who asserts something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asserter {
    /// A source, in its syncs.
    Source(SourceId),
    /// A person or an API key: the UUID of the principal.
    Person(Uuid),
    /// A run of an agent.
    Run(RunId),
}

impl Asserter {
    /// As the tables keep it; `None` for a kind that there is not.
    pub fn from_row(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "source" => Some(Self::Source(id.into())),
            "person" => Some(Self::Person(id)),
            "run" => Some(Self::Run(id.into())),
            _ => None,
        }
    }

    /// The kind as the tables keep it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Source(_) => "source",
            Self::Person(_) => "person",
            Self::Run(_) => "run",
        }
    }

    /// The UUID as the tables keep it.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Source(id) => id.into(),
            Self::Person(id) => id,
            Self::Run(id) => id.into(),
        }
    }
}

/// One change of the ledger: a sync, or an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// When it was learned.
    pub at: Timestamp,
    /// Who asserts what is in it.
    pub asserter: Asserter,
    /// What made it: the id of a job or of a request.
    pub cause: String,
}

/// What a change of the ledger did, in words of its asserter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Said for the first time, or again after it had ended.
    pub added: u64,
    /// Said in other words than before.
    pub changed: u64,
    /// Said no more.
    pub archived: u64,
    /// Said in the same words as before.
    pub unchanged: u64,
}

impl Counts {
    /// Whether nothing changed.
    pub const fn is_empty(self) -> bool {
        self.added == 0 && self.changed == 0 && self.archived == 0
    }
}

/// The node at an end of an edge, as a source names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// By the external id that the same source gives it.
    Own(String),
    /// By the key that any source of the realm gives it.
    Shared(String),
}

/// A node as a source says it in a sync.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedNode {
    /// What the source calls it.
    pub external_id: String,
    /// What all the world calls it; `None`: only this source speaks of it.
    pub key: Option<String>,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Since when that holds, where the source knows.
    pub valid_from: Option<Timestamp>,
}

/// An edge as a source says it in a sync.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedEdge {
    /// What the source calls it.
    pub external_id: String,
    /// How its ends hang together.
    pub edge_type: String,
    /// Where it leads from.
    pub from: End,
    /// Where it leads to.
    pub to: End,
    /// What tells it apart from others of its type between the same two nodes.
    pub key: String,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Since when that holds, where the source knows.
    pub valid_from: Option<Timestamp>,
}

/// One thing that a source says in a sync.
#[derive(Debug, Clone, PartialEq)]
pub enum Staged {
    /// A node there is.
    Node(StagedNode),
    /// An edge there is.
    Edge(StagedEdge),
    /// In a delta: something there is no more.
    Gone {
        /// Whether it was a node or an edge.
        kind: Kind,
        /// What the source called it.
        external_id: String,
    },
}

/// A record that the ledger does not take. It fails alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The external id, cut where it is itself too long.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

/// A moment in both times; `None` is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// When it held.
    pub as_of: Option<Timestamp>,
    /// When it was known.
    pub known_at: Option<Timestamp>,
}

/// A source that speaks of something, and what it calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// The source.
    pub source_id: SourceId,
    /// What it calls the thing.
    pub external_id: String,
}

/// Who each shown property comes from; empty where only one speaks.
pub type Provenance = BTreeMap<String, Asserter>;

/// A node at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeState {
    /// Its id.
    pub id: NodeId,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Where it lies.
    pub realm: Realm,
    /// The sources that speak of it.
    pub sources: Vec<SourceRef>,
    /// Who each property comes from, where several speak.
    pub provenance: Provenance,
    /// Since when the oldest of what is said of it holds.
    pub valid_from: Timestamp,
    /// Until when it held, if that is over.
    pub valid_to: Option<Timestamp>,
    /// When the newest of what is said of it was learned.
    pub recorded_at: Timestamp,
    /// Since when nobody speaks of it, if that is so.
    pub archived_at: Option<Timestamp>,
}

/// An edge at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeState {
    /// Its id.
    pub id: EdgeId,
    /// How its ends hang together.
    pub edge_type: String,
    /// Where it leads from.
    pub from: NodeId,
    /// Where it leads to.
    pub to: NodeId,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Where it lies.
    pub realm: Realm,
    /// Since when the oldest of what is said of it holds.
    pub valid_from: Timestamp,
    /// Until when it held, if that is over.
    pub valid_to: Option<Timestamp>,
    /// When the newest of what is said of it was learned.
    pub recorded_at: Timestamp,
}
