//! A daemon comes, says that it lives, asks for work, and goes.

use std::{collections::BTreeMap, time::Duration};

use agentcy_core::{
    ErrorCode, Timestamp,
    id::{JobId, OrgId, SourceId, WorkerId},
};
use agentcy_platform::{
    jobs::{Hold, LEASE},
    workers::{self, HEARTBEAT, NewWorker, Wanted, Work},
};
use aide::{
    OperationOutput,
    axum::{
        ApiRouter,
        routing::{delete_with, post_with},
    },
    generate::GenContext,
    openapi::{Operation, Response as DocResponse},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    docs::{Audience, Doc, done, ok},
    error::ApiError,
    extract::{IdPath, MaybeJson, Public, ValidJson},
    respond::{Done, Reply},
    samples,
    state::AppState,
};

const REGISTER: &str = "/api/v1/workers/register";
const ITEM: &str = "/api/v1/workers/{worker_id}";
const HEARTBEATS: &str = "/api/v1/workers/{worker_id}/heartbeat";
const CLAIM: &str = "/api/v1/workers/{worker_id}/claim";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(REGISTER, post_with(register, register_docs))
        .api_route(ITEM, delete_with(remove, remove_docs))
        .api_route(HEARTBEATS, post_with(heartbeat, heartbeat_docs))
        .api_route(CLAIM, post_with(claim, claim_docs))
}

/// A daemon that comes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerRegister {
    /// What it calls itself, 1 to 100 characters.
    name: String,
    /// What it says of itself, 32 at most.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// How many jobs it does at once, 1 to 1,000.
    capacity: i32,
    /// Which release it is.
    version: String,
}

/// How a daemon is called from now on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RegisteredWorker")]
struct RegisteredView {
    worker_id: WorkerId,
    /// How often it says that it lives.
    heartbeat_secs: u64,
    /// How long a claim holds without a word.
    lease_secs: u64,
}

/// What a daemon holds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerHeartbeat {
    /// The leases of these are extended.
    #[serde(default)]
    jobs: Vec<HeldJob>,
}

/// A claim.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeldJob {
    id: JobId,
    fence: i64,
}

/// What became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WorkerHeartbeatAnswer")]
struct BeatsView {
    /// Somebody asked to stop these.
    cancelled: Vec<JobId>,
    /// These are somebody else's by now, or over.
    lost: Vec<JobId>,
}

/// What a daemon asks for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkerClaim {
    /// `source.collect`, `source.tool`; all unless said.
    kinds: Option<Vec<String>>,
    /// How long to wait when there is nothing, 0 to 30.
    #[serde(default)]
    wait_secs: u64,
    /// How many at most, up to the capacity; that unless said.
    max: Option<i32>,
}

/// What a daemon is given to do.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClaimedJobs")]
struct ClaimedView {
    jobs: Vec<JobView>,
}

/// A job with all that it takes to do it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClaimedJob")]
struct JobView {
    id: JobId,
    kind: String,
    org_id: OrgId,
    payload: PayloadView,
    /// From 1 on.
    attempt: i32,
    lease_until: Timestamp,
    /// Every word about the job names it.
    fence: i64,
}

/// What to collect from.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CollectPayload")]
struct PayloadView {
    source_id: SourceId,
    source_type: String,
    config: Value,
    /// In the clear: for the daemon's memory and nothing else.
    credentials: BTreeMap<String, String>,
    /// What the last applied sync noted.
    cursor: Option<Value>,
}

impl From<Work> for JobView {
    fn from(work: Work) -> Self {
        let opened = |(name, secret): (String, secrecy::SecretString)| {
            (name, secret.expose_secret().to_owned())
        };
        Self {
            id: work.hold.id,
            kind: work.kind,
            org_id: work.org_id,
            payload: PayloadView {
                source_id: work.source_id,
                source_type: work.source_type,
                config: work.config,
                credentials: work.credentials.into_iter().map(opened).collect(),
                cursor: work.cursor,
            },
            attempt: work.attempt,
            lease_until: work.lease_until,
            fence: work.hold.fence,
        }
    }
}

/// 200 with jobs, or 204.
struct Claimed(Vec<Work>);

impl IntoResponse for Claimed {
    fn into_response(self) -> Response {
        if self.0.is_empty() {
            return Done.into_response();
        }
        Reply(ClaimedView { jobs: self.0.into_iter().map(JobView::from).collect() }).into_response()
    }
}

impl OperationOutput for Claimed {
    type Inner = Self;
    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        None
    }
}

#[tracing::instrument(name = "api.workers.register", skip_all)]
async fn register(
    State(app): State<AppState>,
    ValidJson(body): ValidJson<WorkerRegister>,
) -> Result<Reply<RegisteredView>, ApiError> {
    let WorkerRegister { name, labels, capacity, version } = body;
    let new = NewWorker { name, labels, capacity, version };
    let worker_id = workers::register(&app.platform, new).await?;
    Ok(Reply(RegisteredView::of(worker_id)))
}

fn register_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_register",
        tag: "workers",
        summary: "Register a worker",
        description: "Each start of a daemon is a worker of its own.",
        audience: Audience::Worker,
        errors: &[],
    };
    ok(doc.of(op), "How it is called from now on.", RegisteredView::of(samples::id()))
}

#[tracing::instrument(name = "api.workers.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    IdPath(worker_id): IdPath<WorkerId>,
) -> Result<Done, ApiError> {
    workers::remove(&app.platform, worker_id).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_remove",
        tag: "workers",
        summary: "Remove a worker",
        description: "What it holds is due for others at once; the attempts do not count.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound],
    };
    done(doc.of(op), "The worker is gone.")
}

#[tracing::instrument(name = "api.workers.heartbeat", skip_all)]
async fn heartbeat(
    State(app): State<AppState>,
    IdPath(worker_id): IdPath<WorkerId>,
    MaybeJson(body): MaybeJson<WorkerHeartbeat>,
) -> Result<Reply<BeatsView>, ApiError> {
    let holds: Vec<Hold> =
        body.jobs.into_iter().map(|HeldJob { id, fence }| Hold { id, fence }).collect();
    let beats = workers::heartbeat(&app.platform, worker_id, &holds).await?;
    Ok(Reply(BeatsView { cancelled: beats.cancelled, lost: beats.lost }))
}

fn heartbeat_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_heartbeat",
        tag: "workers",
        summary: "Say that a worker lives",
        description: "And keep what it holds. 404 when the server does not know it any more: it registers anew then.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound],
    };
    let sample = BeatsView { cancelled: vec![samples::id()], lost: Vec::new() };
    ok(doc.of(op), "What became of the jobs.", sample)
}

#[tracing::instrument(name = "api.workers.claim", skip_all)]
async fn claim(
    State(app): State<AppState>,
    Public(meta): Public,
    IdPath(worker_id): IdPath<WorkerId>,
    MaybeJson(body): MaybeJson<WorkerClaim>,
) -> Result<Claimed, ApiError> {
    let WorkerClaim { kinds, wait_secs, max } = body;
    let wanted = Wanted {
        kinds,
        wait: Duration::from_secs(wait_secs),
        most: max,
        request_id: meta.request_id,
    };
    let found = workers::claim(&app.platform, worker_id, wanted, &app.lifecycle).await?;
    Ok(Claimed(found))
}

fn claim_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "workers_claim",
        tag: "workers",
        summary: "Claim jobs",
        description: "Of the orgs whose owner has set `remote_workers`, with what it takes to do them. Waits for them as \
            long as is said.",
        audience: Audience::Worker,
        errors: &[ErrorCode::NotFound],
    };
    let jobs = vec![JobView::sample()];
    done(ok(doc.of(op), "The jobs.", ClaimedView { jobs }), "Nothing came.")
}

impl RegisteredView {
    fn of(worker_id: WorkerId) -> Self {
        let (heartbeat_secs, lease_secs) = (HEARTBEAT.as_secs(), LEASE.as_secs());
        Self { worker_id, heartbeat_secs, lease_secs }
    }
}

impl JobView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            kind: "source.collect".to_owned(),
            org_id: samples::id(),
            payload: PayloadView {
                source_id: samples::id(),
                source_type: "git".to_owned(),
                config: json!({ "url": "https://github.com/example/agentcy.git" }),
                credentials: [("password".to_owned(), "the secret".to_owned())].into(),
                cursor: None,
            },
            attempt: 1,
            lease_until: samples::time(),
            fence: 1,
        }
    }
}
