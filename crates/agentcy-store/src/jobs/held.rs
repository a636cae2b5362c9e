//! What the holder of a job writes. Each write names the fence of the claim; a former holder's is refused.

use agentcy_core::{
    Timestamp,
    id::{BatchId, JobId},
    job::Payload,
};
use serde_json::Value;
use uuid::Uuid;

use super::{Fault, KeptCounts, plain, records, to_json};
use crate::{Error, Result, Tenant, Tx, ledger::Counts};

/// A claim to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The job.
    pub id: JobId,
    /// The number of the claim; it rises with each.
    pub fence: i64,
}

impl Hold {
    fn kept(self, rows: u64) -> Result<()> {
        if rows == 1 { Ok(()) } else { Err(self.lost()) }
    }

    pub(super) fn lost(self) -> Error {
        Error::LeaseLost(self.id.to_string())
    }
}

/// What a job gave.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What it changed in the ledger.
    pub counts: Counts,
    /// What failed alone.
    pub faults: Vec<Fault>,
    /// The change of the ledger, where there is one.
    pub batch: Option<BatchId>,
}

/// What the job holds for its present half.
#[tracing::instrument(name = "db.jobs.payload", skip_all, fields(job = P::NAME))]
pub async fn payload<P: Payload>(tenant: &mut impl Tenant, hold: Hold) -> Result<P> {
    let kept: Option<Value> = sqlx::query_scalar!(
        "select payload from jobs
         where org_id = $1 and id = $2 and fence = $3 and state = 'running' and kind = $4",
        Uuid::from(tenant.org()),
        Uuid::from(hold.id),
        hold.fence,
        P::NAME,
    )
    .fetch_optional(tenant.conn())
    .await?;
    let kept = kept.ok_or_else(|| hold.lost())?;
    serde_json::from_value(kept).map_err(|error| Error::corrupt("jobs", hold.id, error))
}

/// Writes how far the job is, and what has failed alone so far.
#[tracing::instrument(name = "db.jobs.note", skip_all)]
pub async fn note(
    tx: &mut Tx,
    hold: Hold,
    done: u64,
    total: Option<u64>,
    faults: &[Fault],
) -> Result<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let noted = sqlx::query!(
        "update jobs set done = $4, total = $5, errors = $6
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        number(done),
        total.map(number),
        to_json(hold.id, &faults)?,
    )
    .execute(tx.conn())
    .await?;
    hold.kept(noted.rows_affected())
}

/// Queues the job's next half, with attempts of its own. `remote`: for workers elsewhere alone.
#[tracing::instrument(name = "db.jobs.advance", skip_all, fields(job = P::NAME))]
pub async fn advance<P: Payload>(
    tx: &mut Tx,
    hold: Hold,
    payload: &P,
    at: Timestamp,
    remote: bool,
) -> Result<()> {
    let payload = to_json(hold.id, payload)?;
    let advanced = sqlx::query!(
        "update jobs set kind = $4, payload = $5, state = 'queued', attempt = 0, run_at = $6,
                         lease_until = null, holder = null, remote = $7
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        P::NAME,
        payload,
        at,
        remote,
    )
    .execute(tx.conn())
    .await?;
    hold.kept(advanced.rows_affected())
}

/// Queues the same half again for later, and says why.
#[tracing::instrument(name = "db.jobs.put_off", skip_all)]
pub async fn put_off(tx: &mut Tx, hold: Hold, until: Timestamp, why: &Fault) -> Result<()> {
    // Whoever stopped it meanwhile shall not wait for a worker elsewhere.
    let put_off = sqlx::query!(
        "update jobs set state = 'queued', run_at = $4, errors = jsonb_build_array($5::jsonb),
                         lease_until = null, holder = null, remote = remote and not cancel
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        until,
        to_json(hold.id, why)?,
    )
    .execute(tx.conn())
    .await?;
    hold.kept(put_off.rows_affected())
}

/// Ends the job well.
#[tracing::instrument(name = "db.jobs.succeed", skip_all)]
pub async fn succeed(tx: &mut Tx, hold: Hold, outcome: &Outcome, at: Timestamp) -> Result<()> {
    let Counts { added, changed, archived, unchanged } = outcome.counts;
    let counts = KeptCounts { added, changed, archived, unchanged };
    let ended = sqlx::query!(
        "update jobs set state = 'succeeded', finished_at = $4, counts = $5, errors = $6,
                         batch_id = $7, done = coalesce(total, done), lease_until = null,
                         holder = null
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        at,
        to_json(hold.id, &counts)?,
        to_json(hold.id, &outcome.faults)?,
        outcome.batch.map(Uuid::from),
    )
    .execute(tx.conn())
    .await?;
    hold.kept(ended.rows_affected())?;
    records::clear(tx, hold.id).await
}

/// Gives the job up for good.
#[tracing::instrument(name = "db.jobs.fail", skip_all)]
pub async fn fail(tx: &mut Tx, hold: Hold, reason: &str, at: Timestamp) -> Result<()> {
    let ended = sqlx::query!(
        "update jobs set state = 'failed', finished_at = $4, reason = $5, lease_until = null,
                         holder = null
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        at,
        plain(reason),
    )
    .execute(tx.conn())
    .await?;
    hold.kept(ended.rows_affected())?;
    records::clear(tx, hold.id).await
}

/// Ends the job because somebody stopped it, or because what it was about is gone.
#[tracing::instrument(name = "db.jobs.cancelled", skip_all)]
pub async fn cancelled(tx: &mut Tx, hold: Hold, at: Timestamp) -> Result<()> {
    let ended = sqlx::query!(
        "update jobs set state = 'cancelled', finished_at = $4, lease_until = null, holder = null
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        at,
    )
    .execute(tx.conn())
    .await?;
    hold.kept(ended.rows_affected())?;
    records::clear(tx, hold.id).await
}
