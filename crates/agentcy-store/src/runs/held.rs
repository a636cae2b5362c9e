//! What the holder of a run reads and writes. Each names the fence of the claim; a former holder's is refused.

use agentcy_core::{
    Timestamp,
    chat::{FinishReason, RunState, Usage},
    id::RunId,
};
use uuid::Uuid;

use super::{Failure, Run, RunRow, TABLE, runs};
use crate::{Error, Result, Tenant, Tx, columns::to_json};

/// A claim to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The run.
    pub id: RunId,
    /// The number of the claim; it rises with each.
    pub fence: i64,
}

impl Hold {
    pub(crate) fn lost(self) -> Error {
        Error::LeaseLost(self.id.to_string())
    }
}

/// What a holder is told with each write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Whether somebody asked to stop the run.
    pub cancel: bool,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// How many turns of the model are stored.
    pub step: i32,
    /// What it has used.
    pub usage: Usage,
    /// Whether it has read untrusted text; it stays so.
    pub tainted: bool,
    /// How long it has worked, in milliseconds.
    pub active_ms: i64,
    /// The model that answers, once known.
    pub model: Option<&'a str>,
    /// What the model is told first; what is there already stays.
    pub system: Option<&'a str>,
    /// Now. The first time says when the run began.
    pub at: Timestamp,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending<'a> {
    /// Succeeded, failed or cancelled.
    pub state: RunState,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Why it broke off.
    pub error: Option<&'a Failure>,
    /// What it said in the end.
    pub output: Option<&'a str>,
}

/// The run, as its holder goes on with it.
#[tracing::instrument(name = "db.runs.held", skip_all)]
pub async fn held(tenant: &mut impl Tenant, hold: Hold) -> Result<Run> {
    let org = Uuid::from(tenant.org());
    runs!(
        "where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        org,
        Uuid::from(hold.id),
        hold.fence,
    )
    .fetch_optional(tenant.conn())
    .await?
    .ok_or_else(|| hold.lost())?
    .try_into()
}

/// Keeps the run for longer.
#[tracing::instrument(name = "db.runs.keep", skip_all)]
pub async fn keep(tenant: &mut impl Tenant, hold: Hold, lease_until: Timestamp) -> Result<Kept> {
    let cancel = sqlx::query_scalar!(
        "update runs set lease_until = $4
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'
         returning cancel",
        Uuid::from(tenant.org()),
        Uuid::from(hold.id),
        hold.fence,
        lease_until,
    )
    .fetch_optional(tenant.conn())
    .await?;
    cancel.map(|cancel| Kept { cancel }).ok_or_else(|| hold.lost())
}

/// Writes how far the run is.
#[tracing::instrument(name = "db.runs.progress", skip_all)]
pub async fn progress(tx: &mut Tx, hold: Hold, progress: &Progress<'_>) -> Result<Kept> {
    let cancel = sqlx::query_scalar!(
        "update runs set step = $4, in_tokens = $5, out_tokens = $6, cost_usd = $7,
                         tainted = tainted or $8, active_ms = $9, model = coalesce($10, model),
                         system = coalesce(system, $11), started_at = coalesce(started_at, $12)
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'
         returning cancel",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        progress.step,
        progress.usage.in_tokens,
        progress.usage.out_tokens,
        progress.usage.cost_usd,
        progress.tainted,
        progress.active_ms,
        progress.model,
        progress.system,
        progress.at,
    )
    .fetch_optional(tx.conn())
    .await?;
    cancel.map(|cancel| Kept { cancel }).ok_or_else(|| hold.lost())
}

/// Lets go of the run until `wake_at`, or until somebody decides; one that was asked to stop is due now.
#[tracing::instrument(name = "db.runs.park", skip_all)]
pub async fn park(tx: &mut Tx, hold: Hold, wake_at: Timestamp, now: Timestamp) -> Result<Kept> {
    let cancel = sqlx::query_scalar!(
        "update runs set state = 'waiting_approval', lease_until = null, holder = null,
                         wake_at = case when cancel then $5::timestamptz else $4 end
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'
         returning cancel",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        wake_at,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    cancel.map(|cancel| Kept { cancel }).ok_or_else(|| hold.lost())
}

/// Ends the run.
#[tracing::instrument(name = "db.runs.finish", skip_all)]
pub async fn finish(
    tx: &mut Tx,
    hold: Hold,
    ending: &Ending<'_>,
    progress: &Progress<'_>,
) -> Result<()> {
    let error = ending.error.map(|error| to_json(TABLE, hold.id, error)).transpose()?;
    let ended = sqlx::query!(
        "update runs set state = $4, finish_reason = $5, error = $6, output = $7, step = $8,
                         in_tokens = $9, out_tokens = $10, cost_usd = $11, tainted = tainted or $12,
                         active_ms = $13, model = coalesce($14, model),
                         system = coalesce(system, $15), started_at = coalesce(started_at, $16),
                         finished_at = $16, lease_until = null, holder = null, wake_at = null
         where org_id = $1 and id = $2 and fence = $3 and state = 'running'",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        hold.fence,
        ending.state.name(),
        ending.finish_reason.map(FinishReason::name),
        error,
        ending.output,
        progress.step,
        progress.usage.in_tokens,
        progress.usage.out_tokens,
        progress.usage.cost_usd,
        progress.tainted,
        progress.active_ms,
        progress.model,
        progress.system,
        progress.at,
    )
    .execute(tx.conn())
    .await?;
    if ended.rows_affected() == 1 { Ok(()) } else { Err(hold.lost()) }
}
