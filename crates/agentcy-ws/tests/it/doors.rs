//! Who gets a socket.

use agentcy_core::Role;
use agentcy_platform::setup::QueryTokens;
use agentcy_testkit::app::TestApp;
use serde_json::json;

use crate::stage::{Watcher, app, app_with, handshake, with_token};

async fn is_open(mut watcher: Watcher) -> bool {
    !watcher.ask(&["graph"], json!({})).await.is_empty()
}

#[tokio::test]
async fn whoever_shows_nothing_good_gets_a_socket_that_says_so() {
    let app = app().await;
    for request in [handshake(&app, ""), handshake(&app, "?token=a.b.c"), with_token(&app, "x")] {
        let mut watcher = Watcher::try_open(request).await.unwrap();
        assert_eq!(watcher.closed().await, 4001);
    }
}

#[tokio::test]
async fn a_key_opens_a_socket_in_a_header_and_in_the_query() {
    let app = app().await;
    let owner = app.member(app.stage.org().await, Role::Owner).await;
    let made = owner.post("/api/v1/api-keys", json!({ "name": "k", "role": "viewer" })).await;
    let key = made.expecting(201).text_at("/key").to_owned();
    assert!(is_open(Watcher::try_open(with_token(&app, &key)).await.unwrap()).await);
    let query = handshake(&app, &format!("?token={key}"));
    assert!(is_open(Watcher::try_open(query).await.unwrap()).await);
}

#[tokio::test]
async fn a_ticket_opens_one_socket() {
    let app = TestApp::with(|rules| rules.auth.query_tokens = QueryTokens::Tickets, |_| {}).await;
    let viewer = app.member(app.stage.org().await, Role::Viewer).await;
    let made = viewer.post("/api/v1/auth/ticket", json!({ "path": "/ws" })).await;
    let query = format!("?token={}", made.body["ticket"].as_str().expect("a ticket"));
    assert!(is_open(Watcher::try_open(handshake(&app, &query)).await.unwrap()).await);
    let mut again = Watcher::try_open(handshake(&app, &query)).await.unwrap();
    assert_eq!(again.closed().await, 4001);
    let token = handshake(&app, &format!("?token={}", viewer.token()));
    assert_eq!(Watcher::try_open(token).await.unwrap().closed().await, 4001);
}

#[tokio::test]
async fn a_cookie_opens_a_socket_for_our_own_pages_alone() {
    let app = app().await;
    let viewer = app.member(app.stage.org().await, Role::Viewer).await;
    let from = |origin: Option<&str>| {
        let mut request = handshake(&app, "");
        let cookie = format!("agentcy_session={}", viewer.token());
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request
    };
    let own = app.url.origin().ascii_serialization();
    assert!(is_open(Watcher::try_open(from(Some(&own))).await.unwrap()).await);
    for origin in [None, Some("http://evil.localhost"), Some("null")] {
        let refused = Watcher::try_open(from(origin)).await.err();
        assert_eq!(refused.map(|status| status.as_u16()), Some(403), "{origin:?}");
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_refused_in_our_envelope() {
    let app = app().await;
    let viewer = app.member(app.stage.org().await, Role::Viewer).await;
    viewer.get("/ws").await.expecting_error(400, "invalid");
    viewer.post("/ws", json!({})).await.expecting_error(405, "method_not_allowed");
    let half = viewer.request("GET", "/ws").header("upgrade", "websocket");
    agentcy_testkit::reply::Reply::of(half).await.expecting_error(400, "invalid");
}

#[tokio::test]
async fn when_there_are_too_many_sockets_one_more_is_told_to_come_later() {
    let app = app_with(|limits| limits.of_principal = 2).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let first = Watcher::open(&app, &viewer).await;
    let _second = Watcher::open(&app, &viewer).await;
    assert_eq!(Watcher::open(&app, &viewer).await.closed().await, 1013);
    let other = app.member(org, Role::Viewer).await;
    assert!(is_open(Watcher::open(&app, &other).await).await);
    drop(first);
    // The server notices in its own time.
    loop {
        let mut next = Watcher::open(&app, &viewer).await;
        next.send(json!({ "type": "ping" })).await;
        if next.next().await.is_ok() {
            break;
        }
    }
}
