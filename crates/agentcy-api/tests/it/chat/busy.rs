//! Something is said while an answer is being given.

use agentcy_testkit::fake_llm::{End, Turn};
use serde_json::json;

use super::{Stage, names, place, send, text};

fn endless() -> Turn {
    Turn::streams(["begun"]).ends(End::Stalls)
}

#[tokio::test]
async fn a_second_message_is_refused_and_told_why() {
    let stage = Stage::new([endless()]).await;
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "first" })).await;
    let run = stream.until("content_delta").await[0].json()["run_id"].clone();
    for body in [json!({ "content": "second" }), json!({ "content": "x", "on_busy": "refuse" })] {
        let reply = stage.ada.post(&place(&id, "messages"), body).await;
        let reply = reply.expecting_error(409, "run_active");
        assert_eq!(reply.body["error"]["details"], json!({ "run_id": run }));
    }
    let gone = stage.ada.delete(&format!("{}/{id}", super::CONVERSATIONS)).await;
    gone.expecting_error(409, "run_active");
}

#[tokio::test]
async fn a_parked_answer_is_active_and_names_what_it_waits_for() {
    let write = json!({ "key": "team:a", "labels": ["Team"], "properties": {}, "realm": "data" });
    let stage = Stage::new([Turn::calls([("upsert_node", write)])]).await;
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "write" })).await;
    let asked = stream.until("approval_required").await.pop().unwrap().json();
    let reply = stage.ada.post(&place(&id, "messages"), json!({ "content": "more" })).await;
    let reply = reply.expecting_error(409, "run_active");
    assert_eq!(reply.body["error"]["details"]["approval_id"], asked["approval_id"]);
}

#[tokio::test]
async fn a_message_that_waits_is_answered_after_the_first() {
    let first = Turn::streams(["one"]).ends(End::Stalls);
    let stage = Stage::new([first, Turn::Says("two".into())]).await;
    let id = stage.begin().await;
    let mut one = send(&stage.ada, &id, json!({ "content": "first" })).await;
    one.until("content_delta").await;
    let two = send(&stage.ada, &id, json!({ "content": "second", "on_busy": "queue" })).await;
    let waiting = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    assert_eq!(waiting["items"][0]["state"], "queued", "{waiting}");
    stage.ada.post(&place(&id, "cancel"), json!({})).await.expecting(204);
    assert_eq!(names(&one.rest().await), ["message_end"]);
    let two = two.rest().await;
    assert_eq!(text(&two), "two");
    assert_eq!(two.iter().filter(|it| it.name == "message_end").count(), 1);
    assert_eq!(two.last().unwrap().json()["finish_reason"], "end_turn");
}

#[tokio::test]
async fn a_message_that_interrupts_stops_the_first_and_is_answered() {
    let stage = Stage::new([endless(), Turn::Says("now".into())]).await;
    let id = stage.begin().await;
    let mut one = send(&stage.ada, &id, json!({ "content": "first" })).await;
    one.until("content_delta").await;
    let two = send(&stage.ada, &id, json!({ "content": "second", "on_busy": "interrupt" })).await;
    let end = one.rest().await.pop().unwrap();
    assert_eq!(
        (end.name.as_str(), &end.json()["finish_reason"]),
        ("message_end", &json!("cancelled"))
    );
    assert_eq!(text(&two.rest().await), "now");
}
