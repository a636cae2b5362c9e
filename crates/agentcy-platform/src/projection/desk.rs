//! What is at hand for the graph of one org: its rows, its engine, and the fence around both.

use std::{future::Future, sync::Arc, time::Duration};

use agentcy_core::{Action, Timestamp, id::OrgId};
use agentcy_graph::GraphStore;
use agentcy_store::{
    Reader, SystemTx, leases,
    system::projections::{self, LEASE},
};
use bytes::Bytes;

use super::reign::Reign;
use crate::{Platform, Result};

/// The graph of one org, and the right to write it.
pub(super) struct Desk {
    pub(super) platform: Platform,
    pub(super) reign: Arc<Reign>,
    pub(super) org: OrgId,
    /// Whether the graph was rebuilt already for edges without an end, which does not help twice.
    pub(super) mended: bool,
    /// After how long it makes way for others, where there is more to do.
    pub(super) turn: Duration,
}

impl Desk {
    /// Reads in the org.
    pub(super) async fn reader(&self) -> Result<Reader> {
        let by = self.platform.nobody(self.org, Action::GraphRead, "projector");
        Ok(self.platform.db.read(&by).await?)
    }

    /// A transaction that commits only while the lease is ours.
    pub(super) async fn fenced(&self) -> Result<SystemTx> {
        let mut tx = self.platform.db.system(&self.platform.system).await?;
        leases::check(&mut tx, LEASE, self.reign.fence).await?;
        Ok(tx)
    }

    /// Calls the engine, if the lease is ours, and finds out whether it still was when the call came back.
    pub(super) async fn engine<'a, T, F>(
        &'a self,
        call: impl FnOnce(&'a dyn GraphStore) -> F,
    ) -> Result<T>
    where
        F: Future<Output = agentcy_graph::Result<T>> + 'a,
    {
        self.reign.may_begin()?;
        let outcome = call(self.platform.graph.as_ref()).await;
        self.reign.came_in_time(self.org)?;
        Ok(outcome?)
    }

    /// Says that everything up to this batch is in the graph: to the database first. So the engine never says more than
    /// the database unless that was put back to an older state, which is how this is noticed.
    pub(super) async fn reach(&self, seq: i64) -> Result<()> {
        let mut tx = self.fenced().await?;
        projections::reach(&mut tx, self.org, seq, self.now()).await?;
        tx.commit().await?;
        self.engine(|graph| graph.set_watermark(self.org, seq)).await?;
        self.tell(seq).await;
        Ok(())
    }

    /// Wakes those who wait to see what they wrote.
    pub(super) async fn tell(&self, seq: i64) {
        let number = Bytes::from(seq.to_string());
        if let Err(error) = self.platform.bus.publish(&super::reached(self.org), number).await {
            tracing::debug!(error = %error, "those who wait for the graph could not be woken");
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.platform.clock.now()
    }
}
