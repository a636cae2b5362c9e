//! The same on Neo4j.
#![expect(clippy::disallowed_methods, reason = "the environment says where Neo4j is")]

mod on_neo4j {
    use std::{env, sync::Arc};

    use agentcy_graph::{Neo4j, neo4j::Settings};
    use agentcy_testkit::postgres::TestDb;
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::super::stage::{Stage, history};

    fn stage_over(database: TestDb) -> Stage {
        let setting = |name: &str| env::var(name).unwrap();
        let settings = Settings::new(
            setting("AGENTCY_TEST_NEO4J"),
            setting("AGENTCY_TEST_NEO4J_USER"),
            setting("AGENTCY_TEST_NEO4J_PASSWORD").into(),
        );
        // Orgs of the tests of one process have the same ids: what an earlier one left is not ours.
        let engine = Neo4j::open(settings, Uuid::from_u128(1)).unwrap();
        Stage::over(database, TempDir::new().unwrap(), Arc::new(engine))
    }

    #[tokio::test]
    #[ignore = "needs Neo4j: cargo xtask test brings it"]
    async fn a_history_is_followed_rebuilt_and_followed_on() {
        let stage = stage_over(TestDb::new().await);
        let mut ledger = stage.ledger().await;
        stage.graph.inner().clear(ledger.org).await.unwrap();
        history(&stage, &mut ledger).await;
        stage.project().await;
        stage.assert_equal(ledger.org).await;
        stage.graph.inner().clear(ledger.org).await.unwrap();
        stage.project().await;
        stage.assert_equal(ledger.org).await;
        ledger.node(4, "four");
        ledger.no_node(1);
        ledger.write(&stage).await;
        stage.project().await;
        stage.assert_equal(ledger.org).await;
        stage.graph.inner().clear(ledger.org).await.unwrap();
    }
}
