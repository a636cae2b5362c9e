//! Reads: each a statement of its own, with a limit and the org in every pattern.

use agentcy_core::{Realms, id::NodeId};
use neo4rs::{BoltType, query};

use super::{bolt, link::Link};
use crate::{Direction, Hop, Neighbour, Neighbours, Node, Result, Scope, name::quoted};

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
    rows.first().map(|row| bolt::node(row, scope.org)).transpose()
}

// What is removed has no edges, so the node at the other end is not.
const NEIGHBOURS: &str = "
    MATCH (n:_Node {_org_id: $org, _id: $id})PATTERN(m:_Node {_org_id: $org})
    WHERE $realms IS NULL OR (n._realm IN $realms AND r._realm IN $realms AND m._realm IN $realms)
    RETURN properties(r) AS edge, type(r) AS type, startNode(r)._id AS from, endNode(r)._id AS to,
           labels(m) AS labels, properties(m) AS properties
    LIMIT $limit";

pub(super) async fn neighbours(link: &Link, scope: Scope<'_>, hop: &Hop<'_>) -> Result<Neighbours> {
    let kinds: Vec<String> = hop.kinds.iter().map(|kind| quoted(kind)).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(":{}", kinds.join("|")) };
    let pattern = match hop.direction {
        Direction::Out => format!("-[r{kinds}]->"),
        Direction::In => format!("<-[r{kinds}]-"),
        Direction::Both => format!("-[r{kinds}]-"),
    };
    let one_more = i64::try_from(hop.limit).unwrap_or(i64::MAX).saturating_add(1);
    let read = query(&NEIGHBOURS.replace("PATTERN", &pattern))
        .param("org", scope.org.to_string())
        .param("id", hop.node.to_string())
        .param("realms", realms(scope.realms))
        .param("limit", one_more);
    let mut rows = link.rows(read, link.settings.read).await?;
    let truncated = rows.len() > hop.limit;
    rows.truncate(hop.limit);
    let read = |row| {
        Ok(Neighbour { edge: bolt::edge(row, scope.org)?, node: bolt::node(row, scope.org)? })
    };
    Ok(Neighbours { items: rows.iter().map(read).collect::<Result<_>>()?, truncated })
}

/// The slugs that may be seen; null means all.
fn realms(realms: &Realms) -> BoltType {
    match realms {
        Realms::All => BoltType::Null(neo4rs::BoltNull),
        Realms::Only(list) => bolt::list(list.iter().map(|realm| realm.as_str().into())),
    }
}
