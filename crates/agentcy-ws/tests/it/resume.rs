//! Whoever comes back misses nothing, or is told that they did.

use agentcy_core::Role;
use agentcy_testkit::app::Client;
use serde_json::{Value, json};

use crate::stage::{Watcher, World, app, over};

async fn stage() -> (agentcy_testkit::app::TestApp, World, Client) {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    (app, world, viewer)
}

fn reset(answer: &Value, seq: i64) {
    assert_eq!(*answer, json!({ "type": "reset", "topic": "graph", "seq": seq }));
}

#[tokio::test]
async fn whoever_comes_back_with_their_last_number_misses_nothing() {
    let (app, world, viewer) = stage().await;
    let mut before = Watcher::open(&app, &viewer).await;
    before.subscribe(&["graph"]).await;
    world.change("crm", 3).await;
    assert_eq!(before.numbers(2).await, [1, 2]);
    drop(before);
    world.change("crm", 300).await;
    let mut after = Watcher::open(&app, &viewer).await;
    let answers = after.ask(&["graph"], json!({ "graph": 2 })).await;
    assert_eq!(answers[0]["seq"], json!({ "graph": 2 }));
    assert_eq!(after.numbers(301).await, (3..=303).collect::<Vec<_>>());
    world.change("crm", 1).await;
    assert_eq!(after.numbers(1).await, [304]);
}

#[tokio::test]
async fn what_this_process_never_kept_is_read_from_the_store() {
    let (app, world, viewer) = stage().await;
    world.change("crm", 2_500).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.ask(&["graph", "graph:data"], json!({ "graph": 0, "graph:data": 7 })).await;
    world.change("data", 1).await;
    let mut numbers = Vec::new();
    let mut of_data = Vec::new();
    while numbers.len() < 2_501 || of_data.is_empty() {
        let event = watcher.event().await;
        let seq = event["seq"].as_i64().unwrap();
        if event["topic"] == "graph" { numbers.push(seq) } else { of_data.push(seq) }
    }
    assert_eq!(numbers, (1..=2_501).collect::<Vec<_>>());
    assert_eq!(of_data, [2_501]);
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn a_burst_that_no_feed_holds_reaches_whoever_follows() {
    let (app, world, viewer) = stage().await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph"]).await;
    world.change("crm", 4_000).await;
    assert_eq!(watcher.numbers(4_000).await, (1..=4_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_was_away_too_long_is_told_and_goes_on_from_now() {
    let (app, world, viewer) = stage().await;
    world.change("crm", 10).await;
    app.stage.database.execute("delete from outbox where seq <= 5").await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.ask(&["graph"], json!({ "graph": 3 })).await;
    reset(&watcher.next().await.unwrap(), 10);
    world.change("crm", 1).await;
    assert_eq!(watcher.numbers(1).await, [11]);
    let mut kept = Watcher::open(&app, &viewer).await;
    kept.ask(&["graph"], json!({ "graph": 5 })).await;
    assert_eq!(kept.numbers(6).await, (6..=11).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_number_that_no_event_has_had_is_a_reset() {
    let (app, world, viewer) = stage().await;
    world.change("crm", 2).await;
    for wrong in [3, -1, i64::MAX] {
        let mut watcher = Watcher::open(&app, &viewer).await;
        let answers = watcher.ask(&["graph"], json!({ "graph": wrong })).await;
        assert_eq!(answers[0]["seq"], json!({ "graph": 2 }));
        reset(&watcher.next().await.unwrap(), 2);
        watcher.hears_nothing().await;
    }
}

#[tokio::test]
async fn whoever_changes_to_another_replica_misses_nothing() {
    let (app, world, viewer) = stage().await;
    let other = over(app.stage.clone(), app.stage.replica(), |_| {}).await;
    let (mut here, mut there) =
        (Watcher::open(&app, &viewer).await, Watcher::open(&other, &viewer).await);
    here.subscribe(&["graph"]).await;
    there.subscribe(&["graph"]).await;
    world.change("crm", 3).await;
    assert_eq!(here.numbers(3).await, [1, 2, 3]);
    assert_eq!(there.numbers(3).await, [1, 2, 3]);
    drop(here);
    world.change("crm", 2).await;
    let mut moved = Watcher::open(&other, &viewer).await;
    moved.ask(&["graph"], json!({ "graph": 3 })).await;
    assert_eq!(moved.numbers(2).await, [4, 5]);
}
