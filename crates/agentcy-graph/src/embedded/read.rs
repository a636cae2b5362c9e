//! Reads of one graph file, each of one state of it however many commits come meanwhile.

use agentcy_core::{
    Realms,
    id::{EdgeId, Id, NodeId},
};
use grafeo::{
    Snapshot, Value,
    store::{self, ArcStr, Direction as Way, PropertyKey},
};

use super::{
    file::{EdgeIndex, OrgGraph},
    value::{is_removed, version},
};
use crate::{
    Direction, Expand, Hop, Neighbour, Neighbours, Node, Result,
    name::{ID, REALM, VERSION, kept},
};

impl OrgGraph {
    pub(super) fn read_node(&self, realms: &Realms, id: NodeId) -> Result<Option<Node>> {
        let reader = Reader::new(self, realms)?;
        let Some(found) = reader.find(id)? else { return Ok(None) };
        reader.node(found)
    }

    pub(super) fn neighbours(&self, realms: &Realms, hop: &Hop<'_>) -> Result<Neighbours> {
        let reader = Reader::new(self, realms)?;
        let Some(start) = reader.find(hop.node)? else { return Ok(Neighbours::default()) };
        let mut edges = reader.edges(start, way(hop.direction), &names(hop.kinds))?;
        let mut truncated = edges.len() > Expand::WORK;
        edges.truncate(Expand::WORK);

        // Only what is given back is read in whole.
        let mut seen = Vec::with_capacity(edges.len());
        for (other, edge) in edges {
            if reader.sees_edge(edge)? && reader.sees_node(other)? {
                seen.push((reader.node_id(other)?, reader.edge_id(edge)?, other, edge));
            }
        }
        seen.sort_unstable_by_key(|(node, edge, ..)| (*node, *edge));
        truncated |= seen.len() > hop.limit;
        seen.truncate(hop.limit);
        let mut items = Vec::with_capacity(seen.len());
        for (id, _, other, edge) in seen {
            let node = reader.node(other)?.ok_or_else(|| self.corrupt("a neighbour"))?;
            let edge = reader.edge(edge)?;
            let (from, to) = if edge.dst == other { (hop.node, id) } else { (id, hop.node) };
            items.push(Neighbour { edge: self.edge_of(&edge, from, to)?, node });
        }
        Ok(Neighbours { items, truncated })
    }
}

/// The engine's word for a direction.
pub(super) fn way(direction: Direction) -> Way {
    match direction {
        Direction::Out => Way::Outgoing,
        Direction::In => Way::Incoming,
        Direction::Both => Way::Both,
    }
}

/// Names as they are kept.
pub(super) fn names(names: &[String]) -> Vec<ArcStr> {
    names.iter().map(|name| ArcStr::from(&*kept(name))).collect()
}

/// One state of a graph as somebody may see it.
pub(super) struct Reader<'a> {
    graph: &'a OrgGraph,
    snapshot: Snapshot,
    pub(super) realms: &'a Realms,
}

impl<'a> Reader<'a> {
    pub(super) fn new(graph: &'a OrgGraph, realms: &'a Realms) -> Result<Self> {
        let snapshot = graph.db.snapshot().map_err(|error| graph.failed(error))?;
        Ok(Self { graph, snapshot, realms })
    }

    fn or_failed<T>(&self, read: Result<T, grafeo::Error>) -> Result<T> {
        read.map_err(|error| self.graph.failed(error))
    }

    /// The engine's node with this id, when it may be seen.
    pub(super) fn find(&self, id: NodeId) -> Result<Option<grafeo::NodeId>> {
        // What is removed has no realm.
        match self.record(&id.to_string())? {
            Some(found) if self.sees_node(found)? => Ok(Some(found)),
            _ => Ok(None),
        }
    }

    pub(super) fn sees_node(&self, node: grafeo::NodeId) -> Result<bool> {
        self.sees(self.snapshot.node_property(node, REALM, self.snapshot.view()))
    }

    pub(super) fn sees_edge(&self, edge: grafeo::EdgeId) -> Result<bool> {
        if matches!(self.realms, Realms::All) {
            return Ok(true);
        }
        self.sees(self.snapshot.edge_property(edge, REALM, self.snapshot.view()))
    }

    fn sees(&self, realm: Result<Option<Value>, grafeo::Error>) -> Result<bool> {
        let Some(realm) = self.or_failed(realm)? else { return Ok(false) };
        Ok(self.has(realm.as_str().ok_or_else(|| self.graph.corrupt("a realm"))?))
    }

    fn has(&self, realm: &str) -> bool {
        match self.realms {
            Realms::All => true,
            Realms::Only(only) => only.iter().any(|own| own.as_str() == realm),
        }
    }

    /// Of these nodes those that may be seen, by our id and the engine's.
    pub(super) fn seen(&self, nodes: Vec<grafeo::NodeId>) -> Result<Vec<(NodeId, grafeo::NodeId)>> {
        let each = |key: &str| {
            let key = PropertyKey::new(self.graph.shared(key));
            self.or_failed(self.snapshot.node_property_batch(&nodes, &key, self.snapshot.view()))
        };
        let (ids, realms) = (each(ID)?, each(REALM)?);
        let mut seen = Vec::with_capacity(nodes.len());
        for ((node, id), realm) in nodes.into_iter().zip(ids).zip(realms) {
            if realm.as_ref().and_then(Value::as_str).is_some_and(|realm| self.has(realm)) {
                seen.push((self.id(Ok(id))?, node));
            }
        }
        Ok(seen)
    }

    /// The engine's node or record with this id.
    pub(super) fn record(&self, id: &str) -> Result<Option<grafeo::NodeId>> {
        let found =
            self.snapshot.find_nodes_by_property(ID, &Value::from(id), self.snapshot.view());
        match self.or_failed(found)?[..] {
            [] => Ok(None),
            [found] => Ok(Some(found)),
            _ => Err(self.graph.corrupt("an id stands twice")),
        }
    }

    /// The engine's node or record in whole.
    pub(super) fn stored(&self, node: grafeo::NodeId) -> Result<Option<store::Node>> {
        self.or_failed(self.snapshot.node(node, self.snapshot.view()))
    }

    /// The version of a node or record.
    pub(super) fn node_version(&self, node: grafeo::NodeId) -> Result<Option<i64>> {
        let value = self.snapshot.node_property(node, VERSION, self.snapshot.view());
        Ok(version(self.or_failed(value)?.as_ref()))
    }

    /// The version of an edge.
    pub(super) fn edge_version(&self, edge: grafeo::EdgeId) -> Result<Option<i64>> {
        let value = self.snapshot.edge_property(edge, VERSION, self.snapshot.view());
        Ok(version(self.or_failed(value)?.as_ref()))
    }

    /// Every edge, by our id and the engine's.
    pub(super) fn all_edges(&self) -> Result<EdgeIndex> {
        let view = self.snapshot.view();
        let mut all = EdgeIndex::with_capacity(self.or_failed(self.snapshot.edge_count(view))?);
        for node in self.or_failed(self.snapshot.node_ids(view))? {
            for (_, edge) in self.edges(node, Way::Outgoing, &[])? {
                all.insert(self.edge_id(edge)?, edge);
            }
        }
        Ok(all)
    }

    /// Whether a node has one of these labels; every node has when there are none.
    pub(super) fn has_label(&self, node: grafeo::NodeId, labels: &[ArcStr]) -> Result<bool> {
        for label in labels {
            let has = self.snapshot.node_has_label(node, label, self.snapshot.view());
            if self.or_failed(has)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(labels.is_empty())
    }

    pub(super) fn node_id(&self, node: grafeo::NodeId) -> Result<NodeId> {
        self.id(self.snapshot.node_property(node, ID, self.snapshot.view()))
    }

    pub(super) fn edge_id(&self, edge: grafeo::EdgeId) -> Result<EdgeId> {
        self.id(self.snapshot.edge_property(edge, ID, self.snapshot.view()))
    }

    fn id<I: Id>(&self, id: Result<Option<Value>, grafeo::Error>) -> Result<I> {
        let id = self.or_failed(id)?;
        let id = id.as_ref().and_then(Value::as_str).and_then(|id| id.parse().ok());
        id.ok_or_else(|| self.graph.corrupt("an id"))
    }

    /// The edges at a node, each with the node at its other end.
    pub(super) fn edges(
        &self,
        node: grafeo::NodeId,
        way: Way,
        kinds: &[ArcStr],
    ) -> Result<Vec<(grafeo::NodeId, grafeo::EdgeId)>> {
        self.or_failed(self.snapshot.edges(node, way, kinds, self.snapshot.view()))
    }

    /// A node in whole, when it may be seen.
    pub(super) fn node(&self, node: grafeo::NodeId) -> Result<Option<Node>> {
        let Some(stored) = self.stored(node)?.filter(|stored| !is_removed(stored)) else {
            return Ok(None);
        };
        let node = self.graph.node_of(&stored)?;
        Ok(self.realms.contains(&node.realm).then_some(node))
    }

    /// Whether a node has an edge of these types.
    pub(super) fn has_edge(
        &self,
        node: grafeo::NodeId,
        way: Way,
        kinds: &[ArcStr],
    ) -> Result<bool> {
        self.or_failed(self.snapshot.has_edge(node, way, kinds, self.snapshot.view()))
    }

    /// An edge as it is stored.
    pub(super) fn edge(&self, edge: grafeo::EdgeId) -> Result<store::Edge> {
        let stored = self.or_failed(self.snapshot.edge(edge, self.snapshot.view()))?;
        stored.ok_or_else(|| self.graph.corrupt("an edge"))
    }
}
