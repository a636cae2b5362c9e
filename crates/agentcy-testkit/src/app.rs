//! The whole service on a socket of this machine, over a [`TestPlatform`].

#![expect(clippy::expect_used, reason = "a test whose stage cannot be set has failed")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use agentcy_agent::Runs;
use agentcy_api::{AppState, Beside, HttpSetup, http::serve::serve, router_with};
use agentcy_core::{Role, id::OrgId};
use agentcy_platform::{Platform, Setup, lifecycle::Lifecycle, wake::Bell};
use agentcy_ws::{Limits, Sockets};
use aide::axum::ApiRouter;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::{
    platform::{PASSWORD, TestPlatform, TestUser},
    reply::Reply,
};

/// A served platform.
pub struct TestApp {
    /// What is behind it.
    pub stage: Arc<TestPlatform>,
    /// Where it listens.
    pub url: Url,
    /// Stops it.
    pub lifecycle: Lifecycle,
    /// Its runs.
    pub runs: Runs,
    http: reqwest::Client,
}

/// Somebody who sends requests with a credential, or without.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    token: Option<String>,
    /// Who it is, when it is a person.
    pub user: Option<TestUser>,
}

impl TestApp {
    /// The service as it is without settings.
    pub async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// The same with some settings changed: of the rules, and of HTTP.
    pub async fn with(rules: impl FnOnce(&mut Setup), http: impl FnOnce(&mut HttpSetup)) -> Self {
        let stage = TestPlatform::with(rules).await;
        let platform = stage.platform.clone();
        Self::over(stage, platform, http, |_| ApiRouter::new()).await
    }

    /// A platform of the stage behind HTTP, with more routes behind authentication.
    pub async fn over(
        stage: impl Into<Arc<TestPlatform>>,
        platform: Platform,
        change: impl FnOnce(&mut HttpSetup),
        more: impl FnOnce(&AppState) -> ApiRouter<AppState>,
    ) -> Self {
        Self::within(stage, platform, Limits::default(), change, more).await
    }

    /// The same with other limits for its sockets.
    pub async fn within(
        stage: impl Into<Arc<TestPlatform>>,
        platform: Platform,
        limits: Limits,
        change: impl FnOnce(&mut HttpSetup),
        more: impl FnOnce(&AppState) -> ApiRouter<AppState>,
    ) -> Self {
        let stage = stage.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = Url::parse(&format!("http://{address}")).expect("a URL");
        let mut setup = HttpSetup::local(url.clone());
        change(&mut setup);
        let lifecycle = Lifecycle::default();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let runs = Runs::new(&platform, &lifecycle);
        lifecycle.spawn_beyond(keep(runs.clone(), platform.clone(), lifecycle.clone()));
        let app = AppState::new(platform, runs.clone(), lifecycle.clone(), setup, metrics);
        let more = more(&app);
        let sockets = Sockets::with_limits(&app.platform, &runs, &lifecycle, limits);
        let beside = Beside {
            sockets: agentcy_ws::router(sockets),
            pages: agentcy_ui::router(agentcy_ui::embedded),
        };
        let router = router_with(app, beside, more);
        lifecycle.spawn_beyond(serve(listener, router, lifecycle.clone()));
        Self { stage, url, lifecycle, runs, http: http() }
    }

    /// The same service once more: another process over the same stores.
    pub async fn replica(&self) -> Self {
        let platform = self.stage.replica();
        Self::over(Arc::clone(&self.stage), platform, |_| {}, |_| ApiRouter::new()).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let addresses = self.url.socket_addrs(|| None).expect("an address");
        *addresses.first().expect("one address")
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        Client { http: self.http.clone(), url: self.url.clone(), token: None, user: None }
    }

    /// Whoever has this credential.
    pub fn bearer(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.anonymous() }
    }

    /// A new member of an org, signed in.
    pub async fn member(&self, org: OrgId, role: Role) -> Client {
        let user = self.stage.user(org, role).await;
        self.sign_in(&user).await
    }

    /// This person, signed in.
    pub async fn sign_in(&self, user: &TestUser) -> Client {
        let body = json!({ "email": user.email, "password": PASSWORD, "org_id": user.org_id });
        let reply = self.anonymous().post("/api/v1/auth/login", body).await.expecting(200);
        let token = reply.body["token"].as_str().expect("a token");
        Client { user: Some(user.clone()), ..self.bearer(token) }
    }
}

/// Takes up runs and hears of what is stopped when the bell rings, and not by itself: a test may count what is asked of
/// the stores, or have them down.
async fn keep(runs: Runs, platform: Platform, lifecycle: Lifecycle) {
    let mut bell = platform.listen(Bell::Runs);
    while !lifecycle.is_stopping() {
        // Some tests have the stores down.
        drop(runs.beat().await);
        drop(runs.claim().await);
        tokio::select! {
            () = bell.wait(Duration::from_mins(1)) => {}
            () = lifecycle.stopping() => {}
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.lifecycle.stop_now();
    }
}

/// A plain client that follows nothing and waits for nothing long.
pub fn http() -> reqwest::Client {
    // More than one test of a process asks for it; the first one wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .no_proxy()
        .build()
        .expect("a client")
}

impl Client {
    /// A request with this client's credential, to be changed and sent by the test.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = self.url.join(path).expect("a path");
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The credential.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a credential")
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request("GET", path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request("POST", path).json(&body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request("PUT", path).json(&body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        Reply::of(self.request("PATCH", path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        Reply::of(self.request("DELETE", path)).await
    }
}
