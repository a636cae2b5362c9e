//! Runs of tasks: set off by hand, read, and stopped before they begin.

use agentcy_core::{
    Action, By, Caller, ErrorCode, Realms,
    id::{TaskId, TaskRunId},
    task::{Cause, TaskErrorCode, TaskRunState},
};
use agentcy_store::{audit, task_runs as store};
use serde_json::{Value, json};

use super::{NewTaskRun, Task, TaskFailure, TaskRun, enqueue, find, locked, tell};
use crate::{Draft, Error, Listing, PageRequest, Platform, Result, text};

/// Sets a task off by hand; `input` is what its template calls `trigger.body`. To be followed by [`super::wake`].
///
/// Errors: `not_found`, `invalid` (the input; the task is switched off).
pub async fn run(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    input: Option<Value>,
) -> Result<Draft<TaskRun>> {
    let by = platform.permit(caller, Action::TaskRun).await?;
    if input.as_ref().is_some_and(text::holds_nul) {
        return Err(Error::invalid_field("input", "no control characters"));
    }
    let mut tx = platform.db.begin(&by).await?;
    let task = find(&mut tx, &by, id).await?;
    if !task.enabled {
        return Err(Error::refused(ErrorCode::InUse, "the task is switched off"));
    }
    let new = NewTaskRun {
        id: platform.ids.next(),
        task_id: id,
        cause: Cause::Manual { actor: caller.principal.to_string() },
        causes: tx.causes().to_vec(),
        payload: Some(json!({ "body": input })),
        delivery_id: None,
        tick: None,
        at: platform.clock.now(),
    };
    enqueue(platform, &mut tx, &task.run_as, &new).await?;
    audit::record(&mut tx, &platform.done(&by, new.id, json!({ "task": id }))).await?;
    let run = store::find(&mut tx, new.id).await?.ok_or_else(no_run)?;
    Ok(Draft::new(platform, by, tx, run))
}

/// The runs of a task, the newest first. Errors: `not_found`, `invalid_cursor`.
pub async fn runs(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    page: PageRequest,
) -> Result<Listing<TaskRun>> {
    let by = platform.permit(caller, Action::TaskRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let task = find(&mut reader, &by, id).await?;
    let scope = format!("{}/tasks/{id}/runs", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let found = store::list(&mut reader, id, page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found).map(|run| shown(&by, &task, run)))
}

/// One run of a task. Errors: `not_found`.
pub async fn run_of(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    run: TaskRunId,
) -> Result<TaskRun> {
    let by = platform.permit(caller, Action::TaskRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let task = find(&mut reader, &by, id).await?;
    let run = store::find(&mut reader, run).await?.filter(|run| run.task_id == id);
    Ok(shown(&by, &task, run.ok_or_else(no_run)?))
}

/// Stops a run that has not begun. One that is over stays as it is; none is given of one whose agent is at work, which
/// is stopped by stopping that. Errors: `not_found`.
pub async fn cancel_pending(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    run: TaskRunId,
) -> Result<Option<TaskRun>> {
    let by = platform.permit(caller, Action::TaskRunCancel).await?;
    let mut tx = platform.db.begin(&by).await?;
    // The task first, as whoever begins or ends a run does.
    let task = locked(&mut tx, &by, id).await?;
    let found = store::lock(&mut tx, run).await?.filter(|run| run.task_id == id);
    let found = found.ok_or_else(no_run)?;
    if found.state.is_over() {
        return Ok(Some(shown(&by, &task, found)));
    }
    if found.state != TaskRunState::Pending {
        return Ok(None);
    }
    let why = TaskFailure {
        code: TaskErrorCode::Cancelled.name().to_owned(),
        message: "it was stopped before it began".to_owned(),
    };
    let now = platform.clock.now();
    store::end(&mut tx, run, TaskRunState::Cancelled, None, Some(&why), now).await?;
    let ended = store::find(&mut tx, run).await?.ok_or_else(no_run)?;
    tell(platform, &mut tx, &task, &ended).await?;
    audit::record(&mut tx, &platform.done(&by, run, json!({ "task": id }))).await?;
    tx.commit().await?;
    platform.wrote().await;
    Ok(Some(shown(&by, &task, ended)))
}

/// What somebody sees of a run. A task of no realm works with every realm of whoever it runs as: what was said there is,
/// as its conversation, for those who see all of them.
fn shown(by: &By, task: &Task, mut run: TaskRun) -> TaskRun {
    run.payload = None;
    if task.realm.is_none() && !by.realms().covers(&Realms::All) {
        run.input = None;
        run.output = None;
    }
    run
}

fn no_run() -> Error {
    Error::not_found("run of the task")
}
