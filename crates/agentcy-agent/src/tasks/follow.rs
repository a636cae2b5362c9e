//! What is told of a run of a task while its agent is at work, and when that has ended.

use agentcy_core::{
    Timestamp,
    chat::{FinishReason, RunState},
    id::{RunId, TaskId, TaskRunId},
    task::{TaskErrorCode, TaskRunState},
};
use agentcy_platform::{Platform, Result, tasks as platform_tasks};
use agentcy_store::{
    Tx,
    runs::{self, Ending},
    task_runs::{self, TaskFailure, TaskRun},
    tasks::{self, Task},
};

/// The tasks that lead to whatever a run does, the first one first.
pub(super) fn chain(task: &Task, run: &TaskRun) -> Vec<TaskId> {
    run.causes.iter().copied().chain([task.id]).collect()
}

/// Tells how a run stands by now. Gives its task, unless both are gone.
pub(crate) async fn moved(platform: &Platform, tx: &mut Tx, id: TaskRunId) -> Result<Option<Task>> {
    let Some(run) = task_runs::find(tx, id).await? else { return Ok(None) };
    let Some(task) = tasks::find(tx, run.task_id).await? else { return Ok(None) };
    platform_tasks::tell(platform, tx, &task, &run).await?;
    Ok(Some(task))
}

/// Ends a run as its agent did, and queues the one that waits for it. The task is locked, or gone.
pub(crate) async fn ended(
    platform: &Platform,
    tx: &mut Tx,
    id: TaskRunId,
    run: RunId,
    ending: &Ending<'_>,
    now: Timestamp,
) -> Result<()> {
    let error = why(tx, run, ending).await?;
    let state = state(ending);
    if task_runs::end(tx, id, state, ending.output, error.as_ref(), now).await?
        && let Some(task) = moved(platform, tx, id).await?
    {
        next(platform, tx, &task).await?;
    }
    Ok(())
}

/// Queues the run of a task that waits longest. Whether there is one.
pub(super) async fn next(platform: &Platform, tx: &mut Tx, task: &Task) -> Result<bool> {
    let Some(next) = task_runs::oldest_pending(tx, task.id).await? else { return Ok(false) };
    platform_tasks::enqueue_start(platform, tx, next, &task.run_as).await?;
    Ok(true)
}

/// What a limit ended is an answer in a conversation; the work of a task it is not.
fn state(ending: &Ending<'_>) -> TaskRunState {
    match ending.state {
        RunState::Pending | RunState::Running => TaskRunState::Running,
        RunState::WaitingApproval => TaskRunState::WaitingApproval,
        RunState::Succeeded if limit(ending).is_some() => TaskRunState::Failed,
        RunState::Succeeded => TaskRunState::Succeeded,
        RunState::Failed => TaskRunState::Failed,
        RunState::Cancelled => TaskRunState::Cancelled,
    }
}

/// The limit that ended a run, and what it is.
fn limit(ending: &Ending<'_>) -> Option<(FinishReason, &'static str)> {
    let reason = ending.finish_reason?;
    let words = match reason {
        FinishReason::MaxIterations => "its steps were used up before it had answered",
        FinishReason::MaxTokens => "its tokens were used up before it had answered",
        FinishReason::MaxCost => "its money was used up before it had answered",
        FinishReason::MaxTime => "its time was over before it had answered",
        FinishReason::EndTurn | FinishReason::Cancelled | FinishReason::ApprovalExpired => {
            return None;
        }
    };
    Some((reason, words))
}

async fn why(tx: &mut Tx, run: RunId, ending: &Ending<'_>) -> Result<Option<TaskFailure>> {
    let failure = |code: &str, message: &str| {
        Some(TaskFailure { code: code.to_owned(), message: message.to_owned() })
    };
    if let Some(error) = ending.error {
        return Ok(failure(error.code.name(), &error.message));
    }
    Ok(match ending.finish_reason {
        Some(reason @ FinishReason::ApprovalExpired) => {
            failure(reason.name(), "nobody decided in time")
        }
        Some(FinishReason::Cancelled) if is_superseded(tx, run).await? => {
            failure(TaskErrorCode::Overlap.name(), "a newer run of the task took its place")
        }
        _ => limit(ending).and_then(|(reason, words)| failure(reason.name(), words)),
    })
}

async fn is_superseded(tx: &mut Tx, run: RunId) -> Result<bool> {
    Ok(runs::find(tx, run).await?.is_some_and(|run| run.superseded))
}
