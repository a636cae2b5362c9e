//! What nobody asks for and somebody must do: removing what has expired.

use agentcy_store::housekeeping::{self, Swept};

use crate::{Platform, Result};

/// Removes expired sessions, invitations, kept answers, old events, ended jobs and runs of tasks, and old deliveries; in
/// bounded batches until nothing is left.
pub async fn sweep(platform: &Platform) -> Result<()> {
    loop {
        let mut tx = platform.db.system(&platform.system).await?;
        let swept = housekeeping::sweep(&mut tx, platform.clock.now()).await?;
        tx.commit().await?;
        let Swept { sessions, invites, idempotency_keys, events, jobs, .. } = swept;
        let Swept { deliveries, task_runs, workers, .. } = swept;
        tracing::debug!(
            sessions,
            invites,
            idempotency_keys,
            events,
            jobs,
            deliveries,
            task_runs,
            workers,
            "swept what has expired"
        );
        if !swept.more() {
            return Ok(());
        }
    }
}
