//! Cypher on a real server that nobody else uses meanwhile, since raw Cypher sees all of it.

use std::sync::{Arc, LazyLock};

use agentcy_graph::{
    Error, GraphStore, Neo4j,
    cypher::{Bounds, Failure},
    neo4j::Settings,
};
use neo4rs::query;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::{
    engine::{BOUNDS, ask, dense, filled},
    queries::ON_NEO4J,
};

static ALONE: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

struct Home {
    store: Arc<dyn GraphStore>,
    graph: neo4rs::Graph,
    _alone: MutexGuard<'static, ()>,
}

impl Home {
    fn store(&self) -> Arc<dyn GraphStore> {
        Arc::clone(&self.store)
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: cargo xtask test brings it"))
}

async fn home() -> Home {
    let alone = ALONE.lock().await;
    let (uri, user) = (env("AGENTCY_TEST_NEO4J_ALONE"), env("AGENTCY_TEST_NEO4J_USER"));
    let password = env("AGENTCY_TEST_NEO4J_PASSWORD");
    let config = neo4rs::ConfigBuilder::default().uri(&uri).user(&user).password(&password);
    let graph = neo4rs::Graph::connect(config.build().unwrap()).unwrap();
    for wipe in ["MATCH ()-[r]->() DELETE r", "MATCH (n) DELETE n"] {
        graph.run(query(wipe)).await.unwrap();
    }
    let store = Neo4j::open(Settings::new(uri, user, password.into()), Uuid::from_u128(1)).unwrap();
    Home { store: Arc::new(store), graph, _alone: alone }
}

super::engine::suite!(home, #[ignore = "needs Neo4j: cargo xtask test brings it"]);

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn what_only_neo4j_knows_runs() {
    let home = home().await;
    let org = filled(&*home.store).await;
    for text in ON_NEO4J {
        if let Err(error) = ask(&*home.store, org, text, json!({}), BOUNDS).await {
            panic!("{text}: {error:?}");
        }
    }
    let refused = ask(&*home.store, org, "RETURN date('no date')", json!({}), BOUNDS).await;
    assert!(matches!(refused, Err(Error::Query(Failure::Refused(_)))), "{refused:?}");
    let unknown =
        ask(&*home.store, org, "MATCH (n)\n  WHERE m.x = 1 RETURN n", json!({}), BOUNDS).await;
    let Err(Error::Query(Failure::Refused(refusal))) = unknown else { panic!("{unknown:?}") };
    assert_eq!((refusal.line, refusal.column, refusal.offset), (2, 9, 18));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn what_is_given_up_ends_on_the_server_too() {
    let home = home().await;
    let org = dense(&*home.store).await;
    let few = Bounds { rows: 1, ..BOUNDS };
    let endless = "MATCH (a), (b), (c), (d) RETURN a.name";
    assert!(ask(&*home.store, org, endless, json!({}), few).await.unwrap().truncated);
    let store = Arc::clone(&home.store);
    let dropped = tokio::spawn(async move {
        ask(
            &*store,
            org,
            "MATCH (a), (b), (c) RETURN count(a.name + b.name + c.name)",
            json!({}),
            BOUNDS,
        )
        .await
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    dropped.abort();
    let _ = dropped.await;
    for _ in 0..100 {
        if running(&home.graph).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the server still works on what nobody waits for");
}

async fn running(graph: &neo4rs::Graph) -> usize {
    let show = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH $start RETURN currentQuery";
    let mut rows = graph.execute(query(show).param("start", "MATCH (a), (b)")).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}
