//! What an agent wants to change waits for a person.

use std::time::Duration;

use agentcy_core::Role;
use agentcy_platform::wake::Bell;
use agentcy_testkit::{app::Client, fake_llm::Turn};
use serde_json::{Value, json};

use super::{Stage, Stream, decide, names, place, send, text};

const INBOX: &str = "/api/v1/chat/approvals";

fn team(name: &str) -> Value {
    json!({ "key": format!("team:{name}"), "labels": ["Team"], "properties": { "name": name }, "realm": "development" })
}

/// A model that wants to write a node, and then says so.
fn writer() -> [Turn; 2] {
    [Turn::calls([("upsert_node", team("payments"))]), Turn::Says("written".into())]
}

/// An answer up to its question, and what waits.
async fn parked(stage: &Stage) -> (String, Stream, Value) {
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "add the team" })).await;
    let asked = stream.until("approval_required").await.pop().unwrap().json();
    let waiting = stage.ada.get(INBOX).await.expecting(200).body;
    let approval = waiting["items"][0].clone();
    assert_eq!(approval["id"], asked["approval_id"], "{waiting}");
    assert_eq!((&approval["state"], &approval["effect"]), (&json!("pending"), &json!("write")));
    assert_eq!((&approval["args"], &asked["args"]), (&team("payments"), &team("payments")));
    (id, stream, approval)
}

async fn nodes(stage: &Stage, client: &Client, name: &str) -> Value {
    stage.app.stage.settle().await;
    let found = client.get(&format!("/api/v1/graph/nodes?q={name}")).await.expecting(200);
    found.body["total"].clone()
}

#[tokio::test]
async fn an_approved_call_runs_once_and_the_answer_goes_on() {
    let stage = Stage::new(writer()).await;
    let (id, stream, approval) = parked(&stage).await;
    assert_eq!(nodes(&stage, &stage.ada, "payments").await, 0);
    let decided = decide(&stage.ada, &approval, json!({ "approved": true, "note": "go on" })).await;
    let decided = decided.expecting(200).body;
    assert_eq!((&decided["state"], &decided["note"]), (&json!("approved"), &json!("go on")));
    let rest = stream.rest().await;
    let order = ["approval_resolved", "tool_result", "content_delta", "message_end"];
    assert_eq!(names(&rest), order, "{rest:?}");
    assert_eq!(rest[1].json()["is_error"], false, "{rest:?}");
    assert_eq!(text(&rest), "written");
    assert_eq!(nodes(&stage, &stage.ada, "payments").await, 1);

    let again = decide(&stage.ada, &approval, json!({ "approved": false })).await;
    again.expecting_error(409, "approval_decided");
    assert_eq!(stage.ada.get(INBOX).await.body["total"], 0);
    let of_conversation = stage.ada.get(&place(&id, "approvals")).await.expecting(200).body;
    let shown = &of_conversation["items"][0];
    assert_eq!((&shown["state"], &shown["effect_state"]), (&json!("approved"), &json!("done")));
    let said = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    assert_eq!(said["items"][0]["tool_calls"][0]["approval"]["id"], approval["id"], "{said}");
}

#[tokio::test]
async fn a_denied_call_does_not_run_and_the_model_is_told_why() {
    let stage = Stage::new(writer()).await;
    let (_, stream, approval) = parked(&stage).await;
    let no = json!({ "approved": false, "note": "not on a Sunday" });
    decide(&stage.ada, &approval, no).await.expecting(200);
    let rest = stream.rest().await;
    let result = rest.iter().find(|it| it.name == "tool_result").unwrap().json();
    assert_eq!(
        (&result["is_error"], &result["result"]["error"]["code"]),
        (&json!(true), &json!("policy_denied"))
    );
    assert!(stage.llm.seen()[1].body.to_string().contains("not on a Sunday"));
    assert_eq!(nodes(&stage, &stage.ada, "payments").await, 0);
}

#[tokio::test]
async fn other_arguments_are_checked_and_run_in_place_of_the_first() {
    let stage = Stage::new(writer()).await;
    let (_, stream, approval) = parked(&stage).await;
    for bad in
        [json!({ "approved": true, "args": { "key": 7 } }), json!({ "approved": true, "args": [] })]
    {
        decide(&stage.ada, &approval, bad).await.expecting_error(400, "invalid");
    }
    for (body, field) in [
        (json!({ "approved": true, "remember_secs": 86_401 }), "remember_secs"),
        (json!({ "approved": true, "note": "x".repeat(2001) }), "note"),
        (json!({ "note": "x" }), "approved"),
    ] {
        let refused = decide(&stage.ada, &approval, body).await.expecting_error(400, "invalid");
        assert_eq!(refused.fields(), [field]);
    }
    decide(&stage.ada, &approval, json!({ "approved": true, "args": team("ledger") }))
        .await
        .expecting(200);
    stream.rest().await;
    assert_eq!(nodes(&stage, &stage.ada, "ledger").await, 1);
    assert_eq!(nodes(&stage, &stage.ada, "payments").await, 0);
}

#[tokio::test]
async fn of_many_who_decide_at_once_one_wins() {
    let stage = Stage::new(writer()).await;
    let (_, stream, approval) = parked(&stage).await;
    let admin = stage.member(Role::Admin).await;
    let racing = (0..16).map(|number| {
        let client = if number % 2 == 0 { &stage.ada } else { &admin };
        decide(client, &approval, json!({ "approved": number % 3 == 0 }))
    });
    let replies = futures_util::future::join_all(racing).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 15));
    for reply in lost {
        reply.expecting_error(409, "approval_decided");
    }
    // Whoever lost may have stood in the way of taking the run up, which a server looks for again every second.
    let answered = stream.rest();
    tokio::pin!(answered);
    let blocks = loop {
        tokio::select! {
            blocks = &mut answered => break blocks,
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                stage.app.stage.platform.ring(Bell::Runs).await;
            }
        }
    };
    let results = blocks.iter().filter(|it| it.name == "tool_result").count();
    assert_eq!(results, 1);
}

#[tokio::test]
async fn who_may_not_decide_is_told_so_or_sees_nothing() {
    let stage = Stage::new(writer()).await;
    let (_, _stream, approval) = parked(&stage).await;
    let yes = json!({ "approved": true });
    let viewer = stage.member(Role::Viewer).await;
    decide(&viewer, &approval, yes.clone()).await.expecting_error(403, "insufficient_role");
    let other = stage.member(Role::Member).await;
    decide(&other, &approval, yes.clone()).await.expecting_error(404, "not_found");
    assert_eq!(other.get(INBOX).await.expecting(200).body["total"], 0);
    let elsewhere = stage.app.stage.org().await;
    let foreign = stage.app.member(elsewhere, Role::Owner).await;
    decide(&foreign, &approval, yes.clone()).await.expecting_error(404, "not_found");
    let owner = stage.member(Role::Owner).await;
    let key = |can_approve: bool| {
        let body = json!({ "name": format!("bot {can_approve}"), "role": "admin", "can_approve": can_approve });
        owner.post("/api/v1/api-keys", body)
    };
    let silent = stage.app.bearer(key(false).await.expecting(201).text_at("/key"));
    decide(&silent, &approval, yes.clone()).await.expecting_error(403, "insufficient_role");
    let trusted = stage.app.bearer(key(true).await.expecting(201).text_at("/key"));
    decide(&trusted, &approval, yes).await.expecting(200);
}

#[tokio::test]
async fn where_another_must_decide_the_asker_may_not() {
    let stage = Stage::new(writer()).await;
    let owner = stage.member(Role::Owner).await;
    let rule = json!({ "require_other": true });
    owner.post("/api/v1/settings/security", rule).await.expecting(200);
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "add" })).await;
    stream.until("approval_required").await;
    let shown =
        stage.ada.get(&place(&id, "approvals")).await.expecting(200).body["items"][0].clone();
    let own = decide(&stage.ada, &shown, json!({ "approved": true })).await;
    own.expecting_error(403, "insufficient_role");
    decide(&owner, &shown, json!({ "approved": true })).await.expecting(200);
    assert_eq!(names(&stream.rest().await).last(), Some(&"message_end"));
}
