//! `runs`: answers being given. Their rows are asked for, read and stopped here; runners claim them through the system's
//! door, and write what they hold in `held`, each time with the fence of their claim.

mod begin;
mod end;
mod held;

use agentcy_core::{
    Limit, Page, Timestamp,
    agent::RunLimits,
    chat::{FinishReason, RunErrorCode, RunState, Usage},
    id::{AgentId, ConversationId, MessageId, RunId, TaskId, TaskRunId},
    page::TOTAL_CAP,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    columns::{json, name, to_json},
};

pub use begin::{Beginning, begin};
pub use end::{End, end};
pub use held::{Ending, Hold, Kept, Progress, finish, held, keep, park, progress};

const TABLE: &str = "runs";

/// Why a run broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// As clients match on it.
    pub code: RunErrorCode,
    /// For people.
    pub message: String,
    /// Whether the same message may be answered when sent again.
    pub retryable: bool,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Where it answers.
    pub conversation_id: ConversationId,
    /// The run of a task that it is the work of.
    pub task_run_id: Option<TaskRunId>,
    /// The tasks that led to it, the first one first, with the one that it is of.
    pub causes: Vec<TaskId>,
    /// The agent that answers, while there is one.
    pub agent_id: Option<AgentId>,
    /// The answer.
    pub message_id: MessageId,
    /// Who started it.
    pub starter: String,
    /// Where it stands.
    pub state: RunState,
    /// What the model is told first, once it has begun.
    pub system: Option<String>,
    /// What it may use.
    pub limits: RunLimits,
    /// Whether it has read untrusted text.
    pub tainted: bool,
    /// How many turns of the model are stored.
    pub step: i32,
    /// What it has used.
    pub usage: Usage,
    /// How long it has worked, in milliseconds.
    pub active_ms: i64,
    /// The model that answers.
    pub model: Option<String>,
    /// What it said in the end.
    pub output: Option<String>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Why it broke off.
    pub error: Option<Failure>,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
    /// Whether that was to make way for another message.
    pub superseded: bool,
    /// How often its runner was lost.
    pub attempt: i32,
    /// The number of its last claim.
    pub fence: i64,
    /// Until when its runner has it.
    pub lease_until: Option<Timestamp>,
    /// Its runner.
    pub holder: Option<String>,
    /// When it should be taken up.
    pub wake_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

struct RunRow {
    id: Uuid,
    conversation_id: Uuid,
    task_run_id: Option<Uuid>,
    causes: Vec<Uuid>,
    agent_id: Option<Uuid>,
    message_id: Uuid,
    starter: String,
    state: String,
    system: Option<String>,
    limits: Value,
    tainted: bool,
    step: i32,
    in_tokens: i64,
    out_tokens: i64,
    cost_usd: f64,
    active_ms: i64,
    model: Option<String>,
    output: Option<String>,
    finish_reason: Option<String>,
    error: Option<Value>,
    cancel: bool,
    superseded: bool,
    attempt: i32,
    fence: i64,
    lease_until: Option<Timestamp>,
    holder: Option<String>,
    wake_at: Option<Timestamp>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl TryFrom<RunRow> for Run {
    type Error = Error;
    fn try_from(row: RunRow) -> Result<Self> {
        let id = RunId::from(row.id);
        Ok(Self {
            id,
            conversation_id: row.conversation_id.into(),
            task_run_id: row.task_run_id.map(TaskRunId::from),
            causes: row.causes.into_iter().map(TaskId::from).collect(),
            agent_id: row.agent_id.map(AgentId::from),
            message_id: row.message_id.into(),
            starter: row.starter,
            state: name(TABLE, id, &row.state)?,
            system: row.system,
            limits: json(TABLE, id, row.limits)?,
            tainted: row.tainted,
            step: row.step,
            usage: Usage {
                in_tokens: row.in_tokens,
                out_tokens: row.out_tokens,
                cost_usd: row.cost_usd,
            },
            active_ms: row.active_ms,
            model: row.model,
            output: row.output,
            finish_reason: row.finish_reason.map(|text| name(TABLE, id, &text)).transpose()?,
            error: row.error.map(|error| json(TABLE, id, error)).transpose()?,
            cancel: row.cancel,
            superseded: row.superseded,
            attempt: row.attempt,
            fence: row.fence,
            lease_until: row.lease_until,
            holder: row.holder,
            wake_at: row.wake_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of a run are many.
macro_rules! runs {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            RunRow,
            "select id, conversation_id, task_run_id, causes,
                    (select a.id from agents a
                     where a.org_id = runs.org_id and a.id = agent_id and a.deleted_at is null) as agent_id,
                    message_id, starter, state, system, limits, tainted, step, in_tokens, out_tokens, cost_usd, active_ms, model, output,
                    finish_reason, error, cancel, superseded, attempt, fence, lease_until, holder,
                    wake_at, created_at, started_at, finished_at
             from runs " + $rest
            $(, $arg)*
        )
    };
}
use runs;

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Where it answers.
    pub conversation_id: ConversationId,
    /// The agent that answers.
    pub agent_id: Option<AgentId>,
    /// The answer.
    pub message_id: MessageId,
    /// Who starts it.
    pub starter: String,
    /// What it may use.
    pub limits: RunLimits,
    /// What the model is told first, where that is known by now.
    pub system: Option<String>,
    /// The task that it is of.
    pub task: Option<OfTask>,
    /// When it is asked for.
    pub at: Timestamp,
    /// Who takes it up.
    pub start: Start,
}

/// What a run of an agent has of the task that it is the work of.
#[derive(Debug, Clone)]
pub struct OfTask {
    /// The run of the task.
    pub run: TaskRunId,
    /// The tasks that led to it, the first one first, with this one.
    pub causes: Vec<TaskId>,
    /// Whether what it is told was said by somebody whom nobody vouches for.
    pub tainted: bool,
}

impl NewRun {
    fn causes(&self) -> Vec<Uuid> {
        let causes = self.task.iter().flat_map(|task| &task.causes);
        causes.copied().map(Uuid::from).collect()
    }
}

/// How a run begins.
#[derive(Debug, Clone)]
pub enum Start {
    /// Whoever makes it goes on with it at once.
    Held {
        /// Their name.
        holder: String,
        /// Until when they have it.
        lease_until: Timestamp,
    },
    /// It waits.
    Pending {
        /// Until when; none is until the run before it has ended.
        wake_at: Option<Timestamp>,
    },
}

/// Keeps a new run. The claim is its maker's if the run is held from the start.
#[tracing::instrument(name = "db.runs.insert", skip_all)]
pub async fn insert(tx: &mut Tx, new: &NewRun) -> Result<Hold> {
    let (state, fence, started_at, lease_until, holder, wake_at) = match &new.start {
        Start::Held { holder, lease_until } => {
            (RunState::Running, 1, Some(new.at), Some(*lease_until), Some(holder.as_str()), None)
        }
        Start::Pending { wake_at } => (RunState::Pending, 0, None, None, None, *wake_at),
    };
    sqlx::query!(
        "insert into runs (id, org_id, conversation_id, agent_id, message_id, starter, state, system,
                           limits, fence, lease_until, holder, wake_at, created_at, started_at,
                           task_run_id, causes, tainted)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        Uuid::from(new.id),
        Uuid::from(tx.org()),
        Uuid::from(new.conversation_id),
        new.agent_id.map(Uuid::from),
        Uuid::from(new.message_id),
        new.starter,
        state.name(),
        new.system,
        to_json(TABLE, new.id, &new.limits)?,
        fence,
        lease_until,
        holder,
        wake_at,
        new.at,
        started_at,
        new.task.as_ref().map(|task| Uuid::from(task.run)),
        &new.causes(),
        new.task.as_ref().is_some_and(|task| task.tainted),
    )
    .execute(tx.conn())
    .await?;
    Ok(Hold { id: new.id, fence })
}

/// One run.
#[tracing::instrument(name = "db.runs.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: RunId) -> Result<Option<Run>> {
    let org = Uuid::from(tenant.org());
    runs!("where org_id = $1 and id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(Run::try_from)
        .transpose()
}

/// A page of the runs of an agent, the newest first: those of this starter, or everybody's.
#[tracing::instrument(name = "db.runs.list_of_agent", skip_all)]
pub async fn list_of_agent(
    tenant: &mut impl Tenant,
    agent: AgentId,
    starter: Option<&str>,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Run>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let agent = Uuid::from(agent);
    // A statement each: one for both could not go by the index of starters.
    let (rows, total) = if let Some(starter) = starter {
        let rows = runs!(
            "where org_id = $1 and agent_id = $2 and starter = $3
                 and (created_at, id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5, $1))
             order by created_at desc, id desc limit $6",
            org,
            agent,
            starter,
            after_at,
            after_id,
            limit.plus_one(),
        );
        let total = sqlx::query_scalar!(
            r#"select count(*) as "count!" from (
                   select from runs where org_id = $1 and agent_id = $2 and starter = $3
                   limit $4) counted"#,
            org,
            agent,
            starter,
            TOTAL_CAP + 1,
        );
        (rows.fetch_all(tenant.conn()).await?, total.fetch_one(tenant.conn()).await?)
    } else {
        let rows = runs!(
            "where org_id = $1 and agent_id = $2
                 and (created_at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4, $1))
             order by created_at desc, id desc limit $5",
            org,
            agent,
            after_at,
            after_id,
            limit.plus_one(),
        );
        let total = sqlx::query_scalar!(
            r#"select count(*) as "count!" from (
                   select from runs where org_id = $1 and agent_id = $2 limit $3) counted"#,
            org,
            agent,
            TOTAL_CAP + 1,
        );
        (rows.fetch_all(tenant.conn()).await?, total.fetch_one(tenant.conn()).await?)
    };
    page(rows, limit, total)
}

/// A page of the runs of a conversation, the newest first.
#[tracing::instrument(name = "db.runs.list_of_conversation", skip_all)]
pub async fn list_of_conversation(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Run>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = runs!(
        "where org_id = $1 and conversation_id = $2
             and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc limit $5",
        org,
        Uuid::from(conversation),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from runs where org_id = $1 and conversation_id = $2 limit $3) counted"#,
        org,
        Uuid::from(conversation),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    page(rows, limit, total)
}

fn page(rows: Vec<RunRow>, limit: Limit, total: i64) -> Result<Page<Run>> {
    let items = rows.into_iter().map(Run::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |run: &Run| (run.created_at, run.id.into())))
}

/// The runs of a conversation that are not over, the oldest first.
#[tracing::instrument(name = "db.runs.unfinished", skip_all)]
pub async fn unfinished(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
) -> Result<Vec<Run>> {
    let org = Uuid::from(tenant.org());
    runs!(
        "where org_id = $1 and conversation_id = $2
             and state in ('pending', 'running', 'waiting_approval')
         order by created_at, id",
        org,
        Uuid::from(conversation)
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Run::try_from)
    .collect()
}

/// Asks to stop a run, to make way for another if `superseded`. Whoever has it is told; one that is parked or that could
/// begin is due now, and one that waits behind another ends when its turn comes.
///
/// Gives where the run stood, and nothing once it is over.
#[tracing::instrument(name = "db.runs.ask_cancel", skip_all)]
pub async fn ask_cancel(
    tx: &mut Tx,
    id: RunId,
    superseded: bool,
    now: Timestamp,
) -> Result<Option<RunState>> {
    // The right-hand sides read the row as it is once it is locked: one that is parked meanwhile is woken. Two runs of a
    // conversation would be at work if one behind another were.
    let state = sqlx::query_scalar!(
        "update runs set cancel = true, superseded = superseded or $3,
                         wake_at = case when wake_at is not null then $4::timestamptz end
         where org_id = $1 and id = $2 and state in ('pending', 'running', 'waiting_approval')
         returning state",
        Uuid::from(tx.org()),
        Uuid::from(id),
        superseded,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    state.map(|state| name(TABLE, id, &state)).transpose()
}

/// Makes a parked run due now: somebody decided. One that still runs sees it by itself, since it parks before it looks
/// whether everything is decided.
#[tracing::instrument(name = "db.runs.wake", skip_all)]
pub async fn wake(tx: &mut Tx, id: RunId, now: Timestamp) -> Result<()> {
    // A run that runs is locked all the same: it may be about to park.
    sqlx::query!(
        "update runs set wake_at = case when state = 'waiting_approval' then $3 else wake_at end
         where org_id = $1 and id = $2 and state in ('running', 'waiting_approval')",
        Uuid::from(tx.org()),
        Uuid::from(id),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The run that waits longest for its turn.
#[tracing::instrument(name = "db.runs.next_pending", skip_all)]
pub async fn next_pending(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
) -> Result<Option<RunId>> {
    let id = sqlx::query_scalar!(
        "select id from runs where org_id = $1 and conversation_id = $2 and state = 'pending'
         order by created_at, id limit 1",
        Uuid::from(tenant.org()),
        Uuid::from(conversation),
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(id.map(RunId::from))
}

/// Hands a conversation whose run is over to the run that waits longest, if one does; it is due now.
#[tracing::instrument(name = "db.runs.promote", skip_all)]
pub async fn promote(
    tx: &mut Tx,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<Option<RunId>> {
    let id = sqlx::query_scalar!(
        "with next as (
             select id from runs where org_id = $1 and conversation_id = $2 and state = 'pending'
             order by created_at, id limit 1
         ), woken as (
             update runs set wake_at = $3 from next
             where runs.org_id = $1 and runs.id = next.id
             returning runs.id
         )
         update conversations set active_run = (select id from woken), updated_at = $3
         where org_id = $1 and id = $2
         returning active_run",
        Uuid::from(tx.org()),
        Uuid::from(conversation),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.flatten().map(RunId::from))
}
