//! What stands in a query string: tickets, and bearer tokens where they are let.

use agentcy_core::Role;
use agentcy_platform::setup::QueryTokens;
use agentcy_testkit::app::{Client, TestApp};
use chrono::TimeDelta;
use serde_json::json;

use super::{ME, TICKET};

async fn ticket(client: &Client, path: &str) -> String {
    let reply = client.post(TICKET, json!({ "path": path })).await.expecting(200);
    reply.text_at("/ticket").to_owned()
}

fn with(path: &str, token: &str) -> String {
    format!("{path}?token={token}")
}

#[tokio::test]
async fn a_ticket_opens_its_path_once() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let client = app.member(org, Role::Member).await;
    let path = with(ME, &ticket(&client, ME).await);
    let me = app.anonymous().get(&path).await.expecting(200);
    assert_eq!((me.text_at("/credential"), me.text_at("/role")), ("ticket", "member"));
    let again = app.anonymous().get(&path).await;
    again.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_ticket_shown_elsewhere_is_used_up_and_opens_nothing() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let client = app.member(org, Role::Member).await;
    let ticket = ticket(&client, ME).await;
    let realms = with("/api/v1/realms", &ticket);
    app.anonymous().get(&realms).await.expecting_error(401, "unauthenticated");
    app.anonymous().get(&with(ME, &ticket)).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_ticket_is_good_for_a_minute_and_no_longer_than_its_maker() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let client = app.member(org, Role::Member).await;
    let late = with(ME, &ticket(&client, ME).await);
    app.stage.clock.advance(TimeDelta::seconds(61));
    app.anonymous().get(&late).await.expecting_error(401, "unauthenticated");

    let orphan = with(ME, &ticket(&client, ME).await);
    client.post(super::LOGOUT, json!({})).await.expecting(204);
    app.anonymous().get(&orphan).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_ticket_opens_what_may_be_read_and_makes_no_other() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let client = app.member(org, Role::Owner).await;
    let ticket = ticket(&client, TICKET).await;
    let body = json!({ "path": ME });
    let refused = app.anonymous().post(&with(TICKET, &ticket), body).await;
    refused.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_bearer_token_in_the_query_counts_only_where_it_is_let() {
    for (mode, status) in [(QueryTokens::Any, 200), (QueryTokens::Tickets, 401)] {
        let app = TestApp::with(|rules| rules.auth.query_tokens = mode, |_| {}).await;
        let org = app.stage.org().await;
        let client = app.member(org, Role::Member).await;
        app.anonymous().get(&with(ME, client.token())).await.expecting(status);
        let ticket = with(ME, &ticket(&client, ME).await);
        app.anonymous().get(&ticket).await.expecting(200);
        let unsafe_method = with(TICKET, client.token());
        let refused = app.anonymous().post(&unsafe_method, json!({ "path": ME })).await;
        refused.expecting_error(401, "unauthenticated");
    }
}
