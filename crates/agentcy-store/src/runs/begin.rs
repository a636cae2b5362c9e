//! A run that whoever asked goes on with at once: all that its beginning writes, in one statement.

use agentcy_core::{Realm, audit::AuditEntry, chat::RunState};
use uuid::Uuid;

use super::{NewRun, Run, RunRow, Start, TABLE};
use crate::{
    Error, Result, Tenant, columns::to_json, conversation_log::Lines, conversations::Conversation,
    messages::Message,
};

/// The number of the claim of whoever begins a run.
const FENCE: i64 = 1;

/// The beginning of a run.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// The conversation, as it was looked at.
    pub conversation: &'a Conversation,
    /// The run, held from the start.
    pub run: &'a NewRun,
    /// What the conversation is called if it has no title.
    pub title: &'a str,
    /// What was asked.
    pub question: &'a Message,
    /// The answer, of which nothing is there.
    pub answer: &'a Message,
    /// The first lines of the log.
    pub lines: Lines<'a>,
    /// That it was asked for.
    pub entry: &'a AuditEntry,
}

/// Begins a run in a conversation that is as it was looked at, with its two messages, its first lines and its audit row;
/// outside a transaction they are one by themselves.
///
/// Errors: `LeaseLost` when somebody was quicker: another run answers or has answered, or the conversation was moved.
#[tracing::instrument(name = "db.runs.begin", skip_all)]
pub async fn begin(tenant: &mut impl Tenant, new: &Beginning<'_>) -> Result<Run> {
    let &Beginning { conversation, run, title, question, answer, lines, entry } = new;
    let Start::Held { holder, lease_until } = &run.start else {
        return Err(Error::Database("a run that waits has not begun".into()));
    };
    let row = sqlx::query_as!(
        RunRow,
        r#"with moved as (
               update conversations
               set last_seq = $4, reserved = greatest(reserved, $5, $4), active_run = $6,
                   updated_at = $7, title = case when title = '' then $8 else title end
               where org_id = $1 and id = $2 and last_seq + 1 = $3 and active_run is null
                   and (select a.id from agents a
                        where a.org_id = $1 and a.id = agent_id and a.deleted_at is null)
                       is not distinct from $9
                   and realm is not distinct from $40
               returning id
           ), begun as (
               insert into runs (id, org_id, conversation_id, agent_id, message_id, starter, state,
                                 system, limits, fence, lease_until, holder, created_at, started_at,
                                 task_run_id, causes, tainted)
               select $6, $1, id, $9, $10, $11, $12, $13, $14, $15, $16, $17, $7, $7, $37, $38, $39
               from moved
               returning *
           ), said as (
               insert into messages (id, org_id, conversation_id, run_id, role, state, seq, parts,
                                     aside, created_at, finished_at)
               select said.id, $1, begun.conversation_id, begun.id, said.role, said.state, said.seq,
                      said.parts, said.aside, $7, said.finished_at
               from begun cross join (values
                   ($18::uuid, $19::text, $20::text, $21::bigint, $22::jsonb, $41::jsonb,
                    $7::timestamptz),
                   ($10, $23, $24, $25, '[]', null, null)
               ) as said (id, role, state, seq, parts, aside, finished_at)
           ), logged as (
               insert into conversation_log (org_id, conversation_id, first_seq, last_seq, run_id,
                                             fence, at, events)
               select $1, conversation_id, $3, $4, id, fence, $7, $26 from begun
           ), audited as (
               insert into audit (id, org_id, at, actor, action, decision, target, details,
                                  request_id, ip)
               select $27, $28, $29, $30, $31, $32, $33, $34, $35, $36::text::inet from begun
           )
           select id, conversation_id, task_run_id, causes, agent_id, message_id, starter, state,
                  system, limits, tainted, step, in_tokens, out_tokens, cost_usd, active_ms, model,
                  output, finish_reason, error, cancel, superseded, attempt, fence, lease_until,
                  holder, wake_at, created_at, started_at, finished_at
           from begun"#,
        Uuid::from(tenant.org()),
        Uuid::from(run.conversation_id),
        lines.first,
        lines.last,
        lines.reserved,
        Uuid::from(run.id),
        run.at,
        title,
        run.agent_id.map(Uuid::from),
        Uuid::from(run.message_id),
        run.starter,
        RunState::Running.name(),
        run.system,
        to_json(TABLE, run.id, &run.limits)?,
        FENCE,
        lease_until,
        holder,
        Uuid::from(question.id),
        question.role.name(),
        question.state.name(),
        question.seq,
        to_json("messages", question.id, &question.parts)?,
        answer.role.name(),
        answer.state.name(),
        answer.seq,
        lines.events,
        Uuid::from(entry.id),
        entry.org_id.map(Uuid::from),
        entry.at,
        entry.actor,
        entry.action,
        entry.decision.name(),
        entry.target,
        entry.details,
        entry.request_id,
        entry.ip.map(|ip| ip.to_string()),
        run.task.as_ref().map(|task| Uuid::from(task.run)),
        &run.causes(),
        run.task.as_ref().is_some_and(|task| task.tainted),
        conversation.realm.as_ref().map(Realm::as_str),
        question.aside.written(question.id)?,
    )
    .fetch_optional(tenant.conn())
    .await?;
    row.ok_or_else(|| Error::LeaseLost(run.id.to_string()))?.try_into()
}
