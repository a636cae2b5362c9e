//! A request that is sent again has its effect once and is answered the same.

use agentcy_core::Role;
use agentcy_testkit::{
    app::{Client, TestApp},
    reply::Reply,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/api-keys";

async fn post(client: &Client, key: &str, body: Value) -> Reply {
    Reply::of(client.request("POST", KEYS).header("idempotency-key", key).json(&body)).await
}

fn body(name: &str) -> Value {
    json!({ "name": name, "role": "viewer" })
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_to_the_letter() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let first = post(&owner, "k1", body("ci")).await.expecting(201);
    let again = post(&owner, "\"k1\"", body("ci")).await.expecting(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(owner.get(KEYS).await.expecting(200).body["total"], 1);
    let location = first.header("location").unwrap().to_owned();
    owner.get(&location).await.expecting(200);

    post(&owner, "k1", body("other")).await.expecting_error(422, "idempotency_key_reused");
    let other = app.member(org, Role::Owner).await;
    post(&other, "k1", body("of another")).await.expecting(201);
}

#[tokio::test]
async fn a_refusal_is_kept_and_the_secret_is_nowhere_in_the_clear() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let made = post(&owner, "k1", body("ci")).await.expecting(201);
    let refused = post(&owner, "k2", body("ci")).await.expecting_error(409, "taken");
    let again = post(&owner, "k2", body("ci")).await.expecting(409);
    assert_eq!(again.body["error"]["code"], refused.body["error"]["code"]);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));

    let rows = app.stage.database.rows("select * from idempotency_keys").await;
    assert_eq!(rows.len(), 2);
    let secret = made.text_at("/key").rsplit('_').next().unwrap();
    let hex = hex::encode(secret);
    for row in rows {
        let text = row.to_string();
        assert!(!text.contains(secret) && !text.contains(&hex), "{text}");
    }
}

#[tokio::test]
async fn of_many_at_once_one_has_an_effect() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let asked = (0..16).map(|_| {
        let owner = owner.clone();
        async move { post(&owner, "k1", body("ci")).await }
    });
    let replies = futures_util::future::join_all(asked).await;
    let mut made = Vec::new();
    for reply in replies {
        match reply.status {
            201 => made.push(reply.text),
            _ => drop(reply.expecting_error(409, "idempotency_in_progress")),
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1);
    assert_eq!(owner.get(KEYS).await.body["total"], 1);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_a_strange_one_refused() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    post(&owner, "k1", body("ci")).await.expecting(201);
    app.stage.clock.advance(TimeDelta::hours(23));
    post(&owner, "k1", body("ci")).await.expecting(201);
    post(&owner, &"k".repeat(256), body("x")).await.expecting_error(400, "invalid");
    post(&owner, "with space", body("x")).await.expecting_error(400, "invalid");
}

#[tokio::test]
async fn of_what_only_reads_nothing_is_kept() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    for (path, body) in [
        ("/api/v1/graph/cypher", json!({ "query": "MATCH (n) RETURN n" })),
        ("/api/v1/graph/expand", json!({ "node_ids": ["n_01976b4e-7c00-7000-8000-000000000000"] })),
    ] {
        for _ in 0..2 {
            let request = viewer.request("POST", path).header("idempotency-key", "k1");
            let reply = Reply::of(request.json(&body)).await;
            assert!(reply.status < 500, "{path}: {}", reply.text);
            assert_eq!(reply.header("idempotency-replayed"), None, "{path}");
        }
    }
    assert!(app.stage.database.rows("select * from idempotency_keys").await.is_empty());
}
