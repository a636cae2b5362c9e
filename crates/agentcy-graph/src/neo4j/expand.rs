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

// What is removed has no edges, so the node at the other end is not. One null stands for an empty list, since
// nothing comes after a row that is not there.
const STEP: &str = "
    UNWIND CASE WHEN size(frontier) = 0 THEN [null] ELSE frontier END AS n
    OPTIONAL MATCH (n)PATTERN(m:_Node {_org_id: $org})
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
    UNWIND CASE WHEN size(kept) = 0 THEN [null] ELSE kept END AS n
    OPTIONAL MATCH (n)PATTERN(m:_Node {_org_id: $org})
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
        // One more tells whether there are more.
        .param("rows", count(expand.work).saturating_add(1))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement")]
mod measured {
    use std::time::Instant;

    use agentcy_core::{
        Realms,
        id::{NodeId, OrgId},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{GraphStore as _, Neo4j, Node, neo4j::Settings};

    #[tokio::test]
    #[ignore = "needs Neo4j: cargo xtask test brings it"]
    async fn measured_walks() {
        let env = |name: &str| std::env::var(name).unwrap();
        let (uri, user, password) = (
            env("AGENTCY_TEST_NEO4J"),
            env("AGENTCY_TEST_NEO4J_USER"),
            env("AGENTCY_TEST_NEO4J_PASSWORD"),
        );
        let settings = Settings::new(uri.clone(), user.clone(), password.clone().into());
        let store = Neo4j::open(settings.clone(), Uuid::from_u128(1)).unwrap();
        let link = Link::new(settings).unwrap();
        let graph = neo4rs::Graph::new(uri, user, password).unwrap();
        let org = OrgId::from(Uuid::now_v7());
        let id = |n: u128| Uuid::from_u128(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let moment = agentcy_core::Timestamp::from_timestamp_micros(1).unwrap();
        let nodes: Vec<_> = (0..10_000_u128)
            .map(|n| Node {
                id: id(n).into(),
                labels: vec!["Service".into()],
                properties: [
                    ("name".to_owned(), format!("thing {n}").into()),
                    ("path".to_owned(), format!("src/{n}/x.rs").into()),
                    ("size".to_owned(), 17.into()),
                ]
                .into_iter()
                .collect(),
                realm: "data".parse().unwrap(),
                sources: vec![],
                valid_from: moment,
                recorded_at: moment,
                version: 1,
            })
            .collect();
        let edges: Vec<_> = (0..100_000_u128)
            .map(|n| Edge {
                id: id(1 << 40 | n).into(),
                kind: "USES".into(),
                from: id(n % 10_000).into(),
                to: id(n * 7919 % 10_007 % 10_000).into(),
                properties: serde_json::Map::new(),
                realm: "data".parse().unwrap(),
                valid_from: moment,
                recorded_at: moment,
                version: 1,
            })
            .collect();
        let started = Instant::now();
        store.upsert_nodes(org, &nodes).await.unwrap();
        store.upsert_edges(org, &edges).await.unwrap();
        println!("loaded in {:?}", started.elapsed());
        let (mut ours, mut raw, mut met, mut tied) = (Vec::new(), Vec::new(), 0, 0);
        for round in 0..220_u128 {
            let starts = [NodeId::from(id(round * 31))];
            let ask = Expand {
                nodes: &starts,
                depth: 2,
                direction: Direction::Both,
                kinds: &[],
                labels: &[],
                limit: 500,
                work: Expand::WORK,
            };
            let scope = Scope { org, realms: &Realms::All };
            for turn in 0..2 {
                if (turn + round) % 2 == 0 {
                    let started = Instant::now();
                    let found = store.expand(scope, ask.clone()).await.unwrap();
                    if round >= 20 {
                        ours.push(started.elapsed().as_micros());
                        met += found.nodes.len();
                        tied += found.edges.len();
                    }
                } else {
                    let started = Instant::now();
                    let mut rows = graph.execute_read(statement(scope, &ask)).await.unwrap();
                    while let Some(row) = rows.next().await.unwrap() {
                        std::hint::black_box(&row);
                    }
                    if round >= 20 {
                        raw.push(started.elapsed().as_micros());
                    }
                }
            }
        }
        ours.sort_unstable();
        raw.sort_unstable();
        println!(
            "ours p50 {} p90 {} p99 {}; raw p50 {} p90 {} p99 {}; {} nodes {} edges",
            ours[100],
            ours[180],
            ours[197],
            raw[100],
            raw[180],
            raw[197],
            met / 200,
            tied / 200
        );
        store.clear(org).await.unwrap();
        link.close();
    }
}
