//! Runners look for work across all orgs: they claim jobs, keep them by heartbeats, and give them back.
//!
//! What a job holds is read in its own org afterwards. Time is the runners' own: their clocks may differ by less than a
//! lease lasts, and one that is wrong by more takes work over too early, which costs an attempt and harms no data. No
//! job waits for longer than a quarter of an hour: one that is due later than that was put there by a clock that was ahead,
//! and is due now.

use agentcy_core::{
    Timestamp,
    id::{JobId, OrgId},
};
use uuid::Uuid;

use crate::{Result, SystemTx, jobs::Hold};

/// A claimed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The claim, which every later write names.
    pub hold: Hold,
    /// The org it belongs to.
    pub org_id: OrgId,
    /// The kind of its present half.
    pub kind: String,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// Who asked for it.
    pub made_by: String,
    /// Which attempt this is. Above `max_attempts`: the last runner died with it.
    pub attempt: i32,
    /// How many there may be.
    pub max_attempts: i32,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
}

/// Claims jobs of these kinds that are due, or whose lease ran out. Each claim is an attempt. What is for workers
/// elsewhere is left to them, unless they lost it and all that is left is to end it. Orgs take turns: first comes the one
/// that has the fewest under way, however much another has queued.
#[tracing::instrument(name = "db.jobs.claim", skip_all)]
pub async fn claim(
    tx: &mut SystemTx,
    kinds: &[&str],
    holder: &str,
    most: i64,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<Claimed>> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    // One select for each range of the partial indexes, for each kind and org in which something waits: many jobs of one do
    // not stand before another's.
    let rows = sqlx::query!(
        "with recursive waiting (kind, org_id) as (
             select kind, (select org_id from jobs
                           where state = 'queued' and not remote and kind = wanted.kind
                           order by org_id limit 1)
             from unnest($1::text[]) wanted (kind)
             union all
             select kind, (select org_id from jobs
                           where state = 'queued' and not remote and kind = before.kind
                               and org_id > before.org_id
                           order by org_id limit 1)
             from waiting before where org_id is not null
         ), busy as (
             select org_id, count(*) as places from jobs
             where state = 'running' and kind = any($1) group by org_id
         ), lost as (
             select id from jobs
             where state = 'running' and lease_until <= $4 and kind = any($1)
                 and (not remote or cancel or attempt >= max_attempts)
             order by lease_until limit $3 for update skip locked
         ), due as (
             select id from (
                 select due.*, coalesce(places, 0)
                     + row_number() over (partition by waiting.org_id order by run_at, id) as place
                 from waiting left join busy using (org_id) cross join lateral (
                     select id, run_at from jobs
                     where state = 'queued' and not remote and run_at <= $4
                         and kind = waiting.kind and org_id = waiting.org_id
                     order by run_at, id limit $3 for update skip locked) due) due
             order by place, run_at, id limit $3
         ), astray as (
             select astray.id from waiting cross join lateral (
                 select id from jobs
                 where state = 'queued' and not remote and run_at > $4 + interval '15 minutes'
                     and kind = waiting.kind and org_id = waiting.org_id
                 order by run_at limit $3 for update skip locked) astray
             limit $3
         ), taken as (
             select id from lost union all select id from due union all select id from astray
             limit $3
         )
         update jobs set state = 'running', attempt = attempt + 1, fence = fence + 1, holder = $2,
                         lease_until = $5, started_at = coalesce(started_at, $4)
         where id = any(array(select id from taken))
         returning id, org_id, kind, subject, made_by, attempt, max_attempts, fence, cancel",
        &kinds,
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
        kind: row.kind,
        subject: row.subject,
        made_by: row.made_by,
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        cancel: row.cancel,
    });
    Ok(claimed.collect())
}

/// A job that is still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The job.
    pub id: JobId,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
}

/// Keeps jobs for longer. Those that are not answered are somebody else's by now, or over.
#[tracing::instrument(name = "db.jobs.heartbeat", skip_all)]
pub async fn heartbeat(
    tx: &mut SystemTx,
    holds: &[Hold],
    lease_until: Timestamp,
) -> Result<Vec<Beat>> {
    let (ids, fences) = split(holds);
    let rows = sqlx::query!(
        "update jobs set lease_until = $3
         from unnest($1::uuid[], $2::bigint[]) held (id, fence)
         where jobs.id = held.id and jobs.fence = held.fence and jobs.state = 'running'
         returning jobs.id, jobs.cancel",
        &ids,
        &fences,
        lease_until,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Beat { id: row.id.into(), cancel: row.cancel }).collect())
}

/// Gives jobs back, due at once; the attempt does not count.
#[tracing::instrument(name = "db.jobs.release", skip_all)]
pub async fn release(tx: &mut SystemTx, holds: &[Hold], now: Timestamp) -> Result<()> {
    let (ids, fences) = split(holds);
    sqlx::query!(
        "update jobs set state = 'queued', attempt = attempt - 1, run_at = $3, lease_until = null,
                         holder = null, remote = remote and not cancel
         from unnest($1::uuid[], $2::bigint[]) held (id, fence)
         where jobs.id = held.id and jobs.fence = held.fence and jobs.state = 'running'",
        &ids,
        &fences,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives up a job that cannot even be opened in its org.
#[tracing::instrument(name = "db.jobs.bury", skip_all)]
pub async fn bury(tx: &mut SystemTx, hold: Hold, reason: &str, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update jobs set state = 'failed', finished_at = $4, reason = $3, lease_until = null,
                         holder = null
         where id = $1 and fence = $2 and state = 'running'",
        Uuid::from(hold.id),
        hold.fence,
        reason,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) fn split(holds: &[Hold]) -> (Vec<Uuid>, Vec<i64>) {
    holds.iter().map(|hold| (Uuid::from(hold.id), hold.fence)).unzip()
}
