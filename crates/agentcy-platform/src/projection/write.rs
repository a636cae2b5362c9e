//! Entities of the ledger on their way into the engine.

use std::collections::BTreeSet;

use agentcy_core::id::{EdgeId, Id as _, NodeId};
use agentcy_graph::{Applied, Edge, Error as GraphError, Node, Removal, SourceRef};
use agentcy_store::ledger::projection::{self, Change, EdgeNow, NodeNow};
use uuid::Uuid;

use super::{desk::Desk, fit};
use crate::{Error, Result};

/// How often edges are looked at again whose ends change while they are written.
const ATTEMPTS: usize = 5;

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wrote {
    /// Things that were taken out.
    pub(super) removed: usize,
    /// Edges that the ledger shows although an end of theirs is not shown.
    pub(super) adrift: usize,
}

impl std::ops::AddAssign for Wrote {
    fn add_assign(&mut self, other: Self) {
        self.removed += other.removed;
        self.adrift += other.adrift;
    }
}

impl Desk {
    /// Brings these nodes into the state that the ledger gives them at this batch.
    pub(super) async fn write_nodes(&self, ids: &[Uuid], upto: i64) -> Result<Wrote> {
        let mut reader = self.reader().await?;
        let changes = projection::nodes(&mut reader, ids, upto).await?;
        drop(reader);
        let (mut live, mut gone) = (Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Live(now) => live.push(node(now)),
                Change::Gone(id, version) => gone.push(Removal { id, version }),
            }
        }
        if !live.is_empty() {
            let applied = match self.engine(|graph| graph.upsert_nodes(self.org, &live)).await {
                Err(Error::Graph(GraphError::TooLarge { .. })) => {
                    for node in &mut live {
                        fit::node(self.org, node);
                    }
                    self.engine(|graph| graph.upsert_nodes(self.org, &live)).await?
                }
                outcome => outcome?,
            };
            count("node", "written", &applied);
        }
        if !gone.is_empty() {
            let applied = self.engine(|graph| graph.remove_nodes(self.org, &gone)).await?;
            count("node", "removed", &applied);
        }
        Ok(Wrote { removed: gone.len(), adrift: 0 })
    }

    /// Brings these edges into the state that the ledger gives them at this batch. The nodes were written before; one
    /// that a later batch has touched since is not among them, and is written when an edge asks for it.
    pub(super) async fn write_edges(&self, ids: &[Uuid], upto: i64) -> Result<Wrote> {
        let mut wrote = Wrote::default();
        let mut ids = ids.to_vec();
        for attempt in 0..ATTEMPTS {
            let mut reader = self.reader().await?;
            let changes = projection::edges(&mut reader, &ids, upto).await?;
            drop(reader);
            let (mut live, mut gone) = (Vec::new(), Vec::new());
            for change in changes {
                match change {
                    Change::Live(now) => live.push(edge(now)),
                    Change::Gone(id, version) => gone.push(Removal { id, version }),
                }
            }
            if attempt > 0 {
                let ends: BTreeSet<NodeId> =
                    live.iter().flat_map(|edge| [edge.from, edge.to]).collect();
                let ends: Vec<Uuid> = ends.into_iter().map(Uuid::from).collect();
                Box::pin(self.write_nodes(&ends, upto)).await?;
            }
            if !gone.is_empty() {
                let applied = self.engine(|graph| graph.remove_edges(self.org, &gone)).await?;
                count("edge", "removed", &applied);
                wrote.removed += gone.len();
            }
            let waiting = self.upsert_edges(live).await?;
            if waiting.is_empty() {
                return Ok(wrote);
            }
            ids = waiting.into_iter().map(EdgeId::uuid).collect();
        }
        wrote.adrift += ids.len();
        tracing::warn!(org.id = %self.org, edges = ids.len(),
            "edges of the ledger are shown although an end of theirs is not");
        Ok(wrote)
    }

    async fn upsert_edges(&self, mut edges: Vec<Edge>) -> Result<Vec<EdgeId>> {
        if edges.is_empty() {
            return Ok(Vec::new());
        }
        let applied = match self.engine(|graph| graph.upsert_edges(self.org, &edges)).await {
            Err(Error::Graph(GraphError::TooLarge { .. })) => {
                for edge in &mut edges {
                    fit::edge(self.org, edge);
                }
                self.engine(|graph| graph.upsert_edges(self.org, &edges)).await?
            }
            outcome => outcome?,
        };
        count("edge", "written", &applied);
        Ok(applied.waiting)
    }
}

fn count(kind: &'static str, what: &'static str, applied: &Applied) {
    let written = u64::try_from(applied.written).unwrap_or(u64::MAX);
    metrics::counter!("agentcy_graph_projected_total", "kind" => kind, "change" => what)
        .increment(written);
}

fn node(now: NodeNow) -> Node {
    let source = |it: agentcy_store::ledger::SourceRef| SourceRef {
        source_id: it.source_id.to_string(),
        external_id: it.external_id,
    };
    Node {
        id: now.id,
        labels: now.labels,
        properties: now.properties,
        realm: now.realm,
        sources: now.sources.into_iter().map(source).collect(),
        valid_from: now.valid_from,
        recorded_at: now.recorded_at,
        version: now.version,
    }
}

fn edge(now: EdgeNow) -> Edge {
    Edge {
        id: now.id,
        kind: now.edge_type,
        from: now.from,
        to: now.to,
        properties: now.properties,
        realm: now.realm,
        valid_from: now.valid_from,
        recorded_at: now.recorded_at,
        version: now.version,
    }
}
