//! Writes of edges: one transaction a piece, and the index of edges kept beside it.

use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
};

use agentcy_core::{
    Realms,
    id::{EdgeId, NodeId},
};
use grafeo::Session;

use super::{
    file::{EdgeIndex, OrgGraph},
    read::Reader,
    value::removed,
};
use crate::{
    Edge, Result,
    batch::{Change, EdgeChange},
    name::{EDGE, kept},
    own::of_edge,
};

/// What a transaction does to the index once it is committed.
type Moves = Vec<(EdgeId, Option<grafeo::EdgeId>)>;

impl OrgGraph {
    /// Writes what is newer than what is there, says how many that were, and notes edges without an end.
    pub(super) fn apply_edges(
        &self,
        changes: &[EdgeChange],
        waiting: &mut Vec<EdgeId>,
    ) -> Result<usize> {
        let mut index = self.index()?;
        let index = index.get_or_insert_default();
        // Each id is here once, so what was there before is all that needs to be known.
        let before = Reader::new(self, &Realms::All)?;
        let mut session = self.db.session();
        session.begin_transaction().map_err(|error| self.failed(error))?;
        let mut moves = Moves::with_capacity(changes.len());
        let mut ends = HashMap::new();
        let (mut written, mut without_end) = (0, Vec::new());
        for change in changes {
            let id = change.id();
            let live = index.get(&id).copied();
            let record = match live {
                Some(_) => None,
                None => before.record(&id.to_string())?,
            };
            let newest = match live {
                Some(edge) => before.edge_version(edge)?,
                None => record.map(|record| before.node_version(record)).transpose()?.flatten(),
            };
            if newest.is_some_and(|newest| newest >= change.version()) {
                continue;
            }
            if let Some(edge) = live {
                session.delete_edge(edge).map_err(|error| self.failed(error))?;
                moves.push((id, None));
            }
            if let EdgeChange::Write(edge) = change {
                let from = end(&before, &mut ends, edge.from)?;
                let to = end(&before, &mut ends, edge.to)?;
                let (Some(from), Some(to)) = (from, to) else {
                    without_end.push(id);
                    continue;
                };
                moves.push((id, Some(self.connect(&session, edge, from, to)?)));
            } else {
                self.create(
                    &session,
                    &[EDGE.to_owned()],
                    removed(&id.to_string(), change.version()),
                )?;
            }
            if let Some(record) = record {
                session.delete_node(record).map_err(|error| self.failed(error))?;
            }
            written += 1;
        }
        drop(before);
        session.commit().map_err(|error| self.failed(error))?;
        for (id, edge) in moves {
            match edge {
                Some(edge) => index.insert(id, edge),
                None => index.remove(&id),
            };
        }
        waiting.append(&mut without_end);
        Ok(written)
    }

    fn connect(
        &self,
        session: &Session,
        edge: &Edge,
        from: grafeo::NodeId,
        to: grafeo::NodeId,
    ) -> Result<grafeo::EdgeId> {
        session
            .create_edge_with_props(from, to, &kept(&edge.kind), self.row(of_edge(edge)))
            .map_err(|error| self.failed(error))
    }

    /// The index of edges, made from the graph when it is not there.
    fn index(&self) -> Result<MutexGuard<'_, Option<EdgeIndex>>> {
        let mut guard = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            *guard = Some(Reader::new(self, &Realms::All)?.all_edges()?);
        }
        Ok(guard)
    }

    /// Drops edges from the index that left the graph with a node.
    pub(super) fn unindex(&self, gone: &[EdgeId]) {
        let mut guard = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = guard.as_mut() {
            for id in gone {
                index.remove(id);
            }
        }
    }
}

/// The live node at an end; looked up once a piece.
fn end(
    before: &Reader<'_>,
    known: &mut HashMap<NodeId, Option<grafeo::NodeId>>,
    id: NodeId,
) -> Result<Option<grafeo::NodeId>> {
    if let Some(end) = known.get(&id) {
        return Ok(*end);
    }
    let end = before.find(id)?;
    known.insert(id, end);
    Ok(end)
}
