//! Runs of tasks: how one begins, what is told of it while its agent is at work, and how it ends.
//!
//! Who locks a task, its conversation and a run of its agent locks them in this order, so that no two wait for each other.

mod begin;
mod cancel;
mod follow;
mod judge;
mod start;
mod transcript;

use std::sync::Arc;

use agentcy_platform::jobs::Kind;

use crate::Runs;

pub use cancel::cancel;
pub(crate) use follow::{ended, moved};
pub use transcript::{Transcript, transcript};

/// The kinds of jobs that begin runs of tasks.
pub fn kinds(runs: &Runs) -> Vec<Arc<dyn Kind>> {
    vec![Arc::new(start::Starts { runs: runs.clone() })]
}
