//! What a daemon says of the jobs it holds.

use agentcy_core::{
    ErrorCode, FieldError, Timestamp,
    id::{JobId, WorkerId},
};
use agentcy_platform::{
    jobs::Hold,
    workers::{self, Ending},
};
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ndjson::Ndjson;
use crate::{
    docs::{Audience, Doc, done, ok},
    error::ApiError,
    extract::{IdPaths, ValidJson, ValidQuery},
    respond::{Done, Reply},
    samples,
    state::AppState,
};

const PROGRESS: &str = "/api/v1/workers/{worker_id}/jobs/{job_id}/progress";
const RECORDS: &str = "/api/v1/workers/{worker_id}/jobs/{job_id}/records";
const COMPLETE: &str = "/api/v1/workers/{worker_id}/jobs/{job_id}/complete";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(PROGRESS, post_with(progress, progress_docs))
        .api_route(RECORDS, post_with(records, records_docs))
        .api_route(COMPLETE, post_with(complete, complete_docs))
}

/// How far a job is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerProgress {
    fence: i64,
    done: Option<u64>,
    total: Option<u64>,
    /// Lines for whoever looks at the sync, 100 at once; 1,000 of a job are kept, 500 characters each.
    #[serde(default)]
    log: Vec<String>,
}

/// What holds now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WorkerProgressAnswer")]
struct ProgressView {
    lease_until: Timestamp,
    /// Whether somebody asked to stop the job.
    cancelled: bool,
}

/// Which batch it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordsQuery {
    fence: i64,
    /// From 0 on, without holes.
    #[schemars(range(min = 0, max = 511))]
    batch: i32,
}

/// How a job ended: with a result, or with an error.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerComplete {
    fence: i64,
    result: Option<WorkerResult>,
    error: Option<WorkerError>,
}

/// What came of a collect job.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerResult {
    /// How many batches were sent; none of them may be missing.
    batches: i32,
}

/// Why it broke off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerError {
    /// Shown to whoever looks at the sync; 500 characters are kept.
    message: String,
    /// Whether it may succeed later.
    #[serde(default)]
    retry: bool,
}

#[tracing::instrument(name = "api.workers.progress", skip_all)]
async fn progress(
    State(app): State<AppState>,
    IdPaths(worker_id, id): IdPaths<WorkerId, JobId>,
    ValidJson(body): ValidJson<WorkerProgress>,
) -> Result<Reply<ProgressView>, ApiError> {
    let WorkerProgress { fence, done, total, log } = body;
    let hold = Hold { id, fence };
    let said = workers::progress(&app.platform, worker_id, hold, (done, total), &log).await?;
    let (lease_until, cancelled) = said;
    Ok(Reply(ProgressView { lease_until, cancelled }))
}

fn progress_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_progress",
        tag: "workers",
        summary: "Say how far a job is",
        description: "Keeps it for longer. Its log is shown with the sync.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound, ErrorCode::LeaseLost],
    };
    let sample = ProgressView { lease_until: samples::time(), cancelled: false };
    ok(doc.of(op), "How long it is kept.", sample)
}

#[tracing::instrument(name = "api.workers.records", skip_all)]
async fn records(
    State(app): State<AppState>,
    IdPaths(worker_id, id): IdPaths<WorkerId, JobId>,
    ValidQuery(query): ValidQuery<RecordsQuery>,
    Ndjson(lines): Ndjson,
) -> Result<Done, ApiError> {
    let RecordsQuery { fence, batch } = query;
    workers::records(&app.platform, worker_id, Hold { id, fence }, batch, lines).await?;
    Ok(Done)
}

fn records_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_records",
        tag: "workers",
        summary: "Bring a batch of records",
        description: "A batch that was brought before changes nothing. Nothing of it shows before the job is complete.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound, ErrorCode::LeaseLost],
    };
    done(doc.of(op), "The batch is kept.")
}

#[tracing::instrument(name = "api.workers.complete", skip_all)]
async fn complete(
    State(app): State<AppState>,
    IdPaths(worker_id, id): IdPaths<WorkerId, JobId>,
    ValidJson(body): ValidJson<WorkerComplete>,
) -> Result<Done, ApiError> {
    let ending = match (body.result, body.error) {
        (Some(WorkerResult { batches }), None) => Ending::Collected { batches },
        (None, Some(WorkerError { message, retry })) => Ending::Failed { message, retry },
        _ => {
            let fault = FieldError::new("result", "either a result or an error");
            return Err(ApiError::invalid(vec![fault]));
        }
    };
    let hold = Hold { id, fence: body.fence };
    workers::complete(&app.platform, worker_id, hold, ending).await?;
    Ok(Done)
}

fn complete_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_complete",
        tag: "workers",
        summary: "End a job",
        description: "With `result`, what was brought is compared with the ledger by the server. With `error`, the job is \
            tried again later if `retry` says so, and given up otherwise.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound, ErrorCode::LeaseLost],
    };
    done(doc.of(op), "The job is not the worker's any more.")
}
