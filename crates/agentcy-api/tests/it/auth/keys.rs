//! API keys as programs use them.

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, reply::Reply};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{KEYS, ME};

async fn made(app: &TestApp, body: Value) -> Reply {
    let org = app.stage.org().await;
    app.member(org, Role::Owner).await.post(KEYS, body).await.expecting(201)
}

async fn from(app: &TestApp, key: &str, forwarded: &str) -> Reply {
    Reply::of(app.bearer(key).request("GET", ME).header("x-forwarded-for", forwarded)).await
}

#[tokio::test]
async fn a_key_with_addresses_is_judged_by_what_a_trusted_proxy_says() {
    let trusting = |http: &mut agentcy_api::HttpSetup| {
        http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    };
    let app = TestApp::with(|_| {}, trusting).await;
    let body = json!({ "name": "ci", "role": "viewer", "allowed_ips": ["203.0.113.0/24"] });
    let made = made(&app, body).await;
    let key = made.text_at("/key");
    for good in ["203.0.113.9", "198.51.100.1, 203.0.113.9", "203.0.113.9, 10.1.2.3"] {
        from(&app, key, good).await.expecting(200);
    }
    for bad in ["198.51.100.1", "203.0.113.9, 198.51.100.1", "nonsense", "203.0.113.9, nonsense"] {
        from(&app, key, bad).await.expecting_error(401, "unauthenticated");
    }
    app.bearer(key).get(ME).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn without_trust_nobody_says_where_somebody_else_is() {
    let app = TestApp::new().await;
    let body = json!({ "name": "ci", "role": "viewer", "allowed_ips": ["203.0.113.0/24"] });
    let made = made(&app, body).await;
    let refused = from(&app, made.text_at("/key"), "203.0.113.9").await;
    refused.expecting_error(401, "unauthenticated");

    let body = json!({ "name": "ci", "role": "viewer", "allowed_ips": ["127.0.0.1"] });
    let local = self::made(&app, body).await;
    from(&app, local.text_at("/key"), "203.0.113.9").await.expecting(200);
}

#[tokio::test]
async fn a_rotated_key_is_good_beside_the_new_one_for_its_grace() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let made = owner.post(KEYS, json!({ "name": "ci", "role": "viewer" })).await.expecting(201);
    let path = format!("{KEYS}/{}/rotate", made.text_at("/id"));
    let rotated = owner.post(&path, json!({ "grace_secs": 600 })).await.expecting(200);
    let (old, new) = (app.bearer(made.text_at("/key")), app.bearer(rotated.text_at("/key")));
    assert_ne!(old.token(), new.token());
    old.get(ME).await.expecting(200);
    new.get(ME).await.expecting(200);
    app.stage.clock.advance(TimeDelta::seconds(601));
    old.get(ME).await.expecting_error(401, "unauthenticated");
    new.get(ME).await.expecting(200);

    // The owner's own session is still good: ten minutes are not a day.
    let at_once = owner.post(&path, json!({ "grace_secs": 0 })).await.expecting(200);
    new.get(ME).await.expecting_error(401, "unauthenticated");
    app.bearer(at_once.text_at("/key")).get(ME).await.expecting(200);
}

#[tokio::test]
async fn a_revoked_key_is_good_nowhere_after_a_second() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let made = owner.post(KEYS, json!({ "name": "ci", "role": "viewer" })).await.expecting(201);
    let (here, there) = (app.bearer(made.text_at("/key")), other.bearer(made.text_at("/key")));
    here.get(ME).await.expecting(200);
    there.get(ME).await.expecting(200);
    owner.delete(&format!("{KEYS}/{}", made.text_at("/id"))).await.expecting(204);
    here.get(ME).await.expecting_error(401, "unauthenticated");
    app.stage.clock.advance_past_caches();
    there.get(ME).await.expecting_error(401, "unauthenticated");
}
