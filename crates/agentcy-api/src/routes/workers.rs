//! `/workers`: daemons elsewhere that collect, and what members of an org see of them.

use std::collections::BTreeMap;

use agentcy_core::{Action, ErrorCode, Timestamp, id::WorkerId};
use agentcy_platform::workers;
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, PageQuery, ValidQuery},
    respond::{PageView, Reply},
    samples,
    state::AppState,
};

mod daemon;
mod held;
mod ndjson;

const COLLECTION: &str = "/api/v1/workers";

/// What members see.
pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(COLLECTION, get_with(list, list_docs))
}

/// What daemons call, with a credential of their own.
pub(crate) fn daemon_router() -> ApiRouter<AppState> {
    daemon::router().merge(held::router())
}

/// The workers, and how much of the org waits for them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Workers")]
struct WorkersView {
    #[serde(flatten)]
    page: PageView<WorkerView>,
    /// How many jobs of the org wait for a worker.
    queue_depth: u64,
    /// How many jobs of the org workers have.
    in_flight: u64,
}

/// A daemon elsewhere.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Worker")]
struct WorkerView {
    id: WorkerId,
    name: String,
    labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    capacity: i32,
    version: String,
    /// How many jobs of the org it has.
    in_flight: u64,
    /// Whether it was heard of within the time of a lease.
    is_online: bool,
    registered_at: Timestamp,
    last_heartbeat_at: Timestamp,
}

impl From<workers::Worker> for WorkerView {
    fn from(worker: workers::Worker) -> Self {
        Self {
            id: worker.id,
            name: worker.name,
            labels: worker.labels,
            capacity: worker.capacity,
            version: worker.version,
            in_flight: worker.in_flight,
            is_online: worker.is_online,
            registered_at: worker.registered_at,
            last_heartbeat_at: worker.beat_at,
        }
    }
}

#[tracing::instrument(name = "api.workers.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<WorkersView>, ApiError> {
    let (page, waiting) = workers::list(&app.platform, &caller, query.into_request()?).await?;
    let Reply(page) = PageView::of(page, WorkerView::from);
    let (queue_depth, in_flight) = (waiting.queued, waiting.in_flight);
    Ok(Reply(WorkersView { page, queue_depth, in_flight }))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_list",
        tag: "workers",
        summary: "List workers",
        description: "The daemons that collect elsewhere, the newest first. Every figure is of the caller's org alone.",
        audience: Audience::May(Action::WorkerRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor, ErrorCode::FeatureDisabled],
    };
    let page = PageView::sample(WorkerView::sample());
    ok(doc.of(op), "A page of workers.", WorkersView { page, queue_depth: 2, in_flight: 1 })
}

impl WorkerView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            name: "berlin-1".to_owned(),
            labels: [("zone".to_owned(), "berlin".to_owned())].into(),
            capacity: 4,
            version: "0.1.0".to_owned(),
            in_flight: 1,
            is_online: true,
            registered_at: samples::time(),
            last_heartbeat_at: samples::time(),
        }
    }
}
