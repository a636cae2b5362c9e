//! Stopping a run of a task.

use agentcy_core::{
    Action, Caller,
    id::{TaskId, TaskRunId},
};
use agentcy_platform::{Result, tasks, wake::Bell};
use agentcy_store::{
    audit, runs as store,
    task_runs::{self, TaskRun},
};
use serde_json::json;

use crate::{Runs, run::Halt};

/// Stops a run: at once before it has begun, else between two steps of its agent. Gives it as it is then; one that is
/// over stays as it was.
///
/// Errors: `not_found`.
#[tracing::instrument(name = "tasks.cancel", skip_all)]
pub async fn cancel(runs: &Runs, caller: &Caller, task: TaskId, id: TaskRunId) -> Result<TaskRun> {
    let platform = &runs.platform;
    if let Some(over) = tasks::cancel_pending(platform, caller, task, id).await? {
        return Ok(over);
    }
    let by = platform.permit(caller, Action::TaskRunCancel).await?;
    let mut tx = platform.begin(&by).await?;
    let run = task_runs::find(&mut tx, id).await?.filter(|run| run.task_id == task);
    if let Some(of_agent) = run.and_then(|run| run.run_id) {
        // Nothing happens to one that has ended meanwhile.
        store::ask_cancel(&mut tx, of_agent, false, platform.now()).await?;
        let details = json!({ "task_id": task, "run_id": of_agent });
        audit::record(&mut tx, &platform.done(&by, id, details)).await?;
        tx.commit().await?;
        runs.keeper.halt(of_agent, Halt::Cancelled);
        platform.ring(Bell::Runs).await;
    }
    tasks::run_of(platform, caller, task, id).await
}
