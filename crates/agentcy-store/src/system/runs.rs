//! Runners look for runs across all orgs: they claim them, keep them by heartbeats, and give them back.

use agentcy_core::{
    Timestamp,
    id::{ConversationId, OrgId, RunId, TaskId},
};
use uuid::Uuid;

use crate::{Result, SystemTx, runs::Hold};

/// A claimed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The claim, which every later write names.
    pub hold: Hold,
    /// The org it belongs to.
    pub org_id: OrgId,
    /// Where it answers.
    pub conversation_id: ConversationId,
    /// Who started it.
    pub starter: String,
    /// The tasks that led to it, the first one first.
    pub causes: Vec<TaskId>,
    /// How often its runner was lost.
    pub attempt: i32,
    /// Whether its runner was lost just now, so that what it was about to do is not known.
    pub was_lost: bool,
}

/// Claims runs whose lease ran out, and then those that are due. Only a lost lease is an attempt.
#[tracing::instrument(name = "db.runs.claim", skip_all)]
pub async fn claim(
    tx: &mut SystemTx,
    holder: &str,
    most: i64,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<Claimed>> {
    // One select for each of the partial indexes, and for each org in which something waits: first comes the org of which the
    // fewest are given, however many another has waiting. Rows that only refer to a run do not wait. A run that waits for nothing
    // but its turn is due at once: only a clock that was ahead can have put it off.
    let rows = sqlx::query!(
        r#"with recursive waiting (org_id) as (
             select (select org_id from runs
                     where state in ('pending', 'waiting_approval') and wake_at is not null
                     order by org_id limit 1)
             union all
             select (select org_id from runs
                     where state in ('pending', 'waiting_approval') and wake_at is not null
                         and org_id > before.org_id
                     order by org_id limit 1)
             from waiting before where org_id is not null
         ), busy as (
             select org_id, count(*) as places from runs where state = 'running' group by org_id
         ), lost as (
             select id from runs where state = 'running' and lease_until <= $3
             order by lease_until limit $2 for no key update skip locked
         ), due as (
             select id from (
                 select due.*, coalesce(places, 0)
                     + row_number() over (partition by waiting.org_id order by wake_at) as place
                 from waiting left join busy using (org_id) cross join lateral (
                     select id, wake_at from runs
                     where state in ('pending', 'waiting_approval') and wake_at <= $3
                         and org_id = waiting.org_id
                     order by wake_at limit $2 for no key update skip locked) due) due
             order by place, wake_at limit $2
         ), astray as (
             select id from runs
             where state = 'pending' and wake_at > $3::timestamptz + interval '15 minutes'
             order by wake_at limit $2 for no key update skip locked
         ), taken as (
             select id from lost union all select id from due union all select id from astray
             limit $2
         )
         update runs set state = 'running', fence = fence + 1, holder = $1, lease_until = $4,
                         wake_at = null,
                         attempt = attempt + (id = any(array(select id from lost)))::int
         where id = any(array(select id from taken))
         returning id, org_id, conversation_id, starter, causes, attempt, fence,
                   id = any(array(select id from lost)) as "was_lost!""#,
        holder,
        most,
        now,
        lease_until,
    )
    .fetch_all(tx.conn())
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        hold: Hold { id: row.id.into(), fence: row.fence },
        org_id: row.org_id.into(),
        conversation_id: row.conversation_id.into(),
        starter: row.starter,
        causes: row.causes.into_iter().map(TaskId::from).collect(),
        attempt: row.attempt,
        was_lost: row.was_lost,
    });
    Ok(claimed.collect())
}

/// A run that is still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The run.
    pub id: RunId,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
}

/// Keeps runs for longer; no lease becomes shorter, but one that a clock which was ahead has made too long. Those that are not answered are somebody else's by now, or over.
#[tracing::instrument(name = "db.runs.heartbeat", skip_all)]
pub async fn heartbeat(
    tx: &mut SystemTx,
    holds: &[Hold],
    lease_until: Timestamp,
) -> Result<Vec<Beat>> {
    let (ids, fences) = split(holds);
    let rows = sqlx::query!(
        "update runs set lease_until = case
             when runs.lease_until > $3::timestamptz + interval '1 minute' then $3
             else greatest(runs.lease_until, $3) end
         from unnest($1::uuid[], $2::bigint[]) held (id, fence)
         where runs.id = held.id and runs.fence = held.fence and runs.state = 'running'
         returning runs.id, runs.cancel",
        &ids,
        &fences,
        lease_until,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Beat { id: row.id.into(), cancel: row.cancel }).collect())
}

/// Gives runs back, due at once.
#[tracing::instrument(name = "db.runs.release", skip_all)]
pub async fn release(tx: &mut SystemTx, holds: &[Hold], now: Timestamp) -> Result<()> {
    let (ids, fences) = split(holds);
    sqlx::query!(
        "update runs set state = 'pending', wake_at = $3, lease_until = null, holder = null
         from unnest($1::uuid[], $2::bigint[]) held (id, fence)
         where runs.id = held.id and runs.fence = held.fence and runs.state = 'running'",
        &ids,
        &fences,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn split(holds: &[Hold]) -> (Vec<Uuid>, Vec<i64>) {
    holds.iter().map(|hold| (Uuid::from(hold.id), hold.fence)).unzip()
}
