//! `agents`: what answers, with its instructions, tools and limits.

use agentcy_core::{
    Limit, Page, Realm, Realms, Timestamp,
    agent::{RunLimits, StandingApproval},
    id::AgentId,
    page::TOTAL_CAP,
    tool::ApprovalDefaults,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    columns::{json, realm, slugs, to_json},
};

/// The index that keeps names unique in an org, whatever their case.
pub const NAME_KEY: &str = "agent_name_key";

const TABLE: &str = "agents";

/// An agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What people call it.
    pub name: String,
    /// What its model is told first.
    pub instructions: String,
    /// The model that it asks; none is the org's.
    pub model: Option<String>,
    /// The tools that it may use; none listed means every tool.
    pub tools: Vec<String>,
    /// The one realm that it sees; none is every realm of whoever starts it.
    pub realm: Option<Realm>,
    /// What a run may use.
    pub limits: RunLimits,
    /// What its tools may do without asking; none is what the org says.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// Calls that an admin has agreed to before they are made.
    pub standing_approvals: Vec<StandingApproval>,
    /// Who defined it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

pub(crate) struct AgentRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) instructions: String,
    pub(crate) model: Option<String>,
    pub(crate) tools: Value,
    pub(crate) realm: Option<String>,
    pub(crate) limits: Value,
    pub(crate) approval_defaults: Option<Value>,
    pub(crate) standing_approvals: Value,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl TryFrom<AgentRow> for Agent {
    type Error = Error;
    fn try_from(row: AgentRow) -> Result<Self> {
        let id = AgentId::from(row.id);
        let defaults = row.approval_defaults.map(|defaults| json(TABLE, id, defaults));
        Ok(Self {
            id,
            name: row.name,
            instructions: row.instructions,
            model: row.model,
            tools: json(TABLE, id, row.tools)?,
            realm: realm(TABLE, id, row.realm)?,
            limits: json(TABLE, id, row.limits)?,
            approval_defaults: defaults.transpose()?,
            standing_approvals: json(TABLE, id, row.standing_approvals)?,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A page of the agents that somebody of these realms sees, the newest first; those of no realm are everybody's.
#[tracing::instrument(name = "db.agents.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    realms: &Realms,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Agent>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(realms);
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        AgentRow,
        "select id, name, instructions, model, tools, realm, limits, approval_defaults,
                standing_approvals, created_by, created_at, updated_at
         from agents
         where org_id = $1 and deleted_at is null
             and ($2::text[] is null or realm is null or realm = any($2))
             and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
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
               select from agents
               where org_id = $1 and deleted_at is null
                   and ($2::text[] is null or realm is null or realm = any($2))
               limit $3) counted"#,
        org,
        slugs.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Agent::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |agent: &Agent| (agent.created_at, agent.id.into())))
}

/// One agent, in whichever realm it lies.
#[tracing::instrument(name = "db.agents.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: AgentId) -> Result<Option<Agent>> {
    sqlx::query_as!(
        AgentRow,
        "select id, name, instructions, model, tools, realm, limits, approval_defaults,
                standing_approvals, created_by, created_at, updated_at
         from agents where org_id = $1 and id = $2 and deleted_at is null",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Agent::try_from)
    .transpose()
}

/// One agent, which nobody changes or deletes before the transaction ends.
#[tracing::instrument(name = "db.agents.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: AgentId) -> Result<Option<Agent>> {
    sqlx::query_as!(
        AgentRow,
        "select id, name, instructions, model, tools, realm, limits, approval_defaults,
                standing_approvals, created_by, created_at, updated_at
         from agents where org_id = $1 and id = $2 and deleted_at is null for no key update",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Agent::try_from)
    .transpose()
}

/// What an agent is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A task uses it.
    Task,
    /// An answer of it is under way or waits.
    Answer,
}

/// What an agent is needed for, if anything. From now on nothing refers to it anew before the transaction ends. An answer
/// that begins after that goes on with it to its end, though it is removed.
#[tracing::instrument(name = "db.agents.need", skip_all)]
pub async fn need(tx: &mut Tx, id: AgentId) -> Result<Option<Need>> {
    let (org, id) = (Uuid::from(tx.org()), Uuid::from(id));
    // A new row that refers to the agent shares its key: those on their way are waited for, and later ones wait.
    sqlx::query!("select from agents where org_id = $1 and id = $2 for update", org, id)
        .fetch_optional(tx.conn())
        .await?;
    let needs = sqlx::query!(
        r#"select exists (select from tasks where org_id = $1 and agent_id = $2) as "by_task!",
                  exists (
                      select from runs
                      where org_id = $1 and agent_id = $2
                          and state in ('pending', 'running', 'waiting_approval')) as "by_answer!""#,
        org,
        id,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(match needs {
        _ if needs.by_task => Some(Need::Task),
        _ if needs.by_answer => Some(Need::Answer),
        _ => None,
    })
}

/// Keeps a new agent. A name in use breaks [`NAME_KEY`].
#[tracing::instrument(name = "db.agents.insert", skip_all)]
pub async fn insert(tx: &mut Tx, agent: &Agent) -> Result<()> {
    let json = Written::of(agent)?;
    sqlx::query!(
        "insert into agents (id, org_id, name, instructions, model, tools, realm, limits,
                             approval_defaults, standing_approvals, created_by, created_at,
                             updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        Uuid::from(agent.id),
        Uuid::from(tx.org()),
        agent.name,
        agent.instructions,
        agent.model,
        json.tools,
        agent.realm.as_ref().map(Realm::as_str),
        json.limits,
        json.approval_defaults,
        json.standing_approvals,
        agent.created_by,
        agent.created_at,
        agent.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes everything but who defined it and when. A name in use breaks [`NAME_KEY`].
#[tracing::instrument(name = "db.agents.update", skip_all)]
pub async fn update(tx: &mut Tx, agent: &Agent) -> Result<bool> {
    let json = Written::of(agent)?;
    let done = sqlx::query!(
        "update agents set name = $3, instructions = $4, model = $5, tools = $6, realm = $7,
                           limits = $8, approval_defaults = $9, standing_approvals = $10,
                           updated_at = $11
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(agent.id),
        agent.name,
        agent.instructions,
        agent.model,
        json.tools,
        agent.realm.as_ref().map(Realm::as_str),
        json.limits,
        json.approval_defaults,
        json.standing_approvals,
        agent.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes an agent: nobody finds it any more, and its name and realm are free. Its conversations and runs stay, without
/// it. They may be very many: what is left of it is swept.
#[tracing::instrument(name = "db.agents.delete", skip_all)]
pub async fn delete(tx: &mut Tx, id: AgentId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update agents set deleted_at = $3 where org_id = $1 and id = $2 and deleted_at is null",
        Uuid::from(tx.org()),
        Uuid::from(id),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A row that names an agent was written where the agent is there, for which `key` stands else.
pub(crate) fn require(written: u64, key: &str) -> Result<()> {
    if written == 0 {
        let (constraint, source) = (key.to_owned(), "the agent was removed".into());
        return Err(Error::Constraint { constraint, source });
    }
    Ok(())
}

/// The JSON columns of an agent.
struct Written {
    tools: Value,
    limits: Value,
    approval_defaults: Option<Value>,
    standing_approvals: Value,
}

impl Written {
    fn of(agent: &Agent) -> Result<Self> {
        let defaults = agent.approval_defaults.as_ref();
        Ok(Self {
            tools: to_json(TABLE, agent.id, &agent.tools)?,
            limits: to_json(TABLE, agent.id, &agent.limits)?,
            approval_defaults: defaults.map(|it| to_json(TABLE, agent.id, it)).transpose()?,
            standing_approvals: to_json(TABLE, agent.id, &agent.standing_approvals)?,
        })
    }
}
