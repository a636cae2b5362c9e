//! What is tried again, what is not, and what becomes of everything that is no answer.

use std::time::Duration;

use agentcy_sdk::{Client, Error, NewApiKey, NewInvite, Role};

use crate::server::{Server, Step, json, refusal};

const HEALTHY: &str = r#"{"status":"ok"}"#;
const KEY: &str = r#"{"id":"key_1","name":"reporting","role":"viewer","key":"ak_live_1_s"}"#;

#[tokio::test]
async fn a_store_that_is_down_for_a_moment_is_not_noticed() {
    let server =
        Server::with([refusal(503, "store_unavailable", Some(0)), json(200, HEALTHY)]).await;
    assert_eq!(server.client().health().await.unwrap().status, "ok");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("x-request-id"), seen[1].header("x-request-id"));
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let server = Server::with([
        refusal(429, "rate_limited", Some(1)),
        refusal(429, "rate_limited", Some(0)),
        json(200, r#"{"items":[{"slug":"crm"}]}"#),
    ])
    .await;
    assert_eq!(server.client().available_realms().await.unwrap()[0].slug, "crm");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_call_is_sent_three_times_at_most() {
    let server = Server::with((0..9).map(|_| refusal(503, "store_unavailable", Some(0)))).await;
    let error = server.client().settings().await.unwrap_err();
    let Error::Refused { status, code, message, details, request_id, retry_after } = error else {
        panic!("{error:?}")
    };
    assert_eq!((status, code.as_str(), message.as_str()), (503, "store_unavailable", "no"));
    assert_eq!((details["store"].as_str(), request_id.as_str()), (Some("postgres"), "req_7"));
    assert_eq!(retry_after, Some(Duration::ZERO));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_the_callers_to_decide() {
    let server = Server::with([refusal(429, "quota_exceeded", Some(3600))]).await;
    let error = server.client().settings().await.unwrap_err();
    let Error::Refused { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_hours(1)));
    server.only();
}

#[tokio::test]
async fn what_is_made_is_made_once_however_often_it_is_sent() {
    let server =
        Server::with([refusal(503, "store_unavailable", Some(0)), json(201, KEY), json(201, KEY)])
            .await;
    let (client, new) = (server.client(), NewApiKey::new("reporting", Role::Viewer));
    client.create_api_key(&new).await.unwrap();
    client.create_api_key(&new).await.unwrap();
    let seen = server.seen();
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2]);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn what_might_happen_twice_is_sent_once() {
    let server = Server::with([refusal(503, "store_unavailable", Some(0))]).await;
    let error = server.client().login("ada@example.com", &"pass".into()).await.unwrap_err();
    assert_eq!(error.code(), Some("store_unavailable"));
    assert_eq!(server.only().header("idempotency-key"), None);
}

#[tokio::test]
async fn a_refusal_that_stays_is_not_repeated() {
    for (status, code) in [(400, "invalid"), (409, "taken"), (500, "internal")] {
        let server = Server::with([refusal(status, code, None)]).await;
        let new = NewInvite::new("bob@example.com", Role::Member);
        let error = server.client().create_invite(&new).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
        server.only();
    }
}

/// What a proxy says whose server is just being replaced.
fn bad_gateway() -> Step {
    let at_once = vec![("retry-after", "0".to_owned())];
    Step::Answer(502, at_once, "<html>Bad Gateway</html>".into())
}

#[tokio::test]
async fn a_replica_that_is_replaced_is_not_noticed() {
    let server = Server::with([Step::Cut, bad_gateway(), json(200, HEALTHY)]).await;
    assert_eq!(server.client().health().await.unwrap().status, "ok");
    assert_eq!(server.seen().len(), 3);

    let in_progress = refusal(409, "idempotency_in_progress", Some(0));
    let server = Server::with([Step::Cut, in_progress, json(201, KEY)]).await;
    let new = NewApiKey::new("reporting", Role::Viewer);
    server.client().create_api_key(&new).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|one| one.header("idempotency-key").is_some()));
}

#[tokio::test]
async fn what_may_have_happened_already_is_not_sent_again() {
    for step in [Step::Cut, bad_gateway()] {
        let server = Server::with([step]).await;
        // The second would be told that there is no such key.
        server.client().revoke_api_key("key_1").await.unwrap_err();
        server.only();
    }
    let server = Server::with([Step::Cut]).await;
    server.client().login("ada@example.com", &"pass".into()).await.unwrap_err();
    server.only();
}

#[tokio::test]
async fn who_is_patient_outlasts_a_restart() {
    let steps = (0..8).map(|_| bad_gateway()).chain([json(200, HEALTHY)]);
    let server = Server::with(steps).await;
    assert_eq!(server.client().patient().health().await.unwrap().status, "ok");
    let steps = [Step::Silence, json(200, HEALTHY)];
    let server = Server::with(steps).await;
    let client = server.client().patient().with_timeout(Duration::from_millis(50));
    assert_eq!(client.health().await.unwrap().status, "ok");
}

#[tokio::test]
async fn an_upload_may_take_longer_than_a_question() {
    let late = Step::Late(Duration::from_millis(300), r#"{"bytes":3}"#);
    let server = Server::with([late]).await;
    let client = server.client().with_timeout(Duration::from_millis(50));
    assert_eq!(client.upload_content("src_1", b"a,b".to_vec()).await.unwrap(), 3);
}

#[tokio::test]
async fn a_refusal_tells_each_field_and_what_the_other_side_said() {
    let details = [
        (
            r#"{"fields":[{"path":"name","message":"is empty"},{"path":"tools[0]","message":"is no tool"}]}"#,
            "name: is empty\ntools[0]: is no tool",
        ),
        (r#"{"upstream":"no such table"}"#, "no such table"),
        (r#"{"upstream":{"status":500}}"#, r#"{"status":500}"#),
        (r#"{"fields":[{"path":"a","message":"no"}]}"#, "a: no"),
        // The message says it already.
        (r#"{"fields":[{"path":"x","message":"is y"}]}"#, ""),
        ("null", ""),
    ];
    for (details, expected) in details {
        let body =
            format!(r#"{{"error":{{"code":"invalid","message":"x: is y","details":{details}}}}}"#);
        let server = Server::with([Step::Answer(400, vec![], body)]).await;
        let error = server.client().settings().await.unwrap_err();
        assert_eq!(error.reasons().join("\n"), expected);
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_is_no_answer_of_ours() {
    let login = Step::Answer(200, vec![], "<html>Sign in to the Wi-Fi</html>".into());
    let server = Server::with((0..3).map(|_| bad_gateway()).chain([login])).await;
    for expected in [502, 200] {
        let error = server.client().settings().await.unwrap_err();
        let Error::Unreadable { status, request_id, .. } = error else { panic!("{error:?}") };
        assert_eq!(status, expected);
        assert_eq!(request_id.len(), 32);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_outage() {
    let server = Server::with([Step::Cut, Step::Cut, Step::Cut]).await;
    let error = server.client().health().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let server = Server::with([json(
        200,
        &format!(r#"{{"status":"ok","more":"{}"}}"#, "x".repeat(9 << 20)),
    )])
    .await;
    let error = server.client().health().await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    let server = Server::with([Step::Silence]).await;
    let client = server.client().with_timeout(Duration::from_millis(50));
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_at_the_address_is_said_with_the_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(origin.parse().unwrap()).unwrap().health().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&origin), "{error}");
}

#[tokio::test]
async fn not_being_ready_is_an_answer() {
    let down = r#"{"status":"down","checks":{"postgres":"down"},"engines":{"bus":"redis"}}"#;
    let server = Server::with([json(503, down)]).await;
    let readiness = server.client().ready().await.unwrap();
    assert!(!readiness.is_ready());
    assert_eq!(readiness.checks["postgres"], "down");
    assert_eq!(server.only().uri.path(), "/readyz");
}
