//! Neo4j: the contract on a real server, and what happens when it goes away.

use std::{sync::Arc, time::Duration};

use agentcy_core::{
    Realms,
    id::{Id as _, OrgId},
};
use agentcy_graph::{
    Direction, Error, Expand, GraphStore, Isolation, Neo4j, Scope, neo4j::Settings,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use uuid::Uuid;

use crate::{
    sample::{around, edge, gone, node, node_id, org, read},
    several::Several,
};

struct Home(Arc<dyn GraphStore>);

impl Home {
    fn store(&self) -> Arc<dyn GraphStore> {
        Arc::clone(&self.0)
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: cargo xtask test brings it"))
}

fn settings() -> Settings {
    let password = env("AGENTCY_TEST_NEO4J_PASSWORD");
    Settings::new(env("AGENTCY_TEST_NEO4J"), env("AGENTCY_TEST_NEO4J_USER"), password.into())
}

fn open(settings: Settings, database: u128) -> Neo4j {
    Neo4j::open(settings, Uuid::from_u128(database)).unwrap()
}

fn home() -> Home {
    Home(Arc::new(open(settings(), 1)))
}

crate::contract::suite!(home, #[ignore = "needs Neo4j: cargo xtask test brings it"]);

/// A way to the server that can be cut.
struct Wire {
    port: u16,
    work: JoinSet<()>,
}

impl Wire {
    async fn laid(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = env("AGENTCY_TEST_NEO4J").split_once("://").unwrap().1.to_owned();
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut far = TcpStream::connect(&server).await.unwrap();
                open.spawn(async move { copy_bidirectional(&mut near, &mut far).await });
            }
        });
        Self { port, work }
    }

    async fn cut(mut self) {
        self.work.shutdown().await;
    }
}

/// Settings for a server at this port, which may be down.
fn at(port: u16) -> Settings {
    let short = Duration::from_millis(300);
    Settings {
        uri: format!("bolt://127.0.0.1:{port}"),
        connect: short,
        ping: short,
        read: short,
        ..settings()
    }
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_server_that_goes_away_is_unavailable_and_comes_back() {
    let org = org();
    let wire = Wire::laid(0).await;
    let port = wire.port;
    let store = open(at(port), 1);
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    wire.cut().await;
    for failure in [
        store.ping().await.unwrap_err(),
        store.upsert_nodes(org, &[node(1, 2)]).await.unwrap_err(),
        store.watermark(org).await.unwrap_err(),
    ] {
        assert!(matches!(failure, Error::Unavailable { .. }), "{failure:?}");
    }
    let wire = Wire::laid(port).await;
    store.ping().await.unwrap();
    store.upsert_nodes(org, &[node(1, 3)]).await.unwrap();
    assert_eq!(read(&store, org, 1).await, Some(node(1, 3)));
    wire.cut().await;
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_server_that_is_down_at_the_start_is_used_once_it_is_up() {
    let org = org();
    let reserved = Wire::laid(0).await;
    let port = reserved.port;
    reserved.cut().await;
    let store = open(at(port), 1);
    assert!(store.ping().await.unwrap_err().is_retryable());
    assert!(store.upsert_nodes(org, &[node(1, 1)]).await.unwrap_err().is_retryable());
    let wire = Wire::laid(port).await;
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    wire.cut().await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unavailable() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let short = Duration::from_millis(100);
    let uri = format!("bolt://127.0.0.1:{port}");
    let settings = Settings {
        connect: short,
        ping: short,
        read: short,
        ..Settings::new(uri, "u", "p".into())
    };
    let store = open(settings, 1);
    let failure = store.ping().await.unwrap_err();
    assert!(matches!(failure, Error::Unavailable { .. }), "{failure:?}");
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_wrong_password_is_refused() {
    let wrong = Settings { password: "not the password".into(), ..settings() };
    let failure = open(wrong, 1).ping().await.unwrap_err();
    assert!(matches!(failure, Error::Refused { .. }), "{failure:?}");
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_graph_of_another_database_is_refused_until_it_is_cleared() {
    let org = org();
    open(settings(), 1).set_watermark(org, 5).await.unwrap();
    let other = open(settings(), 2);
    assert!(matches!(other.watermark(org).await, Err(Error::Foreign { .. })));
    assert!(matches!(other.set_watermark(org, 9).await, Err(Error::Foreign { .. })));
    assert_eq!(open(settings(), 1).watermark(org).await.unwrap(), 5);
    other.clear(org).await.unwrap();
    assert_eq!(other.watermark(org).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_write_that_is_given_up_holds_no_locks() {
    let org = org();
    let patient = Settings { write: Duration::from_secs(4), ..settings() };
    let store = Arc::new(open(patient.clone(), 1));
    // Another replica, whose own pool cannot mend what the first one left.
    let other = open(patient, 1);
    let nodes = |version| (1..=2_000).map(|number| node(number, version)).collect::<Vec<_>>();
    store.upsert_nodes(org, &nodes(1)).await.unwrap();
    for round in 1..=8_i32 {
        let writer = Arc::clone(&store);
        let newer = nodes(i64::from(round) * 10);
        let task = tokio::spawn(async move { writer.upsert_nodes(org, &newer).await });
        // Somewhere in the middle, each time somewhere else.
        tokio::time::sleep(Duration::from_millis(40) * round.unsigned_abs()).await;
        task.abort();
        let _ = task.await;
        other.upsert_nodes(org, &nodes(i64::from(round) * 10 + 1)).await.unwrap();
    }
    assert_eq!(read(&*store, org, 2_000).await, Some(node(2_000, 81)));
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_server_with_one_database_shares_it() {
    assert_eq!(open(settings(), 1).isolation(org()).await.unwrap(), Isolation::Shared);
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_database_that_is_named_is_the_one_for_all() {
    let org = org();
    let named = |name: &str| Settings { database: Some(name.into()), ..settings() };
    let store = open(named("neo4j"), 1);
    assert_eq!(store.isolation(org).await.unwrap(), Isolation::Shared);
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    assert_eq!(read(&open(settings(), 1), org, 1).await, Some(node(1, 1)));
    let nowhere = open(named("nowhere"), 1).upsert_nodes(org, &[node(1, 2)]).await.unwrap_err();
    assert!(matches!(nowhere, Error::Refused { .. }), "{nowhere:?}");
}

/// Every operation, some of them several times.
async fn everything(store: &Neo4j, org: OrgId) {
    store.upsert_nodes(org, &[node(1, 1), node(2, 1), node(3, 1)]).await.unwrap();
    store.upsert_edges(org, &[edge(7, 1, 2, 1), edge(8, 1, 3, 1)]).await.unwrap();
    store.remove_nodes(org, &[gone(3, 2)]).await.unwrap();
    store.remove_edges(org, &[gone(9, 2)]).await.unwrap();
    store.forget_removals(org, 2).await.unwrap();
    store.set_watermark(org, 2).await.unwrap();
    assert_eq!(store.watermark(org).await.unwrap(), 2);
    assert_eq!(around(store, org, 1).await.items.len(), 1);
    let expand = Expand {
        nodes: &[node_id(1)],
        depth: 1,
        direction: Direction::Both,
        kinds: &[],
        labels: &[],
        limit: 9,
        work: 9,
    };
    let scope = Scope { org, realms: &Realms::All };
    assert_eq!(store.expand(scope, expand).await.unwrap().nodes.len(), 2);
    store.clear(org).await.unwrap();
    assert_eq!(read(store, org, 1).await, None);
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn where_the_server_has_several_databases_each_org_gets_one() {
    let wire = Several::before(env("AGENTCY_TEST_NEO4J").split_once("://").unwrap().1.into()).await;
    let at_wire = || Settings { uri: format!("bolt://127.0.0.1:{}", wire.port), ..settings() };
    let store = open(at_wire(), 1);
    let (ours, theirs) = (org(), org());
    assert_eq!(store.isolation(ours).await.unwrap(), Isolation::Own);
    // The edition is asked once, and nothing is made for a mere question.
    assert_eq!(wire.heard(), [(String::new(), 1)].into());

    let name = |org: OrgId| format!("agentcy-{}", org.uuid());
    let names =
        |heard: std::collections::BTreeMap<String, usize>| heard.into_iter().collect::<Vec<_>>();
    everything(&store, ours).await;
    let heard = names(wire.heard());
    assert!(
        matches!(&heard[..], [(own, many), (system, 2)]
            if *own == name(ours) && *many > 20 && system == "system"),
        "{heard:?}"
    );
    everything(&store, ours).await;
    let heard = names(wire.heard());
    assert!(matches!(&heard[..], [(own, _)] if *own == name(ours)), "{heard:?}");
    everything(&store, theirs).await;
    let mut heard = names(wire.heard());
    heard.retain(|(database, _)| database != "system");
    assert!(matches!(&heard[..], [(own, _)] if *own == name(theirs)), "{heard:?}");

    // One that is named is the one for all, whatever the server could do.
    let told = Settings { database: Some("neo4j".into()), ..at_wire() };
    assert_eq!(open(told, 1).isolation(ours).await.unwrap(), Isolation::Shared);
}

#[tokio::test]
#[ignore = "needs Neo4j: cargo xtask test brings it"]
async fn a_database_that_cannot_be_made_is_an_error_and_is_tried_again() {
    let server = env("AGENTCY_TEST_NEO4J").split_once("://").unwrap().1.to_owned();
    // Only the edition is misreported, so the server says what it thinks of making one.
    let wire = Several::honest(server).await;
    let uri = format!("bolt://127.0.0.1:{}", wire.port);
    let store = open(Settings { uri, ..settings() }, 1);
    for _ in 0..2 {
        let failure = store.upsert_nodes(org(), &[node(1, 1)]).await.unwrap_err();
        let Error::Refused { source, .. } = &failure else { panic!("{failure:?}") };
        // It knows the statement, and does not run it.
        assert!(source.to_string().contains("Unsupported administration command"), "{source}");
    }
}
