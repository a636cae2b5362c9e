//! The life of a session, seen from one replica and from another.

use agentcy_core::{Clock, Role};
use agentcy_platform::first_start::{DEFAULT_EMAIL, DEFAULT_PASSWORD, first_start};
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::{PASSWORD, TestUser},
    reply::Reply,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{LOGIN, LOGOUT, ME, REFRESH};

async fn login(app: &TestApp, email: &str, password: &str) -> Reply {
    app.anonymous().post(LOGIN, json!({ "email": email, "password": password })).await
}

async fn refresh(client: &Client) -> Reply {
    Reply::of(client.request("POST", REFRESH)).await
}

async fn signed_in(app: &TestApp, user: &TestUser) -> Client {
    app.sign_in(user).await
}

#[tokio::test]
async fn the_first_start_signs_in_as_the_quickstart_says() {
    let app = TestApp::new().await;
    first_start(&app.stage.platform, DEFAULT_EMAIL, &DEFAULT_PASSWORD.into()).await.unwrap();
    let reply = login(&app, "admin@localhost", "admin").await.expecting(200);
    let expires_at: DateTime<Utc> = reply.text_at("/expires_at").parse().unwrap();
    assert_eq!(expires_at, app.stage.clock.now() + TimeDelta::hours(24));
    assert_eq!(reply.text_at("/user/email"), "admin@localhost");
    assert_eq!(reply.text_at("/user/role"), "owner");

    let me = app.bearer(reply.text_at("/token")).get(ME).await.expecting(200);
    assert_eq!(me.text_at("/user/id"), reply.text_at("/user/id"));
    assert_eq!(me.text_at("/org/id"), reply.text_at("/user/org_id"));
    assert_eq!((me.text_at("/role"), me.text_at("/credential")), ("owner", "session"));
    assert_eq!(me.body["platform_admin"], true);
}

#[tokio::test]
async fn whoever_may_not_sign_in_is_told_the_same() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let user = app.stage.user(org, Role::Member).await;
    let wrong = login(&app, &user.email, "not their password").await;
    let wrong = wrong.expecting_error(401, "invalid_credentials").masked();
    let unknown = login(&app, "nobody@example.org", PASSWORD).await;
    assert_eq!(unknown.expecting_error(401, "invalid_credentials").masked(), wrong);
    assert_eq!(login(&app, "no address", PASSWORD).await.masked(), wrong);

    let inside = app.sign_in(&user).await;
    let path = format!("/api/v1/users/{}", user.id);
    owner.patch(&path, json!({ "disabled": true })).await.expecting(200);
    assert_eq!(login(&app, &user.email, PASSWORD).await.masked(), wrong);
    inside.get(ME).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_account_whoever_guesses() {
    let app = TestApp::with(|rules| rules.rates.sign_in = 3, |_| {}).await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    for _ in 0..3 {
        login(&app, &user.email, "a guess").await.expecting_error(401, "invalid_credentials");
    }
    let reply = login(&app, &user.email, PASSWORD).await.expecting_error(429, "rate_limited");
    assert!(reply.header("retry-after").is_some());
    app.stage.clock.advance(TimeDelta::minutes(2));
    login(&app, &user.email, PASSWORD).await.expecting(200);
}

#[tokio::test]
async fn a_refresh_gives_another_token_and_takes_the_old_one() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    let old = signed_in(&app, &user).await;
    let new = refresh(&old).await.expecting(200);
    let new = app.bearer(new.text_at("/token"));
    assert_ne!(new.token(), old.token());
    old.get(ME).await.expecting_error(401, "unauthenticated");
    new.get(ME).await.expecting(200);
}

#[tokio::test]
async fn an_old_token_that_comes_back_ends_the_session() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    let stolen = signed_in(&app, &user).await;
    let elsewhere = signed_in(&app, &user).await;
    let new = refresh(&stolen).await.expecting(200);
    let new = app.bearer(new.text_at("/token"));
    refresh(&stolen).await.expecting_error(401, "unauthenticated");
    new.get(ME).await.expecting_error(401, "unauthenticated");
    refresh(&new).await.expecting_error(401, "unauthenticated");
    elsewhere.get(ME).await.expecting(200);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_renewed() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    let mut client = signed_in(&app, &user).await;
    for _ in 0..30 {
        client.get(ME).await.expecting(200);
        app.stage.clock.advance(TimeDelta::hours(23) + TimeDelta::minutes(59));
        client = app.bearer(refresh(&client).await.expecting(200).text_at("/token"));
    }
    app.stage.clock.advance(TimeDelta::hours(1));
    client.get(ME).await.expecting_error(401, "unauthenticated");
    refresh(&client).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_holds_here_at_once_and_on_another_replica_within_a_second() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    let org = app.stage.org().await;
    let client = app.member(org, Role::Viewer).await;
    let there = other.bearer(client.token());
    there.get(ME).await.expecting(200);
    Reply::of(client.request("POST", LOGOUT)).await.expecting(204);
    client.get(ME).await.expecting_error(401, "unauthenticated");
    app.stage.clock.advance_past_caches();
    there.get(ME).await.expecting_error(401, "unauthenticated");
    refresh(&there).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn another_password_ends_every_other_session() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    let here = signed_in(&app, &user).await;
    let there = other.bearer(signed_in(&app, &user).await.token());
    there.get(ME).await.expecting(200);
    let change = json!({ "old_password": PASSWORD, "new_password": "a far better password" });
    here.put("/api/v1/users/me/password", change).await.expecting(204);
    app.stage.clock.advance_past_caches();
    here.get(ME).await.expecting(200);
    there.get(ME).await.expecting_error(401, "unauthenticated");
    login(&app, &user.email, PASSWORD).await.expecting_error(401, "invalid_credentials");
    login(&app, &user.email, "a far better password").await.expecting(200);
}

#[tokio::test]
async fn a_change_of_role_holds_for_open_sessions() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let client = app.member(org, Role::Admin).await;
    assert_eq!(client.get(ME).await.expecting(200).text_at("/role"), "admin");
    let path = format!("/api/v1/users/{}", client.user.as_ref().unwrap().id);
    owner.patch(&path, json!({ "role": "viewer" })).await.expecting(200);
    app.stage.clock.advance_past_caches();
    assert_eq!(client.get(ME).await.expecting(200).text_at("/role"), "viewer");
}
