//! What a connector says about the world: one JSON object a line when it travels.

use agentcy_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that a source says in a sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Something there is.
    Node(NodeRecord),
    /// How two things hang together.
    Edge(EdgeRecord),
    /// Comes first, when it comes: what is not named below is as it was at the cursor that was given.
    Delta,
    /// In a delta: something there is no more.
    Gone(Gone),
    /// Something that could not be read. It fails alone, and is listed.
    Fault(Fault),
    /// How far the work is.
    Progress(Progress),
    /// Comes last, when it comes: what the next sync is given once this one is applied.
    Cursor(Cursor),
}

/// Something there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRecord {
    /// What the source calls it: the same at every sync. 1024 bytes at most.
    pub external_id: String,
    /// What all the world calls it, such as `https://github.com/o/r` or `mailto:a@b.c`: sources of one realm that
    /// give the same key speak of the same thing. `None`: only this source speaks of it. 1024 bytes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Since when that holds, where the source knows; else since it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
}

/// How two things hang together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeRecord {
    /// What the source calls it: the same at every sync. 1024 bytes at most.
    pub external_id: String,
    /// How they hang together.
    #[serde(rename = "type")]
    pub edge_type: String,
    /// Where it leads from.
    pub from: End,
    /// Where it leads to; the node may come later, or from another source.
    pub to: End,
    /// What tells it apart from others of its type between the same two nodes; empty when there is one at most.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What is known of it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// Since when that holds, where the source knows; else since it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
}

/// The node at an end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum End {
    /// By the external id that the same source gives it.
    Own(String),
    /// By the key that any source gives it.
    Shared {
        /// The key.
        key: String,
    },
}

/// Something there is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    /// Whether it was a node or an edge.
    pub kind: Kind,
    /// What the source called it.
    pub external_id: String,
}

/// A node or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A node.
    Node,
    /// An edge.
    Edge,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where it is in the source, such as a line or a path.
    pub place: String,
    /// What is wrong with it, without secrets.
    pub message: String,
    /// Whether something may be behind it that was told before. Then what this sync does not name is not taken for gone.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub hides: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks for it")]
const fn is_yes(hides: &bool) -> bool {
    *hides
}

impl Fault {
    /// Something that may have been told before, and could not be read now.
    pub fn new(place: &str, message: impl Into<String>) -> Self {
        Self { place: place.to_owned(), message: message.into(), hides: true }
    }
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// How many steps are done.
    pub done: u64,
    /// Of how many, when that is known.
    #[serde(default)]
    pub total: Option<u64>,
}

/// The connector's own note of how far it came; 64 KiB of JSON at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The note.
    pub value: Value,
}
