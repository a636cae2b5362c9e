//! Workers elsewhere: they belong to no org, and claim across those that let them.

use std::collections::BTreeMap;

use agentcy_core::{
    Limit, Page, Timestamp,
    id::{JobId, OrgId, WorkerId},
    page::TOTAL_CAP,
};
use serde_json::Value;
use uuid::Uuid;

use super::jobs::{Beat, Claimed, split};
use crate::{
    Error, Result, SystemTx,
    columns::{json, to_json},
    jobs::Hold,
};

/// A daemon elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id, by which it holds jobs.
    pub id: WorkerId,
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    pub capacity: i32,
    /// Which release it is.
    pub version: String,
    /// When it came.
    pub registered_at: Timestamp,
    /// When it was last heard of.
    pub beat_at: Timestamp,
}

struct WorkerRow {
    id: Uuid,
    name: String,
    labels: Value,
    capacity: i32,
    version: String,
    registered_at: Timestamp,
    beat_at: Timestamp,
}

impl TryFrom<WorkerRow> for Worker {
    type Error = Error;
    fn try_from(row: WorkerRow) -> Result<Self> {
        let id = WorkerId::from(row.id);
        Ok(Self {
            id,
            name: row.name,
            labels: json("workers", id, row.labels)?,
            capacity: row.capacity,
            version: row.version,
            registered_at: row.registered_at,
            beat_at: row.beat_at,
        })
    }
}

/// Keeps a new worker.
#[tracing::instrument(name = "db.workers.insert", skip_all)]
pub async fn insert(tx: &mut SystemTx, worker: &Worker) -> Result<()> {
    sqlx::query!(
        "insert into workers (id, name, labels, capacity, version, registered_at, beat_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::from(worker.id),
        worker.name,
        to_json("workers", worker.id, &worker.labels)?,
        worker.capacity,
        worker.version,
        worker.registered_at,
        worker.beat_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a worker was heard of, and says how many jobs it does at once; none when there is no such worker.
#[tracing::instrument(name = "db.workers.beat", skip_all)]
pub async fn beat(tx: &mut SystemTx, id: WorkerId, at: Timestamp) -> Result<Option<i32>> {
    Ok(sqlx::query_scalar!(
        "update workers set beat_at = greatest(beat_at, $2) where id = $1 returning capacity",
        Uuid::from(id),
        at,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// A page of the workers, the newest first.
#[tracing::instrument(name = "db.workers.list", skip_all)]
pub async fn list(
    tx: &mut SystemTx,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Worker>> {
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        WorkerRow,
        "select id, name, labels, capacity, version, registered_at, beat_at from workers
         where $1::timestamptz is null or (registered_at, id) < ($1, $2::uuid)
         order by registered_at desc, id desc limit $3",
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (select from workers limit $1) counted"#,
        TOTAL_CAP + 1,
    )
    .fetch_one(tx.conn())
    .await?;
    let items = rows.into_iter().map(Worker::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |worker: &Worker| (worker.registered_at, worker.id.into())))
}

/// Forgets a worker and gives back what it holds, due at once; the attempts do not count. False when there was none.
#[tracing::instrument(name = "db.workers.remove", skip_all)]
pub async fn remove(tx: &mut SystemTx, id: WorkerId, now: Timestamp) -> Result<bool> {
    let removed = sqlx::query!("delete from workers where id = $1", Uuid::from(id))
        .execute(tx.conn())
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update jobs set state = 'queued', attempt = attempt - 1, run_at = $2, lease_until = null,
                         holder = null, remote = not cancel
         where state = 'running' and remote and holder = $1",
        id.to_string(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// Claims jobs of these kinds that wait for workers elsewhere, or that one of them lost. Each claim is an attempt. A
/// worker that is gone gets nothing.
#[tracing::instrument(name = "db.workers.claim", skip_all)]
pub async fn claim(
    tx: &mut SystemTx,
    worker: WorkerId,
    kinds: &[String],
    most: i64,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<Claimed>> {
    // One select for each range of the partial indexes, and for each kind. What was stopped or tried too often is ended beside the stores.
    let rows = sqlx::query!(
        "with lost as (
             select id from jobs
             where state = 'running' and lease_until <= $5 and kind = any($2)
                 and remote and not cancel and attempt < max_attempts
             order by lease_until limit $4 for update skip locked
         ), due as (
             select due.id from unnest($2::text[]) wanted (kind) cross join lateral (
                 select id, run_at from jobs
                 where state = 'queued' and remote and not cancel and run_at <= $5
                     and kind = wanted.kind
                 order by run_at, id limit $4 for update skip locked) due
             order by due.run_at, due.id limit $4
         ), astray as (
             select id from jobs
             where state = 'queued' and remote and not cancel and kind = any($2)
                 and run_at > $5 + interval '15 minutes'
             order by run_at limit $4 for update skip locked
         ), taken as (
             select id from lost union all select id from due union all select id from astray
             limit $4
         )
         update jobs set state = 'running', attempt = attempt + 1, fence = fence + 1,
                         holder = $3, lease_until = $6, started_at = coalesce(started_at, $5)
         from taken where jobs.id = taken.id and exists (select from workers where id = $1)
         returning jobs.id, org_id, kind, subject, made_by, attempt, max_attempts, fence, cancel",
        Uuid::from(worker),
        kinds,
        worker.to_string(),
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

/// Gives claimed jobs to the runners beside the stores; the attempts do not count.
#[tracing::instrument(name = "db.workers.leave", skip_all)]
pub async fn leave(tx: &mut SystemTx, holds: &[Hold], now: Timestamp) -> Result<()> {
    let (ids, fences) = split(holds);
    sqlx::query!(
        "update jobs set state = 'queued', attempt = attempt - 1, run_at = $3, lease_until = null,
                         holder = null, remote = false
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

/// Keeps what a worker holds for longer. Those that are not answered are not its own, by now or ever, or over.
#[tracing::instrument(name = "db.workers.keep", skip_all)]
pub async fn keep(
    tx: &mut SystemTx,
    worker: WorkerId,
    holds: &[Hold],
    lease_until: Timestamp,
) -> Result<Vec<Beat>> {
    let (ids, fences) = split(holds);
    let rows = sqlx::query!(
        "update jobs set lease_until = $4
         from unnest($2::uuid[], $3::bigint[]) held (id, fence)
         where jobs.id = held.id and jobs.fence = held.fence and jobs.state = 'running'
               and jobs.remote and jobs.holder = $1
         returning jobs.id, jobs.cancel",
        worker.to_string(),
        &ids,
        &fences,
        lease_until,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Beat { id: row.id.into(), cancel: row.cancel }).collect())
}

/// Takes back all that waits for workers elsewhere or that they hold, of every org; what they say of it counts no more.
/// Gives how many jobs that were.
#[tracing::instrument(name = "db.workers.keep_here", skip_all)]
pub async fn keep_here(tx: &mut SystemTx, now: Timestamp) -> Result<u64> {
    let kept = sqlx::query!(
        "update jobs set remote = false, fence = fence + 1,
                         lease_until = case when state = 'running' then $1::timestamptz end
         where remote and state in ('queued', 'running')",
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(kept.rows_affected())
}

/// A job as a worker names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The org it belongs to.
    pub org_id: OrgId,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// Who asked for it.
    pub made_by: String,
    /// Which attempt this is.
    pub attempt: i32,
    /// How many there may be.
    pub max_attempts: i32,
    /// Whether somebody asked to stop it.
    pub cancel: bool,
    /// The claim that holds, if it is this worker's.
    pub fence: Option<i64>,
}

/// A job that a worker speaks of.
#[tracing::instrument(name = "db.workers.named", skip_all)]
pub async fn named(tx: &mut SystemTx, worker: WorkerId, job: JobId) -> Result<Option<Named>> {
    let row = sqlx::query!(
        r#"select org_id, subject, made_by, attempt, max_attempts, cancel,
                  case when state = 'running' and remote and holder = $2 then fence end as fence
           from jobs where id = $1"#,
        Uuid::from(job),
        worker.to_string(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Named {
        org_id: row.org_id.into(),
        subject: row.subject,
        made_by: row.made_by,
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        cancel: row.cancel,
        fence: row.fence,
    }))
}
