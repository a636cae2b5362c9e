//! Jobs that workers elsewhere do, as their org has them. The workers themselves belong to no org.

use std::collections::HashMap;

use agentcy_core::{Timestamp, job::Payload};
use serde_json::Value;
use uuid::Uuid;

use super::{Hold, to_json};
use crate::{Result, Tenant, Tx};

/// What of an org waits for workers elsewhere, and what they have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Jobs that wait for a worker.
    pub queued: u64,
    /// Jobs that one has.
    pub in_flight: u64,
}

/// Notes what claimed jobs are done with, sets them back to nothing done, and forgets what earlier holders collected.
/// Gives those that are still held.
#[tracing::instrument(name = "db.jobs.hand_out", skip_all, fields(job = P::NAME))]
pub async fn hand_out<P: Payload>(tx: &mut Tx, jobs: &[(Hold, P)]) -> Result<Vec<Hold>> {
    let payloads = jobs.iter().map(|(hold, payload)| to_json(hold.id, payload));
    let payloads = payloads.collect::<Result<Vec<Value>>>()?;
    let ids: Vec<Uuid> = jobs.iter().map(|(hold, _)| hold.id.into()).collect();
    let fences: Vec<i64> = jobs.iter().map(|(hold, _)| hold.fence).collect();
    let rows = sqlx::query!(
        "with forgotten as (
             delete from job_records where org_id = $1 and job_id = any($2)
         )
         update jobs set payload = given.payload, done = 0, total = null, errors = '[]'
         from unnest($2::uuid[], $3::bigint[], $4::jsonb[]) given (id, fence, payload)
         where org_id = $1 and jobs.id = given.id and jobs.fence = given.fence
             and state = 'running' and kind = $5
         returning jobs.id, jobs.fence",
        Uuid::from(tx.org()),
        &ids,
        &fences,
        &payloads,
        P::NAME,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Hold { id: row.id.into(), fence: row.fence }).collect())
}

/// Keeps a held job for longer, and writes how far it is where that is said. Says whether somebody asked to stop it.
#[tracing::instrument(name = "db.jobs.extend", skip_all)]
pub async fn extend(
    tx: &mut Tx,
    hold: Hold,
    until: Timestamp,
    done: Option<u64>,
    total: Option<u64>,
) -> Result<bool> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let cancel = sqlx::query_scalar!(
        "update jobs set lease_until = $4, done = coalesce($5, done), total = coalesce($6, total)
         where org_id = $1 and id = $2 and fence = $3 and state = 'running' returning cancel",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        until,
        done.map(number),
        total.map(number),
    )
    .fetch_optional(tx.conn())
    .await?;
    cancel.ok_or_else(|| hold.lost())
}

/// Leaves workers elsewhere nothing of the org: what waits for them is for runners beside the stores, and what they have
/// is taken from them.
#[tracing::instrument(name = "db.jobs.keep_here", skip_all)]
pub async fn keep_here(tx: &mut Tx, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update jobs set remote = false, fence = fence + 1,
                         lease_until = case when state = 'running' then $2::timestamptz end
         where org_id = $1 and remote and state in ('queued', 'running')",
        Uuid::from(tx.org()),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What waits for workers elsewhere, and what they have.
#[tracing::instrument(name = "db.jobs.waiting", skip_all)]
pub async fn waiting(tenant: &mut impl Tenant) -> Result<Waiting> {
    let found = sqlx::query!(
        r#"select count(*) filter (where state = 'queued') as "queued!",
                  count(*) filter (where state = 'running') as "in_flight!"
           from jobs where org_id = $1 and remote and state in ('queued', 'running')"#,
        Uuid::from(tenant.org()),
    )
    .fetch_one(tenant.conn())
    .await?;
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Waiting { queued: number(found.queued), in_flight: number(found.in_flight) })
}

/// How many jobs of the org each of these holders has.
#[tracing::instrument(name = "db.jobs.in_flight", skip_all)]
pub async fn in_flight(
    tenant: &mut impl Tenant,
    holders: &[String],
) -> Result<HashMap<String, u64>> {
    let rows = sqlx::query!(
        r#"select holder as "holder!", count(*) as "count!" from jobs
           where org_id = $1 and remote and state = 'running' and holder = any($2) group by holder"#,
        Uuid::from(tenant.org()),
        holders,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.holder, u64::try_from(row.count).unwrap_or(0))).collect())
}
