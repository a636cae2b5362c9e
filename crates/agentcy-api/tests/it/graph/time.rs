//! The graph as it was, and as it was known.

use agentcy_testkit::app::Client;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{NODES, id, stage};
use crate::sources::{sync, upload};

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

async fn tier(client: &Client, node: &str, when: &str) -> serde_json::Value {
    let found = client.get(&format!("{NODES}/{node}?{when}")).await.expecting(200);
    found.body["properties"]["tier"].clone()
}

#[tokio::test]
async fn a_changed_attribute_keeps_its_past() {
    let (app, client, source) = stage().await;
    let web = id(&client, "web-frontend").await;
    app.stage.clock.advance(TimeDelta::hours(1));
    let between = moment(app.stage.platform.now());
    app.stage.clock.advance(TimeDelta::hours(1));
    let record = json!({ "id": "web", "name": "web-frontend", "tier": "middle", "calls": [] });
    upload(&client, &source, &[record]).await.expecting(200);
    sync(&app, &client, &source).await;

    assert_eq!(tier(&client, &web, "").await, "middle");
    assert_eq!(tier(&client, &web, &format!("as_of={between}")).await, "edge");
    assert_eq!(tier(&client, &web, &format!("known_at={between}")).await, "edge");
    let near = client.get(&format!("{NODES}/{web}/neighbors?as_of={between}")).await.expecting(200);
    assert_eq!(near.body["items"][0]["node"]["properties"]["name"], "PaymentService");
    let near = client.get(&format!("{NODES}/{web}/neighbors")).await.expecting(200);
    assert_eq!(near.body["items"], json!([]));
    let then = json!({ "node_ids": [web], "depth": 2, "as_of": between });
    let then = client.post("/api/v1/graph/expand", then).await.expecting(200);
    assert_eq!(then.body["nodes"].as_array().unwrap().len(), 2);
    let found = client.get(&format!("{NODES}?q=payment&as_of={between}")).await.expecting(200);
    assert_eq!(found.body["total"], 1);
    assert_eq!(client.get(&format!("{NODES}?q=payment")).await.expecting(200).body["total"], 0);

    let history = client.get(&format!("{NODES}/{web}/history")).await.expecting(200);
    assert_eq!(history.body["total"], 2, "{}", history.text);
    assert_eq!(history.body["items"][0]["properties"]["tier"], "middle");
    assert_eq!(history.body["items"][1]["valid_to"], history.body["items"][0]["valid_from"]);
    assert!(history.text_at("/items/1/end_cause").starts_with("job_"));
}

#[tokio::test]
async fn what_vanished_is_archived_and_comes_back_as_itself() {
    let (app, client, source) = stage().await;
    let web = id(&client, "web-frontend").await;
    for records in [
        vec![json!({ "id": "cron", "name": "nightly report" })],
        vec![json!({ "id": "web", "name": "web-frontend" })],
    ] {
        app.stage.clock.advance(TimeDelta::hours(1));
        upload(&client, &source, &records).await.expecting(200);
        sync(&app, &client, &source).await;
        if records[0]["id"] == "cron" {
            let gone = client.get(&format!("{NODES}/{web}")).await.expecting(200);
            assert!(gone.body["archived_at"].is_string(), "{}", gone.text);
        }
    }
    assert_eq!(id(&client, "web-frontend").await, web);
    let history = client.get(&format!("{NODES}/{web}/history")).await.expecting(200);
    assert_eq!(history.body["total"], 2);
}
