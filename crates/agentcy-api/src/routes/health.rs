//! `/healthz`, `/readyz`, `/metrics`, `/api/v1/health`: whether it runs, and what it stands on.

use std::collections::BTreeMap;

use agentcy_core::{ErrorCode, Feature};
use agentcy_platform::health::{self, Health};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::Public,
    http::guard::Locality,
    respond::Reply,
    state::AppState,
};

const LIVE: &str = "/healthz";
const READY: &str = "/readyz";
const METRICS: &str = "/metrics";
const HEALTH: &str = "/api/v1/health";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(LIVE, get_with(live, live_docs))
        .api_route(READY, get_with(ready, ready_docs))
        .api_route(METRICS, get_with(metrics, metrics_docs))
        .api_route(HEALTH, get_with(read, read_docs))
}

/// The process runs.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct LiveView {
    /// Always `ok`.
    status: String,
}

/// What the server stands on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ReadyView {
    /// `ok`, `down` when a dependency is, `draining` while it stops.
    status: String,
    /// Each dependency: `ok`, `reachable` (set up, not asked) or `down`.
    checks: BTreeMap<String, String>,
    /// Which engines are in use.
    engines: BTreeMap<String, String>,
}

/// The state of the service for people and dashboards.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct HealthView {
    /// `ok`, or `degraded` when a dependency is down.
    status: String,
    /// Which features the environment has on.
    features: BTreeMap<String, bool>,
    /// Each dependency: `ok`, `reachable` or `down`. An embedded twin reads as what it stands for.
    dependencies: BTreeMap<String, String>,
}

async fn live(_: Public) -> Reply<LiveView> {
    Reply(LiveView { status: "ok".to_owned() })
}

fn live_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "health_live",
        tag: "health",
        summary: "Liveness",
        description: "Answers as long as the process runs. Asks nothing of any store.",
        audience: Audience::Probe,
        errors: &[],
    };
    ok(doc.of(op), "It runs.", LiveView { status: "ok".to_owned() })
}

async fn ready(_: Public, State(app): State<AppState>) -> Response {
    let health = health::check(&app.platform).await;
    let (graph, bus) = health::engines(&app.platform);
    let draining = app.lifecycle.is_stopping();
    let view = ReadyView {
        status: match (draining, health.is_ready()) {
            (true, _) => "draining",
            (false, true) => "ok",
            (false, false) => "down",
        }
        .to_owned(),
        checks: dependencies(health),
        engines: words([("graph", graph), ("bus", bus)]),
    };
    let status = if view.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Reply(view)).into_response()
}

fn ready_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "health_ready",
        tag: "health",
        summary: "Readiness",
        description: "Looks at every store, at most every two seconds. 503 only when one is down, or while stopping; \
                      the body is the same then.",
        audience: Audience::Probe,
        errors: &[],
    };
    let example = ReadyView {
        status: "ok".to_owned(),
        checks: words([("postgres", "ok"), ("neo4j", "ok"), ("redis", "ok"), ("llm", "ok")]),
        engines: words([("graph", "grafeo"), ("bus", "in process")]),
    };
    ok(doc.of(op), "Ready for requests.", example)
}

async fn metrics(
    _: Public,
    State(app): State<AppState>,
    from: Locality,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let hidden = || ApiError::new(ErrorCode::NotFound, "no such route");
    match &app.setup.metrics_token {
        Some(token) => {
            let shown =
                headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
            let wanted = format!("Bearer {}", token.expose_secret());
            if !bool::from(shown.ct_eq(wanted.as_bytes())) {
                return Err(hidden());
            }
        }
        None if !app.setup.is_loopback || from != Locality::Here => return Err(hidden()),
        None => {}
    }
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((text, app.metrics.render()).into_response())
}

fn metrics_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "health_metrics",
        tag: "health",
        summary: "Metrics",
        description: "Prometheus text. With `AGENTCY_METRICS_TOKEN` it needs that as a bearer token; without, only \
                      requests of this machine are answered, through no proxy. All others get 404.",
        audience: Audience::Probe,
        errors: &[ErrorCode::NotFound],
    };
    doc.of(op).response_with::<200, String, _>(|response| {
        response
            .description("Prometheus text format.")
            .example("# TYPE agentcy_http_request_seconds histogram")
    })
}

#[tracing::instrument(name = "api.health.read", skip_all)]
async fn read(_: Public, State(app): State<AppState>) -> Reply<HealthView> {
    let health = health::check(&app.platform).await;
    let features = app.platform.features();
    Reply(HealthView {
        status: if health.is_ready() { "ok" } else { "degraded" }.to_owned(),
        features: Feature::ALL
            .into_iter()
            .map(|feature| (feature.name().to_owned(), features.has(feature)))
            .collect(),
        dependencies: dependencies(health),
    })
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "health_read",
        tag: "health",
        summary: "Health and features",
        description: "Always 200; `status` says whether something is down. The model provider is not called.",
        audience: Audience::Probe,
        errors: &[],
    };
    let example = HealthView {
        status: "ok".to_owned(),
        features: Feature::ALL
            .into_iter()
            .map(|feature| (feature.name().to_owned(), feature.is_on_by_default()))
            .collect(),
        dependencies: words([("postgres", "ok"), ("neo4j", "ok"), ("redis", "ok"), ("llm", "ok")]),
    };
    ok(doc.of(op), "The state of the service.", example)
}

fn dependencies(health: Health) -> BTreeMap<String, String> {
    words([
        ("postgres", health.postgres.name()),
        ("neo4j", health.graph.name()),
        ("redis", health.bus.name()),
        ("llm", health.llm.name()),
    ])
}

fn words<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
