//! Stores that go away: requests are refused and bounded, and everything works again when the store is back.

use std::time::Duration;

use agentcy_core::Role;
use agentcy_testkit::{
    app::{Client, TestApp},
    fault_proxy::{Fault, FaultProxy},
    outside::Outside,
    platform::TestPlatform,
    postgres::TestDb,
    reply::Reply,
};
use aide::axum::ApiRouter;
use serde_json::json;
use tokio::time::{sleep, timeout};

const ME: &str = "/api/v1/auth/me";
const KEYS: &str = "/api/v1/api-keys";
/// More than any bound of the server's own; beyond it something hangs.
const HANGS: Duration = Duration::from_secs(40);
const FAULTS: [Fault; 4] = [Fault::Refuse, Fault::Reset, Fault::CutAfter(60), Fault::Blackhole];

struct Stage {
    app: TestApp,
    proxy: FaultProxy,
    owner: Client,
}

impl Stage {
    async fn over(stage: TestPlatform, proxy: FaultProxy) -> Self {
        let platform = stage.platform.clone();
        let app = TestApp::over(stage, platform, |_| {}, |_| ApiRouter::new()).await;
        let org = app.stage.org().await;
        let owner = app.member(org, Role::Owner).await;
        Self { app, proxy, owner }
    }

    async fn behind_postgres() -> Self {
        let database = TestDb::new().await;
        let proxy = FaultProxy::start(database.upstream()).await.unwrap();
        let exchange = |database: &TestDb, engines: &mut agentcy_platform::Engines| {
            engines.db = database.db_at(proxy.addr, 4);
        };
        let stage = TestPlatform::over(database, |_| {}, exchange);
        Self::over(stage, proxy).await
    }

    async fn get(&self, path: &str) -> Reply {
        timeout(HANGS, self.app.anonymous().get(path)).await.expect("a probe hangs")
    }

    /// A caller's request, bounded.
    async fn me(&self) -> Reply {
        self.app.stage.clock.advance_past_caches();
        timeout(HANGS, self.owner.get(ME)).await.expect("a request hangs")
    }

    /// Waits until readiness, which is looked at now and then, is this.
    async fn readiness(&self, store: &str, word: &str) -> Reply {
        let seen = async {
            loop {
                let reply = self.get("/readyz").await;
                if reply.body["checks"][store] == word {
                    return reply;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(HANGS, seen).await.unwrap_or_else(|_| panic!("{store} is never {word}"))
    }

    /// What probes say while the store is away, and what they say afterwards.
    async fn probes(&self, store: &str) {
        let ready = self.readiness(store, "down").await.expecting(503);
        assert_eq!(ready.text_at("/status"), "down");
        self.get("/healthz").await.expecting(200);
        let health = self.get("/api/v1/health").await.expecting(200);
        assert_eq!(health.text_at("/status"), "degraded");
        assert_eq!(health.body["dependencies"][store], "down");
        for (other, word) in ready.body["checks"].as_object().unwrap() {
            assert!(
                other == store || word == "ok",
                "{other} is {word} although only {store} is away"
            );
        }
    }

    async fn is_well(&self, store: &str) {
        self.proxy.set(Fault::Pass).await;
        self.readiness(store, "ok").await.expecting(200);
        self.me().await.expecting(200);
    }
}

fn assert_away(reply: Reply, store: &str) {
    let reply = reply.expecting_error(503, "store_unavailable");
    assert_eq!(reply.text_at("/error/details/store"), store);
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn without_postgres_requests_are_refused_and_probes_say_why() {
    let stage = Stage::behind_postgres().await;
    for fault in FAULTS {
        stage.proxy.set(fault).await;
        assert_away(stage.me().await, "postgres");
        let body = json!({ "email": "a@example.org", "password": "a wrong password" });
        let login = stage.app.anonymous();
        let login = login.post("/api/v1/auth/login", body);
        assert_away(timeout(HANGS, login).await.expect("a sign-in hangs"), "postgres");
        stage.probes("postgres").await;
        stage.is_well("postgres").await;
    }
}

#[tokio::test]
async fn a_postgres_that_takes_no_writes_is_away_until_it_does() {
    let stage = Stage::behind_postgres().await;
    let database = &stage.app.stage.database;
    let name = &database.name;
    let alter = |what: &str| format!("begin read write; alter database {name} {what}; commit");
    database.execute(&alter("set default_transaction_read_only = on")).await;
    // As after a switch to another server: the connections are new.
    stage.proxy.set(Fault::Reset).await;
    assert_away(stage.me().await, "postgres");
    stage.proxy.set(Fault::Pass).await;
    let key = || stage.owner.post(KEYS, json!({ "name": "ci", "role": "viewer" }));
    assert_away(key().await, "postgres");
    stage.probes("postgres").await;
    database.execute(&alter("reset default_transaction_read_only")).await;
    stage.readiness("postgres", "ok").await.expecting(200);
    key().await.expecting(201);
}

#[tokio::test]
async fn many_requests_at_once_are_all_refused_in_time_and_all_served_afterwards() {
    let stage = Stage::behind_postgres().await;
    stage.proxy.set(Fault::Blackhole).await;
    // Each with a credential of its own, so that none is spared its look at the store.
    let org = stage.owner.user.as_ref().unwrap().org_id;
    stage.proxy.set(Fault::Pass).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(stage.app.member(org, Role::Viewer).await);
    }
    stage.proxy.set(Fault::Blackhole).await;
    stage.app.stage.clock.advance_past_caches();
    let asked = futures_util::future::join_all(clients.iter().map(|client| client.get(ME)));
    for reply in timeout(HANGS, asked).await.expect("a request hangs") {
        assert_away(reply, "postgres");
    }
    stage.is_well("postgres").await;
    for reply in futures_util::future::join_all(clients.iter().map(|client| client.get(ME))).await {
        reply.expecting(200);
    }
}

/// What became of a key that somebody tried to make while the network flapped.
async fn make(owner: &Client, name: &str) -> Reply {
    let request = owner.request("POST", KEYS).header("idempotency-key", name);
    let reply = Reply::of(request.json(&json!({ "name": name, "role": "viewer" })));
    timeout(HANGS, reply).await.expect("a request hangs")
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_and_nothing_is_made_twice() {
    let stage = Stage::behind_postgres().await;
    let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
    for n in 0..120_u64 {
        // By count, not by time: how fast requests are must not decide whether they meet a fault.
        match n % 10 {
            3 => stage.proxy.set(Fault::Reset).await,
            6 => stage.proxy.set(Fault::CutAfter(900 + 70 * n)).await,
            5 | 8 => stage.proxy.set(Fault::Pass).await,
            _ => {}
        }
        let name = format!("key-{n}");
        stage.app.stage.clock.advance_past_caches();
        let reply = make(&stage.owner, &name).await;
        if reply.status == 201 {
            acknowledged.push((name, reply.text));
        } else {
            assert_away(reply, "postgres");
            refused.push(name);
        }
    }
    stage.is_well("postgres").await;
    assert!(!acknowledged.is_empty() && !refused.is_empty(), "the network did not flap");

    for name in &refused {
        // Its first try may still be under way on the server, or be taken for it for as long as its lease.
        stage.app.stage.clock.advance(chrono::TimeDelta::seconds(61));
        make(&stage.owner, name).await.expecting(201);
    }
    for (name, first) in &acknowledged {
        let again = make(&stage.owner, name).await.expecting(201);
        assert_eq!(&again.text, first);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    let names = stage.app.stage.database.rows("select name from api_keys order by name").await;
    let mut wanted: Vec<String> = (0..120).map(|n| format!("key-{n}")).collect();
    wanted.sort();
    let names: Vec<&str> = names.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, wanted, "each once");
    let audited =
        stage.app.stage.database.rows("select * from audit where action = 'api_key.create'");
    assert_eq!(audited.await.len(), wanted.len(), "each told of once");
}

mod on_redis {
    use super::*;

    pub(super) async fn behind_redis() -> Stage {
        let redis = Outside::redis();
        let proxy = FaultProxy::start(redis.address()).await.unwrap();
        let exchange = |database: &TestDb, engines: &mut agentcy_platform::Engines| {
            engines.bus = redis.bus(proxy.addr, database);
        };
        let stage = TestPlatform::over(TestDb::new().await, |_| {}, exchange);
        Stage::over(stage, proxy).await
    }

    #[tokio::test]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn without_redis_requests_are_refused_and_probes_say_why() {
        let stage = behind_redis().await;
        for fault in FAULTS {
            stage.proxy.set(fault).await;
            assert_away(stage.me().await, "redis");
            let config = stage.app.anonymous();
            let config = config.get("/api/v1/auth/config");
            assert_away(timeout(HANGS, config).await.expect("a request hangs"), "redis");
            stage.probes("redis").await;
            stage.is_well("redis").await;
        }
    }

    #[tokio::test]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn a_ticket_outlives_an_outage() {
        let stage = behind_redis().await;
        let ticket = stage.owner.post("/api/v1/auth/ticket", json!({ "path": ME })).await;
        let path = format!("{ME}?token={}", ticket.expecting(200).text_at("/ticket"));
        stage.proxy.set(Fault::Refuse).await;
        assert_away(stage.get(&path).await, "redis");
        stage.is_well("redis").await;
        stage.get(&path).await.expecting(200);
        stage.get(&path).await.expecting_error(401, "unauthenticated");
    }
}

mod on_redis_that_stands_still {
    use agentcy_platform::order::{Sequencer, Turn};

    use super::{on_redis::behind_redis, *};

    #[tokio::test]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn what_is_committed_gets_its_number_before_the_lease_runs_out() {
        let stage = behind_redis().await;
        for _ in 0..20 {
            let org = stage.app.stage.org().await;
            let owner = stage.app.member(org, Role::Owner).await;
            owner.post(KEYS, json!({ "name": "ci", "role": "viewer" })).await.expecting(201);
        }
        stage.proxy.set(Fault::Blackhole).await;
        let platform = &stage.app.stage.platform;
        let (mut first, mut second) = (Sequencer::new(platform), Sequencer::new(platform));
        let turn = timeout(HANGS, first.turn(platform)).await.expect("a turn hangs");
        assert_eq!(turn.unwrap(), Turn::Idle);
        assert_eq!(second.turn(platform).await.unwrap(), Turn::Waiting);
        let without = "select count(*) as many from audit where seq is null";
        assert_eq!(stage.app.stage.database.rows(without).await[0]["many"], 0);
    }
}

mod on_neo4j {
    use super::*;

    #[tokio::test]
    #[ignore = "needs Neo4j: cargo xtask test brings it"]
    async fn without_neo4j_probes_say_so_and_the_rest_works() {
        let neo4j = Outside::neo4j();
        let proxy = FaultProxy::start(neo4j.address()).await.unwrap();
        let exchange = |_: &TestDb, engines: &mut agentcy_platform::Engines| {
            engines.graph = neo4j.graph(proxy.addr);
        };
        let stage = TestPlatform::over(TestDb::new().await, |_| {}, exchange);
        let stage = Stage::over(stage, proxy).await;
        stage.readiness("neo4j", "ok").await.expecting(200);
        for fault in FAULTS {
            stage.proxy.set(fault).await;
            stage.probes("neo4j").await;
            stage.me().await.expecting(200);
            stage.is_well("neo4j").await;
        }
    }
}
