//! Somebody who asks the server as a user would.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use agentcy_testkit::app::http;
use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// How long a sync may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(20);

/// The owner of a fresh server.
pub(crate) struct Client {
    http: reqwest::Client,
    server: String,
    token: String,
}

impl Client {
    /// Signs in with the password of a fresh server.
    pub(crate) async fn sign_in(address: SocketAddr) -> Result<Self> {
        let server = format!("http://{address}");
        let mut client = Self { http: http(), server, token: String::new() };
        let body = json!({ "email": "admin@localhost", "password": "admin" });
        let session = client.post("/api/v1/auth/login", &body).await?;
        session["token"].as_str().context("no token")?.clone_into(&mut client.token);
        Ok(client)
    }

    /// Somebody who has a token already.
    pub(crate) fn with_token(address: SocketAddr, token: &str) -> Self {
        Self { http: http(), server: format!("http://{address}"), token: token.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Connects a source and gives its id.
    pub(crate) async fn connect(&self, source: &Value) -> Result<String> {
        let made = self.post("/api/v1/sources", source).await?;
        Ok(made["id"].as_str().context("no id")?.to_owned())
    }

    pub(crate) async fn upload(&self, source: &str, content: Vec<u8>) -> Result<()> {
        let path = format!("/api/v1/sources/{source}/content");
        self.send(self.request(Method::PUT, &path).body(content)).await.map(drop)
    }

    /// How long a sync takes until graph queries see what it wrote.
    pub(crate) async fn sync(&self, source: &str) -> Result<Duration> {
        let begun = Instant::now();
        let job = self.post(&format!("/api/v1/sources/{source}/sync"), &json!({})).await?;
        let job = job["id"].as_str().context("no id")?;
        let path = format!("/api/v1/sources/{source}/syncs/{job}");
        loop {
            let sync = self.get(&path).await?;
            let state = sync["state"].as_str().unwrap_or_default();
            ensure!(!matches!(state, "failed" | "cancelled"), "the sync {state}: {sync}");
            if state == "succeeded" && sync["projected"] == true {
                ensure!(sync["errors"] == json!([]), "something was left out: {sync}");
                return Ok(begun.elapsed());
            }
            ensure!(begun.elapsed() < PATIENCE, "the sync does not end: {sync}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The ids of some nodes, spread over all of them.
    pub(crate) async fn some_nodes(&self, count: usize) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for turn in 0..count.div_ceil(20) {
            let path = format!("/api/v1/graph/nodes?limit=20&q=s{}", turn * 997 % 100_000);
            let page = self.get(&path).await?;
            let items = page["items"].as_array().context("no items")?;
            ids.extend(items.iter().filter_map(|node| node["id"].as_str()).map(str::to_owned));
        }
        ensure!(!ids.is_empty(), "no nodes are found");
        Ok(ids.into_iter().cycle().take(count).collect())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value> {
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
