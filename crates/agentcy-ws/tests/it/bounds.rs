//! What a client may do, how slow it may be, and how it is said goodbye to.

use std::time::Duration;

use agentcy_core::Role;
use agentcy_platform::events::Telling;
use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::stage::{Watcher, World, app, app_with, graph};

async fn watcher(app: &agentcy_testkit::app::TestApp) -> Watcher {
    let org = app.stage.org().await;
    Watcher::open(app, &app.member(org, Role::Viewer).await).await
}

#[tokio::test]
async fn a_frame_that_is_none_of_ours_is_answered_and_the_socket_stays() {
    let app = app().await;
    let mut watcher = watcher(&app).await;
    for (text, id) in [
        ("{", json!(null)),
        ("[]", json!(null)),
        (r#"{"type":"drop","id":4}"#, json!(4)),
        (r#"{"type":"subscribe","id":5,"topics":["graph"],"more":1}"#, json!(5)),
    ] {
        watcher.socket.send(Message::text(text)).await.unwrap();
        let answer = watcher.next().await.unwrap();
        let seen = (&answer["type"], &answer["code"], &answer["id"]);
        assert_eq!(seen, (&json!("error"), &json!("invalid"), &id), "{text}");
    }
    watcher.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(watcher.next().await.unwrap()["code"], "invalid");
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_closes_the_socket() {
    let app = app().await;
    let mut watcher = watcher(&app).await;
    watcher.socket.send(Message::text("x".repeat(20_000))).await.unwrap();
    assert_eq!(watcher.closed().await, 1009);
}

#[tokio::test]
async fn whoever_sends_too_many_frames_is_told_and_closed() {
    let app = app_with(|limits| limits.frames = 10).await;
    let mut watcher = watcher(&app).await;
    for _ in 0..11 {
        watcher.send(json!({ "type": "ping" })).await;
    }
    for _ in 0..10 {
        assert_eq!(watcher.next().await.unwrap()["type"], "pong");
    }
    assert_eq!(watcher.next().await.unwrap()["code"], "rate_limited");
    assert_eq!(watcher.closed().await, 1008);
}

#[tokio::test]
async fn a_socket_follows_so_many_topics_and_no_more() {
    let app = app_with(|limits| limits.topics = 2).await;
    let mut watcher = watcher(&app).await;
    let answers = watcher.ask(&["graph", "tasks", "sources"], json!({})).await;
    assert_eq!((&answers[0]["topic"], &answers[0]["code"]), (&json!("sources"), &json!("invalid")));
    assert_eq!(answers[1]["topics"], json!(["graph", "tasks"]));
}

#[tokio::test]
async fn whoever_does_not_take_what_is_sent_is_closed_and_nobody_waits_for_them() {
    let app = app_with(|limits| {
        limits.stall = Duration::from_millis(300);
        // The test takes its time before it reads what it is told.
        limits.closing = Duration::from_mins(1);
    })
    .await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let (mut slow, mut quick) =
        (Watcher::open(&app, &viewer).await, Watcher::open(&app, &viewer).await);
    for watcher in [&mut slow, &mut quick] {
        watcher.subscribe(&["graph"]).await;
    }
    // More than the buffers of the kernel take.
    let large = Telling { data: json!({ "text": "x".repeat(100_000) }), ..graph("crm") };
    let rounds = 20;
    for round in 0..rounds {
        world.write(vec![large.clone(); 10]).await;
        world.number().await;
        let expected: Vec<i64> = (round * 10 + 1..=round * 10 + 10).collect();
        assert_eq!(quick.numbers(10).await, expected);
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(slow.closed().await, 4008);
    quick.hears_nothing().await;
}

#[tokio::test]
async fn whoever_falls_ten_thousand_events_behind_is_closed_and_comes_back_to_all_of_them() {
    // Nobody is hung up on for being slow: what closes is the distance alone.
    let app = app_with(|limits| limits.stall = Duration::from_hours(1)).await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut slow = Watcher::open(&app, &viewer).await;
    slow.subscribe(&["graph"]).await;
    // More than the buffers of the kernel take, so that the server waits for the client in the middle of it.
    let large = Telling { data: json!({ "text": "x".repeat(100_000) }), ..graph("crm") };
    for _ in 0..20 {
        world.write(vec![large.clone(); 10]).await;
    }
    world.number().await;
    let mut quick = Watcher::open(&app, &viewer).await;
    quick.ask(&["graph"], json!({ "graph": 199 })).await;
    assert_eq!(quick.numbers(1).await, [200]);
    let many = format!(
        "insert into outbox (id, org_id, topic, event, at, data, realm)
         select gen_random_uuid(), '{}', 'graph', 'graph.changed', now(), '{{}}', 'crm'
         from generate_series(1, 10200)",
        uuid::Uuid::from(org)
    );
    app.stage.database.execute(&many).await;
    // Once somebody was told the last one, the server knows how far behind the other is.
    let (told, ()) = tokio::join!(quick.numbers(10_200), world.number());
    assert_eq!(told, (201..=10_400).collect::<Vec<i64>>());

    let mut last = 0;
    let code = loop {
        match slow.next().await {
            Ok(event) => {
                last += 1;
                assert_eq!(event["seq"], last);
            }
            Err(code) => break code,
        }
    };
    assert_eq!(code, 4008);
    assert!(last < 400, "{last} events came before the socket was closed");
    // Whoever comes back with their number is as far behind, and catches up.
    let mut back = Watcher::open(&app, &viewer).await;
    back.ask(&["graph"], json!({ "graph": last })).await;
    assert_eq!(back.numbers(500).await, (last + 1..=last + 500).collect::<Vec<i64>>());
}

#[tokio::test]
async fn whoever_does_not_answer_is_hung_up_on() {
    let app = app_with(|limits| limits.beat = Duration::from_millis(50)).await;
    let mut quiet = watcher(&app).await;
    // A client answers a ping as it reads, and this one does not read.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(quiet.closed().await, 1006);
    let mut lively = watcher(&app).await;
    let reads = tokio::time::timeout(Duration::from_millis(400), lively.next()).await;
    assert!(reads.is_err(), "{reads:?}");
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_to_every_socket() {
    let app = app().await;
    let mut watchers = [watcher(&app).await, watcher(&app).await];
    watchers[0].subscribe(&["graph"]).await;
    app.lifecycle.stop();
    for watcher in &mut watchers {
        assert_eq!(watcher.closed().await, 1001);
    }
    assert!(app.lifecycle.wait(Duration::from_secs(20)).await);
}
