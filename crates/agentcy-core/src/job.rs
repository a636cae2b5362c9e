//! Work that somebody waits for: what is asked of a runner, and how far it came.
//!
//! A sync is one job with two halves. *Collect* is the connector alone, here or on a worker elsewhere; *apply* is beside
//! the stores. The same row goes through both.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Realm, Timestamp, id::SourceId};

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

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It waits for a runner, or for its next attempt.
    Queued,
    /// A runner holds it.
    Running,
    /// Done.
    Succeeded,
    /// Given up, with a reason.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// The name as the API and the database write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen to the job.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no state of a job.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a state of a job: queued, running, succeeded, failed or cancelled")]
pub struct InvalidJobState;

impl FromStr for JobState {
    type Err = InvalidJobState;
    fn from_str(text: &str) -> Result<Self, InvalidJobState> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(InvalidJobState)
    }
}
