//! The way from the ledger to the graph engine: who leads it, how far it is, and who waits for it.
//!
//! The ledger is the truth. The graph is written by one process alone, which holds a lease, and everything it writes
//! carries the number of the batch that made it so: what is written twice, or late, changes nothing.

mod desk;
mod fit;
mod follow;
mod projector;
mod rebuild;
mod reign;
mod write;

use std::time::Duration;

use agentcy_bus::Key;
use agentcy_core::{
    By, Chain,
    id::{BatchId, OrgId},
};
use agentcy_graph::Error as GraphError;
use agentcy_store::{Tenant, ledger::projection, system::projections};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

use crate::{Platform, Result};

pub use agentcy_store::ledger::projection::Progress;
pub use projector::{Projector, Turn};

/// How long a write waits to be seen in the graph.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often somebody who waits looks by themselves.
const LOOK: Duration = Duration::from_millis(100);

/// How far the graph of an org follows the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The last batch whose changes are all in the graph.
    pub seq: i64,
    /// The last batch there is.
    pub last: i64,
    /// How old the first batch is that is not in the graph; 0 when all are.
    pub lag_seconds: f64,
    /// How far a rebuild is, while there is one.
    pub rebuild: Option<Progress>,
    /// Why the graph does not follow, and what to do about it.
    pub fault: Option<String>,
}

/// How far the org's graph follows.
pub async fn status(platform: &Platform, reader: &mut impl Tenant) -> Result<Status> {
    let found = projection::find(reader).await?;
    let behind = found.behind_since.map(|since| platform.clock.now() - since);
    Ok(Status {
        seq: found.seq,
        last: found.last,
        lag_seconds: behind.map_or(0.0, |behind| behind.as_seconds_f64().max(0.0)),
        rebuild: found.rebuild,
        fault: found.fault,
    })
}

/// Whether the graph of the org is being made anew: until that is done the engine holds a part of it.
pub async fn is_rebuilding(platform: &Platform, by: &By) -> Result<bool> {
    let mut reader = platform.db.read(by).await?;
    Ok(projection::find(&mut reader).await?.rebuild.is_some())
}

/// Whether the engine holds the whole graph of the org, however old: not while it is made anew, and not before that,
/// when there is none, or another's.
pub async fn is_whole(platform: &Platform, by: &By) -> Result<bool> {
    let mut reader = platform.db.read(by).await?;
    let found = projection::find(&mut reader).await?;
    drop(reader);
    if found.rebuild.is_some() {
        return Ok(false);
    }
    match platform.graph.watermark(by.org_id()).await {
        Ok(mark) => Ok(mark > 0 || found.seq == 0),
        Err(GraphError::Corrupt { .. } | GraphError::Foreign { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Wants the graph of an org, or of every org, made anew from the ledger. Says which orgs those are.
pub async fn ask_rebuild(platform: &Platform, org: Option<OrgId>) -> Result<Vec<OrgId>> {
    let mut tx = platform.db.system(&platform.system).await?;
    let orgs = projections::ask_rebuild(&mut tx, org).await?;
    tx.commit().await?;
    platform.ring(crate::wake::Bell::Numbered).await;
    Ok(orgs)
}

impl Platform {
    /// Waits until everything up to this committed batch is in the graph, two seconds at most; whether it is.
    pub async fn visible(&self, by: &By, batch: BatchId) -> bool {
        // What was written stays written, whatever goes wrong while waiting for it to be seen.
        match timeout(PATIENCE, self.seen(by, batch)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "whether a change is in the graph is not known");
                false
            }
            Err(_) => false,
        }
    }

    async fn seen(&self, by: &By, batch: BatchId) -> Result<()> {
        // First, so that nothing is missed between the look and the wait.
        let mut reached = self.bus.subscribe(&reached(by.org_id())).await.ok();
        self.wrote().await;
        loop {
            let look = Instant::now();
            let mut reader = self.db.read(by).await?;
            if projection::is_visible(&mut reader, batch).await? {
                return Ok(());
            }
            drop(reader);
            if let Some(reached) = &mut reached {
                let _ = timeout(LOOK, reached.next()).await;
            }
            // A bus that is away answers at once.
            if reached.is_none() || look.elapsed() < Duration::from_millis(1) {
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Where it is told that an org's graph went on.
fn reached(org: OrgId) -> Key {
    Key::new(org, "graph:reached")
}
