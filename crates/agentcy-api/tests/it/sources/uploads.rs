//! Uploads: streamed, bounded, and whole or not at all.

use agentcy_testkit::{app::TestApp, reply::Reply};
use serde_json::json;

use super::{SOURCES, connect, member, outside, services, sync, upload};

#[tokio::test]
async fn an_upload_replaces_the_one_before() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    upload(&client, &source, &[json!({ "id": 1 }), json!({ "id": 2 })]).await.expecting(200);
    let second = upload(&client, &source, &[json!({ "id": 3 })]).await.expecting(200);
    assert_eq!(second.body["bytes"], 8);
    let shown = client.get(&format!("{SOURCES}/{source}")).await.expecting(200);
    assert_eq!(shown.body["content_bytes"], 8);
    assert_eq!(sync(&app, &client, &source).await["counts"]["added"], 1);
    let pieces = app.stage.database.rows("select piece::text from source_contents").await;
    assert_eq!(pieces.len(), 1);
}

#[tokio::test]
async fn several_mebibytes_arrive_as_they_were_sent() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    let records: Vec<_> =
        (0..3000).map(|id| json!({ "id": id, "name": "x".repeat(1000) })).collect();
    upload(&client, &source, &records).await.expecting(200);
    let done = sync(&app, &client, &source).await;
    assert_eq!((&done["state"], &done["counts"]["added"]), (&json!("succeeded"), &json!(3000)));
}

#[tokio::test]
async fn what_is_too_large_or_empty_or_not_read_is_refused_and_leaves_nothing() {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = connect(&client, services("landscape")).await;
    let place = format!("{SOURCES}/{source}/content");
    let send = |bytes: Vec<u8>| Reply::of(client.request("PUT", &place).body(bytes));
    send(Vec::new()).await.expecting_error(400, "invalid");
    send(vec![b'x'; (64 << 20) + 1]).await.expecting_error(413, "payload_too_large");
    assert!(app.stage.database.rows("select piece::text from source_contents").await.is_empty());

    let http = json!({
        "name": "api", "source_type": "http", "realm": "data",
        "config": { "base_url": outside().await },
    });
    let http = connect(&client, http).await;
    let place = format!("{SOURCES}/{http}/content");
    Reply::of(client.request("PUT", &place).body("x")).await.expecting_error(400, "invalid");
    client.post(&format!("{SOURCES}/{http}/sync"), json!({})).await.expecting_error(400, "invalid");
}
