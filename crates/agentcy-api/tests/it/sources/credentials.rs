//! Secrets of a source: sealed, masked, and only for the place they were given for.

use agentcy_testkit::app::TestApp;
use serde_json::{Value, json};

use super::{SOURCES, connect, member, outside};

const SECRET: &str = "Bearer canary-0123456789-wxyz";

fn api(base_url: &str) -> Value {
    json!({
        "name": "api", "source_type": "http", "realm": "development",
        "config": { "base_url": base_url }, "credentials": { "authorization": SECRET },
    })
}

#[tokio::test]
async fn a_secret_is_masked_and_nowhere_in_the_database() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, api(&outside().await)).await;
    let shown = client.get(&format!("{SOURCES}/{source}")).await.expecting(200);
    assert_eq!(shown.body["credentials"], json!({ "authorization": "****wxyz" }));
    assert!(!shown.text.contains("canary"));
    let rows = app.stage.database.rows("select sources::text from sources").await;
    assert!(!format!("{rows:?}").contains("canary"));
}

#[tokio::test]
async fn a_changed_destination_wants_its_secrets_anew() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let (here, there) = (outside().await, outside().await);
    let source = connect(&client, api(&here)).await;
    let place = format!("{SOURCES}/{source}");

    let elsewhere = json!({ "config": { "base_url": there } });
    client.patch(&place, elsewhere.clone()).await.expecting_error(400, "credentials_required");
    let mut masked = elsewhere.clone();
    masked["credentials"] = json!({ "authorization": "****wxyz" });
    client.patch(&place, masked).await.expecting_error(400, "credentials_required");
    let shown = client.get(&place).await.expecting(200);
    assert_eq!(shown.body["config"]["base_url"], here.as_str());

    let kept = json!({ "config": { "base_url": here, "read_paths": ["/**"] }, "credentials": { "authorization": "****wxyz" } });
    client.patch(&place, kept).await.expecting(200);
    let mut anew = elsewhere;
    anew["credentials"] = json!({ "authorization": "Bearer another-0123456789-abcd" });
    let moved = client.patch(&place, anew).await.expecting(200);
    assert_eq!(moved.body["credentials"], json!({ "authorization": "****abcd" }));
    let dropped = json!({ "credentials": { "authorization": null } });
    let dropped = client.patch(&place, dropped).await.expecting(200);
    assert_eq!(dropped.body["credentials"], json!({}));
}
