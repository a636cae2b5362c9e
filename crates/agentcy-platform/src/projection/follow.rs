//! One org's graph is brought to where its ledger is.

use agentcy_core::Chain;
use agentcy_graph::Error as GraphError;
use agentcy_store::ledger::{
    Kind,
    projection::{self, NumberedBatch, Projection},
};
use tokio::time::Instant;

use super::{desk::Desk, write::Wrote};
use crate::{Error, Result};

/// How many batches are looked at together.
const BATCHES: i64 = 500;
/// How much they may have done together; one that did more goes alone.
const ITEMS: i64 = 10_000;

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Followed {
    /// Where the graph is.
    pub(super) mark: i64,
    /// Whether something was taken out of it.
    pub(super) removed: bool,
    /// Whether it was rebuilt for edges without an end.
    pub(super) mended: bool,
    /// Whether there is more to do.
    pub(super) more: bool,
}

impl Desk {
    /// Goes on until nothing is left, or others are to have their turn; makes the graph anew where it cannot be gone on with.
    pub(super) async fn follow(&self) -> Result<Followed> {
        let mut followed = Followed::default();
        let (begun, mut stepped) = (Instant::now(), false);
        loop {
            let mut reader = self.reader().await?;
            let found = projection::find(&mut reader).await?;
            drop(reader);
            let step = match self.where_to(&found).await {
                Ok(Way::Done) => return Ok(Followed { mark: found.seq, ..followed }),
                Ok(Way::From(mark)) if stepped && begun.elapsed() >= self.turn => {
                    return Ok(Followed { mark, more: true, ..followed });
                }
                Ok(Way::Rebuild(why)) => self.rebuild(why).await,
                Ok(Way::From(mark)) => match self.step(mark).await {
                    Ok(wrote) if wrote.adrift > 0 && !self.mended && !followed.mended => {
                        followed.mended = true;
                        self.rebuild("edges of it have no ends").await
                    }
                    Err(Error::Graph(GraphError::Corrupt { .. })) => {
                        self.rebuild("it is damaged").await
                    }
                    outcome => outcome,
                },
                Err(Error::Graph(error @ GraphError::Corrupt { .. })) => {
                    tracing::warn!(org.id = %self.org, error = %Chain(&error),
                        "the graph cannot be read");
                    self.rebuild("it is damaged").await
                }
                Err(error) => return Err(error),
            };
            followed.removed |= step?.removed > 0;
            stepped = true;
        }
    }

    async fn where_to(&self, found: &Projection) -> Result<Way> {
        if found.rebuild_asked_at.is_some() {
            return Ok(Way::Rebuild("somebody asked for it, or it was not finished"));
        }
        let mark = self.engine(|graph| graph.watermark(self.org)).await?;
        if mark > found.seq {
            return Ok(Way::Rebuild("it is ahead of the database, which is older than it was"));
        }
        if mark == 0 && found.seq > 0 {
            return Ok(Way::Rebuild("there is none"));
        }
        if mark < found.forgotten {
            return Ok(Way::Rebuild("it is older than what was deleted since"));
        }
        if mark < found.seq || found.fault.is_some() {
            // An older copy, or what a loss of power left: every entity names its last batch, so going on is enough.
            tracing::info!(org.id = %self.org, graph.seq = mark, seq = found.seq, "the graph is gone on with");
            self.reach(mark).await?;
        }
        Ok(if mark < found.last { Way::From(mark) } else { Way::Done })
    }

    /// Projects the next few batches.
    async fn step(&self, mark: i64) -> Result<Wrote> {
        let mut reader = self.reader().await?;
        let next = projection::batches_after(&mut reader, mark, BATCHES).await?;
        drop(reader);
        let together = together(&next);
        let Some(last) = together.last() else { return Ok(Wrote::default()) };
        let (upto, batches): (_, Vec<_>) = (last.seq, together.iter().map(|it| it.id).collect());
        let mut wrote = Wrote::default();
        for kind in [Kind::Node, Kind::Edge] {
            let mut after = None;
            loop {
                let mut reader = self.reader().await?;
                let part = projection::changed(&mut reader, kind, &batches, after).await?;
                drop(reader);
                wrote += self.write(kind, &part.ids, upto).await?;
                after = part.after;
                if after.is_none() {
                    break;
                }
            }
        }
        self.reach(upto).await?;
        Ok(wrote)
    }

    pub(super) async fn write(&self, kind: Kind, ids: &[uuid::Uuid], upto: i64) -> Result<Wrote> {
        if ids.is_empty() {
            return Ok(Wrote::default());
        }
        match kind {
            Kind::Node => self.write_nodes(ids, upto).await,
            Kind::Edge => self.write_edges(ids, upto).await,
        }
    }
}

/// How the graph of an org goes on.
enum Way {
    Done,
    From(i64),
    Rebuild(&'static str),
}

/// As many as are not too much together.
fn together(batches: &[NumberedBatch]) -> &[NumberedBatch] {
    let mut items = 0;
    let fits = |batch: &&NumberedBatch| {
        items += batch.size;
        items <= ITEMS
    };
    let count = batches.iter().take_while(fits).count();
    &batches[..count.max(1).min(batches.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_batches_go_together_and_a_large_one_goes_alone() {
        let batches = |sizes: &[i64]| -> Vec<NumberedBatch> {
            let id = uuid::Uuid::nil().into();
            sizes.iter().map(|&size| NumberedBatch { id, seq: 1, size }).collect()
        };
        for (sizes, count) in [
            (&[][..], 0),
            (&[1, 2, 3], 3),
            (&[6000, 4000, 1], 2),
            (&[50_000, 1], 1),
            (&[1, 50_000], 1),
        ] {
            assert_eq!(together(&batches(sizes)).len(), count, "{sizes:?}");
        }
    }
}
