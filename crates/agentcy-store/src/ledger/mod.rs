//! The ledger: who asserts what of which thing, since when, until when, and when that was learned.
//!
//! `facts` holds every word that was said, `entities` the present merge of the open ones. A sync is staged, compared
//! and written set by set; an edit writes the same rows one at a time.

mod assert;
pub mod batches;
mod change;
mod compare;
mod digest;
mod doubt;
pub mod history;
mod merge;
mod model;
pub mod past;
pub mod projection;
pub mod read;
mod resolve;
mod rows;
mod said;
pub mod search;
mod stage;
pub mod stats;
pub(crate) mod text;
mod then;
pub mod waiting;

pub use assert::{
    AssertError, EdgeAssertion, NodeAssertion, Target, assert_edge, assert_node, withdraw,
};
pub use model::{
    Asserter, Batch, Counts, EdgeState, End, Kind, Moment, NodeState, Provenance, Refused,
    SourceRef, Staged, StagedEdge, StagedNode,
};
pub(crate) use stage::is_still;
pub use stage::{Stage, realm_of, retire};
