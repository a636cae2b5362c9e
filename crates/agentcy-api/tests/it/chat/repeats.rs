//! A message that is sent again is said once, and its answer given again from its first event.

use agentcy_testkit::{
    app::Client,
    fake_llm::{End, Turn},
    reply::Reply,
};
use serde_json::{Value, json};

use super::{AGENTS, Stage, Stream, names, place, text};

async fn sent(client: &Client, path: &str, key: &str, body: &Value) -> Stream {
    let request = client.request("POST", path).header("idempotency-key", key).json(body);
    Stream::of(request.header("accept", "text/event-stream")).await
}

#[tokio::test]
async fn a_repeat_is_given_the_first_answer_to_the_letter() {
    let stage = Stage::new([Turn::streams(["on", "ce"]), Turn::Says("twice".into())]).await;
    let id = stage.begin().await;
    let (path, body) = (place(&id, "messages"), json!({ "content": "x" }));
    let first = sent(&stage.ada, &path, "k1", &body).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.bytes().await;
    for client in [stage.ada.clone(), stage.app.replica().await.bearer(stage.ada.token())] {
        let again = sent(&client, &path, "k1", &body).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("content-location"), Some(place(&id, "stream").as_str()));
        assert_eq!(again.bytes().await, first);
    }
    assert_eq!(stage.llm.seen().len(), 1);
    let other = stage.ada.request("POST", &path).header("idempotency-key", "k1");
    let other = Reply::of(other.json(&json!({ "content": "y" }))).await;
    other.expecting_error(422, "idempotency_key_reused");

    // After another answer the repeat is still the first one, and that alone.
    super::ask(&stage.ada, &id, "z").await;
    assert_eq!(sent(&stage.ada, &path, "k1", &body).await.bytes().await, first);
}

#[tokio::test]
async fn a_repeat_joins_an_answer_that_is_still_being_given() {
    let stage = Stage::new([Turn::streams(["begun"]).ends(End::Stalls)]).await;
    let id = stage.begin().await;
    let (path, body) = (place(&id, "messages"), json!({ "content": "x" }));
    let mut first = sent(&stage.ada, &path, "k1", &body).await;
    let seen = first.until("content_delta").await;
    drop(first);
    let mut again = sent(&stage.ada, &path, "k1", &body).await;
    assert_eq!(again.until("content_delta").await, seen);
    stage.ada.post(&place(&id, "cancel"), json!({})).await.expecting(204);
    assert_eq!(names(&again.rest().await), ["message_end"]);
}

#[tokio::test]
async fn a_refusal_is_kept_as_for_any_other_request() {
    let stage = Stage::new([Turn::streams(["begun"]).ends(End::Stalls)]).await;
    let id = stage.begin().await;
    let path = place(&id, "messages");
    let mut stream = super::send(&stage.ada, &id, json!({ "content": "x" })).await;
    stream.until("content_delta").await;
    let refused = async || {
        let request = stage.ada.request("POST", &path).header("idempotency-key", "k1");
        Reply::of(request.json(&json!({ "content": "y" }))).await.expecting(409)
    };
    let first = refused().await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = refused().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.code(), "run_active");
}

#[tokio::test]
async fn an_agent_answers_a_repeat_in_the_form_that_is_asked_for_now() {
    let stage = Stage::new([Turn::Says("once".into())]).await;
    let agent = stage.ada.post(AGENTS, json!({ "name": "scout", "instructions": "Look." })).await;
    let path = format!("{AGENTS}/{}/execute", agent.expecting(201).text_at("/id"));
    let body = json!({ "input": "go" });
    let started = async || {
        let request = stage.ada.request("POST", &path).header("idempotency-key", "k1");
        Reply::of(request.json(&body)).await.expecting(202)
    };
    let first = started().await;
    let streamed = sent(&stage.ada, &path, "k1", &body).await;
    assert_eq!(streamed.header("idempotency-replayed"), Some("true"));
    assert_eq!(text(&streamed.rest().await), "once");
    let again = started().await;
    assert_eq!((again.header("location"), &again.body), (first.header("location"), &first.body));
    assert_eq!(stage.llm.seen().len(), 1);
}
