//! What the audit log says of one thing, for those who see the thing.

use agentcy_core::{Action, Caller, Realms, audit::AuditEntry};
use agentcy_store::{audit, task_runs::TaskRun, tasks};

use crate::{Error, Platform, Result};

/// The most entries of one thing.
const MAX: i64 = 1_000;

/// What a run of a task was permitted, who set it off, and who decided and stopped in it; the oldest first. Nothing for
/// those who do not see all that the run may have seen.
///
/// Errors: `not_found`.
pub async fn of_task_run(
    platform: &Platform,
    caller: &Caller,
    run: &TaskRun,
) -> Result<Vec<AuditEntry>> {
    let by = platform.permit(caller, Action::TaskRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let task = tasks::find(&mut reader, run.task_id).await?;
    let task = task.ok_or_else(|| Error::not_found("task"))?;
    let is_seen = match &task.realm {
        Some(realm) => by.realms().contains(realm),
        None => *by.realms() == Realms::All,
    };
    if !is_seen {
        return Ok(Vec::new());
    }
    Ok(audit::of_task_run(&mut reader, run.id, run.run_id, MAX).await?)
}
