//! `/tasks/{task_id}/run`, and the runs that come of it and of every other trigger.

use agentcy_core::{
    Action, ErrorCode,
    id::{TaskId, TaskRunId},
};
use agentcy_platform::{audit_trail, tasks};
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view::{TaskRunDetailView, TaskRunView};
use crate::{
    docs::{Audience, Doc, accepted as accepted_docs, ok},
    error::ApiError,
    extract::{IdPath, IdPaths, Known, MaybeJson, PageQuery, ValidQuery},
    http::idempotency::Once,
    respond::{Created, PageView, Reply, accepted},
    state::AppState,
};

const RUN: &str = "/api/v1/tasks/{task_id}/run";
const COLLECTION: &str = "/api/v1/tasks/{task_id}/runs";
const ITEM: &str = "/api/v1/tasks/{task_id}/runs/{run_id}";
const CANCEL: &str = "/api/v1/tasks/{task_id}/runs/{run_id}/cancel";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(RUN, post_with(run, run_docs))
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(ITEM, get_with(read, read_docs))
        .api_route(CANCEL, post_with(cancel, cancel_docs))
}

/// What to fill in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskRunCreate {
    /// `trigger.body` of the template; any JSON.
    #[serde(default)]
    input: Option<Value>,
}

#[tracing::instrument(name = "api.tasks.run", skip_all)]
async fn run(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    IdPath(task): IdPath<TaskId>,
    MaybeJson(body): MaybeJson<TaskRunCreate>,
) -> Result<Created, ApiError> {
    let draft = tasks::run(&app.platform, &caller, task, body.input).await?;
    let location = format!("/api/v1/tasks/{task}/runs/{}", draft.value().id);
    let answer = accepted(draft, &once, location, |run| TaskRunView::from(run.clone())).await?;
    tasks::wake(&app.platform).await;
    Ok(answer)
}

fn run_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_run",
        tag: "tasks",
        summary: "Set a task off",
        description: "Whatever its trigger is; in the background, with the rights of its `run_as`. What somebody else than \
            that gives as `input` counts as untrusted text.",
        audience: Audience::May(Action::TaskRun),
        errors: &[ErrorCode::NotFound, ErrorCode::InUse],
    };
    accepted_docs(doc.of(op), "The run waits to begin.", TaskRunView::sample())
}

#[tracing::instrument(name = "api.tasks.runs.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(task): IdPath<TaskId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<TaskRunView>>, ApiError> {
    let page = tasks::runs(&app.platform, &caller, task, query.into_request()?).await?;
    Ok(PageView::of(page, TaskRunView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_runs",
        tag: "tasks",
        summary: "List the runs of a task",
        description: "The newest first, also those that did not begin, with the reason.",
        audience: Audience::May(Action::TaskRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of runs.", PageView::sample(TaskRunView::sample()))
}

#[tracing::instrument(name = "api.tasks.runs.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(task, run): IdPaths<TaskId, TaskRunId>,
) -> Result<Reply<TaskRunDetailView>, ApiError> {
    let found = tasks::run_of(&app.platform, &caller, task, run).await?;
    let said = agentcy_agent::tasks::transcript(&app.platform, &caller, task, run).await?;
    let audit = audit_trail::of_task_run(&app.platform, &caller, &found).await?;
    Ok(Reply(TaskRunDetailView::of(found, said, audit)))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_runs_read",
        tag: "tasks",
        summary: "Read a run of a task",
        description: "What was filled in, what was said and done, what came of it, and who permitted it.",
        audience: Audience::May(Action::TaskRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The run.", TaskRunDetailView::sample())
}

#[tracing::instrument(name = "api.tasks.runs.cancel", skip_all)]
async fn cancel(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(task, run): IdPaths<TaskId, TaskRunId>,
) -> Result<Reply<TaskRunView>, ApiError> {
    Ok(Reply(agentcy_agent::tasks::cancel(&app.runs, &caller, task, run).await?.into()))
}

fn cancel_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_runs_cancel",
        tag: "tasks",
        summary: "Stop a run of a task",
        description: "One that waits to begin ends at once, one that runs a moment later; one that is over stays as it is.",
        audience: Audience::May(Action::TaskRunCancel),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The run, stopped or about to be.", TaskRunView::sample())
}
