//! `conversations`: who owns them, how far their log goes, and which run answers.
//!
//! Whoever writes both a conversation and a run of it locks the conversation first, so that no two wait for each other.

use agentcy_core::{
    Limit, Page, Realm, Realms, Timestamp,
    id::{AgentId, ConversationId, RunId, TaskId},
    page::TOTAL_CAP,
    tool::ApprovalDefaults,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result, Tenant, Tx,
    agents::{self, Agent, AgentRow},
    columns::{json, realm, slugs},
    llm_settings::{LlmSettings, LlmSettingsRow},
};

/// How many conversations a search looks through, the latest ones.
pub const SEARCHED: i64 = 2000;

/// The constraint that the agent of a conversation is there when it begins.
pub const AGENT_KEY: &str = "conversations_agent_id_fkey";

const TABLE: &str = "conversations";

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The principal that it belongs to; without one it is the org's.
    pub owner: Option<String>,
    /// The task whose run it is the work of.
    pub task_id: Option<TaskId>,
    /// The agent that answers; none is the default one.
    pub agent_id: Option<AgentId>,
    /// What it is about; may be empty.
    pub title: String,
    /// The one realm that its runs see.
    pub realm: Option<Realm>,
    /// Whether it was put away.
    pub archived: bool,
    /// The last number of its log that is committed.
    pub last_seq: i64,
    /// The last number that somebody may have been shown.
    pub reserved: i64,
    /// The run that answers now, or is parked.
    pub active_run: Option<RunId>,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
}

struct ConversationRow {
    id: Uuid,
    owner: Option<String>,
    task_id: Option<Uuid>,
    agent_id: Option<Uuid>,
    title: String,
    realm: Option<String>,
    archived: bool,
    last_seq: i64,
    reserved: i64,
    active_run: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = Error;
    fn try_from(row: ConversationRow) -> Result<Self> {
        let id = ConversationId::from(row.id);
        Ok(Self {
            id,
            owner: row.owner,
            task_id: row.task_id.map(TaskId::from),
            agent_id: row.agent_id.map(AgentId::from),
            title: row.title,
            realm: realm(TABLE, id, row.realm)?,
            archived: row.archived,
            last_seq: row.last_seq,
            reserved: row.reserved,
            active_run: row.active_run.map(RunId::from),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Which conversations to list.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Those of this principal, and those of the org ...
    pub owner: &'a str,
    /// ... in these realms; one of no realm is for those who see all.
    pub realms: &'a Realms,
    /// Only those with this in their title or in the latest 200 messages, among the latest [`SEARCHED`]; whatever the case,
    /// beyond ASCII as the locale of the database has it.
    pub query: Option<&'a str>,
    /// Only those put away, or only the others.
    pub archived: Option<bool>,
}

// A macro, since a checked statement is a literal. Each arm reads an index from where the page begins and no further: own
// ones; those of the org for who sees all; those of each realm for who sees some; each put away or not.
macro_rules! latest {
    ($query:ident, [$($row:ident)?], $rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::$query!(
            $($row,)?
            r#"with kinds as (
                   select archived from unnest(array[false, true]) kinds (archived)
                   where $4::bool is null or archived = $4
               ), seen as (
                   select own.* from kinds k cross join lateral (
                       select * from conversations
                       where org_id = $1 and owner = $2 and archived = k.archived
                           and (updated_at, id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                       order by updated_at desc, id desc limit $7) own
                   union all
                   select common.* from kinds k cross join lateral (
                       select * from conversations
                       where org_id = $1 and owner is null and archived = k.archived and $3::text[] is null
                           and (updated_at, id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                       order by updated_at desc, id desc limit $7) common
                   union all
                   select common.* from kinds k cross join unnest($3::text[]) wanted (slug) cross join lateral (
                       select * from conversations
                       where org_id = $1 and owner is null and realm = wanted.slug and archived = k.archived
                           and (updated_at, id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                       order by updated_at desc, id desc limit $7) common
               ), latest as (
                   select * from seen order by updated_at desc, id desc limit $7
               ), told as (
                   select * from latest c
                   where $8::text is null or strpos(lower(title), lower($8)) > 0 or exists (
                       select from (
                           select parts from messages
                           where org_id = $1 and conversation_id = c.id and role <> 'summary'
                           order by coalesce(seq, 9223372036854775807) desc, id desc limit 200
                       ) m cross join lateral jsonb_array_elements(m.parts) part
                       where strpos(lower(part ->> 'text'), lower($8)) > 0)
               ) "# + $rest
            $(, $arg)*
        )
    };
}

/// A page of conversations, the latest activity first.
#[tracing::instrument(name = "db.conversations.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    filter: Filter<'_>,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Conversation>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(filter.realms);
    let (after_at, after_id) = after.unzip();
    // A search looks at the latest of all, and a page begins where the one before ended.
    let (most, from) = match filter.query {
        Some(_) => (SEARCHED, None),
        None => (limit.plus_one(), after_at),
    };
    let rows = latest!(
        query_as,
        [ConversationRow],
        r#"select id as "id!", owner, task_id,
                  (select a.id from agents a
                   where a.org_id = $1 and a.id = c.agent_id and a.deleted_at is null) as agent_id,
                  title as "title!", realm, archived as "archived!", last_seq as "last_seq!",
                  reserved as "reserved!", active_run, created_at as "created_at!",
                  updated_at as "updated_at!"
           from told c
           where (updated_at, id) < (coalesce($9::timestamptz, 'infinity'), coalesce($6, $1))
           order by updated_at desc, id desc
           limit $10"#,
        org,
        filter.owner,
        slugs.as_deref(),
        filter.archived,
        from,
        after_id,
        most,
        filter.query,
        after_at,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = latest!(
        query_scalar,
        [],
        r#"select count(*) as "count!" from told"#,
        org,
        filter.owner,
        slugs.as_deref(),
        filter.archived,
        None::<Timestamp>,
        None::<Uuid>,
        if filter.query.is_some() { SEARCHED } else { TOTAL_CAP + 1 },
        filter.query,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Conversation::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |it: &Conversation| (it.updated_at, it.id.into())))
}

/// One conversation, whoever owns it.
#[tracing::instrument(name = "db.conversations.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: ConversationId) -> Result<Option<Conversation>> {
    sqlx::query_as!(
        ConversationRow,
        "select id, owner, task_id,
                (select a.id from agents a
                 where a.org_id = $1 and a.id = agent_id and a.deleted_at is null) as agent_id,
                title, realm, archived, last_seq, reserved, active_run, created_at, updated_at
         from conversations where org_id = $1 and id = $2",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// One conversation, which nobody writes before the transaction ends; rows that only refer to it do not wait.
#[tracing::instrument(name = "db.conversations.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: ConversationId) -> Result<Option<Conversation>> {
    sqlx::query_as!(
        ConversationRow,
        "select id, owner, task_id,
                (select a.id from agents a
                 where a.org_id = $1 and a.id = agent_id and a.deleted_at is null) as agent_id,
                title, realm, archived, last_seq, reserved, active_run, created_at, updated_at
         from conversations where org_id = $1 and id = $2 for no key update",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// All that a turn stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The conversation.
    pub conversation: Conversation,
    /// Its agent.
    pub agent: Option<Agent>,
    /// The org's own model provider, if it has one.
    pub llm: Option<LlmSettings>,
    /// What tools may do without asking, as the org says.
    pub approval_defaults: ApprovalDefaults,
    /// How long an approval waits.
    pub approval_timeout_secs: i32,
    /// Whether nobody may decide an approval of their own.
    pub require_other: bool,
}

// A macro, since a checked statement is a literal and only its lock differs.
macro_rules! turn {
    ($tenant:expr, $id:expr, $lock:literal) => {{
        let row = sqlx::query!(
            r#"select c.id, c.owner, c.task_id, c.title, c.realm, c.archived,
                      c.last_seq, c.reserved, c.active_run, c.created_at, c.updated_at,
                      o.approval_defaults, o.approval_timeout_secs, o.require_other,
                      a.id as "a_id?", a.name as "a_name?", a.instructions as "a_instructions?",
                      a.model as a_model, a.tools as "a_tools?", a.realm as a_realm,
                      a.limits as "a_limits?", a.approval_defaults as a_approval_defaults,
                      a.standing_approvals as "a_standing_approvals?",
                      a.created_by as "a_created_by?", a.created_at as "a_created_at?",
                      a.updated_at as "a_updated_at?",
                      s.provider as "s_provider?", s.model as "s_model?", s.base_url as s_base_url,
                      s.api_key as s_api_key, s.fallbacks as "s_fallbacks?",
                      s.updated_at as "s_updated_at?"
               from conversations c
               join orgs o on o.id = c.org_id
               left join agents a on a.org_id = c.org_id and a.id = c.agent_id
                   and (a.deleted_at is null or exists (
                       select from runs r
                       where r.org_id = c.org_id and r.conversation_id = c.id and r.agent_id = a.id
                           and r.state in ('pending', 'running', 'waiting_approval')))
               left join llm_settings s on s.org_id = c.org_id
               where c.org_id = $1 and c.id = $2 "#
                + $lock,
            Uuid::from($tenant.org()),
            Uuid::from($id),
        )
        .fetch_optional($tenant.conn())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let agent = match (
            row.a_id,
            row.a_name,
            row.a_instructions,
            row.a_tools,
            row.a_limits,
            row.a_standing_approvals,
            row.a_created_by,
            row.a_created_at.zip(row.a_updated_at),
        ) {
            (
                Some(id),
                Some(name),
                Some(instructions),
                Some(tools),
                Some(limits),
                Some(standing_approvals),
                Some(created_by),
                Some((created_at, updated_at)),
            ) => Some(AgentRow {
                id,
                name,
                instructions,
                model: row.a_model,
                tools,
                realm: row.a_realm,
                limits,
                approval_defaults: row.a_approval_defaults,
                standing_approvals,
                created_by,
                created_at,
                updated_at,
            }),
            _ => None,
        };
        let conversation = ConversationRow {
            id: row.id,
            owner: row.owner,
            task_id: row.task_id,
            agent_id: agent.as_ref().map(|agent| agent.id),
            title: row.title,
            realm: row.realm,
            archived: row.archived,
            last_seq: row.last_seq,
            reserved: row.reserved,
            active_run: row.active_run,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        let llm = match (row.s_provider, row.s_model, row.s_fallbacks, row.s_updated_at) {
            (Some(provider), Some(model), Some(fallbacks), Some(updated_at)) => {
                let (base_url, api_key) = (row.s_base_url, row.s_api_key);
                Some(LlmSettingsRow { provider, model, base_url, api_key, fallbacks, updated_at })
            }
            _ => None,
        };
        let defaults: Value = row.approval_defaults;
        Ok(Some(Turn {
            conversation: conversation.try_into()?,
            agent: agent.map(Agent::try_from).transpose()?,
            llm: llm.map(|row| row.into_model($tenant.org().into())).transpose()?,
            approval_defaults: json("orgs", $tenant.org(), defaults)?,
            approval_timeout_secs: row.approval_timeout_secs,
            require_other: row.require_other,
        }))
    }};
}

/// All that a turn stands on, the conversation locked as by [`lock`]. An agent that was removed is there for an answer that
/// is not over alone, which it narrows.
#[tracing::instrument(name = "db.conversations.open_for_turn", skip_all)]
pub async fn open_for_turn(tx: &mut Tx, id: ConversationId) -> Result<Option<Turn>> {
    turn!(tx, id, "for no key update of c")
}

/// All that a turn stands on, as it is now.
#[tracing::instrument(name = "db.conversations.turn", skip_all)]
pub async fn turn(tenant: &mut impl Tenant, id: ConversationId) -> Result<Option<Turn>> {
    turn!(tenant, id, "")
}

/// Keeps a new conversation.
#[tracing::instrument(name = "db.conversations.insert", skip_all)]
pub async fn insert(tx: &mut Tx, new: &Conversation) -> Result<()> {
    let done = sqlx::query!(
        "insert into conversations (id, org_id, owner, agent_id, title, realm, archived, last_seq,
                                    reserved, active_run, created_at, updated_at, task_id)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         where $4::uuid is null or exists (
             select from agents where org_id = $2 and id = $4 and deleted_at is null for share)",
        Uuid::from(new.id),
        Uuid::from(tx.org()),
        new.owner,
        new.agent_id.map(Uuid::from),
        new.title,
        new.realm.as_ref().map(Realm::as_str),
        new.archived,
        new.last_seq,
        new.reserved,
        new.active_run.map(Uuid::from),
        new.created_at,
        new.updated_at,
        new.task_id.map(Uuid::from),
    )
    .execute(tx.conn())
    .await?;
    agents::require(done.rows_affected(), AGENT_KEY)
}

/// Writes title, realm and whether it was put away. That is no activity: its place in the list stays.
#[tracing::instrument(name = "db.conversations.update", skip_all)]
pub async fn update(tx: &mut Tx, changed: &Conversation) -> Result<bool> {
    let done = sqlx::query!(
        "update conversations set title = $3, realm = $4, archived = $5
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(changed.id),
        changed.title,
        changed.realm.as_ref().map(Realm::as_str),
        changed.archived,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says which run answers, as of now. An empty title becomes `title`.
#[tracing::instrument(name = "db.conversations.engage", skip_all)]
pub async fn engage(
    tx: &mut Tx,
    id: ConversationId,
    run: RunId,
    title: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "update conversations
         set active_run = $3, updated_at = $5, title = case when title = '' then $4 else title end
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(id),
        Uuid::from(run),
        title,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a conversation and everything that happened in it.
#[tracing::instrument(name = "db.conversations.delete", skip_all)]
pub async fn delete(tx: &mut Tx, id: ConversationId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from conversations where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
