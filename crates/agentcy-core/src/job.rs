//! Work that somebody waits for: what is asked of a runner, and how far it came.
//!
//! A sync is one job with two halves. *Collect* is the connector alone, here or on a worker elsewhere; *apply* is beside
//! the stores. The same row goes through both.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Realm, Timestamp,
    id::{SourceId, TaskRunId},
    names::names,
};

/// What a runner is given.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync {
    /// The kind of job.
    const NAME: &'static str;
}

/// Asks a source for all that it says. Doing it again collects again and changes nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectSource {
    /// The source.
    pub source: SourceId,
}

impl Payload for CollectSource {
    const NAME: &'static str = "source.collect";
}

/// Compares what was collected with the ledger. It is one transaction, so that it happens once or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplySource {
    /// The source.
    pub source: SourceId,
    /// When the source had last changed as it was collected.
    pub version: Timestamp,
    /// Whether the connector was given a cursor, so that it may say only what changed.
    pub resumed: bool,
    /// The fence of who collected, which marks the batches that count.
    pub fence: i64,
    /// How many batches there are.
    pub batches: i32,
}

impl Payload for ApplySource {
    const NAME: &'static str = "source.apply";
}

/// Ends all that a source said which is no more. Doing it again ends nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetireSource {
    /// The source.
    pub source: SourceId,
    /// The realm that it lay in.
    pub realm: Realm,
}

impl Payload for RetireSource {
    const NAME: &'static str = "source.retire";
}

/// Begins a run of a task: fills in what the agent is told, and starts the agent. It is one transaction, so that it
/// happens once or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartTask {
    /// The run of the task.
    pub run: TaskRunId,
}

impl Payload for StartTask {
    const NAME: &'static str = "task.start";
}

names! {
    /// Where a job stands.
    JobState, "state of a job", InvalidJobState {
        /// It waits for a runner, or for its next attempt.
        Queued = "queued",
        /// A runner holds it.
        Running = "running",
        /// Done.
        Succeeded = "succeeded",
        /// Given up, with a reason.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether nothing more will happen to the job.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}
