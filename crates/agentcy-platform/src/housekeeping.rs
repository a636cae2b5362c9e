//! What nobody asks for and somebody must do: removing what has expired.

use agentcy_core::{Action, Chain, Timestamp, id::OrgId};
use agentcy_store::{
    Error as StoreError,
    housekeeping::{self, Kind},
    retention::{self, BATCH, CONVERSATIONS, Things},
};
use chrono::TimeDelta;

use crate::{Platform, Result};

/// How much smaller the batches are of what took too long to delete.
const SMALLER: u64 = 10;

/// Removes expired sessions, invitations, kept answers, old events, ended jobs and runs of tasks, old deliveries, and what
/// is left of removed tasks and agents; then what orgs keep for some days only. In bounded batches until nothing is left,
/// each kind by itself: what cannot be deleted keeps nothing else.
pub async fn sweep(platform: &Platform) -> Result<()> {
    for kind in Kind::ALL {
        if let Err(error) = sweep_one(platform, kind).await {
            tracing::warn!(?kind, error = %Chain(&error), "what has expired could not be swept");
        }
    }
    let mut tx = platform.db.system(&platform.system).await?;
    let orgs = retention::orgs(&mut tx).await?;
    tx.commit().await?;
    for (org, days) in orgs {
        let before = platform.clock.now() - TimeDelta::days(days.into());
        if let Err(error) = forget(platform, org, before).await {
            tracing::warn!(org.id = %org, error = %Chain(&error), "what an org keeps no longer could not be deleted");
        }
    }
    Ok(())
}

async fn sweep_one(platform: &Platform, kind: Kind) -> Result<()> {
    let (mut most, mut all) = (kind.batch(), 0);
    loop {
        let mut tx = platform.db.system(&platform.system).await?;
        let swept = match housekeeping::sweep(&mut tx, kind, most, platform.clock.now()).await {
            Err(StoreError::Unavailable(_)) if most == kind.batch() => {
                most /= SMALLER;
                continue;
            }
            swept => swept?,
        };
        tx.commit().await?;
        all += swept;
        if swept < most {
            break;
        }
    }
    if all > 0 {
        tracing::debug!(?kind, all, "swept what has expired");
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
