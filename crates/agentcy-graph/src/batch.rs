//! Batches made ready for writing: checked, each id once in its newest version, in the order of ids.
//!
//! One order for all writers is what keeps two of them from waiting for each other for ever.

use agentcy_core::id::{EdgeId, NodeId};

use crate::{Edge, Error, Node, Removal, Result, name, property};

/// A node that is to be as given, or not to be.
#[derive(Debug, Clone)]
pub(crate) enum NodeChange {
    Write(Node),
    Remove(Removal<NodeId>),
}

/// An edge that is to be as given, or not to be.
#[derive(Debug, Clone)]
pub(crate) enum EdgeChange {
    Write(Edge),
    Remove(Removal<EdgeId>),
}

/// What both kinds of change have.
pub(crate) trait Change {
    type Id: Ord + Copy;
    fn id(&self) -> Self::Id;
    fn version(&self) -> i64;
    fn check(&self) -> Result<()>;
}

impl Change for NodeChange {
    type Id = NodeId;

    fn id(&self) -> NodeId {
        match self {
            Self::Write(node) => node.id,
            Self::Remove(removal) => removal.id,
        }
    }

    fn version(&self) -> i64 {
        match self {
            Self::Write(node) => node.version,
            Self::Remove(removal) => removal.version,
        }
    }

    fn check(&self) -> Result<()> {
        let Self::Write(node) = self else { return Ok(()) };
        if node.labels.len() > MAX_LABELS {
            return Err(Error::TooLarge { what: "the list of labels", limit: MAX_LABELS });
        }
        node.labels.iter().try_for_each(|label| name::check(label))?;
        property::check_properties(&node.properties)
    }
}

impl Change for EdgeChange {
    type Id = EdgeId;

    fn id(&self) -> EdgeId {
        match self {
            Self::Write(edge) => edge.id,
            Self::Remove(removal) => removal.id,
        }
    }

    fn version(&self) -> i64 {
        match self {
            Self::Write(edge) => edge.version,
            Self::Remove(removal) => removal.version,
        }
    }

    fn check(&self) -> Result<()> {
        let Self::Write(edge) = self else { return Ok(()) };
        name::check(&edge.kind)?;
        property::check_properties(&edge.properties)
    }
}

/// The most labels of one node.
pub(crate) const MAX_LABELS: usize = 64;

/// Checks every change before any is written, and sorts them out.
pub(crate) fn ready<C: Change>(changes: impl IntoIterator<Item = C>) -> Result<Vec<C>> {
    let mut changes: Vec<C> = changes.into_iter().collect();
    changes.iter().try_for_each(Change::check)?;
    // The newest version first, so that it is the one that stays.
    changes.sort_by_key(|change| (change.id(), std::cmp::Reverse(change.version())));
    changes.dedup_by_key(|change| change.id());
    Ok(changes)
}

/// The labels of a node as they are kept, sorted and each once.
pub(crate) fn labels(node: &Node) -> Vec<String> {
    let mut labels: Vec<String> =
        node.labels.iter().map(|label| name::kept(label).into_owned()).collect();
    labels.sort();
    labels.dedup();
    labels
}

/// Labels of a stored node as their user wrote them.
pub(crate) fn shown_labels<'a>(labels: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut labels: Vec<String> =
        labels.into_iter().filter_map(name::shown).map(std::borrow::Cow::into_owned).collect();
    labels.sort();
    labels
}
