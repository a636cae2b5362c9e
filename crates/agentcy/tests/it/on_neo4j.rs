//! Replicas: several servers on one PostgreSQL, Redis and Neo4j.

use std::time::{Duration, Instant};

use agentcy_sdk::Client;

use crate::{
    database::Database,
    init, json,
    process::{EMAIL, Machine},
    run,
};

/// The most that a logout on one replica may take to hold on the other, and as much again for the machine.
const BOUND: Duration = Duration::from_secs(2);

fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo xtask test sets {name}"))
}

/// A machine on which everything is elsewhere.
fn replica(db: &Database) -> Machine {
    Machine::new()
        .with("DATABASE_URL", db.app())
        .with("REDIS_URL", given("AGENTCY_TEST_REDIS"))
        .with("NEO4J_URI", given("AGENTCY_TEST_NEO4J"))
        .with("NEO4J_USER", given("AGENTCY_TEST_NEO4J_USER"))
        .with("NEO4J_PASSWORD", given("AGENTCY_TEST_NEO4J_PASSWORD"))
}

async fn is_signed_out(client: &Client) -> bool {
    match client.me().await {
        Ok(_) => false,
        Err(agentcy_sdk::Error::Refused { status: 401, .. }) => true,
        Err(error) => panic!("{error}"),
    }
}

/// Needs Redis, too, which is why the name says both: on_redis.
#[tokio::test]
#[ignore = "needs Redis and Neo4j: cargo xtask test brings them"]
async fn on_redis_two_replicas_share_their_sessions_and_their_ends() {
    let db = Database::new().await;
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["init", "--admin-email", EMAIL]);
    let mut secrets = init::settings(&folder.path().join(".env"));
    secrets.retain(|name, _| name.starts_with("JWT_") || name.starts_with("AGENTCY_"));
    let [first, second] = [replica(&db), replica(&db)].map(|machine| {
        secrets.iter().fold(machine, |machine, (name, value)| machine.with(name, value))
    });
    let mut one = first.start().await;
    let mut other = second.start().await;
    for machine in [&first, &second] {
        assert!(!machine.data().exists(), "nothing of it is embedded");
        let readiness = machine.client().ready().await.unwrap();
        assert!(readiness.checks.values().all(|state| state == "ok"), "{readiness:?}");
    }

    let password = secrets["AGENTCY_ADMIN_PASSWORD"].as_str().into();
    let session = first.client().login(EMAIL, &password).await.unwrap();
    let [here, there] = [&first, &second].map(|machine| machine.with_token(&session.token));
    assert!(!is_signed_out(&here).await && !is_signed_out(&there).await);
    here.logout().await.unwrap();
    let began = Instant::now();
    while !is_signed_out(&there).await {
        assert!(began.elapsed() < BOUND, "the session outlives its end on the other replica");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(is_signed_out(&here).await);
    assert_eq!(one.stop().await.code(), Some(0), "{}", one.said());
    assert!(!one.said().contains("in time"), "something did not hear of the stop: {}", one.said());
    assert!(second.client().ready().await.unwrap().is_ready(), "one goes without the other");
    assert_eq!(other.stop().await.code(), Some(0), "{}", other.said());
}

/// See above for the name.
#[tokio::test]
#[ignore = "needs Redis and Neo4j: cargo xtask test brings them"]
async fn on_redis_doctor_tells_the_versions_of_what_is_elsewhere() {
    let db = Database::new().await;
    let output = replica(&db).run(&["doctor", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let report = json(&output);
    for (name, product) in [("postgres", "PostgreSQL "), ("neo4j", "Neo4j "), ("redis", "Redis ")] {
        let checks = report["checks"].as_array().unwrap();
        let says = checks.iter().find(|check| check["name"] == name).unwrap()["says"].as_str();
        let version = says.unwrap().strip_prefix(product);
        assert!(version.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit())), "{report}");
    }
}
