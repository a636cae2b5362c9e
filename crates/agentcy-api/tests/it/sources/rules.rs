//! What may be connected, where, and by whom.

use std::collections::BTreeSet;

use agentcy_core::{Realms, Role};
use agentcy_testkit::app::TestApp;
use serde_json::json;

use super::{SOURCES, connect, landscape, member, services};

#[tokio::test]
async fn the_catalog_says_what_each_kind_asks_and_brings() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let catalog = client.get(&format!("{SOURCES}/catalog")).await.expecting(200);
    let items = catalog.body["items"].as_array().unwrap();
    let kinds: Vec<&str> = items.iter().filter_map(|kind| kind["source_type"].as_str()).collect();
    assert_eq!(kinds, ["csv", "git", "http", "json", "postgres"]);
    for kind in items {
        assert_eq!(kind["config_schema"]["type"], "object", "{kind}");
        assert_eq!(kind["credential_schema"]["type"], "object", "{kind}");
        for tool in kind["tools"].as_array().unwrap() {
            assert!(tool["input_schema"].is_object() && tool["effect"].is_string(), "{tool}");
        }
    }
}

#[tokio::test]
async fn settings_are_tried_before_they_are_kept() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let mut body = services("landscape");
    body["config"]["label"] = json!("");
    for path in [SOURCES, "/api/v1/sources/validate"] {
        let refused = client.post(path, body.clone()).await;
        let refused = refused.expecting_error(400, "source_validation_failed");
        assert_eq!(refused.fields(), ["config.label"]);
    }
    assert_eq!(client.get(SOURCES).await.expecting(200).body["total"], 0);
    client.post("/api/v1/sources/validate", services("landscape")).await.expecting(204);
    assert_eq!(client.get(SOURCES).await.expecting(200).body["total"], 0);

    let mut away = services("away");
    away["config"]["url"] = json!("http://169.254.169.254/latest/meta-data");
    let refused = client.post(SOURCES, away).await;
    refused.expecting_error(422, "upstream_refused");
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_and_all_faults_are_told_at_once() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    connect(&client, services("Landscape")).await;
    let taken = client.post(SOURCES, services("landscape")).await;
    assert_eq!(taken.expecting_error(409, "taken").fields(), ["name"]);
    let tried = client.post("/api/v1/sources/validate", services("LANDSCAPE")).await;
    assert_eq!(tried.expecting_error(409, "taken").fields(), ["name"]);
    let wrong = json!({ "name": " ", "source_type": "teapot", "realm": "data", "config": { "a": "\u{0}" } });
    let wrong = client.post(SOURCES, wrong).await.expecting_error(400, "invalid");
    assert_eq!(wrong.fields(), ["name", "config", "source_type"]);
    let mut nowhere = services("nowhere");
    nowhere["realm"] = json!("atlantis");
    client.post(SOURCES, nowhere).await.expecting_error(400, "unknown_realm");
}

#[tokio::test]
async fn what_lies_outside_ones_realms_is_not_there() {
    let app = TestApp::new().await;
    let (org, client) = member(&app).await;
    let source = landscape(&app, &client).await;
    let node =
        client.get("/api/v1/graph/nodes").await.expecting(200).text_at("/items/0/id").to_owned();

    let user = app.stage.user(app.stage.org().await, Role::Member).await;
    let crm = Realms::Only(BTreeSet::from(["crm".parse().unwrap()]).into_iter().collect());
    app.stage.join(org, user.id, Role::Member, &crm).await;
    let limited = agentcy_testkit::platform::TestUser { org_id: org, ..user };
    let limited = app.sign_in(&limited).await;
    assert_eq!(limited.get(SOURCES).await.expecting(200).body["total"], 0);
    for path in ["", "/syncs", "/jobs", "/tools"] {
        let place = format!("{SOURCES}/{source}{path}");
        limited.get(&place).await.expecting_error(404, "not_found");
    }
    limited
        .post(&format!("{SOURCES}/{source}/sync"), json!({}))
        .await
        .expecting_error(404, "not_found");
    limited
        .patch(&format!("{SOURCES}/{source}"), json!({ "name": "x" }))
        .await
        .expecting_error(404, "not_found");
    limited.post(SOURCES, services("mine")).await.expecting_error(403, "insufficient_role");

    assert_eq!(limited.get("/api/v1/graph/nodes").await.expecting(200).body["total"], 0);
    for path in ["", "/neighbors", "/history"] {
        let place = format!("/api/v1/graph/nodes/{node}{path}");
        limited.get(&place).await.expecting_error(404, "not_found");
    }
    let around = limited.post("/api/v1/graph/expand", json!({ "node_ids": [node] })).await;
    assert_eq!(around.expecting(200).body["nodes"], json!([]));
    let cypher = json!({ "query": "MATCH (n) RETURN n" });
    let refused = limited.post("/api/v1/graph/cypher", cypher).await;
    refused.expecting_error(403, "cypher_needs_all_realms");
    let stats = limited.get("/api/v1/graph/stats").await.expecting(200);
    assert_eq!(stats.body["nodes"], 0);
}
