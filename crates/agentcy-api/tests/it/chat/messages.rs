//! Something is said and answered.

use agentcy_testkit::fake_llm::{End, Turn};
use serde_json::json;

use super::{Stage, ask, names, place, send, text};

#[tokio::test]
async fn an_answer_streams_and_is_history_afterwards() {
    let stage = Stage::new([Turn::streams(["Three ", "services\n", "é"])]).await;
    let id = stage.begin().await;
    let stream = send(&stage.ada, &id, json!({ "content": "how many?" })).await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert_eq!(stream.header("cache-control"), Some("no-cache, no-transform"));
    assert_eq!(stream.header("x-accel-buffering"), Some("no"));
    assert_eq!(stream.header("content-location"), Some(place(&id, "stream").as_str()));
    assert!(stream.header("ratelimit").is_some() && stream.header("x-request-id").is_some());
    let blocks = stream.rest().await;
    assert_eq!(names(&blocks)[0], "message_start");
    assert_eq!(names(&blocks).last(), Some(&"message_end"));
    assert_eq!(text(&blocks), "Three services\né");
    assert!(blocks.windows(2).all(|pair| pair[0].id < pair[1].id), "{blocks:?}");
    let end = blocks.last().unwrap().json();
    assert_eq!(
        (&end["finish_reason"], &end["usage"]["in_tokens"]),
        (&json!("end_turn"), &json!(7))
    );

    let said = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    let [answer, question] = said["items"].as_array().unwrap().as_slice() else { panic!("{said}") };
    assert_eq!((&question["role"], &question["content"]), (&json!("user"), &json!("how many?")));
    assert_eq!(
        (&answer["role"], &answer["content"]),
        (&json!("assistant"), &json!("Three services\né"))
    );
    assert_eq!(
        (&answer["state"], &answer["finish_reason"]),
        (&json!("complete"), &json!("end_turn"))
    );
    assert_eq!(answer["id"], blocks[0].json()["message_id"]);
    assert_eq!(answer["event_id"], blocks[0].id);
    assert_eq!(answer["usage"]["in_tokens"], 7);

    let conversation =
        stage.ada.get(&format!("{}/{id}", super::CONVERSATIONS)).await.expecting(200).body;
    assert_eq!(conversation["title"], "how many?");
    assert_eq!(conversation["active_run_id"], json!(null));
    assert_eq!(conversation["last_event_id"], blocks.last().unwrap().id);
}

#[tokio::test]
async fn a_browser_is_told_first_when_to_come_back_and_nothing_is_compressed() {
    let stage = Stage::new([Turn::Says("x".repeat(4000))]).await;
    let id = stage.begin().await;
    let request =
        stage.ada.request("POST", &place(&id, "messages")).json(&json!({ "content": "x" }));
    let stream = super::Stream::of(request.header("accept-encoding", "gzip")).await;
    assert_eq!(stream.header("content-encoding"), None);
    assert!(stream.bytes().await.starts_with("retry: 3000\n\nid: "));
}

#[tokio::test]
async fn a_tool_that_was_called_is_seen_in_the_stream_and_in_the_history() {
    let calls = Turn::calls([("search_graph", json!({ "query": "payment" }))]);
    let stage = Stage::new([calls, Turn::Says("None.".into())]).await;
    let id = stage.begin().await;
    let blocks = ask(&stage.ada, &id, "what pays?").await;
    let start = blocks.iter().find(|it| it.name == "tool_call_start").unwrap().json();
    let result = blocks.iter().find(|it| it.name == "tool_result").unwrap().json();
    assert_eq!(start["name"], "search_graph");
    assert_eq!(
        (&result["tool_call_id"], &result["is_error"]),
        (&start["tool_call_id"], &json!(false))
    );
    assert_eq!(result["result"]["nodes"], json!([]));

    let said = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    let call = &said["items"][0]["tool_calls"][0];
    assert_eq!((&call["id"], &call["state"]), (&start["tool_call_id"], &json!("done")));
    let calls = stage.ada.get(&place(&id, "tool-calls")).await.expecting(200).body;
    assert_eq!((&calls["items"][0], &calls["total"]), (call, &json!(1)));
    assert_eq!(call["args"], json!({ "query": "payment" }));
}

#[tokio::test]
async fn a_provider_that_fails_ends_the_answer_with_an_error() {
    let stage = Stage::new([Turn::refuses(400, "no such model")]).await;
    let id = stage.begin().await;
    let blocks = ask(&stage.ada, &id, "hello").await;
    assert_eq!(names(&blocks), ["message_start", "error"]);
    let error = blocks[1].json();
    assert_eq!(error["code"], "model_failed", "{error}");
    assert!(!error.to_string().contains("sk-0123456789"), "{error}");
    let said = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    assert_eq!(said["items"][0]["error"]["code"], "model_failed", "{said}");
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_before_there_is_a_stream() {
    let stage = Stage::new([Turn::Says("never".into())]).await;
    let id = stage.begin().await;
    for (body, field) in [
        (json!({ "content": "" }), "content"),
        (json!({ "content": " \n" }), "content"),
        (json!({ "content": "x".repeat(100_001) }), "content"),
        (json!({ "content": "a\0b" }), "content"),
        (json!({ "content": "x", "on_busy": "wait" }), "on_busy"),
        (json!({ "content": "x", "role": "system" }), "role"),
        (json!({}), "content"),
    ] {
        let reply = stage.ada.post(&place(&id, "messages"), body).await;
        assert_eq!(reply.expecting_error(400, "invalid").fields(), [field]);
    }
    assert!(stage.llm.seen().is_empty());
    assert_eq!(stage.ada.get(&place(&id, "messages")).await.body["total"], 0);
}

#[tokio::test]
async fn a_stop_ends_the_answer_and_keeps_what_was_said() {
    let stage = Stage::new([Turn::streams(["so far"]).ends(End::Stalls)]).await;
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "x" })).await;
    stream.until("content_delta").await;
    stage.ada.post(&place(&id, "cancel"), json!({})).await.expecting(204);
    let rest = stream.rest().await;
    assert_eq!(names(&rest), ["message_end"]);
    assert_eq!(rest[0].json()["finish_reason"], "cancelled");
    let said = stage.ada.get(&place(&id, "messages")).await.expecting(200).body;
    let answer = &said["items"][0];
    assert_eq!((&answer["state"], &answer["content"]), (&json!("cancelled"), &json!("so far")));
    stage.ada.post(&place(&id, "cancel"), json!({})).await.expecting(204);
}
