//! `task_runs`: each time that a task was set off. While its agent is at work, how it stands is what its run says.

use agentcy_core::{
    Limit, Page, Timestamp,
    chat::RunState,
    id::{ConversationId, DeliveryId, RunId, TaskId, TaskRunId},
    page::TOTAL_CAP,
    task::{Cause, TaskRunState},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    columns::{json, name, to_json},
};

const TABLE: &str = "task_runs";

/// Why a run of a task did not end well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFailure {
    /// As clients match on it: of a task, or of the run of its agent.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A run of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRun {
    /// Its id.
    pub id: TaskRunId,
    /// The task.
    pub task_id: TaskId,
    /// Where it stands.
    pub state: TaskRunState,
    /// Which attempt of its agent this is, from 1 on; 0 before it begins.
    pub attempt: i32,
    /// What set it off.
    pub cause: Cause,
    /// The tasks that led to it, the first one first, without its own.
    pub causes: Vec<TaskId>,
    /// What the template is filled in with, until that is done; of a delivery, that is read from there.
    pub payload: Option<Value>,
    /// What came in by webhook.
    pub delivery_id: Option<DeliveryId>,
    /// What was filled in.
    pub input: Option<Value>,
    /// What its agent said in the end.
    pub output: Option<String>,
    /// Why it did not end well.
    pub error: Option<TaskFailure>,
    /// The run of its agent.
    pub run_id: Option<RunId>,
    /// Where that takes place.
    pub conversation_id: Option<ConversationId>,
    /// When it was set off.
    pub created_at: Timestamp,
    /// When its agent was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

struct TaskRunRow {
    id: Uuid,
    task_id: Uuid,
    state: String,
    cause: Value,
    causes: Vec<Uuid>,
    payload: Option<Value>,
    delivery_id: Option<Uuid>,
    input: Option<Value>,
    output: Option<String>,
    error: Option<Value>,
    run_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    run_state: Option<String>,
    run_attempt: Option<i32>,
}

impl TryFrom<TaskRunRow> for TaskRun {
    type Error = Error;
    fn try_from(row: TaskRunRow) -> Result<Self> {
        let id = TaskRunId::from(row.id);
        let kept: TaskRunState = name(TABLE, id, &row.state)?;
        let of_agent: Option<RunState> =
            row.run_state.map(|state| name(TABLE, id, &state)).transpose()?;
        let state = match (kept, of_agent) {
            (TaskRunState::Running, Some(RunState::WaitingApproval)) => {
                TaskRunState::WaitingApproval
            }
            _ => kept,
        };
        Ok(Self {
            id,
            task_id: row.task_id.into(),
            state,
            attempt: row.run_attempt.map_or(0, |lost| lost.saturating_add(1)),
            cause: json(TABLE, id, row.cause)?,
            causes: row.causes.into_iter().map(TaskId::from).collect(),
            payload: row.payload,
            delivery_id: row.delivery_id.map(DeliveryId::from),
            input: row.input,
            output: row.output,
            error: row.error.map(|error| json(TABLE, id, error)).transpose()?,
            run_id: row.run_id.map(RunId::from),
            conversation_id: row.conversation_id.map(ConversationId::from),
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of a run are many.
macro_rules! task_runs {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            TaskRunRow,
            r#"select t.id, t.task_id, t.state, t.cause, t.causes, t.payload, t.delivery_id, t.input,
                      t.output, t.error, t.run_id, t.conversation_id, t.created_at, t.started_at,
                      t.finished_at, r.state as "run_state?", r.attempt as "run_attempt?"
               from task_runs t left join runs r on r.org_id = t.org_id and r.id = t.run_id "# + $rest
            $(, $arg)*
        )
    };
}

/// A task that was set off.
#[derive(Debug, Clone)]
pub struct NewTaskRun {
    /// The id of its run.
    pub id: TaskRunId,
    /// The task.
    pub task_id: TaskId,
    /// What set it off.
    pub cause: Cause,
    /// The tasks that led to it, the first one first, without its own.
    pub causes: Vec<TaskId>,
    /// What the template is filled in with; of a delivery, that is read from there.
    pub payload: Option<Value>,
    /// What came in by webhook.
    pub delivery_id: Option<DeliveryId>,
    /// The tick of a schedule; each runs once.
    pub tick: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// Keeps a new run, which waits to begin. Says whether it is new: its tick may have run.
#[tracing::instrument(name = "db.task_runs.insert", skip_all)]
pub async fn insert(tx: &mut Tx, new: &NewTaskRun) -> Result<bool> {
    let causes: Vec<Uuid> = new.causes.iter().map(|task| Uuid::from(*task)).collect();
    let done = sqlx::query!(
        "insert into task_runs (id, org_id, task_id, state, cause, causes, payload, delivery_id, tick,
                                created_at)
         values ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9)
         on conflict (task_id, tick) where tick is not null do nothing",
        Uuid::from(new.id),
        Uuid::from(tx.org()),
        Uuid::from(new.task_id),
        to_json(TABLE, new.id, &new.cause)?,
        &causes,
        new.payload,
        new.delivery_id.map(Uuid::from),
        new.tick,
        new.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One run.
#[tracing::instrument(name = "db.task_runs.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: TaskRunId) -> Result<Option<TaskRun>> {
    let org = Uuid::from(tenant.org());
    task_runs!("where t.org_id = $1 and t.id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(TaskRun::try_from)
        .transpose()
}

/// One run, which nobody begins or ends before the transaction does.
#[tracing::instrument(name = "db.task_runs.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: TaskRunId) -> Result<Option<TaskRun>> {
    let org = Uuid::from(tx.org());
    task_runs!("where t.org_id = $1 and t.id = $2 for no key update of t", org, Uuid::from(id))
        .fetch_optional(tx.conn())
        .await?
        .map(TaskRun::try_from)
        .transpose()
}

/// A page of the runs of a task, the newest first.
#[tracing::instrument(name = "db.task_runs.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    task: TaskId,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<TaskRun>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = task_runs!(
        "where t.org_id = $1 and t.task_id = $2
             and ($3::timestamptz is null or (t.created_at, t.id) < ($3, $4::uuid))
         order by t.created_at desc, t.id desc
         limit $5",
        org,
        Uuid::from(task),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from task_runs where org_id = $1 and task_id = $2 limit $3) counted"#,
        org,
        Uuid::from(task),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(TaskRun::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |run: &TaskRun| (run.created_at, run.id.into())))
}

/// The runs of a task whose agent is at work or waits for a person, the oldest first.
#[tracing::instrument(name = "db.task_runs.active", skip_all)]
pub async fn active(tenant: &mut impl Tenant, task: TaskId) -> Result<Vec<TaskRun>> {
    let org = Uuid::from(tenant.org());
    task_runs!(
        "where t.org_id = $1 and t.task_id = $2 and t.state = 'running'
         order by t.created_at, t.id",
        org,
        Uuid::from(task),
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(TaskRun::try_from)
    .collect()
}

/// How many runs of a task have begun since.
#[tracing::instrument(name = "db.task_runs.begun_since", skip_all)]
pub async fn begun_since(tenant: &mut impl Tenant, task: TaskId, since: Timestamp) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from task_runs
           where org_id = $1 and task_id = $2 and started_at >= $3"#,
        Uuid::from(tenant.org()),
        Uuid::from(task),
        since,
    )
    .fetch_one(tenant.conn())
    .await?;
    Ok(count)
}

/// The run of a task that waits longest to begin.
#[tracing::instrument(name = "db.task_runs.oldest_pending", skip_all)]
pub async fn oldest_pending(tenant: &mut impl Tenant, task: TaskId) -> Result<Option<TaskRunId>> {
    let id = sqlx::query_scalar!(
        "select id from task_runs where org_id = $1 and task_id = $2 and state = 'pending'
         order by created_at, id limit 1",
        Uuid::from(tenant.org()),
        Uuid::from(task),
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(id.map(TaskRunId::from))
}

/// The runs of a task that wait to begin, the oldest first.
#[tracing::instrument(name = "db.task_runs.pending", skip_all)]
pub async fn pending(tenant: &mut impl Tenant, task: TaskId) -> Result<Vec<TaskRunId>> {
    let ids = sqlx::query_scalar!(
        "select id from task_runs where org_id = $1 and task_id = $2 and state = 'pending'
         order by created_at, id",
        Uuid::from(tenant.org()),
        Uuid::from(task),
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(ids.into_iter().map(TaskRunId::from).collect())
}

/// Notes that the agent of a run was started, and on what. Not when it had begun or ended.
#[tracing::instrument(name = "db.task_runs.begin", skip_all)]
pub async fn begin(
    tx: &mut Tx,
    id: TaskRunId,
    run: RunId,
    conversation: ConversationId,
    input: &Value,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update task_runs set state = 'running', run_id = $3, conversation_id = $4, input = $5,
                              payload = null, started_at = $6
         where org_id = $1 and id = $2 and state = 'pending'",
        Uuid::from(tx.org()),
        Uuid::from(id),
        Uuid::from(run),
        Uuid::from(conversation),
        input,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how a run ended. Not when it had ended, or is gone with its task.
#[tracing::instrument(name = "db.task_runs.end", skip_all)]
pub async fn end(
    tx: &mut Tx,
    id: TaskRunId,
    state: TaskRunState,
    output: Option<&str>,
    error: Option<&TaskFailure>,
    at: Timestamp,
) -> Result<bool> {
    let error = error.map(|error| to_json(TABLE, id, error)).transpose()?;
    let done = sqlx::query!(
        "update task_runs set state = $3, output = $4, error = $5, payload = null, finished_at = $6
         where org_id = $1 and id = $2 and state in ('pending', 'running')",
        Uuid::from(tx.org()),
        Uuid::from(id),
        state.name(),
        output,
        error,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
