//! Every Cypher statement: one GraphStore over Neo4j and the embedded engine.
//!
//! The engine holds the current state only and is a projection of the ledger: every write is keyed by id
//! and versioned by fact number, so what is applied twice or too late changes nothing.

mod batch;
pub mod cypher;
pub mod embedded;
mod error;
mod model;
mod name;
pub mod neo4j;
mod own;
mod property;
mod store;

pub use embedded::Embedded;
pub use error::{BoxError, Error, Result};
pub use model::{
    Applied, Direction, Edge, Expand, Hop, Neighbour, Neighbours, Node, Properties, Removal, Scope,
    SourceRef, Subgraph,
};
pub use neo4j::Neo4j;
pub use store::{Engine, GraphStore, Isolation};
