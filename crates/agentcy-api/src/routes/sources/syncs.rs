//! `/sources/{source_id}/sync` and what came of it.

use agentcy_core::{
    Action, ErrorCode,
    id::{JobId, SourceId},
};
use agentcy_platform::sync;
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::view::SyncView;
use crate::{
    docs::{Audience, Doc, accepted as accepted_docs, ok},
    error::ApiError,
    extract::{IdPath, IdPaths, Known, PageQuery, ValidQuery},
    http::idempotency::Once,
    respond::{Created, PageView, Reply, accepted},
    state::AppState,
};

const START: &str = "/api/v1/sources/{source_id}/sync";
const CANCEL: &str = "/api/v1/sources/{source_id}/sync/cancel";
const JOBS: &str = "/api/v1/sources/{source_id}/jobs";
const HISTORY: &str = "/api/v1/sources/{source_id}/syncs";
const ITEM: &str = "/api/v1/sources/{source_id}/syncs/{job_id}";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(START, post_with(start, start_docs))
        .api_route(CANCEL, post_with(cancel, cancel_docs))
        .api_route(JOBS, get_with(jobs, jobs_docs))
        .api_route(HISTORY, get_with(history, history_docs))
        .api_route(ITEM, get_with(read, read_docs))
}

/// The syncs that are queued or running.
#[derive(Debug, Serialize, JsonSchema)]
struct SyncsView {
    items: Vec<SyncView>,
}

#[tracing::instrument(name = "api.sources.sync", skip_all)]
async fn start(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Created, ApiError> {
    let draft = sync::start(&app.platform, &caller, source_id).await?;
    let location = format!("/api/v1/sources/{source_id}/syncs/{}", draft.value().id);
    let answer = accepted(draft, &once, location, |sync| SyncView::from(sync.clone())).await?;
    sync::wake(&app.platform).await;
    Ok(answer)
}

fn start_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_sync",
        tag: "sources",
        summary: "Sync a source",
        description: "In the background: collects everything, compares it with the ledger, and writes what changed, all or \
            nothing. One sync of a source at a time.",
        audience: Audience::May(Action::SourceSync),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::SyncInProgress],
    };
    accepted_docs(doc.of(op), "The sync is queued.", SyncView::sample())
}

#[tracing::instrument(name = "api.sources.sync.cancel", skip_all)]
async fn cancel(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Reply<SyncView>, ApiError> {
    Ok(Reply(sync::cancel(&app.platform, &caller, source_id).await?.into()))
}

fn cancel_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_sync_cancel",
        tag: "sources",
        summary: "Stop the sync of a source",
        description: "A queued sync ends at once, a running one within seconds; it leaves nothing behind. 404 when none is \
            queued or running.",
        audience: Audience::May(Action::SourceSyncCancel),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The sync, cancelled or about to be.", SyncView::sample())
}

#[tracing::instrument(name = "api.sources.jobs", skip_all)]
async fn jobs(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Reply<SyncsView>, ApiError> {
    let jobs = sync::jobs(&app.platform, &caller, source_id).await?;
    Ok(Reply(SyncsView { items: jobs.into_iter().map(SyncView::from).collect() }))
}

fn jobs_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_jobs",
        tag: "sources",
        summary: "List the syncs under way",
        description: "Queued and running; one at most.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The syncs.", SyncsView { items: vec![SyncView::sample()] })
}

#[tracing::instrument(name = "api.sources.syncs", skip_all)]
async fn history(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<SyncView>>, ApiError> {
    let page = sync::history(&app.platform, &caller, source_id, query.into_request()?).await?;
    Ok(PageView::of(page, SyncView::from))
}

fn history_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_syncs",
        tag: "sources",
        summary: "List the syncs of a source",
        description: "With counts of what each added, changed, archived and left unchanged; the newest first.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of syncs.", PageView::sample(SyncView::sample()))
}

#[tracing::instrument(name = "api.sources.syncs.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(source_id, job_id): IdPaths<SourceId, JobId>,
) -> Result<Reply<SyncView>, ApiError> {
    Ok(Reply(sync::read(&app.platform, &caller, source_id, job_id).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_syncs_read",
        tag: "sources",
        summary: "Read a sync",
        description: "With its progress and what could not be read.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The sync.", SyncView::sample())
}
