//! What a request may show, and what it is told when that is nothing.

use agentcy_api::{document, inventory};
use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, reply::Reply};
use serde_json::json;

#[tokio::test]
async fn every_route_but_the_public_ones_wants_a_credential() {
    let app = TestApp::new().await;
    for route in inventory::routes(&document()) {
        if ["none", "hmac"].contains(&route.auth.as_str()) {
            continue;
        }
        for (header, value) in [
            ("accept", "*/*"),
            ("authorization", "Bearer nonsense"),
            ("authorization", "Basic YTpi"),
            ("x-api-key", "ak_live_x_y"),
            ("cookie", "agentcy_session=nonsense"),
        ] {
            let request = app.anonymous().request(&route.method, &route.path).header(header, value);
            // As our own pages send it: what is foreign is refused before it is looked at.
            let request = request.header("sec-fetch-site", "same-origin");
            let reply = Reply::of(request.json(&json!({}))).await;
            reply.expecting_error(401, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn two_credentials_that_differ_are_none() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let body = json!({ "name": "ci", "role": "admin" });
    let made = owner.post("/api/v1/api-keys", body).await.expecting(201);
    let key = made.text_at("/key").to_owned();

    let both = owner.request("GET", "/api/v1/auth/me").header("x-api-key", &key);
    Reply::of(both).await.expecting_error(401, "unauthenticated");
    let same = app.bearer(&key).request("GET", "/api/v1/auth/me").header("x-api-key", &key);
    assert_eq!(Reply::of(same).await.expecting(200).body["credential"], "api_key");
    let alone = app.anonymous().request("GET", "/api/v1/auth/me").header("x-api-key", &key);
    assert_eq!(Reply::of(alone).await.expecting(200).body["role"], "admin");
}

#[tokio::test]
async fn an_api_key_makes_no_keys_sessions_or_users() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let body = json!({ "name": "ci", "role": "owner" });
    let made = owner.post("/api/v1/api-keys", body).await.expecting(201);
    let key = app.bearer(made.text_at("/key"));
    for (path, body) in [
        ("/api/v1/api-keys", json!({ "name": "more", "role": "viewer" })),
        ("/api/v1/platform/invites", json!({ "email": "a@example.com", "role": "viewer" })),
    ] {
        key.post(path, body).await.expecting_error(403, "insufficient_role");
    }
    let refresh = key.post("/api/v1/auth/refresh", json!({})).await;
    assert!(matches!(refresh.status, 401 | 403), "{}", refresh.text);
    key.get("/api/v1/users").await.expecting(200);
}
