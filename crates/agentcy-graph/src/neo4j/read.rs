//! Reads: each a statement of its own, with a limit and the org in every pattern.

use agentcy_core::{Realms, id::NodeId};
use neo4rs::{BoltNull, BoltType, query};

use super::{
    bolt::{StoredEdge, StoredNode, column, list, whole},
    link::Link,
};
use crate::{Direction, Expand, Hop, Neighbour, Neighbours, Node, Result, Scope, name::quoted};

const NODE: &str = "
    MATCH (n:_Node {_org_id: $org, _id: $id})
    WHERE n._removed IS NULL AND ($realms IS NULL OR n._realm IN $realms)
    RETURN labels(n) AS labels, properties(n) AS properties
    LIMIT 1";

pub(super) async fn node(link: &Link, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>> {
    let read = query(NODE)
        .param("org", scope.org.to_string())
        .param("id", id.to_string())
        .param("realms", realms(scope.realms));
    let rows = link.rows(read, link.settings.read).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    whole::<StoredNode>(row, scope.org)?.read(scope.org).map(Some)
}

// What is removed has no edges, so the node at the other end is not. One null stands for an empty list, so that
// there is a row that says whether something was cut.
const NEIGHBOURS: &str = "
    MATCH (n:_Node {_org_id: $org, _id: $id})PATTERN(m:_Node {_org_id: $org})
    WHERE $realms IS NULL OR n._realm IN $realms
    WITH r, m LIMIT $rows
    WITH count(r) > $work AS cut, collect(CASE
      WHEN $realms IS NULL OR (r._realm IN $realms AND m._realm IN $realms) THEN {r: r, m: m} END) AS seen
    UNWIND CASE WHEN size(seen) = 0 THEN [null] ELSE seen END AS pair
    WITH cut OR size(seen) > $limit AS cut, pair.r AS r, pair.m AS m
    ORDER BY m._id, r._id
    LIMIT $show
    RETURN properties(r) AS edge, type(r) AS type, startNode(r)._id AS from, endNode(r)._id AS to,
           labels(m) AS labels, properties(m) AS properties, cut
    LIMIT $show";

pub(super) async fn neighbours(link: &Link, scope: Scope<'_>, hop: &Hop<'_>) -> Result<Neighbours> {
    let pattern = pattern(hop.direction, hop.kinds);
    let read = query(&NEIGHBOURS.replace("PATTERN", &pattern))
        .param("org", scope.org.to_string())
        .param("id", hop.node.to_string())
        .param("realms", realms(scope.realms))
        .param("limit", count(hop.limit))
        .param("show", count(hop.limit.max(1)))
        .param("work", count(Expand::WORK))
        // One more tells whether there are more.
        .param("rows", count(Expand::WORK + 1));
    let rows = link.rows(read, link.settings.read).await?;
    let mut found = Neighbours::default();
    for row in &rows {
        found.truncated = column(row, scope.org, "cut")?;
        let kind: Option<String> = column(row, scope.org, "type")?;
        if kind.is_none() || hop.limit == 0 {
            break;
        }
        let (edge, node): (StoredEdge, StoredNode) =
            (whole(row, scope.org)?, whole(row, scope.org)?);
        let (edge, node) = (edge.read(scope.org)?, node.read(scope.org)?);
        found.items.push(Neighbour { edge, node });
    }
    Ok(found)
}

/// The pattern of an edge `r` of these types between two nodes.
pub(super) fn pattern(direction: Direction, kinds: &[String]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| quoted(kind)).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(":{}", kinds.join("|")) };
    match direction {
        Direction::Out => format!("-[r{kinds}]->"),
        Direction::In => format!("<-[r{kinds}]-"),
        Direction::Both => format!("-[r{kinds}]-"),
    }
}

/// A number for a parameter.
pub(super) fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The slugs that may be seen; null means all.
pub(super) fn realms(realms: &Realms) -> BoltType {
    match realms {
        Realms::All => BoltType::Null(BoltNull),
        Realms::Only(only) => list(only.iter().map(|realm| realm.as_str().into())),
    }
}
