//! `/sources`, from connecting to the graph.

use agentcy_core::{Role, id::OrgId};
use agentcy_testkit::{
    app::{Client, TestApp},
    reply::Reply,
};
use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

mod credentials;
mod lifecycle;
mod rules;
mod uploads;

pub(crate) const SOURCES: &str = "/api/v1/sources";

/// Somebody of a new org.
pub(crate) async fn member(app: &TestApp) -> (OrgId, Client) {
    let org = app.stage.org().await;
    (org, app.member(org, Role::Member).await)
}

/// Services that name each other, as a json source reads them.
pub(crate) fn services(name: &str) -> Value {
    json!({
        "name": name, "source_type": "json", "realm": "development",
        "config": {
            "key": "id", "label": "Service", "name": "name",
            "relations": [{ "field": "calls", "type": "CALLS" }],
        },
    })
}

/// Connects a source and gives its id.
pub(crate) async fn connect(client: &Client, body: Value) -> String {
    client.post(SOURCES, body).await.expecting(201).text_at("/id").to_owned()
}

/// Uploads records, one a line.
pub(crate) async fn upload(client: &Client, source: &str, records: &[Value]) -> Reply {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let request = client.request("PUT", &format!("{SOURCES}/{source}/content"));
    Reply::of(request.body(lines.join("\n"))).await
}

/// A sync from beginning to end, as it is shown afterwards.
pub(crate) async fn sync(app: &TestApp, client: &Client, source: &str) -> Value {
    let started = client.post(&format!("{SOURCES}/{source}/sync"), json!({})).await;
    let started = started.expecting(202);
    app.stage.settle().await;
    let place = started.header("location").unwrap().to_owned();
    client.get(&place).await.expecting(200).body
}

/// Something on this machine that answers everything with an empty object.
#[expect(clippy::disallowed_methods, reason = "it ends with the test")]
pub(crate) async fn outside() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(async || "{}")).await.unwrap();
    });
    format!("http://{address}")
}

/// Three services: web calls api, api calls a store that nobody lists.
pub(crate) async fn landscape(app: &TestApp, client: &Client) -> String {
    let source = connect(client, services("landscape")).await;
    let records = [
        json!({ "id": "web", "name": "web-frontend", "tier": "edge", "calls": ["api"] }),
        json!({ "id": "api", "name": "PaymentService", "tier": "core", "calls": ["store"] }),
        json!({ "id": "cron", "name": "nightly report", "tier": "core" }),
    ];
    upload(client, &source, &records).await.expecting(200);
    let done = sync(app, client, &source).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    source
}
