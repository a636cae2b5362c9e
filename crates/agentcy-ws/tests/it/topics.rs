//! What a socket is told of what it follows.

use agentcy_core::Role;
use agentcy_platform::events::Telling;
use serde_json::json;

use crate::stage::{Watcher, World, app, graph};

#[tokio::test]
async fn whoever_follows_a_topic_is_told_what_happens_from_then_on() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    world.change("crm", 2).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    let answer = watcher.ask(&["graph", "tasks", "sources", "approvals"], json!({})).await;
    let expected = json!({
        "type": "subscribed", "id": 1, "topics": ["graph", "tasks", "sources", "approvals"],
        "seq": { "graph": 2, "tasks": 0, "sources": 0, "approvals": 0 },
    });
    assert_eq!(answer, [expected]);
    world.change("crm", 1).await;
    let mut event = watcher.event().await;
    let at = event["ts"].take();
    assert!(at.as_str().is_some_and(|at| at.starts_with("2027-") && at.ends_with('Z')), "{at}");
    let data = json!({ "realm": "crm", "added": 1, "changed": 0, "archived": 0 });
    let expected = json!({
        "type": "event", "topic": "graph", "seq": 3, "event": "graph.changed", "ts": null, "data": data,
    });
    assert_eq!(event, expected);
    let updated = Telling { topic: "sources", event: "sync.updated", ..graph("crm") };
    world.tell(updated).await;
    assert_eq!(watcher.event().await["event"], "sync.updated");
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn one_realm_of_the_graph_is_told_alone_with_the_numbers_of_the_whole() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph:crm"]).await;
    for realm in ["data", "crm", "design", "crm"] {
        world.change(realm, 1).await;
    }
    for seq in [2, 4] {
        let event = watcher.event().await;
        assert_eq!((&event["topic"], &event["seq"]), (&json!("graph:crm"), &json!(seq)));
    }
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn whoever_leaves_a_topic_is_told_nothing_of_it() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph", "sources"]).await;
    watcher.send(json!({ "type": "unsubscribe", "id": 7, "topics": ["graph", "tasks"] })).await;
    let left = json!({ "type": "unsubscribed", "id": 7, "topics": ["graph"] });
    assert_eq!(watcher.next().await.unwrap(), left);
    world.change("crm", 1).await;
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn to_subscribe_once_more_changes_nothing() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph"]).await;
    world.change("crm", 1).await;
    assert_eq!(watcher.numbers(1).await, [1]);
    assert_eq!(watcher.ask(&["graph", "graph"], json!({})).await[0]["seq"], json!({ "graph": 1 }));
    world.change("crm", 1).await;
    assert_eq!(watcher.numbers(1).await, [2]);
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn what_happens_in_another_org_is_not_told() {
    let app = app().await;
    let (org, other) = (app.stage.org().await, app.stage.org().await);
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph"]).await;
    World::of(&app, other).await.change("crm", 1).await;
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn an_event_that_nobody_rang_for_is_told_all_the_same() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph"]).await;
    world.write(vec![graph("crm")]).await;
    // As the sequencer does, whose words were lost.
    app.stage
        .database
        .execute(
            "update outbox set seq = 1; insert into sequences select org_id, topic, 1 from outbox",
        )
        .await;
    assert_eq!(watcher.numbers(1).await, [1]);
}
