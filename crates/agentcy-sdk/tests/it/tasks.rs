//! Tasks and webhooks: what goes out, and the secret that comes back once.

use agentcy_sdk::{Delivery, HookSecret, NewTask, NewTrigger, TaskRunState, TaskUpdate};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::server::{Server, json, refusal};

const TASK: &str = r#"{"id":"task_1","name":"triage","agent_id":"agt_1","realm":null,"run_as":"usr_1",
    "trigger":{"id":"trg_1","kind":"webhook","overlap":"skip","url":"https://a.example/api/v1/hooks/trg_1",
    "secret":"whsec_abc","dedupe_secs":300},"input_template":{"prompt":"x"},"limits":{"steps":3},"enabled":true,"mood":1}"#;

#[tokio::test]
async fn a_task_says_what_it_is_and_its_secret_comes_beside_it() {
    let server = Server::with([json(201, TASK), json(200, TASK)]).await;
    let mut new = NewTask::new("triage", "agt_1", "x");
    new.trigger = NewTrigger::webhook();
    let defined = server.client().create_task(&new).await.unwrap();
    assert_eq!(defined.secret.as_ref().unwrap().expose_secret(), "whsec_abc");
    assert!(!format!("{defined:?}").contains("whsec_abc"));
    assert!(!serde_json::to_string(&defined.task).unwrap().contains("whsec_abc"));
    assert_eq!(defined.task.limits.steps, Some(3));
    let seen = server.only();
    assert!(seen.header("idempotency-key").is_some());
    let sent: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(sent["trigger"], json!({ "kind": "webhook" }));

    let change = TaskUpdate { enabled: Some(false), realm: Some(None), ..TaskUpdate::default() };
    server.client().update_task("task_1", &change).await.unwrap();
    assert_eq!(server.only().body, r#"{"realm":null,"enabled":false}"#);
}

#[tokio::test]
async fn a_run_of_a_newer_server_is_read() {
    let run = r#"{"id":"trun_1","task_id":"task_1","state":"dreaming","cause":{"kind":"moon"},
        "transcript":null,"audit":[{"at":"2026-01-01T00:00:00Z","actor":"usr_1","action":"task.run"}]}"#;
    let server = Server::with([json(202, run), json(200, run)]).await;
    let started = server.client().run_task("task_1", Some(&json!({ "a": 1 }))).await.unwrap();
    assert_eq!(started.state, TaskRunState::Other("dreaming".into()));
    assert_eq!(server.only().body, r#"{"input":{"a":1}}"#);
    let read = server.client().task_run("task_1", "trun_1").await.unwrap();
    assert_eq!((read.audit[0].action.as_str(), read.transcript), ("task.run", None));
}

#[tokio::test]
async fn a_delivery_is_signed_carries_no_token_and_is_sent_again_under_its_id() {
    let taken = r#"{"delivery_id":"dlv_1","run_id":"trun_1"}"#;
    let server = Server::with([refusal(503, "draining", Some(0)), json(202, taken)]).await;
    let secret = HookSecret::from(SecretString::from("Jefe"));
    let delivery = Delivery {
        body: b"what do ya want for nothing?".to_vec(),
        content_type: "text/plain".to_owned(),
        id: None,
    };
    let delivered = server.client().deliver("trg_1", &secret, &delivery).await.unwrap();
    assert_eq!((delivered.delivery_id.as_str(), delivered.duplicate), ("dlv_1", false));
    let seen = server.seen();
    let right = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    for one in &seen {
        assert_eq!(one.uri.path(), "/api/v1/hooks/trg_1");
        assert_eq!(one.header("x-agentcy-signature"), Some(right));
        assert_eq!(
            (one.header("authorization"), one.header("content-type")),
            (None, Some("text/plain"))
        );
    }
    assert_eq!(seen.len(), 2);
    assert!(seen[0].header("x-agentcy-delivery").is_some());
    assert_eq!(seen[0].header("x-agentcy-delivery"), seen[1].header("x-agentcy-delivery"));
}
