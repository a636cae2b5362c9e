//! The walk outward from some nodes.

use std::collections::{HashMap, HashSet};

use agentcy_core::{Realms, id::NodeId};
use grafeo::store::{ArcStr, Direction as Way};

use super::{
    file::OrgGraph,
    read::{Reader, names, way},
};
use crate::{Edge, Expand, Result, Subgraph};

/// A node that was met, by our id and the engine's.
type Met = (NodeId, grafeo::NodeId);

impl OrgGraph {
    pub(super) fn expand(&self, realms: &Realms, ask: &Expand<'_>) -> Result<Subgraph> {
        let reader = Reader::new(self, realms)?;
        let mut walk =
            Walk { graph: self, ask, reader: &reader, kept: Vec::new(), truncated: false };
        let mut starts = Vec::with_capacity(ask.nodes.len());
        for id in ask.nodes {
            if let Some(found) = reader.find(*id)? {
                starts.push((*id, found));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        walk.keep(starts);
        let mut seen: HashSet<grafeo::NodeId> = walk.kept.iter().map(|(_, node)| *node).collect();
        let mut from = 0;
        for _ in 0..ask.depth {
            let frontier = from..walk.kept.len();
            from = frontier.end;
            let met = walk.step(frontier, &mut seen)?;
            walk.keep(met);
        }

        let edges = walk.between()?;
        let mut nodes = Vec::with_capacity(walk.kept.len());
        for (_, node) in &walk.kept {
            nodes.push(reader.node(*node)?.ok_or_else(|| self.corrupt("a node that was met"))?);
        }
        Ok(Subgraph { nodes, edges, truncated: walk.truncated })
    }
}

struct Walk<'a> {
    graph: &'a OrgGraph,
    ask: &'a Expand<'a>,
    reader: &'a Reader<'a>,
    kept: Vec<Met>,
    truncated: bool,
}

impl Walk<'_> {
    /// Keeps what was met in one step, as far as there is room.
    fn keep(&mut self, mut met: Vec<Met>) {
        let room = self.ask.limit - self.kept.len();
        if met.len() > room {
            self.truncated = true;
            met.select_nth_unstable(room);
            met.truncate(room);
        }
        met.sort_unstable();
        self.kept.append(&mut met);
    }

    /// The nodes next to those of the step before that were not seen until now.
    fn step(
        &mut self,
        frontier: std::ops::Range<usize>,
        seen: &mut HashSet<grafeo::NodeId>,
    ) -> Result<Vec<Met>> {
        let (kinds, labels) = (names(self.ask.kinds), names(self.ask.labels));
        let way = way(self.ask.direction);
        let mut work = self.ask.work;
        let mut met = Vec::new();
        for at in frontier {
            for (other, edge) in self.edges(self.kept[at].1, way, &kinds, &mut work)? {
                if seen.contains(&other) || !self.reader.sees_edge(edge)? {
                    continue;
                }
                seen.insert(other);
                if self.reader.has_label(other, &labels)? {
                    met.push(other);
                }
            }
        }
        self.reader.seen(met)
    }

    /// The edges at a node, as far as there is work left to be done.
    fn edges(
        &mut self,
        node: grafeo::NodeId,
        way: Way,
        kinds: &[ArcStr],
        work: &mut usize,
    ) -> Result<Vec<(grafeo::NodeId, grafeo::EdgeId)>> {
        if *work == 0 {
            self.truncated = self.truncated || self.reader.has_edge(node, way, kinds)?;
            return Ok(Vec::new());
        }
        let mut edges = self.reader.edges(node, way, kinds)?;
        self.truncated |= edges.len() > *work;
        edges.truncate(*work);
        *work -= edges.len();
        Ok(edges)
    }

    /// The edges between the kept nodes, each of which leaves one of them.
    fn between(&mut self) -> Result<Vec<Edge>> {
        let kinds = names(self.ask.kinds);
        let ids: HashMap<grafeo::NodeId, NodeId> =
            self.kept.iter().map(|(id, node)| (*node, *id)).collect();
        let mut work = self.ask.work;
        let mut between = Vec::new();
        for (from, node) in self.kept.clone() {
            for (other, edge) in self.edges(node, Way::Outgoing, &kinds, &mut work)? {
                let Some(to) = ids.get(&other) else { continue };
                let edge = self.graph.edge_of(&self.reader.edge(edge)?, from, *to)?;
                if self.reader.realms.contains(&edge.realm) {
                    between.push(edge);
                }
            }
        }
        between.sort_unstable_by_key(|edge| edge.id);
        Ok(between)
    }
}
