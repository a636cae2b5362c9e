//! `/tasks`: define, find, change and remove what happens without anyone asking.

use agentcy_core::{
    Action, ErrorCode, Realm,
    agent::StandingApproval,
    id::{AgentId, TaskId},
    task::{EventFilter, LifecycleEvent, Missed, Overlap, TaskLimits, TriggerKind},
    tool::ApprovalDefaults,
};
use agentcy_platform::tasks::{self, NewTask, TaskUpdate, TriggerSpec};
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
use serde_json::{Map, Value};

use self::view::TaskView;
use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, MaybeJson, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    patch::Patch,
    respond::{Created, Done, PageView, Reply, created, issued},
    state::AppState,
};

mod runs;
mod view;

const COLLECTION: &str = "/api/v1/tasks";
const ITEM: &str = "/api/v1/tasks/{task_id}";
const ROTATE: &str = "/api/v1/tasks/{task_id}/trigger/rotate";

/// How long the old secret stays good unless said: a day.
const GRACE_SECS: i32 = 86_400;

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(
            ITEM,
            get_with(read, read_docs)
                .patch_with(update, update_docs)
                .delete_with(remove, remove_docs),
        )
        .api_route(ROTATE, post_with(rotate, rotate_docs))
        .merge(runs::router())
}

/// A task to define.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskCreate {
    /// 1 to 100 characters, unique in the org whatever its case.
    name: String,
    /// The agent that does it.
    agent_id: AgentId,
    /// The one realm that it lies in and that its runs see.
    realm: Option<Realm>,
    /// The user or API key whose rights its runs have; oneself unless given, and for admins to give.
    run_as: Option<String>,
    /// Set off by hand alone unless given.
    trigger: Option<TriggerBody>,
    /// Texts with places to be filled in, such as `{{ trigger.body.title }}` and `{{ now }}`. `prompt` is required: it is
    /// what the agent is told, and what else there is follows it as JSON.
    input_template: Map<String, Value>,
    #[serde(default)]
    limits: TaskLimits,
    /// What its tools may do without asking; as the agent has it unless given.
    approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide, 1 to 604800.
    #[schemars(range(min = 1, max = 604_800))]
    approval_timeout_secs: Option<i32>,
    /// Calls that are agreed to before they are made; for admins to give.
    #[serde(default)]
    standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off; true unless given.
    enabled: Option<bool>,
}

/// What sets a task off. Only what its kind knows may be given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TriggerCreate")]
struct TriggerBody {
    kind: TriggerKind,
    /// Of a schedule: five fields, or a name such as `@hourly`.
    cron: Option<String>,
    /// Of a schedule: an IANA time zone; UTC unless given.
    timezone: Option<String>,
    /// What happens while a run of the task goes on; `skip` unless given.
    overlap: Option<Overlap>,
    /// Of a schedule: what happens to ticks that nobody was there for; `run_once` unless given.
    missed: Option<Missed>,
    /// Of a lifecycle trigger: what may happen.
    #[serde(default)]
    events: Vec<LifecycleEvent>,
    /// Of a lifecycle trigger: which of these; all unless given.
    #[serde(default)]
    filter: EventFilter,
    /// Of a webhook: how long a delivery without an id is known by its body; 300 unless given, 0 is not at all.
    dedupe_secs: Option<i32>,
    /// Of a webhook: whether deliveries must be signed with their time; false unless given.
    require_timestamp: Option<bool>,
    /// Of a webhook: the header that holds the id of a delivery, where it is not `X-Agentcy-Delivery` or `webhook-id`.
    header_id: Option<String>,
}

/// What to change of a task.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskPatch {
    name: Option<String>,
    agent_id: Option<AgentId>,
    /// Null lifts the limit.
    #[serde(default)]
    #[schemars(with = "Option<Realm>")]
    realm: Patch<Realm>,
    run_as: Option<String>,
    /// Replaces it whole. Of a webhook that stays one, the address and the secret stay.
    trigger: Option<TriggerBody>,
    /// Replaces it whole.
    input_template: Option<Map<String, Value>>,
    /// Replaces them whole.
    limits: Option<TaskLimits>,
    /// Null is as the agent has it.
    #[serde(default)]
    #[schemars(with = "Option<ApprovalDefaults>")]
    approval_defaults: Patch<ApprovalDefaults>,
    /// Null is as chat has it.
    #[serde(default)]
    #[schemars(with = "Option<i32>")]
    approval_timeout_secs: Patch<i32>,
    /// Replaces them whole; for admins to give.
    standing_approvals: Option<Vec<StandingApproval>>,
    enabled: Option<bool>,
}

/// How to rotate.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TriggerRotation")]
struct Rotation {
    /// How long the old secret stays good, 0 to 604800; a day unless given.
    #[schemars(range(min = 0, max = 604_800))]
    grace_secs: Option<i32>,
}

impl From<TriggerBody> for TriggerSpec {
    fn from(body: TriggerBody) -> Self {
        Self {
            kind: body.kind,
            cron: body.cron,
            timezone: body.timezone,
            overlap: body.overlap,
            missed: body.missed,
            events: body.events,
            filter: body.filter,
            dedupe_secs: body.dedupe_secs,
            require_timestamp: body.require_timestamp,
            header_id: body.header_id,
        }
    }
}

impl From<TaskCreate> for NewTask {
    fn from(body: TaskCreate) -> Self {
        Self {
            name: body.name,
            agent_id: body.agent_id,
            realm: body.realm,
            run_as: body.run_as,
            input_template: body.input_template,
            limits: body.limits,
            approval_defaults: body.approval_defaults,
            approval_timeout_secs: body.approval_timeout_secs,
            standing_approvals: body.standing_approvals,
            enabled: body.enabled.unwrap_or(true),
            trigger: body
                .trigger
                .map_or_else(|| TriggerSpec::new(TriggerKind::Manual), TriggerSpec::from),
        }
    }
}

impl From<TaskPatch> for TaskUpdate {
    fn from(body: TaskPatch) -> Self {
        Self {
            name: body.name,
            agent_id: body.agent_id,
            realm: body.realm.0,
            run_as: body.run_as,
            input_template: body.input_template,
            limits: body.limits,
            approval_defaults: body.approval_defaults.0,
            approval_timeout_secs: body.approval_timeout_secs.0,
            standing_approvals: body.standing_approvals,
            enabled: body.enabled,
            trigger: body.trigger.map(TriggerSpec::from),
        }
    }
}

#[tracing::instrument(name = "api.tasks.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<TaskView>>, ApiError> {
    let page = tasks::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, |task| TaskView::of(task, &app.setup.public_url)))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_list",
        tag: "tasks",
        summary: "List tasks",
        description: "Those of the caller's realms and those of none, the newest first.",
        audience: Audience::May(Action::TaskRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of tasks.", PageView::sample(TaskView::sample()))
}

#[tracing::instrument(name = "api.tasks.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    ValidJson(body): ValidJson<TaskCreate>,
) -> Result<Created, ApiError> {
    let draft = tasks::create(&app.platform, &caller, body.into()).await?;
    let location = format!("{COLLECTION}/{}", draft.value().task.id);
    created(draft, &once, location, |it| TaskView::defined(it, &app.setup.public_url)).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_create",
        tag: "tasks",
        summary: "Define a task",
        description: "Its runs have the rights of its `run_as`, within the tools and realm of its agent and the realm of the \
            task. The secret of a webhook is in the answer, this once.",
        audience: Audience::May(Action::TaskCreate),
        errors: &[ErrorCode::UnknownRealm, ErrorCode::Taken],
    };
    created_docs(doc.of(op), "The task.", TaskView::sample_with_secret())
}

#[tracing::instrument(name = "api.tasks.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<TaskId>,
) -> Result<Reply<TaskView>, ApiError> {
    let task = tasks::read(&app.platform, &caller, id).await?;
    Ok(Reply(TaskView::of(task, &app.setup.public_url)))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_read",
        tag: "tasks",
        summary: "Read a task",
        description: "With its trigger, its next tick, and why an event was last not followed.",
        audience: Audience::May(Action::TaskRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The task.", TaskView::sample())
}

#[tracing::instrument(name = "api.tasks.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<TaskId>,
    ValidJson(body): ValidJson<TaskPatch>,
) -> Result<Reply<TaskView>, ApiError> {
    let defined = tasks::update(&app.platform, &caller, id, body.into()).await?;
    Ok(Reply(TaskView::defined(&defined, &app.setup.public_url)))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_update",
        tag: "tasks",
        summary: "Change a task",
        description: "It holds from the next run on. A trigger that becomes a webhook has its secret in the answer, this once.",
        audience: Audience::May(Action::TaskUpdate),
        errors: &[ErrorCode::NotFound, ErrorCode::UnknownRealm, ErrorCode::Taken, ErrorCode::InUse],
    };
    ok(doc.of(op), "The task.", TaskView::sample())
}

#[tracing::instrument(name = "api.tasks.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<TaskId>,
) -> Result<Done, ApiError> {
    tasks::remove(&app.platform, &caller, id).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_remove",
        tag: "tasks",
        summary: "Remove a task",
        description: "With its runs, which are stopped where they go on. Their conversations stay.",
        audience: Audience::May(Action::TaskDelete),
        errors: &[ErrorCode::NotFound],
    };
    done(doc.of(op), "The task is gone.")
}

#[tracing::instrument(name = "api.tasks.rotate", skip_all)]
async fn rotate(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    IdPath(id): IdPath<TaskId>,
    MaybeJson(body): MaybeJson<Rotation>,
) -> Result<Created, ApiError> {
    let grace_secs = body.grace_secs.unwrap_or(GRACE_SECS);
    let draft = tasks::rotate(&app.platform, &caller, id, grace_secs).await?;
    issued(draft, &once, |it| TaskView::defined(it, &app.setup.public_url)).await
}

fn rotate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "tasks_trigger_rotate",
        tag: "tasks",
        summary: "Rotate the secret of a webhook",
        description: "A new secret, in the answer this once. The old one stays good for `grace_secs`.",
        audience: Audience::May(Action::TriggerRotate),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The task with its new secret.", TaskView::sample_with_secret())
}
