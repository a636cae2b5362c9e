//! The graph as a query sees it: without our records and our names.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use grafeo::{
    EdgeId, NodeId, Value,
    store::{
        ArcStr, Direction, Edge, EpochId, GraphStore, Labels, Node, PropertyKey, ReadView,
        Statistics,
    },
};
use grafeo_common::utils::error::{QueryError, QueryErrorKind};
use grafeo_core::{execution::deadline, graph::lpg::CompareOp};

use crate::name::{EDGE, ID, META, REALM, REMOVED, kept, shown};

type Stored<T> = Result<T, grafeo::Error>;

/// How many bytes of texts one query may read from properties in all.
const MAX_TEXTS: usize = 512 << 20;

/// A store without the records that are not nodes of a user, with names as users write them.
///
/// `n._id` and `n._realm` are the only names of ours that can be read.
pub(super) struct View {
    inner: Arc<dyn GraphStore>,
    hidden: HashSet<NodeId>,
    /// The longest text, and the most items of a list, that is read from a property.
    longest: usize,
    /// How many bytes of texts were read.
    read: AtomicUsize,
}

impl View {
    pub(super) fn new(inner: Arc<dyn GraphStore>, view: ReadView, longest: usize) -> Stored<Self> {
        let mut hidden: HashSet<NodeId> =
            inner.find_nodes_by_property(REMOVED, &Value::from(true), view)?.into_iter().collect();
        for label in [EDGE, META] {
            hidden.extend(inner.nodes_by_label(label, view)?);
        }
        Ok(Self { inner, hidden, longest, read: AtomicUsize::new(0) })
    }

    /// Refuses a property that is too large to calculate with, and one text too many.
    fn bounded(&self, name: &str, value: Option<Value>) -> Stored<Option<Value>> {
        let size = match &value {
            Some(Value::String(text)) => text.len(),
            Some(Value::List(items)) => items.len(),
            _ => return Ok(value),
        };
        let message = if size > self.longest {
            format!("{TOO_LARGE}the property {name} is too long to be read by itself here")
        } else if self.read.fetch_add(size, Ordering::Relaxed) > MAX_TEXTS {
            format!("{TOO_LARGE}it reads more than {MAX_TEXTS} bytes of texts")
        } else {
            return Ok(value);
        };
        Err(QueryError::new(QueryErrorKind::Execution, message).into())
    }

    fn seen(&self, mut ids: Vec<NodeId>) -> Vec<NodeId> {
        ids.retain(|id| !self.hidden.contains(id));
        ids
    }
}

/// A property as it is kept, by the name that a user gives it.
fn key(name: &str) -> ArcStr {
    if [ID, REALM].contains(&name) { name.into() } else { kept(name).as_ref().into() }
}

fn names(names: &[ArcStr]) -> Vec<ArcStr> {
    names.iter().map(|name| kept(name).as_ref().into()).collect()
}

fn shown_all(names: &[String]) -> Vec<String> {
    names.iter().filter_map(|name| shown(name)).map(std::borrow::Cow::into_owned).collect()
}

/// What stands before the message of an error that means that a query is too large.
pub(super) const TOO_LARGE: &str = "too large: ";

/// The engine looks at the clock between chunks; within one it may still walk a long way.
fn in_time() -> Stored<()> {
    deadline::check().map_err(|_| QueryError::timeout().into())
}

impl GraphStore for View {
    fn node(&self, id: NodeId, view: ReadView) -> Stored<Option<Node>> {
        in_time()?;
        if self.hidden.contains(&id) {
            return Ok(None);
        }
        let Some(stored) = self.inner.node(id, view)? else { return Ok(None) };
        let labels = stored.labels.iter().filter_map(|label| shown(label));
        let mut node = Node::with_labels(id, labels.map(|label| ArcStr::from(label.as_ref())));
        for (name, value) in stored.properties.iter() {
            if let Some(name) = shown(name.as_ref()) {
                node.set_property(name.as_ref(), value.clone());
            }
        }
        Ok(Some(node))
    }

    fn edge(&self, id: EdgeId, view: ReadView) -> Stored<Option<Edge>> {
        in_time()?;
        let Some(stored) = self.inner.edge(id, view)? else { return Ok(None) };
        let kind = shown(&stored.edge_type).unwrap_or_default();
        let mut edge = Edge::new(id, stored.src, stored.dst, ArcStr::from(kind.as_ref()));
        for (name, value) in stored.properties.iter() {
            if let Some(name) = shown(name.as_ref()) {
                edge.set_property(name.as_ref(), value.clone());
            }
        }
        Ok(Some(edge))
    }

    fn is_node_visible(&self, id: NodeId, view: ReadView) -> Stored<bool> {
        Ok(!self.hidden.contains(&id) && self.inner.is_node_visible(id, view)?)
    }

    fn is_edge_visible(&self, id: EdgeId, view: ReadView) -> Stored<bool> {
        self.inner.is_edge_visible(id, view)
    }

    fn filter_visible_node_ids(&self, ids: &[NodeId], view: ReadView) -> Stored<Vec<NodeId>> {
        Ok(self.seen(self.inner.filter_visible_node_ids(ids, view)?))
    }

    fn node_property(&self, id: NodeId, name: &str, view: ReadView) -> Stored<Option<Value>> {
        if self.hidden.contains(&id) {
            return Ok(None);
        }
        self.bounded(name, self.inner.node_property(id, &key(name), view)?)
    }

    fn edge_property(&self, id: EdgeId, name: &str, view: ReadView) -> Stored<Option<Value>> {
        self.bounded(name, self.inner.edge_property(id, &key(name), view)?)
    }

    fn node_labels(&self, id: NodeId, view: ReadView) -> Stored<Option<Labels>> {
        if self.hidden.contains(&id) {
            return Ok(None);
        }
        let labels = self.inner.node_labels(id, view)?;
        Ok(labels.map(|labels| {
            let shown = labels.iter().filter_map(|label| shown(label));
            shown.map(|label| ArcStr::from(label.as_ref())).collect()
        }))
    }

    fn node_has_label(&self, id: NodeId, label: &str, view: ReadView) -> Stored<Option<bool>> {
        self.inner.node_has_label(id, &kept(label), view)
    }

    fn edge_type(&self, id: EdgeId, view: ReadView) -> Stored<Option<ArcStr>> {
        let kind = self.inner.edge_type(id, view)?;
        Ok(kind.map(|kind| shown(&kind).unwrap_or_default().as_ref().into()))
    }

    fn node_property_batch(
        &self,
        ids: &[NodeId],
        name: &PropertyKey,
        view: ReadView,
    ) -> Stored<Vec<Option<Value>>> {
        in_time()?;
        let kept = PropertyKey::new(key(name.as_str()).as_str());
        let values = self.inner.node_property_batch(ids, &kept, view)?;
        values.into_iter().map(|value| self.bounded(name.as_str(), value)).collect()
    }

    fn edges(
        &self,
        node: NodeId,
        direction: Direction,
        types: &[ArcStr],
        view: ReadView,
    ) -> Stored<Vec<(NodeId, EdgeId)>> {
        in_time()?;
        self.inner.edges(node, direction, &names(types), view)
    }

    fn has_edge(
        &self,
        node: NodeId,
        direction: Direction,
        types: &[ArcStr],
        view: ReadView,
    ) -> Stored<bool> {
        in_time()?;
        self.inner.has_edge(node, direction, &names(types), view)
    }

    fn count_edges(
        &self,
        node: NodeId,
        direction: Direction,
        types: &[ArcStr],
        end_labels: &[ArcStr],
        view: ReadView,
    ) -> Stored<usize> {
        in_time()?;
        self.inner.count_edges(node, direction, &names(types), &names(end_labels), view)
    }

    fn degree(&self, node: NodeId, direction: Direction, view: ReadView) -> Stored<usize> {
        self.inner.degree(node, direction, view)
    }

    fn has_backward_adjacency(&self) -> bool {
        self.inner.has_backward_adjacency()
    }

    fn node_ids(&self, view: ReadView) -> Stored<Vec<NodeId>> {
        in_time()?;
        Ok(self.seen(self.inner.node_ids(view)?))
    }

    fn nodes_by_label(&self, label: &str, view: ReadView) -> Stored<Vec<NodeId>> {
        in_time()?;
        self.inner.nodes_by_label(&kept(label), view)
    }

    fn nodes_by_label_count(&self, label: &str, view: ReadView) -> Stored<usize> {
        self.inner.nodes_by_label_count(&kept(label), view)
    }

    fn node_count(&self, view: ReadView) -> Stored<usize> {
        Ok(self.inner.node_count(view)?.saturating_sub(self.hidden.len()))
    }

    fn edge_count(&self, view: ReadView) -> Stored<usize> {
        self.inner.edge_count(view)
    }

    fn all_labels(&self) -> Stored<Vec<String>> {
        Ok(shown_all(&self.inner.all_labels()?))
    }

    fn all_edge_types(&self) -> Stored<Vec<String>> {
        Ok(shown_all(&self.inner.all_edge_types()?))
    }

    fn all_property_keys(&self) -> Stored<Vec<String>> {
        Ok(shown_all(&self.inner.all_property_keys()?))
    }

    fn has_property_index(&self, property: &str) -> bool {
        self.inner.has_property_index(&key(property))
    }

    fn find_nodes_by_properties(
        &self,
        conditions: &[(&str, Value)],
        view: ReadView,
    ) -> Stored<Vec<NodeId>> {
        in_time()?;
        let keys: Vec<ArcStr> = conditions.iter().map(|(name, _)| key(name)).collect();
        let conditions: Vec<(&str, Value)> = keys
            .iter()
            .zip(conditions)
            .map(|(key, (_, value))| (key.as_str(), value.clone()))
            .collect();
        Ok(self.seen(self.inner.find_nodes_by_properties(&conditions, view)?))
    }

    fn find_nodes_maybe_equal(
        &self,
        property: &str,
        value: &Value,
        view: ReadView,
    ) -> Stored<Option<Vec<NodeId>>> {
        let found = self.inner.find_nodes_maybe_equal(&key(property), value, view)?;
        Ok(found.map(|ids| self.seen(ids)))
    }

    fn find_nodes_in_range(
        &self,
        property: &str,
        min: Option<&Value>,
        max: Option<&Value>,
        min_inclusive: bool,
        max_inclusive: bool,
        view: ReadView,
    ) -> Stored<Vec<NodeId>> {
        in_time()?;
        let property = key(property);
        let ids = self.inner.find_nodes_in_range(
            &property,
            min,
            max,
            min_inclusive,
            max_inclusive,
            view,
        )?;
        Ok(self.seen(ids))
    }

    fn node_property_might_match(&self, name: &PropertyKey, op: CompareOp, value: &Value) -> bool {
        self.inner.node_property_might_match(
            &PropertyKey::new(key(name.as_str()).as_str()),
            op,
            value,
        )
    }

    fn edge_property_might_match(&self, name: &PropertyKey, op: CompareOp, value: &Value) -> bool {
        self.inner.edge_property_might_match(
            &PropertyKey::new(key(name.as_str()).as_str()),
            op,
            value,
        )
    }

    fn statistics(&self) -> Arc<Statistics> {
        self.inner.statistics()
    }

    fn committed_epoch(&self) -> EpochId {
        self.inner.committed_epoch()
    }
}
