//! `tasks`: an agent, what it is told, and what sets it off. Each has one trigger, which is read and written with it.

use agentcy_core::{
    Limit, Page, Realm, Realms, Timestamp,
    agent::StandingApproval,
    id::{AgentId, TaskId},
    page::TOTAL_CAP,
    task::TaskLimits,
    tool::ApprovalDefaults,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx, agents,
    columns::{json, name, realm, slugs, to_json},
    triggers::{self, Skipped, Trigger},
};

/// The index that keeps names unique in an org, whatever their case.
pub const NAME_KEY: &str = "task_name_key";
/// The reference that keeps an agent while a task uses it.
pub const AGENT_KEY: &str = "tasks_agent_id_fkey";

const TABLE: &str = "tasks";

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What people call it.
    pub name: String,
    /// The agent that does it.
    pub agent_id: AgentId,
    /// The one realm that its runs see; none is every realm of whoever they run as.
    pub realm: Option<Realm>,
    /// The principal whose rights its runs have.
    pub run_as: String,
    /// Texts with places to be filled in; `prompt` is what the agent is told.
    pub input_template: Map<String, Value>,
    /// What a run may use, and how often there may be one.
    pub limits: TaskLimits,
    /// What its tools may do without asking; none is what the agent says.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide; none is as chat has it.
    pub approval_timeout_secs: Option<i32>,
    /// Calls that an admin has agreed to before they are made.
    pub standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off.
    pub enabled: bool,
    /// Who defined it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What sets it off.
    pub trigger: Trigger,
}

struct TaskRow {
    id: Uuid,
    name: String,
    agent_id: Uuid,
    realm: Option<String>,
    run_as: String,
    input_template: Value,
    limits: Value,
    approval_defaults: Option<Value>,
    approval_timeout_secs: Option<i32>,
    standing_approvals: Value,
    enabled: bool,
    created_by: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    trigger_id: Uuid,
    kind: String,
    cron: Option<String>,
    timezone: String,
    overlap: String,
    missed: String,
    events: Vec<String>,
    filter: Value,
    dedupe_secs: i32,
    require_timestamp: bool,
    header_id: Option<String>,
    previous_until: Option<Timestamp>,
    next_at: Option<Timestamp>,
    skipped_at: Option<Timestamp>,
    skipped_why: Option<String>,
}

impl TryFrom<TaskRow> for Task {
    type Error = Error;
    fn try_from(row: TaskRow) -> Result<Self> {
        let id = TaskId::from(row.id);
        let defaults = row.approval_defaults.map(|defaults| json(TABLE, id, defaults));
        let events = row.events.iter().map(|event| name(triggers::TABLE, row.trigger_id, event));
        let skipped = row.skipped_at.zip(row.skipped_why);
        let trigger = Trigger {
            id: row.trigger_id.into(),
            kind: name(triggers::TABLE, row.trigger_id, &row.kind)?,
            cron: row.cron,
            timezone: row.timezone,
            overlap: name(triggers::TABLE, row.trigger_id, &row.overlap)?,
            missed: name(triggers::TABLE, row.trigger_id, &row.missed)?,
            events: events.collect::<Result<_>>()?,
            filter: json(triggers::TABLE, row.trigger_id, row.filter)?,
            dedupe_secs: row.dedupe_secs,
            require_timestamp: row.require_timestamp,
            header_id: row.header_id,
            previous_until: row.previous_until,
            next_at: row.next_at,
            skipped: skipped.map(|(at, why)| Skipped { at, why }),
        };
        Ok(Self {
            id,
            name: row.name,
            agent_id: row.agent_id.into(),
            realm: realm(TABLE, id, row.realm)?,
            run_as: row.run_as,
            input_template: json(TABLE, id, row.input_template)?,
            limits: json(TABLE, id, row.limits)?,
            approval_defaults: defaults.transpose()?,
            approval_timeout_secs: row.approval_timeout_secs,
            standing_approvals: json(TABLE, id, row.standing_approvals)?,
            enabled: row.enabled,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            trigger,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of a task with its trigger are many.
macro_rules! tasks {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            TaskRow,
            r#"select t.id, t.name, t.agent_id as "agent_id!", t.realm, t.run_as, t.input_template, t.limits,
                    t.approval_defaults, t.approval_timeout_secs, t.standing_approvals, t.enabled,
                    t.created_by, t.created_at, t.updated_at, g.id as trigger_id, g.kind, g.cron,
                    g.timezone, g.overlap, g.missed, g.events, g.filter, g.dedupe_secs,
                    g.require_timestamp, g.header_id, g.previous_until, g.next_at, g.skipped_at,
                    g.skipped_why
             from tasks t
             join triggers g on g.org_id = t.org_id and g.task_id = t.id and t.deleted_at is null "# + $rest
            $(, $arg)*
        )
    };
}

/// A page of the tasks that somebody of these realms sees, the newest first; those of no realm are everybody's.
#[tracing::instrument(name = "db.tasks.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    realms: &Realms,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Task>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(realms);
    let (after_at, after_id) = after.unzip();
    let rows = tasks!(
        "where t.org_id = $1 and ($2::text[] is null or t.realm is null or t.realm = any($2))
             and ($3::timestamptz is null or (t.created_at, t.id) < ($3, $4::uuid))
         order by t.created_at desc, t.id desc
         limit $5",
        org,
        slugs.as_deref(),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from tasks
               where org_id = $1 and deleted_at is null
                   and ($2::text[] is null or realm is null or realm = any($2))
               limit $3) counted"#,
        org,
        slugs.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Task::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |task: &Task| (task.created_at, task.id.into())))
}

/// One task, in whichever realm it lies.
#[tracing::instrument(name = "db.tasks.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: TaskId) -> Result<Option<Task>> {
    let org = Uuid::from(tenant.org());
    tasks!("where t.org_id = $1 and t.id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(Task::try_from)
        .transpose()
}

/// One task, which nobody changes, begins or deletes before the transaction ends.
#[tracing::instrument(name = "db.tasks.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    let org = Uuid::from(tx.org());
    tasks!("where t.org_id = $1 and t.id = $2 for no key update", org, Uuid::from(id))
        .fetch_optional(tx.conn())
        .await?
        .map(Task::try_from)
        .transpose()
}

/// Keeps a new task and its trigger, with the sealed secret of a webhook. A name in use breaks [`NAME_KEY`], an agent that
/// is not there [`AGENT_KEY`].
#[tracing::instrument(name = "db.tasks.insert", skip_all)]
pub async fn insert(tx: &mut Tx, task: &Task, secret: Option<&[u8]>) -> Result<()> {
    let json = Written::of(task)?;
    let done = sqlx::query!(
        "insert into tasks (id, org_id, name, agent_id, realm, run_as, input_template, limits,
                            approval_defaults, approval_timeout_secs, standing_approvals, enabled,
                            created_by, created_at, updated_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
         where exists (select from agents
                       where org_id = $2 and id = $4 and deleted_at is null for share)",
        Uuid::from(task.id),
        Uuid::from(tx.org()),
        task.name,
        Uuid::from(task.agent_id),
        task.realm.as_ref().map(Realm::as_str),
        task.run_as,
        json.input_template,
        json.limits,
        json.approval_defaults,
        task.approval_timeout_secs,
        json.standing_approvals,
        task.enabled,
        task.created_by,
        task.created_at,
        task.updated_at,
    )
    .execute(tx.conn())
    .await?;
    agents::require(done.rows_affected(), AGENT_KEY)?;
    triggers::insert(tx, task.id, &task.trigger, secret).await
}

/// Writes everything but who defined it and when, and what is of its webhook's secrets. A name in use breaks
/// [`NAME_KEY`].
#[tracing::instrument(name = "db.tasks.update", skip_all)]
pub async fn update(tx: &mut Tx, task: &Task, secret: triggers::Secret<'_>) -> Result<()> {
    let json = Written::of(task)?;
    let done = sqlx::query!(
        "update tasks set name = $3, agent_id = $4, realm = $5, run_as = $6, input_template = $7,
                          limits = $8, approval_defaults = $9, approval_timeout_secs = $10,
                          standing_approvals = $11, enabled = $12, updated_at = $13
         where org_id = $1 and id = $2
             and exists (select from agents
                         where org_id = $1 and id = $4 and deleted_at is null for share)",
        Uuid::from(tx.org()),
        Uuid::from(task.id),
        task.name,
        Uuid::from(task.agent_id),
        task.realm.as_ref().map(Realm::as_str),
        task.run_as,
        json.input_template,
        json.limits,
        json.approval_defaults,
        task.approval_timeout_secs,
        json.standing_approvals,
        task.enabled,
        task.updated_at,
    )
    .execute(tx.conn())
    .await?;
    agents::require(done.rows_affected(), AGENT_KEY)?;
    triggers::update(tx, &task.trigger, secret).await
}

/// Removes a task: nobody finds it any more, nothing sets it off, and its name, agent and realm are free. Its runs and
/// what came in for it may be very many, and are swept with what is left of it. Its conversations stay.
#[tracing::instrument(name = "db.tasks.delete", skip_all)]
pub async fn delete(tx: &mut Tx, id: TaskId, now: Timestamp) -> Result<()> {
    let (org, id) = (Uuid::from(tx.org()), Uuid::from(id));
    sqlx::query!(
        "with off as (
             update triggers set kind = 'manual', cron = null, next_at = null, events = '{}',
                                 secret = null, previous_secret = null, previous_until = null
             where org_id = $1 and task_id = $2
         )
         update tasks set deleted_at = $3, enabled = false, agent_id = null, realm = null
         where org_id = $1 and id = $2",
        org,
        id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The JSON columns of a task.
struct Written {
    input_template: Value,
    limits: Value,
    approval_defaults: Option<Value>,
    standing_approvals: Value,
}

impl Written {
    fn of(task: &Task) -> Result<Self> {
        let defaults = task.approval_defaults.as_ref();
        Ok(Self {
            input_template: Value::Object(task.input_template.clone()),
            limits: to_json(TABLE, task.id, &task.limits)?,
            approval_defaults: defaults.map(|it| to_json(TABLE, task.id, it)).transpose()?,
            standing_approvals: to_json(TABLE, task.id, &task.standing_approvals)?,
        })
    }
}
