//! `job_records`: what was collected and is not yet applied, NDJSON, a batch a row.

use agentcy_core::id::JobId;
use uuid::Uuid;

use super::Hold;
use crate::{Result, Tenant, Tx};

/// Keeps a batch; sent again it changes nothing. Batches are numbered from 0 on.
#[tracing::instrument(name = "db.job_records.append", skip_all, fields(bytes = records.len()))]
pub async fn append(tx: &mut Tx, hold: Hold, batch: i32, records: &[u8]) -> Result<()> {
    let (org, id) = (Uuid::from(tx.org()), Uuid::from(hold.id));
    // Shared: the job does not end between this look and the commit, which would leave the batch behind.
    let found = sqlx::query_scalar!(
        "select id from jobs
         where org_id = $1 and id = $2 and fence = $3 and state = 'running' for share",
        org,
        id,
        hold.fence,
    )
    .fetch_optional(tx.conn())
    .await?;
    found.ok_or_else(|| hold.lost())?;
    sqlx::query!(
        "insert into job_records (org_id, job_id, fence, batch, records)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        org,
        id,
        hold.fence,
        batch,
        records,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A batch that was collected under a fence.
#[tracing::instrument(name = "db.job_records.batch", skip_all)]
pub async fn batch(
    tenant: &mut impl Tenant,
    id: JobId,
    fence: i64,
    batch: i32,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "select records from job_records
         where org_id = $1 and job_id = $2 and fence = $3 and batch = $4",
        Uuid::from(tenant.org()),
        Uuid::from(id),
        fence,
        batch,
    )
    .fetch_optional(tenant.conn())
    .await?)
}

/// How many batches were collected under a claim. None when one is missing between them.
#[tracing::instrument(name = "db.job_records.kept", skip_all)]
pub async fn kept(tenant: &mut impl Tenant, hold: Hold) -> Result<Option<i32>> {
    let found = sqlx::query!(
        r#"select count(*) as "count!", coalesce(max(batch) + 1, 0) as "end!"
           from job_records where org_id = $1 and job_id = $2 and fence = $3"#,
        Uuid::from(tenant.org()),
        Uuid::from(hold.id),
        hold.fence,
    )
    .fetch_one(tenant.conn())
    .await?;
    Ok((found.count == i64::from(found.end)).then_some(found.end))
}

/// Removes what earlier holders collected.
#[tracing::instrument(name = "db.job_records.forget_other", skip_all)]
pub async fn forget_other(tx: &mut Tx, hold: Hold) -> Result<()> {
    sqlx::query!(
        "delete from job_records where org_id = $1 and job_id = $2 and fence <> $3",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes all that was collected for a job.
pub(super) async fn clear(tx: &mut Tx, id: JobId) -> Result<()> {
    sqlx::query!(
        "delete from job_records where org_id = $1 and job_id = $2",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
