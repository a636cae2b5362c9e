//! Writes of edges: one transaction a piece, and the index of edges kept beside it.

use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
};

use agentcy_core::id::EdgeId;
use grafeo::{Session, Value, store};

use super::{
    file::{EdgeIndex, OrgGraph},
    value::{is_removed, removed, row, version},
};
use crate::{
    Edge, Result,
    batch::{Change, EdgeChange},
    name::{EDGE, ID, VERSION, kept},
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
                None => self.stored(&session, &id.to_string())?,
            };
            let newest = match live {
                Some(edge) => self.edge_version(&session, edge)?,
                None => record.as_ref().and_then(|node| version(node.get_property(VERSION))),
            };
            if newest.is_some_and(|newest| newest >= change.version()) {
                continue;
            }
            if let Some(edge) = live {
                session.delete_edge(edge).map_err(|error| self.failed(error))?;
                moves.push((id, None));
            }
            if let EdgeChange::Write(edge) = change {
                let from = self.end(&session, &mut ends, edge.from)?;
                let to = self.end(&session, &mut ends, edge.to)?;
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
                session.delete_node(record.id).map_err(|error| self.failed(error))?;
            }
            written += 1;
        }
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
            .create_edge_with_props(from, to, &kept(&edge.kind), row(of_edge(edge)))
            .map_err(|error| self.failed(error))
    }

    /// The live node at an end; looked up once a piece.
    fn end(
        &self,
        session: &Session,
        known: &mut HashMap<agentcy_core::id::NodeId, Option<grafeo::NodeId>>,
        id: agentcy_core::id::NodeId,
    ) -> Result<Option<grafeo::NodeId>> {
        if let Some(end) = known.get(&id) {
            return Ok(*end);
        }
        let live = |node: &store::Node| !is_removed(node);
        let end = self.stored(session, &id.to_string())?.filter(live).map(|node| node.id);
        known.insert(id, end);
        Ok(end)
    }

    fn edge_version(&self, session: &Session, edge: grafeo::EdgeId) -> Result<Option<i64>> {
        let edge = session.get_edge(edge).map_err(|error| self.failed(error))?;
        Ok(edge.and_then(|edge| version(edge.get_property(VERSION))))
    }

    /// The index of edges, made from the graph when it is not there.
    fn index(&self) -> Result<MutexGuard<'_, Option<EdgeIndex>>> {
        let mut guard = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            let mut index = EdgeIndex::new();
            for edge in self.db.iter_edges().map_err(|error| self.failed(error))? {
                let id =
                    edge.get_property(ID).and_then(Value::as_str).and_then(|id| id.parse().ok());
                index.insert(id.ok_or_else(|| self.corrupt("an edge"))?, edge.id);
            }
            *guard = Some(index);
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
