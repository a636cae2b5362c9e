//! A sync as it is shown.

use agentcy_core::{
    Timestamp,
    id::{JobId, SourceId},
};
use agentcy_store::jobs::{Job, Line};

use super::{Counts, Fault, SyncState};

/// One sync of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// Its id.
    pub id: JobId,
    /// The source.
    pub source_id: SourceId,
    /// Where it stands.
    pub state: SyncState,
    /// How far it is.
    pub done: u64,
    /// Of how much, when that is known.
    pub total: Option<u64>,
    /// What it did to the ledger; all nothing until it succeeded.
    pub counts: Counts,
    /// What failed alone and was left out; without a place, why it was put off or given up.
    pub faults: Vec<Fault>,
    /// What whoever collects said of it; nothing where only the rest was asked for.
    pub log: Vec<Line>,
    /// Whether the graph engine shows what it did.
    pub projected: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When a runner first took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Sync {
    pub(super) fn of(source_id: SourceId, job: Job) -> Self {
        let mut faults = job.faults;
        faults.extend(job.reason.map(|reason| Fault::new("", &reason)));
        Self {
            id: job.id,
            source_id,
            state: job.state,
            done: job.done,
            total: job.total,
            counts: job.counts.unwrap_or_default(),
            faults,
            log: Vec::new(),
            projected: job.projected,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}
