//! Writes of nodes: one transaction a piece.

use std::collections::HashMap;

use agentcy_core::{Realms, id::EdgeId};
use grafeo::{
    Session, Value,
    store::{self, Direction, PropertyKey},
};

use super::{
    file::OrgGraph,
    read::Reader,
    value::{Row, is_removed, removed, version},
};
use crate::{
    Result,
    batch::{Change, NodeChange, labels},
    name::{ID, NODE, REMOVED, VERSION},
    own::of_node,
};

impl OrgGraph {
    /// Writes what is newer than what is there, and says how many that were.
    pub(super) fn apply_nodes(&self, changes: &[NodeChange]) -> Result<usize> {
        // Each id is here once, so what was there before is all that needs to be known.
        let before = Reader::new(self, &Realms::All)?;
        let mut session = self.db.session();
        session.begin_transaction().map_err(|error| self.failed(error))?;
        let (mut written, mut detached) = (0, Vec::new());
        for change in changes {
            let id = change.id().to_string();
            let found = before.record(&id)?;
            let stored = found.map(|found| before.stored(found)).transpose()?.flatten();
            let newest = stored.as_ref().and_then(|node| version(node.get_property(VERSION)));
            if newest.is_some_and(|newest| newest >= change.version()) {
                continue;
            }
            match (change, stored) {
                (NodeChange::Write(node), Some(stored)) if !is_removed(&stored) => {
                    self.rewrite(
                        &session,
                        &stored,
                        with_base(labels(node)),
                        self.row(of_node(node)),
                    )?;
                }
                (NodeChange::Write(node), stored) => {
                    self.discard(&session, stored.as_ref(), &mut detached)?;
                    self.create(&session, &with_base(labels(node)), self.row(of_node(node)))?;
                }
                (NodeChange::Remove(removal), stored) => {
                    self.discard(&session, stored.as_ref(), &mut detached)?;
                    self.create(&session, &with_base(Vec::new()), removed(&id, removal.version))?;
                }
            }
            written += 1;
        }
        drop(before);
        session.commit().map_err(|error| self.failed(error))?;
        self.unindex(&detached);
        Ok(written)
    }

    /// Forgets what was removed before this fact.
    pub(super) fn forget_removals(&self, before: i64) -> Result<()> {
        let mut session = self.db.session();
        session.begin_transaction().map_err(|error| self.failed(error))?;
        let all = session
            .find_nodes_by_property(REMOVED, &Value::from(true))
            .map_err(|error| self.failed(error))?;
        for record in all {
            let at =
                session.get_node_property(record, VERSION).map_err(|error| self.failed(error))?;
            if version(at.as_ref()).is_some_and(|at| at < before) {
                session.delete_node(record).map_err(|error| self.failed(error))?;
            }
        }
        session.commit().map_err(|error| self.failed(error))
    }

    pub(super) fn create(
        &self,
        session: &Session,
        labels: &[String],
        row: Row,
    ) -> Result<grafeo::NodeId> {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        session.create_node_with_props(&labels, row).map_err(|error| self.failed(error))
    }

    /// Deletes a stored node with its edges, and notes which edges those were.
    fn discard(
        &self,
        session: &Session,
        stored: Option<&store::Node>,
        detached: &mut Vec<EdgeId>,
    ) -> Result<()> {
        let Some(stored) = stored else { return Ok(()) };
        let edges = session
            .get_node_edges(stored.id, Direction::Both, &[])
            .map_err(|error| self.failed(error))?;
        for (_, edge) in edges {
            let Some(edge) = session.get_edge(edge).map_err(|error| self.failed(error))? else {
                continue;
            };
            let id = edge.get_property(ID).and_then(Value::as_str).and_then(|id| id.parse().ok());
            detached.push(id.ok_or_else(|| self.corrupt("an edge"))?);
        }
        session.detach_delete_node(stored.id).map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Makes a stored node have exactly these labels and properties.
    fn rewrite(
        &self,
        session: &Session,
        stored: &store::Node,
        labels: Vec<String>,
        row: Row,
    ) -> Result<()> {
        let row: HashMap<PropertyKey, Value> = row.into_iter().collect();
        for (key, _) in stored.properties.iter() {
            if !row.contains_key(key) {
                session
                    .remove_node_property(stored.id, key.as_ref())
                    .map_err(|error| self.failed(error))?;
            }
        }
        for (key, value) in row {
            if stored.get_property(key.as_str()) != Some(&value) {
                session
                    .set_node_property(stored.id, key.as_str(), value)
                    .map_err(|error| self.failed(error))?;
            }
        }
        for label in &stored.labels {
            if !labels.iter().any(|kept| kept == label.as_str()) {
                session
                    .remove_node_label(stored.id, label.as_str())
                    .map_err(|error| self.failed(error))?;
            }
        }
        for label in labels {
            if !stored.has_label(&label) {
                session.add_node_label(stored.id, &label).map_err(|error| self.failed(error))?;
            }
        }
        Ok(())
    }
}

fn with_base(mut labels: Vec<String>) -> Vec<String> {
    labels.push(NODE.to_owned());
    labels
}
