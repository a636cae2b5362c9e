//! A run that ends with nothing open: all that its end writes, in one statement.

use agentcy_core::{chat::FinishReason, id::RunId};
use uuid::Uuid;

use super::{Ending, Hold, Progress, TABLE};
use crate::{
    Result, Tenant, columns::to_json, conversation_log::Lines, messages::Message, usage::Share,
};

/// The end of a run.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// The claim.
    pub hold: Hold,
    /// How it ends.
    pub ending: &'a Ending<'a>,
    /// How far it came.
    pub progress: &'a Progress<'a>,
    /// The last lines of the log.
    pub lines: Lines<'a>,
    /// The answer, as the run ends it: with the same model, sums, reason and error.
    pub answer: &'a Message,
    /// Whose use it counts as, if it used a model.
    pub share: Option<Share<'a>>,
}

/// Ends a run with its answer, its last lines and what it used, and hands the conversation to the run that waits longest,
/// which is given back; outside a transaction they are one by themselves.
///
/// Errors: `LeaseLost` when the run is not held under this fence any more, or the numbers were used by somebody else.
#[tracing::instrument(name = "db.runs.end", skip_all)]
pub async fn end(tenant: &mut impl Tenant, end: &End<'_>) -> Result<Option<RunId>> {
    let &End { hold, ending, progress, lines, answer, share } = end;
    let usage = answer.usage.map(|usage| to_json("messages", answer.id, &usage)).transpose()?;
    // Each part needs the one before, which also makes it run after it: conversations are locked before runs, and who
    // waits is looked for by a function, which sees what was committed before the lock was ours.
    let next = sqlx::query_scalar!(
        r#"with locked as (
               select id from conversations
               where org_id = $1 and id = $2 and last_seq < $5
               for no key update
           ), ended as (
               update runs
               set state = $10, finish_reason = $11, error = $12, output = $13, step = $14,
                   in_tokens = $15, out_tokens = $16, cost_usd = $17, tainted = tainted or $18,
                   active_ms = $19, model = coalesce($20, model), system = coalesce(system, $21),
                   started_at = coalesce(started_at, $8), finished_at = $8, lease_until = null,
                   holder = null, wake_at = null
               where org_id = $1 and id = $3 and fence = $4 and state = 'running'
                   and conversation_id = (select id from locked)
               returning id
           ), next as materialized (
               select promote_run($1, $2, $8) as id from ended
           ), moved as (
               update conversations
               set last_seq = $6, reserved = greatest(reserved, $7, $6), active_run = next.id,
                   updated_at = $8
               from next
               where conversations.org_id = $1 and conversations.id = $2
           ), added as (
               insert into conversation_log (org_id, conversation_id, first_seq, last_seq, run_id,
                                             fence, at, events)
               select $1, $2, $5, $6, $3, $4, $8, $9 from ended
           ), answered as (
               update messages
               set state = $22, seq = $23, parts = $24, model = $20, usage = $25,
                   finish_reason = $11, error = $12, finished_at = $8
               from ended
               where messages.org_id = $1 and messages.id = $26
           ), counted as (
               insert into usage_days as u (org_id, day, user_id, agent_id, model, runs, in_tokens,
                                            out_tokens, cost_usd)
               select $1, $27, coalesce($28, (select created_by from api_keys
                                              where org_id = $1 and id = $29)),
                      $30, $31, 1, $15, $16, $17
               from ended where $27::date is not null
               on conflict on constraint usage_day_key do update set
                   runs = u.runs + excluded.runs, in_tokens = u.in_tokens + excluded.in_tokens,
                   out_tokens = u.out_tokens + excluded.out_tokens,
                   cost_usd = u.cost_usd + excluded.cost_usd
           )
           select id as "id?" from next"#,
        Uuid::from(tenant.org()),
        Uuid::from(lines.conversation),
        Uuid::from(hold.id),
        hold.fence,
        lines.first,
        lines.last,
        lines.reserved,
        lines.at,
        lines.events,
        ending.state.name(),
        ending.finish_reason.map(FinishReason::name),
        ending.error.map(|error| to_json(TABLE, hold.id, error)).transpose()?,
        ending.output,
        progress.step,
        progress.usage.in_tokens,
        progress.usage.out_tokens,
        progress.usage.cost_usd,
        progress.tainted,
        progress.active_ms,
        progress.model,
        progress.system,
        answer.state.name(),
        answer.seq,
        to_json("messages", answer.id, &answer.parts)?,
        usage,
        Uuid::from(answer.id),
        share.map(|share| share.day),
        share.and_then(|share| share.user).map(Uuid::from),
        share.and_then(|share| share.key).map(Uuid::from),
        share.and_then(|share| share.agent).map(Uuid::from),
        share.map(|share| share.model),
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(next.ok_or_else(|| hold.lost())?.map(RunId::from))
}
