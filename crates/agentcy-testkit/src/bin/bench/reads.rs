//! An authenticated read beside a bare handler that issues the same query, on pools of one size.

use std::{net::SocketAddr, time::Duration};

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, bare::BareReader};
use anyhow::{Result, ensure};
use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    load::{Load, Request},
    measure::{Party, compare},
};

const PATH: &str = "/api/v1/realms/available";

struct Server {
    request: Request,
    part: Duration,
}

impl Party for Server {
    async fn work(&self) -> Result<Load> {
        let right = |answer: &[u8]| answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"]}");
        self.request.repeat(self.part, right).await
    }
}

/// Measures it.
pub(crate) async fn measure(app: &TestApp, part: Duration) -> Result<Value> {
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let made = owner.post("/api/v1/api-keys", json!({ "name": "bench", "role": "viewer" })).await;
    let key = made.expecting(201).text_at("/key").to_owned();
    let reader = app.stage.database.bare_reader(8).await;
    let mut tasks = JoinSet::new();
    let address = bare(reader, org.into(), &mut tasks).await?;
    let asking = |address, credential: &str| Request {
        address,
        bytes: format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\n{credential}\r\n").into(),
    };
    let ours = asking(app.address(), &format!("authorization: Bearer {key}\r\n"));
    let theirs = asking(address, "");
    let (one, two) = (ours.once().await?, theirs.once().await?);
    let same = serde_json::from_str::<Value>(&one)? == serde_json::from_str::<Value>(&two)?;
    ensure!(same, "the answers differ: {one} and {two}");
    let names = ["product", "bare"];
    let title = "an authenticated read, beside a bare handler with the same query (target: 0.6)";
    let (ours, theirs) = (Server { request: ours, part }, Server { request: theirs, part });
    compare(title, names, &ours, &theirs).await
}

/// No credential, no rate, no log, no tenant: a query and its JSON.
async fn bare(reader: BareReader, org: uuid::Uuid, tasks: &mut JoinSet<()>) -> Result<SocketAddr> {
    let handler = move || {
        let reader = reader.clone();
        async move {
            match answer(&reader, org).await {
                Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
                Err(error) => refused(&error),
            }
        }
    };
    let router = Router::new().route(PATH, get(handler));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tasks.spawn(async move {
        // It ends with the bench.
        let _ = axum::serve(listener, router).await;
    });
    Ok(address)
}

async fn answer(reader: &BareReader, org: uuid::Uuid) -> Result<Vec<u8>> {
    #[derive(serde::Serialize)]
    struct Answer {
        items: Vec<agentcy_testkit::bare::BareRealm>,
    }
    Ok(serde_json::to_vec(&Answer { items: reader.realms(org).await? })?)
}

fn refused(error: &anyhow::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}
