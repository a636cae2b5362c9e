//! What nobody asks for and somebody must do: removing what has expired.

use agentcy_core::{Action, Timestamp, id::OrgId};
use agentcy_store::{
    housekeeping::{self, Swept},
    retention::{self, BATCH, CONVERSATIONS, Things},
};
use chrono::TimeDelta;

use crate::{Platform, Result};

/// Removes expired sessions, invitations, kept answers, old events, ended jobs and runs of tasks, and old deliveries; then
/// what orgs keep for some days only. In bounded batches until nothing is left.
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
            break;
        }
    }
    let mut tx = platform.db.system(&platform.system).await?;
    let orgs = retention::orgs(&mut tx).await?;
    tx.commit().await?;
    for (org, days) in orgs {
        let before = platform.clock.now() - TimeDelta::days(days.into());
        if let Err(error) = forget(platform, org, before).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(org.id = %org, error, "what an org keeps no longer could not be deleted");
        }
    }
    Ok(())
}

/// Deletes what ended in an org before then.
async fn forget(platform: &Platform, org: OrgId, before: Timestamp) -> Result<()> {
    let by = platform.nobody(org, Action::SettingsUpdate, "retention");
    let now = platform.clock.now();
    let most = [BATCH, CONVERSATIONS, BATCH, BATCH, BATCH];
    loop {
        let mut tx = platform.db.begin(&by).await?;
        let deleted = [
            retention::facts(&mut tx, before).await?,
            retention::conversations(&mut tx, before).await?,
            retention::deliveries(&mut tx, before, now).await?,
            retention::task_runs(&mut tx, before).await?,
            retention::jobs(&mut tx, before).await?,
        ];
        tx.commit().await?;
        let [facts, conversations, deliveries, task_runs, jobs] = deleted;
        if deleted.iter().any(|count| *count > 0) {
            tracing::info!(org.id = %org, facts, conversations, deliveries, task_runs, jobs,
                "deleted what the org keeps no longer");
        }
        if deleted.iter().zip(most).all(|(count, most)| *count < most) {
            break;
        }
    }
    // Only now: a thing goes after the last word about it.
    loop {
        let mut tx = platform.db.begin(&by).await?;
        let Things { edges, nodes } = retention::things(&mut tx, before).await?;
        tx.commit().await?;
        if edges + nodes > 0 {
            tracing::info!(org.id = %org, edges, nodes, "deleted what nobody speaks of any more");
        }
        if edges < BATCH && nodes < BATCH {
            return Ok(());
        }
    }
}
