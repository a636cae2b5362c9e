//! Every route with every role, with things of another org, and with bodies that are none.

use std::fmt::Write;

use agentcy_api::{
    document,
    inventory::{self, Route},
};
use agentcy_core::{
    Role,
    id::{
        AgentId, ApprovalId, ConversationId, InviteId, JobId, KeyId, NodeId, RunId, SourceId,
        TaskId, TaskRunId, UserId, WorkerId,
    },
};
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::WORKER_TOKEN,
    reply::Reply,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{chat, sources, tasks};

/// The classes of those that no member of an org calls.
const BESIDE: [&str; 3] = ["none", "worker", "hmac"];

fn routes() -> Vec<Route> {
    inventory::routes(&document())
}

/// Which role may call which route, as somebody reads and signs it.
#[tokio::test]
async fn the_role_matrix_is_the_one_that_was_agreed() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let mut matrix = String::new();
    for route in routes().iter().filter(|route| !BESIDE.contains(&route.auth.as_str())) {
        write!(matrix, "{:6} {}", route.method, route.path).unwrap();
        for role in Role::ALL {
            // Somebody new each time: some routes end the session that calls them.
            let client = app.member(org, role).await;
            let path = unknown(&route.path, Uuid::nil());
            let reply = Reply::of(client.request(&route.method, &path).json(&fitting(route))).await;
            let word = match (reply.status, reply.code()) {
                (403, "insufficient_role") => "no",
                (200..=299 | 400 | 404 | 409 | 422, _) => "yes",
                _ => panic!("{role} {} {path}: {}", route.method, reply.text),
            };
            write!(matrix, " {role}={word}").unwrap();
        }
        matrix.push('\n');
    }
    insta::assert_snapshot!(matrix);
}

/// Runs of tasks are no runs of agents, though their paths call both the same.
fn placed(path: &str) -> String {
    if path.starts_with(tasks::TASKS) {
        return path.replace("{run_id}", "{task_run_id}");
    }
    path.to_owned()
}

/// The path of things that there are not.
fn unknown(path: &str, id: Uuid) -> String {
    [
        ("{task_id}", TaskId::from(id).to_string()),
        ("{task_run_id}", TaskRunId::from(id).to_string()),
        ("{worker_id}", WorkerId::from(id).to_string()),
        ("{user_id}", UserId::from(id).to_string()),
        ("{key_id}", KeyId::from(id).to_string()),
        ("{invite_id}", InviteId::from(id).to_string()),
        ("{source_id}", SourceId::from(id).to_string()),
        ("{job_id}", JobId::from(id).to_string()),
        ("{node_id}", NodeId::from(id).to_string()),
        ("{conversation_id}", ConversationId::from(id).to_string()),
        ("{approval_id}", ApprovalId::from(id).to_string()),
        ("{agent_id}", AgentId::from(id).to_string()),
        ("{run_id}", RunId::from(id).to_string()),
    ]
    .into_iter()
    .fold(placed(path), |path, (name, id)| path.replace(name, &id))
}

/// A body that passes as far as the right is judged.
fn fitting(route: &Route) -> Value {
    match (route.method.as_str(), route.path.as_str()) {
        ("POST", "/api/v1/auth/ticket") => json!({ "path": "/ws" }),
        ("POST", "/api/v1/api-keys") => json!({ "name": "", "role": "viewer" }),
        ("POST", "/api/v1/platform/invites") => json!({ "email": "x", "role": "viewer" }),
        ("PUT", "/api/v1/users/me/password") => {
            json!({ "old_password": "wrong", "new_password": "also wrong, but longer" })
        }
        ("POST", "/api/v1/sources" | "/api/v1/sources/validate") => {
            json!({ "name": "", "source_type": "none", "realm": "data" })
        }
        ("POST", "/api/v1/graph/expand") => json!({ "node_ids": [] }),
        ("POST", "/api/v1/graph/cypher") => json!({ "query": "" }),
        ("POST", "/api/v1/agents") => json!({ "name": "", "instructions": "" }),
        ("POST", tasks::TASKS) => {
            let agent = AgentId::from(Uuid::nil());
            json!({ "name": "", "agent_id": agent, "input_template": { "prompt": "x" } })
        }
        ("POST", path) if path.ends_with("/messages") => json!({ "content": "hello" }),
        ("POST", path) if path.ends_with("/execute") => json!({ "input": "hello" }),
        ("POST", path) if path.ends_with("/{approval_id}") => json!({ "approved": true }),
        ("PUT", "/api/v1/settings/llm") => json!({ "provider": "builtin", "model": "builtin" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn a_thing_of_another_org_answers_like_one_that_never_was() {
    let app = TestApp::new().await;
    let (ours, theirs) = (app.stage.org().await, app.stage.org().await);
    let owner = app.member(ours, Role::Owner).await;
    let foreign = app.member(theirs, Role::Owner).await;
    let key = foreign.post("/api/v1/api-keys", json!({ "name": "k", "role": "viewer" })).await;
    let invite = json!({ "email": "new@example.com", "role": "viewer" });
    let invite = foreign.post("/api/v1/platform/invites", invite).await;
    let user = foreign.user.as_ref().unwrap().id.to_string();
    let source = sources::landscape(&app, &foreign).await;
    let syncs = foreign.get(&format!("{}/{source}/syncs", sources::SOURCES)).await;
    let nodes = foreign.get("/api/v1/graph/nodes").await;
    let asked = chat::asking(&foreign).await;
    let (task, task_run) = tasks::pending(&foreign, &asked.agent).await;
    let theirs = [
        ("{user_id}", user),
        ("{key_id}", key.text_at("/id").to_owned()),
        ("{invite_id}", invite.text_at("/id").to_owned()),
        ("{source_id}", source),
        ("{job_id}", syncs.text_at("/items/0/id").to_owned()),
        ("{node_id}", nodes.text_at("/items/0/id").to_owned()),
        ("{conversation_id}", asked.conversation),
        ("{approval_id}", asked.approval),
        ("{agent_id}", asked.agent),
        ("{run_id}", asked.run),
        ("{task_id}", task),
        ("{task_run_id}", task_run),
    ];
    let nowhere = Uuid::from_u128(0x0197_6b4e_7c00_7000_8000_0000_0000_0001);
    let mut swept = 0;
    let beside = |route: &&Route| BESIDE.contains(&route.auth.as_str());
    for route in routes().iter().filter(|route| route.path.contains('{') && !beside(route)) {
        let named = |id: &dyn Fn(&str, &str) -> String| {
            let replace = |path: String, (name, theirs): &(&str, String)| {
                path.replace(name, &id(name, theirs))
            };
            theirs.iter().fold(placed(&route.path), replace)
        };
        let ask = async |path: String| {
            Reply::of(owner.request(&route.method, &path).json(&fitting(route))).await
        };
        let foreign = ask(named(&|_, theirs| theirs.to_owned())).await;
        let unknown = ask(unknown(&route.path, nowhere)).await;
        assert_eq!(foreign.masked(), unknown.masked(), "{} {}", route.method, route.path);
        foreign.expecting_error(404, "not_found");
        ask(named(&|_, _| "nonsense".to_owned())).await.expecting_error(404, "not_found");
        swept += 1;
    }
    assert_eq!(swept, 45);
}

#[tokio::test]
async fn a_broken_body_is_the_clients_fault_and_never_ours() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let bodies: [(&str, &[u8]); 14] = [
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b"null"),
        ("application/json", b"[]"),
        ("application/json", b"\"text\""),
        ("application/json", b"{\"name\":\"a\",\"name\":\"b\"}"),
        ("application/json", b"{\"unknown\":1}"),
        ("application/json", b"{\"name\":{\"a\":[1e999]}}"),
        ("application/json", b"\xff\xfe{}"),
        ("application/json", b"{\"name\":\"\\u0000\",\"email\":\"\\u0000\"}"),
        ("application/json", b"{\"name\":\"\\ud800\"}"),
        ("application/json", deep.as_bytes()),
        ("text/plain", b"{}"),
        ("", b"{}"),
    ];
    for route in routes().iter().filter(|route| route.has_body) {
        let path = unknown(&route.path, Uuid::nil());
        for (media, body) in bodies {
            let client = fresh(&app, &owner, route);
            let request = client.request(&route.method, &path).body(body.to_vec());
            let request =
                if media.is_empty() { request } else { request.header("content-type", media) };
            let reply = Reply::of(request).await;
            assert!(reply.status < 500, "{} {path}: {}", route.method, reply.text);
            if reply.status >= 400 {
                assert!(!reply.code().is_empty(), "{} {path}: {}", route.method, reply.text);
            }
        }
        let sender =
            if route.auth == "worker" { fresh(&app, &owner, route) } else { owner.clone() };
        let request =
            sender.request(&route.method, &path).header("content-type", "application/json");
        let reply = Reply::of(request.body(vec![b' '; 1024 * 1024 + 1])).await;
        reply.expecting_error(413, "payload_too_large");
    }
}

/// Routes without authentication must not meet a credential, nor any its limits.
fn fresh(app: &TestApp, owner: &Client, route: &Route) -> Client {
    match route.auth.as_str() {
        "none" => app.anonymous(),
        "worker" => app.bearer(WORKER_TOKEN),
        _ => owner.clone(),
    }
}
