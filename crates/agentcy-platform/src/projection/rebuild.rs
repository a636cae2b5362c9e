//! The graph of an org is made anew from the ledger.

use agentcy_core::Timestamp;
use agentcy_store::{
    ledger::{
        Kind,
        projection::{self, Progress},
    },
    system::projections,
};

use super::{desk::Desk, write::Wrote};
use crate::Result;

/// The log says how far it is in this many steps.
const STEPS: i64 = 10;

impl Desk {
    /// Empties the graph and writes all that is live. Until that is done the wish stays, so that a crash begins it again.
    pub(super) async fn rebuild(&self, why: &'static str) -> Result<Wrote> {
        let mut reader = self.reader().await?;
        // Before anything is read: what is changed later is told by a later batch.
        let upto = projection::find(&mut reader).await?.last;
        let total = projection::count_live(&mut reader).await?;
        drop(reader);
        let mut tx = self.fenced().await?;
        let wish = projections::begin_rebuild(&mut tx, self.org, total, self.now()).await?;
        tx.commit().await?;
        tracing::info!(org.id = %self.org, why, rebuild.total = total, "the graph is rebuilt from the ledger");
        self.engine(|graph| graph.clear(self.org)).await?;

        let mut wrote = Wrote::default();
        let mut progress = Progress { done: 0, total };
        for kind in [Kind::Node, Kind::Edge] {
            let mut after = None;
            loop {
                let mut reader = self.reader().await?;
                let part = projection::live(&mut reader, kind, after).await?;
                drop(reader);
                wrote += self.write(kind, &part.ids, upto).await?;
                self.advance(&mut progress, part.ids.len()).await?;
                after = part.after;
                if after.is_none() {
                    break;
                }
            }
        }
        self.finish(wish, upto).await?;
        tracing::info!(org.id = %self.org, rebuild.done = progress.done, seq = upto, "the graph is rebuilt");
        Ok(wrote)
    }

    async fn advance(&self, progress: &mut Progress, items: usize) -> Result<()> {
        if items == 0 {
            return Ok(());
        }
        let step = |done: i64| done * STEPS / progress.total.max(1);
        let before = step(progress.done);
        progress.done += i64::try_from(items).unwrap_or(i64::MAX);
        // What is added meanwhile counts as well.
        progress.total = progress.total.max(progress.done);
        let mut tx = self.fenced().await?;
        projections::progress(&mut tx, self.org, *progress).await?;
        tx.commit().await?;
        if progress.done * STEPS / progress.total > before {
            tracing::info!(org.id = %self.org, rebuild.done = progress.done, rebuild.total = progress.total,
                "the graph is being rebuilt");
        }
        Ok(())
    }

    async fn finish(&self, wish: Timestamp, upto: i64) -> Result<()> {
        let mut tx = self.fenced().await?;
        projections::end_rebuild(&mut tx, self.org, wish, upto, self.now()).await?;
        tx.commit().await?;
        self.engine(|graph| graph.set_watermark(self.org, upto)).await?;
        self.tell(upto).await;
        Ok(())
    }
}
