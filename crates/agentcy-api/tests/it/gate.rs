//! Routes of a feature that is off are not there, for whoever may ask at all.

use agentcy_api::{AppState, gated};
use agentcy_core::{Feature, Role};
use agentcy_testkit::{app::TestApp, platform::TestPlatform};
use aide::axum::{ApiRouter, routing::get};
use serde_json::json;

#[tokio::test]
async fn a_feature_that_is_off_answers_only_those_who_are_known() {
    let stage = TestPlatform::new().await;
    let platform = stage.platform.clone();
    let more = |app: &AppState| {
        let route = |feature, path: &str| {
            gated(app, feature, ApiRouter::new().route(path, get(async || "here")))
        };
        route(Feature::Rag, "/api/v1/rag")
    };
    let app = TestApp::over(stage, platform, |_| {}, more).await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;

    app.anonymous().get("/api/v1/rag").await.expecting_error(401, "unauthenticated");
    owner.get("/api/v1/rag").await.expecting_error(404, "feature_disabled");
    owner.get("/api/v1/workers").await.expecting(200);
    owner.put("/api/v1/settings/features", json!({ "workers": false })).await.expecting(200);
    owner.get("/api/v1/workers").await.expecting_error(404, "feature_disabled");

    let elsewhere = app.stage.org().await;
    let elsewhere = app.member(elsewhere, Role::Viewer).await;
    elsewhere.get("/api/v1/workers").await.expecting(200);
}
