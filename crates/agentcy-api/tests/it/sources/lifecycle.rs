//! A source from connecting to its end.

use agentcy_testkit::{app::TestApp, reply::Reply};
use chrono::TimeDelta;
use serde_json::json;

use super::{SOURCES, connect, landscape, member, services, sync, upload};

#[tokio::test]
async fn what_a_source_says_is_in_the_graph_after_its_sync() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    let shown = client.get(&format!("{SOURCES}/{source}")).await.expecting(200);
    assert_eq!((&shown.body["state"], &shown.body["last_sync"]), (&json!("new"), &json!(null)));

    upload(&client, &source, &[json!({ "id": 1, "name": "web" })]).await.expecting(200);
    let done = sync(&app, &client, &source).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(done["counts"], json!({ "added": 1, "changed": 0, "archived": 0, "unchanged": 0 }));
    assert_eq!(done["projected"], true);

    let shown = client.get(&format!("{SOURCES}/{source}")).await.expecting(200);
    assert_eq!(shown.body["state"], "ready");
    assert_eq!(shown.body["last_sync"]["id"], done["id"]);
    let found = client.get("/api/v1/graph/nodes?q=web").await.expecting(200);
    assert_eq!(found.body["items"][0]["sources"][0]["source_id"], source.as_str());
}

#[tokio::test]
async fn a_second_sync_counts_what_changed_and_what_did_not() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = landscape(&app, &client).await;
    app.stage.clock.advance(TimeDelta::minutes(1));
    let again = sync(&app, &client, &source).await;
    assert_eq!(again["counts"], json!({ "added": 0, "changed": 0, "archived": 0, "unchanged": 5 }));

    let records = [
        json!({ "id": "web", "name": "web-frontend", "tier": "edge", "calls": ["api"] }),
        json!({ "id": "api", "name": "payments", "tier": "core" }),
    ];
    app.stage.clock.advance(TimeDelta::minutes(1));
    upload(&client, &source, &records).await.expecting(200);
    let changed = sync(&app, &client, &source).await;
    assert_eq!(
        changed["counts"],
        json!({ "added": 0, "changed": 1, "archived": 2, "unchanged": 2 })
    );
    let history = client.get(&format!("{SOURCES}/{source}/syncs")).await.expecting(200);
    assert_eq!(history.body["total"], 3);
    assert_eq!(history.body["items"][0]["id"], changed["id"]);
}

#[tokio::test]
async fn a_broken_record_fails_alone_and_is_listed() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    let lines = "{\"id\":\"a\",\"name\":\"a\"}\n{broken\n{\"name\":\"no key\"}\n{\"id\":\"b\",\"name\":\"b\"}";
    let request = client.request("PUT", &format!("{SOURCES}/{source}/content"));
    Reply::of(request.body(lines)).await.expecting(200);
    let done = sync(&app, &client, &source).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!(done["counts"]["added"], 2);
    assert_eq!(done["errors"].as_array().unwrap().len(), 2, "{done}");
}

#[tokio::test]
async fn one_sync_at_a_time_and_a_queued_one_is_cancelled() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    let place = format!("{SOURCES}/{source}/sync");
    client.post(&format!("{place}/cancel"), json!({})).await.expecting_error(404, "not_found");
    let first = client.post(&place, json!({})).await.expecting(202);
    client.post(&place, json!({})).await.expecting_error(409, "sync_in_progress");
    client.delete(&format!("{SOURCES}/{source}")).await.expecting_error(409, "sync_in_progress");
    let jobs = client.get(&format!("{SOURCES}/{source}/jobs")).await.expecting(200);
    assert_eq!(jobs.body["items"][0]["id"], first.body["id"]);

    let ended = client.post(&format!("{place}/cancel"), json!({})).await.expecting(200);
    assert_eq!(ended.body["state"], "cancelled");
    client.delete(&format!("{SOURCES}/{source}")).await.expecting(204);
}

#[tokio::test]
async fn a_removed_source_leaves_its_words_unless_they_are_purged() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let kept = landscape(&app, &client).await;
    client.delete(&format!("{SOURCES}/{kept}")).await.expecting(204);
    client.get(&format!("{SOURCES}/{kept}")).await.expecting_error(404, "not_found");
    app.stage.settle().await;
    assert_eq!(client.get("/api/v1/graph/nodes").await.expecting(200).body["total"], 3);

    let purged = connect(&client, services("other")).await;
    upload(&client, &purged, &[json!({ "id": 1, "name": "gone" })]).await.expecting(200);
    sync(&app, &client, &purged).await;
    assert_eq!(client.get("/api/v1/graph/nodes").await.expecting(200).body["total"], 4);
    client.delete(&format!("{SOURCES}/{purged}?purge=true")).await.expecting(204);
    app.stage.settle().await;
    assert_eq!(client.get("/api/v1/graph/nodes").await.expecting(200).body["total"], 3);
}
