//! Reads of one graph file.

use agentcy_core::{Realms, id::NodeId};
use grafeo::store::{self, Direction as Way};

use super::{file::OrgGraph, value::is_removed};
use crate::{Direction, Hop, Neighbour, Neighbours, Node, Result, name::kept};

impl OrgGraph {
    pub(super) fn read_node(&self, realms: &Realms, id: NodeId) -> Result<Option<Node>> {
        let Some(stored) = self.live(id)? else { return Ok(None) };
        let node = self.node_of(&stored)?;
        Ok(realms.contains(&node.realm).then_some(node))
    }

    /// The engine's node with this id, when it is not removed.
    fn live(&self, id: NodeId) -> Result<Option<store::Node>> {
        let session = self.db.session();
        let Some(found) = self.find(&session, &id.to_string())? else { return Ok(None) };
        let stored = session.get_node(found).map_err(|error| self.failed(error))?;
        Ok(stored.filter(|node| !is_removed(node)))
    }

    pub(super) fn neighbours(&self, realms: &Realms, hop: &Hop<'_>) -> Result<Neighbours> {
        let Some(start) = self.live(hop.node)? else { return Ok(Neighbours::default()) };
        if !realms.contains(&self.node_of(&start)?.realm) {
            return Ok(Neighbours::default());
        }
        let way = match hop.direction {
            Direction::Out => Way::Outgoing,
            Direction::In => Way::Incoming,
            Direction::Both => Way::Both,
        };
        let kinds: Vec<_> = hop.kinds.iter().map(|kind| kept(kind)).collect();
        let kinds: Vec<&str> = kinds.iter().map(AsRef::as_ref).collect();
        let session = self.db.session();
        let pairs =
            session.get_node_edges(start.id, way, &kinds).map_err(|error| self.failed(error))?;

        let mut found = Neighbours::default();
        for (other, edge) in pairs {
            let edge = session.get_edge(edge).map_err(|error| self.failed(error))?;
            let other = session.get_node(other).map_err(|error| self.failed(error))?;
            // Either may have gone since the list was read.
            let (Some(edge), Some(other)) = (edge, other) else { continue };
            let (from, to) = if edge.src == start.id { (&start, &other) } else { (&other, &start) };
            let edge = self.edge_of(&edge, from, to)?;
            let node = self.node_of(&other)?;
            if !realms.contains(&edge.realm) || !realms.contains(&node.realm) {
                continue;
            }
            if found.items.len() == hop.limit {
                found.truncated = true;
                break;
            }
            found.items.push(Neighbour { edge, node });
        }
        Ok(found)
    }
}
