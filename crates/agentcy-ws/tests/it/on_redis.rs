//! Two processes over a real Redis, which may go away.

use std::sync::Arc;

use agentcy_core::Role;
use agentcy_testkit::{
    app::TestApp,
    fault_proxy::{Fault, FaultProxy},
    outside::Outside,
    platform::TestPlatform,
    postgres::TestDb,
};
use serde_json::json;

use crate::stage::{Watcher, World, over};

/// Two servers, each with a bus of its own; the second one's leads through the proxy.
async fn two() -> (TestApp, TestApp, FaultProxy) {
    let redis = Outside::redis();
    let proxy = FaultProxy::start(redis.address()).await.unwrap();
    let (mut buses, database) = (Vec::new(), TestDb::new().await);
    for address in [redis.address(), proxy.addr] {
        buses.push(redis.bus(address, &database));
    }
    let second = buses.pop().unwrap();
    let stage = Arc::new(TestPlatform::over(
        database,
        |_| {},
        |_, engines| {
            engines.bus = buses.pop().unwrap();
        },
    ));
    let one = over(Arc::clone(&stage), stage.platform.clone(), |_| {}).await;
    let other = over(Arc::clone(&stage), stage.replica_on(second), |_| {}).await;
    (one, other, proxy)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn what_happens_at_one_replica_is_told_at_the_other() {
    let (one, other, _proxy) = two().await;
    let org = one.stage.org().await;
    let world = World::of(&one, org).await;
    let viewer = one.member(org, Role::Viewer).await;
    let (mut here, mut there) =
        (Watcher::open(&one, &viewer).await, Watcher::open(&other, &viewer).await);
    for watcher in [&mut here, &mut there] {
        watcher.subscribe(&["graph"]).await;
    }
    for seq in 1..=20 {
        world.change("crm", 1).await;
        assert_eq!(here.numbers(1).await, [seq]);
        assert_eq!(there.numbers(1).await, [seq]);
    }
    drop(there);
    world.change("crm", 2).await;
    let mut moved = Watcher::open(&one, &viewer).await;
    moved.ask(&["graph"], json!({ "graph": 20 })).await;
    assert_eq!(moved.numbers(2).await, [21, 22]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn a_credential_that_is_revoked_at_one_replica_ends_sockets_at_the_other() {
    let (one, other, _proxy) = two().await;
    let viewer = one.member(one.stage.org().await, Role::Viewer).await;
    let mut there = Watcher::open(&other, &viewer).await;
    there.subscribe(&["graph"]).await;
    viewer.post("/api/v1/auth/logout", json!({})).await.expecting(204);
    assert_eq!(there.closed().await, 4003);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn a_bus_that_is_away_delays_what_is_told_and_loses_nothing() {
    let (one, other, proxy) = two().await;
    let org = one.stage.org().await;
    let world = World::of(&one, org).await;
    let viewer = one.member(org, Role::Viewer).await;
    let mut there = Watcher::open(&other, &viewer).await;
    there.subscribe(&["graph"]).await;
    world.change("crm", 1).await;
    assert_eq!(there.numbers(1).await, [1]);
    proxy.set(Fault::Refuse).await;
    world.change("crm", 3).await;
    assert_eq!(there.numbers(3).await, [2, 3, 4]);
    proxy.set(Fault::Pass).await;
    world.change("crm", 1).await;
    assert_eq!(there.numbers(1).await, [5]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn a_conversation_that_was_silent_is_heard_of_at_once_at_another_replica() {
    let (one, other, _proxy) = two().await;
    let member = one.member(one.stage.org().await, Role::Member).await;
    let made = member.post("/api/v1/chat/conversations", json!({})).await.expecting(201);
    let id = made.text_at("/id");
    let mut there = Watcher::open(&other, &member).await;
    there.subscribe(&[&format!("conversation:{id}")]).await;
    there.hears_nothing().await;
    let path = format!("/api/v1/chat/conversations/{id}/messages");
    member.post(&path, json!({ "content": "hi" })).await.expecting(200);
    assert_eq!(there.event().await["event"], "user_message");
}
