//! Cypher on graph files.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use agentcy_graph::{Embedded, Error, GraphStore, cypher::Failure};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::engine::{BOUNDS, ask, filled, rows, value};
use crate::sample::{gone, node, node_id, org};

struct Home {
    store: Arc<dyn GraphStore>,
    _folder: TempDir,
}

impl Home {
    fn store(&self) -> Arc<dyn GraphStore> {
        Arc::clone(&self.store)
    }
}

fn home() -> Ready<Home> {
    let folder = TempDir::new().unwrap();
    let store = Embedded::open(folder.path(), Uuid::from_u128(1), 4).unwrap();
    ready(Home { store: Arc::new(store), _folder: folder })
}

super::engine::suite!(home);

#[tokio::test]
async fn records_of_ours_are_not_counted() {
    let home = home().await;
    let org = filled(&*home.store).await;
    home.store.remove_nodes(org, &[gone(8, 4)]).await.unwrap();
    home.store.remove_edges(org, &[gone(15, 4)]).await.unwrap();
    assert_eq!(value(&*home.store, org, "MATCH (n) RETURN count(n)").await, 3);
    assert_eq!(value(&*home.store, org, "MATCH (n) RETURN count(*)").await, 3);
    assert_eq!(value(&*home.store, org, "MATCH (n) WHERE n.name IS NULL RETURN count(n)").await, 0);
    assert_eq!(rows(&*home.store, org, "MATCH (n) RETURN keys(n)").await.len(), 3);
    assert_eq!(value(&*home.store, org, "MATCH (n:_Node) RETURN count(n)").await, 0);
    assert_eq!(value(&*home.store, org, "MATCH (n:_Meta) RETURN count(n)").await, 0);
}

#[tokio::test]
async fn the_id_and_the_realm_can_be_asked_for() {
    let home = home().await;
    let org = filled(&*home.store).await;
    let text = format!("MATCH (n {{_id: '{}'}}) RETURN n.name", node_id(2));
    assert_eq!(value(&*home.store, org, &text).await, "node 2");
    let text = "MATCH (n {_realm: 'infrastructure'}) WHERE n._version IS NULL RETURN count(n)";
    assert_eq!(value(&*home.store, org, text).await, 3);
}

#[tokio::test]
async fn a_list_that_an_expression_walks_is_bounded_while_it_is_gathered() {
    let home = home().await;
    let org = org();
    let nodes: Vec<_> = (1..=6_000).map(|number| node(number, 1)).collect();
    home.store.upsert_nodes(org, &nodes).await.unwrap();
    let whole = "MATCH (n) RETURN size(collect(n.name))";
    assert_eq!(value(&*home.store, org, whole).await, 6_000);
    let walked = "MATCH (n) WITH collect(n.name) AS names RETURN size([x IN names WHERE x <> ''])";
    let refused = ask(&*home.store, org, walked, json!({}), BOUNDS).await;
    assert!(matches!(refused, Err(Error::Query(Failure::TooLarge(_)))), "{refused:?}");
    let fewer = "MATCH (n) WITH n LIMIT 100 WITH collect(n.name) AS names RETURN size([x IN names WHERE x <> ''])";
    assert_eq!(value(&*home.store, org, fewer).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_org_does_not_take_the_whole_queue() {
    let home = home().await;
    let (busy, other) = (filled(&*home.store).await, filled(&*home.store).await);
    let endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN sum(a * b)";
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = home.store();
        let time = std::time::Duration::from_millis(300);
        let bounds = agentcy_graph::cypher::Bounds { time, ..BOUNDS };
        asked.spawn(async move { ask(&*store, busy, endless, json!({}), bounds).await });
    }
    let next = ask(&*home.store, other, "RETURN 1 AS x", json!({}), BOUNDS).await;
    assert!(next.is_ok(), "{next:?}");
    let done = asked.join_all().await;
    let refused = done.iter().filter(|one| matches!(one, Err(Error::Query(Failure::Busy)))).count();
    assert!(refused >= 14, "{refused} of 20 were turned away");
}
