//! `tool_calls`: what a model asked for. The claim of a call stands before its effect, so that none is repeated.

use std::{fmt, str::FromStr};

use agentcy_core::{
    Limit, Page, Timestamp,
    chat::CallState,
    id::{ConversationId, MessageId, RunId, ToolCallId},
    page::TOTAL_CAP,
    tool::Effect,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx, columns::name};

const TABLE: &str = "tool_calls";

/// A tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Its id.
    pub id: ToolCallId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its run.
    pub run_id: RunId,
    /// The answer that it is made for.
    pub message_id: MessageId,
    /// Which turn of the model asked for it, from 0 on.
    pub step: i32,
    /// Which call of the turn it is, from 0 on.
    pub ordinal: i32,
    /// The name that the provider gave the call.
    pub provider_id: String,
    /// The tool, as the model named it.
    pub name: String,
    /// The source that the inner tool works on.
    pub connector: Option<String>,
    /// The inner tool.
    pub tool: Option<String>,
    /// The arguments.
    pub args: Value,
    /// What it changes, once that is known.
    pub effect: Option<Effect>,
    /// Where it stands.
    pub state: CallState,
    /// Why it was let pass.
    pub passed_by: Option<PassedBy>,
    /// What the model is told.
    pub result: Option<Value>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its effect began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Why a call was let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedBy {
    /// Its effect passes without asking.
    Default,
    /// A person agreed to it.
    Approval,
    /// A person agreed to the same call a while ago.
    Remembered,
    /// An admin agreed to such calls.
    Standing,
}

impl PassedBy {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Default, Self::Approval, Self::Remembered, Self::Standing];

    /// The name as the table and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Approval => "approval",
            Self::Remembered => "remembered",
            Self::Standing => "standing",
        }
    }
}

impl FromStr for PassedBy {
    type Err = NotPassed;
    fn from_str(text: &str) -> Result<Self, NotPassed> {
        Self::ALL.into_iter().find(|one| one.name() == text).ok_or(NotPassed)
    }
}

/// A text that is no reason to let a call pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPassed;

impl fmt::Display for NotPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a reason to let a call pass")
    }
}

/// The effect as the tables write it.
pub(crate) const fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destructive => "destructive",
    }
}

pub(crate) fn effect(table: &'static str, id: impl ToString, text: &str) -> Result<Effect> {
    [Effect::Read, Effect::Write, Effect::Destructive]
        .into_iter()
        .find(|effect| effect_name(*effect) == text)
        .ok_or_else(|| Error::corrupt(table, id, "effect"))
}

struct CallRow {
    id: Uuid,
    conversation_id: Uuid,
    run_id: Uuid,
    message_id: Uuid,
    step: i32,
    ordinal: i32,
    provider_id: String,
    name: String,
    connector: Option<String>,
    tool: Option<String>,
    args: Value,
    effect: Option<String>,
    state: String,
    passed_by: Option<String>,
    result: Option<Value>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl TryFrom<CallRow> for ToolCall {
    type Error = Error;
    fn try_from(row: CallRow) -> Result<Self> {
        let id = ToolCallId::from(row.id);
        Ok(Self {
            id,
            conversation_id: row.conversation_id.into(),
            run_id: row.run_id.into(),
            message_id: row.message_id.into(),
            step: row.step,
            ordinal: row.ordinal,
            provider_id: row.provider_id,
            name: row.name,
            connector: row.connector,
            tool: row.tool,
            args: row.args,
            effect: row.effect.map(|text| effect(TABLE, id, &text)).transpose()?,
            state: name(TABLE, id, &row.state)?,
            passed_by: row.passed_by.map(|text| name(TABLE, id, &text)).transpose()?,
            result: row.result,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

// A macro, since a checked statement is a literal and the columns of a call are many.
macro_rules! calls {
    ($rest:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            CallRow,
            "select id, conversation_id, run_id, message_id, step, ordinal, provider_id, name,
                    connector, tool, args, effect, state, passed_by, result, created_at, started_at,
                    finished_at
             from tool_calls " + $rest
            $(, $arg)*
        )
    };
}

/// Keeps new calls.
#[tracing::instrument(name = "db.tool_calls.insert", skip_all)]
pub async fn insert(tx: &mut Tx, calls: &[ToolCall]) -> Result<()> {
    for call in calls {
        sqlx::query!(
            "insert into tool_calls (id, org_id, conversation_id, run_id, message_id, step, ordinal,
                                     provider_id, name, connector, tool, args, effect, state,
                                     passed_by, result, created_at, started_at, finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                     $19)",
            Uuid::from(call.id),
            Uuid::from(tx.org()),
            Uuid::from(call.conversation_id),
            Uuid::from(call.run_id),
            Uuid::from(call.message_id),
            call.step,
            call.ordinal,
            call.provider_id,
            call.name,
            call.connector,
            call.tool,
            call.args,
            call.effect.map(effect_name),
            call.state.name(),
            call.passed_by.map(PassedBy::name),
            call.result,
            call.created_at,
            call.started_at,
            call.finished_at,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// One call.
#[tracing::instrument(name = "db.tool_calls.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: ToolCallId) -> Result<Option<ToolCall>> {
    let org = Uuid::from(tenant.org());
    calls!("where org_id = $1 and id = $2", org, Uuid::from(id))
        .fetch_optional(tenant.conn())
        .await?
        .map(ToolCall::try_from)
        .transpose()
}

/// The calls of these runs, in the order in which they were asked for.
#[tracing::instrument(name = "db.tool_calls.of_runs", skip_all)]
pub async fn of_runs(tenant: &mut impl Tenant, runs: &[RunId]) -> Result<Vec<ToolCall>> {
    let org = Uuid::from(tenant.org());
    let runs: Vec<Uuid> = runs.iter().copied().map(Uuid::from).collect();
    calls!("where org_id = $1 and run_id = any($2) order by run_id, step, ordinal", org, &runs)
        .fetch_all(tenant.conn())
        .await?
        .into_iter()
        .map(ToolCall::try_from)
        .collect()
}

/// How many bytes the arguments and results of each of these runs take, as far as it has calls.
#[tracing::instrument(name = "db.tool_calls.weigh", skip_all)]
pub async fn weigh(tenant: &mut impl Tenant, runs: &[RunId]) -> Result<Vec<(RunId, i64)>> {
    let runs: Vec<Uuid> = runs.iter().copied().map(Uuid::from).collect();
    let rows = sqlx::query!(
        r#"select run_id,
                  sum(octet_length(args::text) + coalesce(octet_length(result::text), 0))
                      as "bytes!"
           from tool_calls where org_id = $1 and run_id = any($2) group by run_id"#,
        Uuid::from(tenant.org()),
        &runs,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.run_id.into(), row.bytes)).collect())
}

/// The calls of one turn of a run, in order.
#[tracing::instrument(name = "db.tool_calls.of_step", skip_all)]
pub async fn of_step(tenant: &mut impl Tenant, run: RunId, step: i32) -> Result<Vec<ToolCall>> {
    let org = Uuid::from(tenant.org());
    calls!(
        "where org_id = $1 and run_id = $2 and step = $3 order by ordinal",
        org,
        Uuid::from(run),
        step
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(ToolCall::try_from)
    .collect()
}

/// A page of the calls of a conversation, the newest first.
#[tracing::instrument(name = "db.tool_calls.of_conversation", skip_all)]
pub async fn of_conversation(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<ToolCall>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = calls!(
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
               select from tool_calls where org_id = $1 and conversation_id = $2 limit $3) counted"#,
        org,
        Uuid::from(conversation),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(ToolCall::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |call: &ToolCall| (call.created_at, call.id.into())))
}

/// Puts a call off until a person decides. False when it is not merely asked for any more.
#[tracing::instrument(name = "db.tool_calls.wait", skip_all)]
pub async fn wait(tx: &mut Tx, id: ToolCallId) -> Result<bool> {
    let done = sqlx::query!(
        "update tool_calls set state = 'waiting'
         where org_id = $1 and id = $2 and state = 'requested'",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Goes on with a call that a person has agreed to: it is to run. False when it does not wait.
#[tracing::instrument(name = "db.tool_calls.go_on", skip_all)]
pub async fn go_on(tx: &mut Tx, id: ToolCallId) -> Result<bool> {
    let done = sqlx::query!(
        "update tool_calls set state = 'requested'
         where org_id = $1 and id = $2 and state = 'waiting'",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Claims the effect of a call, with the arguments that it has now. False when it was claimed before, or is over: then
/// it must not run.
#[tracing::instrument(name = "db.tool_calls.claim", skip_all)]
pub async fn claim(
    tx: &mut Tx,
    id: ToolCallId,
    args: &Value,
    passed_by: PassedBy,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update tool_calls set state = 'claimed', args = $3, passed_by = $4, started_at = $5
         where org_id = $1 and id = $2 and state in ('requested', 'waiting')",
        Uuid::from(tx.org()),
        Uuid::from(id),
        args,
        passed_by.name(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a call. False when it was over.
#[tracing::instrument(name = "db.tool_calls.finish", skip_all)]
pub async fn finish(
    tx: &mut Tx,
    id: ToolCallId,
    state: CallState,
    result: &Value,
    passed_by: Option<PassedBy>,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update tool_calls set state = $3, result = $4, passed_by = coalesce($5, passed_by),
                               finished_at = $6
         where org_id = $1 and id = $2 and state in ('requested', 'waiting', 'claimed')",
        Uuid::from(tx.org()),
        Uuid::from(id),
        state.name(),
        result,
        passed_by.map(PassedBy::name),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the calls of a run whose effect began and was never told of: they may have happened. Gives them.
#[tracing::instrument(name = "db.tool_calls.mark_unknown", skip_all)]
pub async fn mark_unknown(
    tx: &mut Tx,
    run: RunId,
    result: &Value,
    now: Timestamp,
) -> Result<Vec<ToolCallId>> {
    let ids = sqlx::query_scalar!(
        "update tool_calls set state = 'unknown', result = $3, finished_at = $4
         where org_id = $1 and run_id = $2 and state = 'claimed'
         returning id",
        Uuid::from(tx.org()),
        Uuid::from(run),
        result,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(ToolCallId::from).collect())
}

/// Ends the calls of a run that have not begun, because it was stopped.
#[tracing::instrument(name = "db.tool_calls.cancel_rest", skip_all)]
pub async fn cancel_rest(tx: &mut Tx, run: RunId, now: Timestamp) -> Result<Vec<ToolCallId>> {
    let ids = sqlx::query_scalar!(
        "update tool_calls set state = 'cancelled', finished_at = $3
         where org_id = $1 and run_id = $2 and state in ('requested', 'waiting')
         returning id",
        Uuid::from(tx.org()),
        Uuid::from(run),
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(ToolCallId::from).collect())
}
