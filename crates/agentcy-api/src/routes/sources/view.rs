//! Sources and their syncs as they go over the wire.

use std::collections::BTreeMap;

use agentcy_core::{
    Realm, Timestamp,
    id::{JobId, SourceId},
};
use agentcy_platform::{
    sources::{Source, SourceState},
    sync::{Fault, Line, Sync, SyncState},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::samples;

/// A connected system.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Source")]
pub(super) struct SourceView {
    id: SourceId,
    name: String,
    source_type: String,
    realm: Realm,
    config: Value,
    /// Masked; a mask sent back means unchanged.
    credentials: BTreeMap<String, String>,
    state: SourceStateView,
    /// The newest sync, whatever its state.
    last_sync: Option<SyncView>,
    /// How much is uploaded, in bytes.
    content_bytes: Option<u64>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// How a source is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SourceState")]
enum SourceStateView {
    /// Never synced.
    New,
    /// A sync is queued or running.
    Syncing,
    /// The last sync came through, or there is nothing to sync.
    Ready,
    /// The last sync failed.
    Failed,
}

impl From<SourceState> for SourceStateView {
    fn from(state: SourceState) -> Self {
        match state {
            SourceState::New => Self::New,
            SourceState::Syncing => Self::Syncing,
            SourceState::Ready => Self::Ready,
            SourceState::Failed => Self::Failed,
        }
    }
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        Self {
            id: source.id,
            name: source.name,
            source_type: source.source_type,
            realm: source.realm,
            config: source.config,
            credentials: source.credentials,
            state: source.state.into(),
            last_sync: source.last_sync.map(SyncView::from),
            content_bytes: source.content_bytes,
            created_at: source.created_at,
            updated_at: source.updated_at,
        }
    }
}

/// One sync of a source.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Sync")]
pub(super) struct SyncView {
    id: JobId,
    source_id: SourceId,
    state: SyncStateView,
    progress: ProgressView,
    counts: CountsView,
    /// What could not be read and was left out, or why the sync failed; 1,000 at most.
    errors: Vec<SyncErrorView>,
    /// What a worker elsewhere said of it, 1,000 lines at most; only where one sync is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<LogLineView>,
    /// Whether graph queries see what it wrote.
    projected: bool,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

/// How a sync is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SyncState")]
enum SyncStateView {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "SyncProgress")]
struct ProgressView {
    done: u64,
    /// Absent while nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

/// What a sync did to the graph, in nodes and edges.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "SyncCounts")]
struct CountsView {
    added: u64,
    changed: u64,
    archived: u64,
    unchanged: u64,
}

/// Something that went wrong in a sync.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "SyncError")]
struct SyncErrorView {
    /// Where in the source, such as a line or an id; empty when it is the whole.
    place: String,
    message: String,
}

/// Something that was said of a sync.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "SyncLogLine")]
struct LogLineView {
    at: Timestamp,
    line: String,
}

impl From<Line> for LogLineView {
    fn from(line: Line) -> Self {
        Self { at: line.at, line: line.text }
    }
}

impl From<Sync> for SyncView {
    fn from(sync: Sync) -> Self {
        let Sync { id, source_id, done, total, counts, projected, .. } = sync;
        Self {
            id,
            source_id,
            state: sync.state.into(),
            progress: ProgressView { done, total },
            counts: CountsView {
                added: counts.added,
                changed: counts.changed,
                archived: counts.archived,
                unchanged: counts.unchanged,
            },
            errors: sync.faults.into_iter().map(SyncErrorView::from).collect(),
            log: sync.log.into_iter().map(LogLineView::from).collect(),
            projected,
            created_at: sync.created_at,
            started_at: sync.started_at,
            finished_at: sync.finished_at,
        }
    }
}

impl From<Fault> for SyncErrorView {
    fn from(fault: Fault) -> Self {
        Self { place: fault.place, message: fault.message }
    }
}

impl From<SyncState> for SyncStateView {
    fn from(state: SyncState) -> Self {
        match state {
            SyncState::Queued => Self::Queued,
            SyncState::Running => Self::Running,
            SyncState::Succeeded => Self::Succeeded,
            SyncState::Failed => Self::Failed,
            SyncState::Cancelled => Self::Cancelled,
        }
    }
}

impl SourceView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            name: "agentcy repository".to_owned(),
            source_type: "git".to_owned(),
            realm: samples::realm(),
            config: json!({ "url": "https://github.com/example/agentcy.git", "branch": "main" }),
            credentials: [("password".to_owned(), "****wxyz".to_owned())].into(),
            state: SourceStateView::Ready,
            last_sync: Some(SyncView::sample()),
            content_bytes: None,
            created_at: samples::time(),
            updated_at: samples::time(),
        }
    }
}

impl SyncView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            source_id: samples::id(),
            state: SyncStateView::Succeeded,
            progress: ProgressView { done: 1280, total: Some(1280) },
            counts: CountsView { added: 12, changed: 3, archived: 1, unchanged: 1264 },
            errors: vec![SyncErrorView {
                place: "line 7".to_owned(),
                message: "the key is missing".to_owned(),
            }],
            log: Vec::new(),
            projected: true,
            created_at: samples::time(),
            started_at: Some(samples::time()),
            finished_at: Some(samples::time()),
        }
    }
}
