//! The walk outward from some nodes, as one statement.

use neo4rs::{BoltNull, BoltType, Query, query};

use super::{
    bolt::{StoredEdge, StoredNode, column, list},
    link::Link,
    read::{count, pattern, realms},
};
use crate::{Direction, Edge, Expand, Result, Scope, Subgraph, name::kept};

const START: &str = "
    UNWIND $ids AS id
    MATCH (n:_Node {_org_id: $org, _id: id})
    WHERE n._removed IS NULL AND ($realms IS NULL OR n._realm IN $realms)
    WITH DISTINCT n ORDER BY n._id
    WITH collect(n) AS met
    WITH met[..$limit] AS kept, met[..$limit] AS frontier, size(met) > $limit AS cut";

// What is removed has no edges, so the node at the other end is not. One null gives a row where there is no edge, since
// nothing comes after a row that is not there; a node without edges gives none, so that rows count edges.
const STEP: &str = "
    UNWIND [null] + frontier AS n
    OPTIONAL MATCH (n)PATTERN(m:_Node {_org_id: $org})
    WITH kept, cut, n, r, m WHERE r IS NOT NULL OR n IS NULL
    WITH kept, cut, r, m LIMIT $rows
    WITH kept, cut, count(r) > $work AS busy, collect(DISTINCT CASE
      WHEN ($realms IS NULL OR (r._realm IN $realms AND m._realm IN $realms))
        AND ($labels IS NULL OR any(label IN labels(m) WHERE label IN $labels)) THEN m END) AS met
    WITH kept, cut OR busy AS cut, [m IN met WHERE NOT m IN kept] AS met
    UNWIND CASE WHEN size(met) = 0 THEN [null] ELSE met END AS m
    WITH kept, cut, m ORDER BY m._id
    WITH kept, cut, collect(m) AS met
    WITH kept + met[..$limit - size(kept)] AS kept, met[..$limit - size(kept)] AS frontier,
         cut OR size(kept) + size(met) > $limit AS cut";

const BETWEEN: &str = "
    UNWIND [null] + kept AS n
    OPTIONAL MATCH (n)PATTERN(m:_Node {_org_id: $org})
    WITH kept, cut, n, r, m WHERE r IS NOT NULL OR n IS NULL
    WITH kept, cut, n, r, m LIMIT $rows
    WITH kept, cut, count(r) > $work AS busy, collect(CASE
      WHEN m IN kept AND ($realms IS NULL OR r._realm IN $realms)
        THEN {edge: properties(r), type: type(r), from: n._id, to: m._id} END) AS edges
    RETURN [n IN kept | {labels: labels(n), properties: properties(n)}] AS nodes, edges, cut OR busy AS cut
    LIMIT 1";

pub(super) async fn expand(link: &Link, scope: Scope<'_>, expand: &Expand<'_>) -> Result<Subgraph> {
    let rows = link.rows(statement(scope, expand), link.settings.read).await?;
    let Some(row) = rows.first() else { return Ok(Subgraph::default()) };
    let nodes: Vec<StoredNode> = column(row, scope.org, "nodes")?;
    let edges: Vec<StoredEdge> = column(row, scope.org, "edges")?;
    let nodes = nodes.into_iter().map(|node| node.read(scope.org)).collect::<Result<_>>()?;
    let mut edges: Vec<Edge> =
        edges.into_iter().map(|edge| edge.read(scope.org)).collect::<Result<_>>()?;
    edges.sort_unstable_by_key(|edge| edge.id);
    Ok(Subgraph { nodes, edges, truncated: column(row, scope.org, "cut")? })
}

fn statement(scope: Scope<'_>, expand: &Expand<'_>) -> Query {
    let step = STEP.replace("PATTERN", &pattern(expand.direction, expand.kinds));
    // Every edge between two of the nodes leaves one of them.
    let between = BETWEEN.replace("PATTERN", &pattern(Direction::Out, expand.kinds));
    let labels = match expand.labels {
        [] => BoltType::Null(BoltNull),
        labels => list(labels.iter().map(|label| kept(label).as_ref().into())),
    };
    query(&[START, &step.repeat(expand.depth), &between].concat())
        .param("org", scope.org.to_string())
        .param("ids", list(expand.nodes.iter().map(|id| id.to_string().into())))
        .param("realms", realms(scope.realms))
        .param("labels", labels)
        .param("limit", count(expand.limit))
        .param("work", count(expand.work))
        // One is the null, and one more tells whether there are more.
        .param("rows", count(expand.work).saturating_add(2))
}
