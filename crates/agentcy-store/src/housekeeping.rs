//! Deletes what has outlived its use, a bounded batch of each table at a time.

use agentcy_core::Timestamp;
use chrono::TimeDelta;

use crate::{Result, SystemTx, idempotency};

/// How long an ended session is kept, so that a reused refresh token is still told apart from a made-up one.
pub const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);
/// How long an invitation is kept after its end.
pub const INVITES_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a reader may stay away and still resume without a reset.
pub const EVENTS_KEPT: TimeDelta = TimeDelta::days(7);
/// How long an ended job is kept; the last one of each subject stays.
pub const JOBS_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a delivery of a webhook is kept once a repeat is not known any more; one whose run waits stays.
pub const DELIVERIES_KEPT: TimeDelta = TimeDelta::days(3);
/// How long a run of a task is kept that is over; the last one of each task stays.
pub const TASK_RUNS_KEPT: TimeDelta = TimeDelta::days(90);
/// How long a worker is listed that is not heard of.
pub const WORKERS_KEPT: TimeDelta = TimeDelta::days(7);
/// How many rows of each table one sweep deletes at most.
pub const BATCH: u64 = 1000;

/// How many rows a sweep deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions that ended long ago.
    pub sessions: u64,
    /// Invitations that ended long ago.
    pub invites: u64,
    /// Answers to requests that nobody repeats any more.
    pub idempotency_keys: u64,
    /// Events that every reader has had the time to read.
    pub events: u64,
    /// Jobs that ended long ago.
    pub jobs: u64,
    /// Deliveries that no run waits to read.
    pub deliveries: u64,
    /// Runs of tasks that ended long ago.
    pub task_runs: u64,
    /// Workers that were not heard of for long.
    pub workers: u64,
}

impl Swept {
    /// Whether a batch was full, so that there may be more.
    pub fn more(&self) -> bool {
        let Self { sessions, invites, idempotency_keys, events, jobs, .. } = *self;
        let Self { deliveries, task_runs, workers, .. } = *self;
        [sessions, invites, idempotency_keys, events, jobs, deliveries, task_runs, workers]
            .iter()
            .any(|count| *count >= BATCH)
    }
}

/// Deletes one batch of each.
#[tracing::instrument(name = "db.housekeeping.sweep", skip_all)]
pub async fn sweep(tx: &mut SystemTx, now: Timestamp) -> Result<Swept> {
    let batch = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let sessions = sqlx::query!(
        "delete from sessions where id in
             (select id from sessions where expires_at <= $1 or revoked_at <= $1 limit $2)",
        now - SESSIONS_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let invites = sqlx::query!(
        "delete from invites where id in (select id from invites where expires_at <= $1 limit $2)",
        now - INVITES_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let idempotency_keys = sqlx::query!(
        "delete from idempotency_keys where ctid = any(array
             (select ctid from idempotency_keys where created_at <= $1 limit $2))",
        now - idempotency::KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let events = sqlx::query!(
        "delete from outbox where id in
             (select id from outbox where seq is not null and at <= $1 limit $2)",
        now - EVENTS_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let jobs = sqlx::query!(
        "delete from jobs where id in
             (select id from jobs old
              where finished_at <= $1
                  and (subject is null or exists
                       (select from jobs later
                        where later.org_id = old.org_id and later.subject = old.subject
                            and (later.created_at, later.id) > (old.created_at, old.id)))
              limit $2)",
        now - JOBS_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let deliveries = sqlx::query!(
        "delete from deliveries where id in
             (select d.id from deliveries d
              where d.expires_at <= $1 and not exists
                  (select from task_runs r where r.id = d.task_run_id and r.state = 'pending')
              limit $2)",
        now - DELIVERIES_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let task_runs = sqlx::query!(
        "delete from task_runs where id in
             (select id from task_runs old
              where finished_at <= $1 and exists
                  (select from task_runs later
                   where later.task_id = old.task_id
                       and (later.created_at, later.id) > (old.created_at, old.id))
              limit $2)",
        now - TASK_RUNS_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    let workers = sqlx::query!(
        "delete from workers where id in (select id from workers where beat_at <= $1 limit $2)",
        now - WORKERS_KEPT,
        batch,
    )
    .execute(tx.conn())
    .await?;
    Ok(Swept {
        sessions: sessions.rows_affected(),
        invites: invites.rows_affected(),
        idempotency_keys: idempotency_keys.rows_affected(),
        events: events.rows_affected(),
        jobs: jobs.rows_affected(),
        deliveries: deliveries.rows_affected(),
        task_runs: task_runs.rows_affected(),
        workers: workers.rows_affected(),
    })
}
