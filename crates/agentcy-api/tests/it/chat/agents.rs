//! Agents: defined, found, changed and removed; and let answer, both ways.

use agentcy_core::Role;
use agentcy_testkit::fake_llm::{End, Turn};
use serde_json::json;

use super::{AGENTS, Stage, Stream, ask, names, place, text};

#[tokio::test]
async fn an_agent_is_defined_found_changed_and_removed() {
    let stage = Stage::new([]).await;
    let body = json!({
        "name": "Reviewer", "instructions": "You review.", "tools": ["search_graph"], "realm": "development",
        "limits": { "steps": 3 },
    });
    let made = stage.ada.post(AGENTS, body.clone()).await.expecting(201);
    let item = made.header("location").unwrap().to_owned();
    assert_eq!(stage.ada.get(&item).await.expecting(200).body, made.body);
    assert_eq!(made.body["limits"], json!({ "steps": 3 }));
    assert_eq!(made.body["standing_approvals"], json!([]));
    let taken = stage.ada.post(AGENTS, json!({ "name": "reviewer", "instructions": "x" })).await;
    assert_eq!(taken.expecting_error(409, "taken").fields(), ["name"]);

    let change = json!({ "realm": null, "tools": [], "model": "large" });
    let changed = stage.ada.patch(&item, change).await.expecting(200).body;
    assert_eq!((&changed["realm"], &changed["model"]), (&json!(null), &json!("large")));
    assert_eq!((&changed["tools"], &changed["name"]), (&json!([]), &json!("Reviewer")));
    assert_eq!(stage.ada.get(AGENTS).await.expecting(200).body["items"], json!([changed]));
    stage.ada.delete(&item).await.expecting(204);
    stage.ada.get(&item).await.expecting_error(404, "not_found");
}

#[tokio::test]
async fn faults_of_an_agent_are_named_and_what_only_admins_give_is_not_given_by_others() {
    let stage = Stage::new([]).await;
    for (body, field) in [
        (json!({ "name": "", "instructions": "x" }), "name"),
        (json!({ "name": "a", "instructions": "x", "tools": ["rm"] }), "tools[0]"),
        (json!({ "name": "a", "instructions": "x", "limits": { "steps": 0 } }), "limits.steps"),
        (json!({ "name": "a", "instructions": "x", "limits": { "hours": 1 } }), "limits.hours"),
    ] {
        let refused = stage.ada.post(AGENTS, body).await.expecting_error(400, "invalid");
        assert_eq!(refused.fields(), [field]);
    }
    let standing = json!([{
        "connector": "graph", "tool": "upsert_node", "args_schema": { "type": "object" }, "max_per_day": 5,
        "expires_at": "2027-06-01T00:00:00Z",
    }]);
    let body = json!({ "name": "bold", "instructions": "x", "standing_approvals": standing });
    let refused = stage.ada.post(AGENTS, body.clone()).await;
    refused.expecting_error(403, "insufficient_role");
    let admin = stage.member(Role::Admin).await;
    let made = admin.post(AGENTS, body).await.expecting(201);
    assert_eq!(made.body["standing_approvals"], standing);
    let viewer = stage.member(Role::Viewer).await;
    let refused = viewer.post(AGENTS, json!({ "name": "v", "instructions": "x" })).await;
    refused.expecting_error(403, "insufficient_role");
    assert_eq!(viewer.get(AGENTS).await.expecting(200).body["total"], 1);
}

#[tokio::test]
async fn an_agent_answers_in_the_background_or_as_a_stream() {
    let stage = Stage::new([Turn::Says("looked".into())]).await;
    let agent =
        stage.ada.post(AGENTS, json!({ "name": "scout", "instructions": "You look." })).await;
    let item = format!("{AGENTS}/{}", agent.expecting(201).text_at("/id"));
    let started = stage.ada.post(&format!("{item}/execute"), json!({ "input": "go" })).await;
    let started = started.expecting(202);
    let run = started.header("location").unwrap().to_owned();
    let conversation = started.text_at("/conversation_id").to_owned();
    assert!(matches!(started.text_at("/state"), "running" | "pending"), "{}", started.text);
    let stream = super::follow(&stage.ada, &conversation, 0).await.rest().await;
    assert_eq!(text(&stream), "looked");
    let done = stage.ada.get(&run).await.expecting(200).body;
    assert_eq!((&done["state"], &done["output"]), (&json!("succeeded"), &json!("looked")));
    assert!(stage.llm.seen()[0].body.to_string().contains("You look."));

    stage.app.stage.clock.advance_past_caches();
    let request =
        stage.ada.request("POST", &format!("{item}/execute")).json(&json!({ "input": "go" }));
    let stream =
        Stream::of(request.header("accept", "application/json, text/event-stream;q=0.9")).await;
    assert!(stream.header("content-location").unwrap().ends_with("/stream"));
    assert_eq!(text(&stream.rest().await), "looked");
    let runs = stage.ada.get(&format!("{item}/runs")).await.expecting(200).body;
    assert_eq!(runs["total"], 2);
    assert_eq!(runs["items"][1]["id"], done["id"]);

    // Conversations with it go on there too.
    let more = ask(&stage.ada, &conversation, "again").await;
    assert_eq!(names(&more).last(), Some(&"message_end"));
    stage
        .ada
        .post(&format!("{item}/execute"), json!({ "input": " " }))
        .await
        .expecting_error(400, "invalid");
}

#[tokio::test]
async fn a_run_is_stopped_by_its_starter_and_seen_by_nobody_else_but_admins() {
    let stage = Stage::new([Turn::streams(["begun"]).ends(End::Stalls)]).await;
    let agent = stage.ada.post(AGENTS, json!({ "name": "scout", "instructions": "Look." })).await;
    let agent = agent.expecting(201).text_at("/id").to_owned();
    let execute = format!("{AGENTS}/{agent}/execute");
    let started = stage.ada.post(&execute, json!({ "input": "go" })).await.expecting(202);
    let (run, conversation) =
        (started.header("location").unwrap(), started.text_at("/conversation_id"));
    let mut stream = super::follow(&stage.ada, conversation, 0).await;
    stream.until("content_delta").await;

    let other = stage.member(Role::Member).await;
    other.get(run).await.expecting_error(404, "not_found");
    other.post(&format!("{run}/cancel"), json!({})).await.expecting_error(404, "not_found");
    assert_eq!(other.get(&format!("{AGENTS}/{agent}/runs")).await.expecting(200).body["total"], 0);
    let admin = stage.member(Role::Admin).await;
    assert_eq!(admin.get(run).await.expecting(200).body["state"], "running");

    stage.ada.post(&format!("{run}/cancel"), json!({})).await.expecting(200);
    assert_eq!(names(&stream.rest().await).last(), Some(&"message_end"));
    assert_eq!(stage.ada.get(run).await.expecting(200).body["state"], "cancelled");
    let said = stage.ada.get(&place(conversation, "messages")).await.expecting(200).body;
    assert_eq!(said["items"][0]["content"], "begun");
}
