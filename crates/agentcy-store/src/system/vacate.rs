//! What a process that died may still seem to hold.

use agentcy_core::Timestamp;

use super::projections;
use crate::{Result, SystemTx, sequencer};

/// Ends the leases of the loops, of jobs and of runs, so that they are taken up at once. Only for whoever knows that no
/// other process works on this database; fences keep what is wrong about that from doing harm.
#[tracing::instrument(name = "db.vacate", skip_all)]
pub async fn vacate(tx: &mut SystemTx, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update leases set expires_at = '-infinity' where name = any($1)",
        &[sequencer::LEASE.to_owned(), projections::LEASE.to_owned()],
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update jobs set lease_until = $1 where state = 'running' and lease_until > $1",
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update runs set lease_until = $1 where state = 'running' and lease_until > $1",
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
