//! Every refusal has one shape, whoever refuses.

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, platform::TestPlatform, reply::Reply};
use aide::axum::{ApiRouter, routing::get};
use serde_json::json;

#[tokio::test]
async fn what_is_not_there_is_said_in_the_envelope() {
    let app = TestApp::new().await;
    let nobody = app.anonymous();
    nobody.get("/nothing").await.expecting_error(404, "not_found");
    nobody.get("/api/v1/nothing").await.expecting_error(404, "not_found");
    nobody.get("/api/v1/skills").await.expecting_error(404, "not_found");
    nobody.delete("/api/v1/auth/login").await.expecting_error(405, "method_not_allowed");
    nobody.delete("/healthz").await.expecting_error(405, "method_not_allowed");
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let app = TestApp::new().await;
    let ask = async |id: &str| {
        let request = app.anonymous().request("GET", "/api/v1/auth/me").header("x-request-id", id);
        Reply::of(request).await.expecting_error(401, "unauthenticated")
    };
    assert_eq!(ask("from-the-client.1").await.header("x-request-id"), Some("from-the-client.1"));
    assert!(ask("not sane").await.header("x-request-id").unwrap().starts_with("req_"));
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_says_nothing_of_itself() {
    async fn broken() {
        panic!("the secret of the day");
    }
    let stage = TestPlatform::new().await;
    let platform = stage.platform.clone();
    let more = |_: &_| ApiRouter::new().route("/api/v1/panics", get(broken));
    let app = TestApp::over(stage, platform, |_| {}, more).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let reply = viewer.get("/api/v1/panics").await.expecting_error(500, "internal");
    assert!(!reply.text.contains("secret"), "{}", reply.text);
    viewer.get("/api/v1/auth/me").await.expecting(200);
}

#[tokio::test]
async fn all_faults_of_a_body_are_named_by_their_path() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let body = json!({ "name": "", "role": "member", "allowed_ips": ["10.0.0.1", "nowhere"] });
    let reply = owner.post("/api/v1/api-keys", body).await.expecting_error(400, "invalid");
    let mut fields = reply.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["allowed_ips[1]", "name"]);

    let missing = owner.post("/api/v1/api-keys", json!({ "name": "k" })).await;
    assert_eq!(missing.expecting_error(400, "invalid").fields(), ["role"]);
    let unknown = json!({ "name": "k", "role": "member", "admin": true });
    let unknown = owner.post("/api/v1/api-keys", unknown).await;
    assert_eq!(unknown.expecting_error(400, "invalid").fields(), ["admin"]);
    let wrong = owner.post("/api/v1/api-keys", json!({ "name": 7, "role": "member" })).await;
    assert_eq!(wrong.expecting_error(400, "invalid").fields(), ["name"]);
}

#[tokio::test]
async fn no_answer_may_be_kept_by_a_cache_or_guessed_at_by_a_browser() {
    let app = TestApp::new().await;
    let reply = app.anonymous().get("/api/v1/auth/config").await.expecting(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("x-frame-options"), Some("DENY"));
}
