//! `/agents/{agent_id}/execute` and the runs that come of it.

use agentcy_agent::runs::{self, Started};
use agentcy_core::{
    Action, ErrorCode,
    id::{AgentId, RunId},
};
use agentcy_platform::Answer;
use aide::{
    OperationInput,
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{header, request::Parts};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view::RunView;
use crate::{
    docs::{Audience, Doc, accepted as accepted_docs, ok, stream as stream_docs},
    error::ApiError,
    extract::{IdPath, IdPaths, Known, PageQuery, ValidJson, ValidQuery},
    http::{idempotency::Once, watch::Watcher},
    respond::{PageView, Reply, replay},
    routes::chat::{answering, answering_again, keep, kept},
    state::AppState,
};

const EXECUTE: &str = "/api/v1/agents/{agent_id}/execute";
const COLLECTION: &str = "/api/v1/agents/{agent_id}/runs";
const ITEM: &str = "/api/v1/agents/{agent_id}/runs/{run_id}";
const CANCEL: &str = "/api/v1/agents/{agent_id}/runs/{run_id}/cancel";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(ITEM, get_with(read, read_docs))
        .api_route(CANCEL, post_with(cancel, cancel_docs))
}

pub(super) fn streaming_router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(EXECUTE, post_with(execute, execute_docs))
}

/// What to answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExecuteBody {
    /// 1 to 100,000 characters.
    input: String,
}

/// Whether the client asked for a stream.
struct WantsStream(bool);

impl FromRequestParts<AppState> for WantsStream {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let mut accepts = parts.headers.get_all(header::ACCEPT).iter();
        let is_stream = |text: &str| {
            text.split(',').any(|media| {
                let essence = media.split(';').next().unwrap_or_default().trim();
                essence.eq_ignore_ascii_case("text/event-stream")
            })
        };
        Ok(Self(accepts.any(|value| value.to_str().is_ok_and(is_stream))))
    }
}

impl OperationInput for WantsStream {}

#[tracing::instrument(name = "api.agents.execute", skip_all)]
async fn execute(
    State(app): State<AppState>,
    watcher: Watcher,
    once: Once,
    WantsStream(wants_stream): WantsStream,
    IdPath(agent): IdPath<AgentId>,
    ValidJson(body): ValidJson<ExecuteBody>,
) -> Result<Response, ApiError> {
    if let Once::Repeat(answer) = &once {
        let kept = kept(answer)?;
        return Ok(if wants_stream {
            answering_again(&app, watcher, &kept).await?.into_response()
        } else {
            accepted(answer.location.clone(), &kept.view)
        });
    }
    let location =
        move |started: &Started| format!("/api/v1/agents/{agent}/runs/{}", started.run.id);
    let keep = keep(&once, move |started| Some(location(started)), view);
    let started = runs::execute(&app.runs, watcher.caller(), agent, body.input, keep).await?;
    once.kept();
    Ok(if wants_stream {
        answering(&app, watcher, &started).into_response()
    } else {
        accepted(Some(location(&started)), &view(&started))
    })
}

fn view(started: &Started) -> Value {
    serde_json::to_value(RunView::from(started.run.clone())).unwrap_or_default()
}

fn accepted(location: Option<String>, view: &Value) -> Response {
    replay(Answer { status: 202, location, body: view.to_string() })
}

fn execute_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_execute",
        tag: "agents",
        summary: "Let an agent answer",
        description: "In a conversation of its own, which belongs to the caller. With `Accept: text/event-stream` the answer \
            is a stream of events as of `POST …/messages`; else the run is answered at once and goes on by itself.",
        audience: Audience::May(Action::AgentExecute),
        errors: &[ErrorCode::NotFound, ErrorCode::Csrf],
    };
    let op = stream_docs(doc.of(op), "The answer, where a stream was asked for.");
    accepted_docs(op, "The run has begun.", RunView::sample())
}

#[tracing::instrument(name = "api.agents.runs.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(agent): IdPath<AgentId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<RunView>>, ApiError> {
    let page = runs::list_of_agent(&app.runs, &caller, agent, query.into_request()?).await?;
    Ok(PageView::of(page, RunView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_runs",
        tag: "agents",
        summary: "List the runs of an agent",
        description: "One's own, and for admins everybody's; the newest first.",
        audience: Audience::May(Action::AgentRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of runs.", PageView::sample(RunView::sample()))
}

#[tracing::instrument(name = "api.agents.runs.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(agent, run): IdPaths<AgentId, RunId>,
) -> Result<Reply<RunView>, ApiError> {
    Ok(Reply(runs::retrieve(&app.runs, &caller, agent, run).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_runs_read",
        tag: "agents",
        summary: "Read a run",
        description: "Where it stands, and what came of it. What happened in it is in its conversation.",
        audience: Audience::May(Action::AgentRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The run.", RunView::sample())
}

#[tracing::instrument(name = "api.agents.runs.cancel", skip_all)]
async fn cancel(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(agent, run): IdPaths<AgentId, RunId>,
) -> Result<Reply<RunView>, ApiError> {
    Ok(Reply(runs::cancel_run(&app.runs, &caller, agent, run).await?.into()))
}

fn cancel_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_runs_cancel",
        tag: "agents",
        summary: "Stop a run",
        description: "It ends a moment later; one that is over stays as it is.",
        audience: Audience::May(Action::RunCancel),
        errors: &[ErrorCode::NotFound, ErrorCode::InsufficientRole],
    };
    ok(doc.of(op), "The run, stopped or about to be.", RunView::sample())
}
